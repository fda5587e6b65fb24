import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { acceleratorTable, describeAccelerator } from '../../src/report/accelerator-section.ts';
import { renderHtml } from '../../src/report/html.ts';
import { renderMarkdown } from '../../src/report/markdown.ts';
import { joinReport, type ReportInput } from '../../src/report/rows.ts';
import { sampleEnergy } from '../explore/energy-sample.ts';
import { sampleInput } from './sample.ts';

/** The sample with an accelerator energy of its own library, network and clock target. */
function inputWithEnergy(): ReportInput {
  const input = sampleInput();
  const { library, conditions } = input.table;
  const energy = sampleEnergy();
  const network = { ...energy.network, sha256: input.evaluation.network.sha256 };
  return {
    ...input,
    accelerator: { ...energy, library, network, clockNs: conditions.clockTargetsNs[0]! },
  };
}

describe('where the energy of an image goes', () => {
  const input = inputWithEnergy();
  const energy = input.accelerator!;
  const report = joinReport(input);

  it('has the baseline first, once, and a line per other row; the parts add up to the total', () => {
    const { lines, heads } = acceleratorTable(report, energy);
    expect(lines.map(({ code }) => code)).toEqual(['mul_booth_s8', 'mul_roup_s8_p2_r4']);
    expect(lines[0]!.tag).toBe('best exact');
    const totals = [energy.baseline, energy.rows[1]!].map(({ total }) => total);
    expect(totals.length).toBe(lines.length);
    for (const [index, total] of totals.entries()) {
      const figures = lines[index]!.cells.slice(0, 8).map((cell) => Number(cell.replace(/\u202f/g, '')));
      expect(figures.length).toBe(8);
      const sum = figures.slice(0, 7).reduce((x, y) => x + y);
      expect(Math.abs(sum - figures[7]!)).toBeLessThanOrEqual(4); // seven figures rounded to 1 nJ
      expect(figures[7]).toBe(Math.round(total.totalNj));
    }
    expect(heads.slice(8).map(({ title }) => title)).toEqual([
      'Gain, multipliers',
      'Gain, array',
      'Gain, total',
    ]);
    // Half the energy per multiplication; everything else is the same.
    expect(lines[1]!.cells[8]).toBe('+50.0');
  });

  it('says how small the multipliers are and that the clock is not met', () => {
    const [share, late] = describeAccelerator(energy);
    const { multiplyNj, totalNj } = energy.baseline.total;
    expect(share!.lead).toContain(` ${((100 * multiplyNj) / totalNj).toFixed(1)} % `);
    expect(late!.lead).toBe('3 of 3 processing elements do not meet 1.2 ns (longest path 1.20 ns).');
  });

  it('stands in the page and in the Markdown', () => {
    for (const text of [renderHtml(report), renderMarkdown(report, [])]) {
      expect(text).toContain('Where the energy of an image goes');
      expect(text).toMatch(/of the energy modelled for the best exact design\./);
    }
  });

  it.each([
    ['library', 'library', { sha256: 'b'.repeat(64) }],
    ['network', 'network', { sha256: 'b'.repeat(64) }],
  ] as const)('of another %s it is refused', (_what, part, change) => {
    const damaged = { ...energy, [part]: { ...energy[part], ...change } };
    expect(() => joinReport({ ...input, accelerator: damaged })).toThrow(MaxdnnError);
    expect(() => joinReport({ ...input, accelerator: damaged })).toThrow(
      `accelerator energy: ${part}: wanted`,
    );
  });

  it('of a clock target that the table has not it is refused', () => {
    const other = { ...energy, clockNs: 3 };
    expect(() => joinReport({ ...input, accelerator: other })).toThrow(
      'accelerator energy: clock target: wanted "1.2", found 3',
    );
  });

  it('with energies per multiplication that the table no longer has it is refused, with its own it is not', () => {
    const uniform = { ...energy, stream: 'uniform' as const };
    expect(() => joinReport({ ...input, accelerator: uniform })).toThrow(
      /^accelerator energy: mul_booth_s8, conv: .*another/,
    );
    const energyPj = { mul_booth_s8: 0.5, mul_roup_s8_p2_r4: 0.25 };
    const rows = input.table.rows.map((row) => {
      const own = Object.entries(energyPj).find(([design]) => design === row.design)?.[1];
      if (own === undefined) return row;
      return { ...row, energyPj: own, internalPj: own, switchingPj: 0, leakagePj: 0 };
    });
    const { evaluation: _, ...others } = input;
    const table = { ...input.table, rows };
    expect(joinReport({ ...others, table, accelerator: uniform }).accelerator).toBe(uniform);
  });

  it('what the models leave out of a library stands among the limits', () => {
    const note = 'latches: 2 cells (DLH_X1, DLL_X1)';
    const table = { ...input.table, library: { ...input.table.library, notes: [note] } };
    const noted = joinReport({ ...sampleInput(), table });
    expect(renderMarkdown(noted, [])).toContain('**Library, not modelled.** latches: 2 cells');
  });
});
