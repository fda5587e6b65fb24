import { describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { designName, type ExactFamily, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { buildCells } from '../../src/rtl/build-cells.ts';
import type { Cell, CellList } from '../../src/rtl/cells.ts';
import { compareAllPairs, roupSpace } from './all-pairs.ts';

test.each(CATALOGUE.map(({ spec }) => [designName(spec), spec] as const))(
  '%s: cells equal golden on all pairs',
  (_, spec) => {
    const { pairs, differences } = compareAllPairs(buildCells(spec), spec);
    expect(pairs).toBe(spec.family === 'narrow' ? 2 ** (spec.aBits + spec.bBits) : 65536);
    expect(differences).toBe(0);
  },
);

describe('exact multipliers of all widths and signs', () => {
  test.each<ExactFamily>(['booth', 'baugh-wooley', 'behavioural'])('%s, 2..5 × 2..5 and 8 × 7', (family) => {
    let designs = 0;
    const widths = [2, 3, 4, 5].flatMap((m) => [2, 3, 4, 5].map((n) => [m, n] as const));
    for (const [aBits, bBits] of [...widths, [8, 7] as const]) {
      for (const aSigned of [true, false]) {
        for (const bSigned of [true, false]) {
          const spec: MultiplierSpec = { family, aBits, bBits, aSigned, bSigned };
          expect([designName(spec), compareAllPairs(buildCells(spec), spec)]).toEqual([
            designName(spec),
            { pairs: 2 ** (aBits + bBits), differences: 0 },
          ]);
          designs++;
        }
      }
    }
    expect(designs).toBe(68);
  });
});

test('every ROUP N=8 whose r never increases equals golden on all pairs', () => {
  const specs = roupSpace('non-increasing');
  expect(specs.length).toBe(494);
  const wrong = specs.filter((spec) => compareAllPairs(buildCells(spec), spec).differences > 0);
  expect(wrong.map(designName)).toEqual([]);
});

test.skipIf(process.env.MAXDNN_FULL !== '1')(
  'the whole ROUP N=8 space equals golden on all pairs [npm run test:full]',
  { timeout: 600_000 },
  () => {
    const specs = roupSpace('all');
    expect(specs.length).toBe(4680);
    expect(specs.filter((spec) => compareAllPairs(buildCells(spec), spec).differences > 0)).toEqual([]);
  },
);

describe('sabotage', () => {
  const spec: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] };

  test('a single wrong cell anywhere is noticed', () => {
    const list = buildCells(spec);
    let mutants = 0;
    for (const [s, section] of list.sections.entries()) {
      for (const [c, cell] of section.cells.entries()) {
        const wrong = sabotage(cell);
        if (wrong === undefined) continue;
        const cells = section.cells.with(c, wrong);
        const sections = list.sections.with(s, { ...section, cells });
        const mutant: CellList = { ...list, sections };
        expect(compareAllPairs(mutant, spec).differences, JSON.stringify(wrong)).toBeGreaterThan(0);
        mutants++;
      }
    }
    expect(mutants).toBe(48);
  });
});

/** A cell that reads one wrong input. */
function sabotage(cell: Cell): Cell | undefined {
  switch (cell.kind) {
    case 'booth-digit':
      return { ...cell, lo: cell.hi };
    case 'booth-bit':
      return { ...cell, y: cell.x === cell.y ? "1'b0" : cell.x };
    case 'booth-correction':
      return { ...cell, two: "1'b0" };
    case 'full-adder':
    case 'xor3':
      return { ...cell, c: cell.a };
    case 'half-adder':
    case 'xor2':
      return { ...cell, b: cell.a };
    case 'not':
      return { ...cell, a: "1'b0" };
    case 'final-adder':
      return { ...cell, y: cell.y.map(() => "1'b0") };
    default:
      return undefined;
  }
}
