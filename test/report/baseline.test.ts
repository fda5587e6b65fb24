import { describe, expect, it } from 'vitest';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { bestBaseline, twinRows } from '../../src/report/baseline.ts';
import { designLabel, plotLabel } from '../../src/report/design-label.ts';
import type { EnergyRow } from '../../src/synth/energy-table.ts';
import { sampleInput } from './sample.ts';

const exact = (
  family: 'booth' | 'baugh-wooley',
  aBits: number,
  bBits = aBits,
  bSigned = true,
): MultiplierSpec => ({
  family,
  aBits,
  bBits,
  aSigned: true,
  bSigned,
});

/** Rows of the sample table with these designs and energies in place of its own. */
function rowsOf(designs: readonly (readonly [string, MultiplierSpec, number])[]): readonly EnergyRow[] {
  const { table } = sampleInput();
  return designs.map(([design, spec, energyPj]) => ({ ...table.rows[0]!, design, spec, energyPj }));
}

describe('bestBaseline', () => {
  const rows = rowsOf([
    ['booth16', exact('booth', 16), 1.9],
    ['wooley16', exact('baugh-wooley', 16), 2.1],
    ['booth8', exact('booth', 8), 0.5],
    ['wooley8', exact('baugh-wooley', 8), 0.48],
    ['wooley7x6', exact('baugh-wooley', 7, 6), 0.3],
    ['wooley8xu8', exact('baugh-wooley', 8, 8, false), 0.4],
  ]);

  it('is the cheapest signed square exact design of the smallest width that holds the operands', () => {
    const cases: readonly [MultiplierSpec, string][] = [
      [{ family: 'roup', bits: 8, P: 1, r: [2, 2, 2] }, 'wooley8'],
      [{ family: 'roup', bits: 16, P: 1, r: [2, 2, 2, 2, 2, 2, 2] }, 'booth16'],
      [{ family: 'narrow', bits: 8, aBits: 4, bBits: 4, architecture: 'booth' }, 'wooley8'],
      [exact('booth', 7, 6), 'wooley8'],
      [exact('booth', 8, 8, false), 'wooley8'],
      [exact('baugh-wooley', 16), 'booth16'],
    ];
    for (const [spec, design] of cases) expect(bestBaseline(rows, spec)?.design).toBe(design);
    expect(bestBaseline(rows, { family: 'roup', bits: 18, P: 0, r: [] })).toBeUndefined();
  });

  it('meets the clock target where one does', () => {
    const late = rows.map((row) => (row.design === 'wooley8' ? { ...row, meetsClock: false } : row));
    expect(bestBaseline(late, exact('booth', 7, 6))?.design).toBe('booth8');
    const allLate = rows.map((row) => ({ ...row, meetsClock: false }));
    expect(bestBaseline(allLate, exact('booth', 7, 6))?.design).toBe('wooley8');
  });
});

describe('twinRows', () => {
  it('takes every architecture of the twin and nothing of another width', () => {
    const narrow = (bits: number, architecture: 'booth' | 'baugh-wooley'): MultiplierSpec => ({
      family: 'narrow',
      bits,
      aBits: 4,
      bBits: 4,
      architecture,
    });
    const rows = rowsOf([
      ['a', narrow(8, 'booth'), 0.1],
      ['b', narrow(8, 'baugh-wooley'), 0.1],
      ['c', narrow(16, 'booth'), 0.1],
    ]);
    const design = (spec: MultiplierSpec) => twinRows(rows, spec).map((row) => row.design);
    expect(design({ family: 'roup', bits: 8, P: 2, r: [4, 4] })).toEqual(['a', 'b']);
    expect(design({ family: 'roup', bits: 8, P: 2, r: [4, 3] })).toEqual([]);
    expect(design(exact('booth', 4))).toEqual([]);
  });
});

describe('labels', () => {
  it('are short and unambiguous', () => {
    const roup: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] };
    const narrow: MultiplierSpec = { family: 'narrow', bits: 8, aBits: 7, bBits: 6, architecture: 'booth' };
    expect([roup, narrow, exact('booth', 8), exact('booth', 8, 7, false)].map(designLabel)).toEqual([
      'ROUP P=1 r=3,1,0',
      'exact 7×6 (Booth)',
      'exact 8×8 (Booth)',
      'exact s8×u7 (Booth)',
    ]);
    expect([plotLabel(roup, true), plotLabel(narrow, false), plotLabel(exact('booth', 8), true)]).toEqual([
      'N8 P1 r3,1,0',
      '7×6 booth',
      'Booth 8×8',
    ]);
  });
});
