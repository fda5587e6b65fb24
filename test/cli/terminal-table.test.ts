import { describe, expect, it } from 'vitest';
import { renderTerminalTable } from '../../src/cli/terminal-table.ts';
import { joinReport } from '../../src/report/rows.ts';
import { sampleInput } from '../report/sample.ts';

const DESIGNS = 19;

describe('renderTerminalTable', () => {
  const report = joinReport(sampleInput());
  const lines = renderTerminalTable(report).split('\n');

  it('has the columns that were asked for, with units, and one aligned line per design', () => {
    expect(lines[0]!.trim().split(/ {2,}/)).toEqual([
      'Multiplier',
      'MAE',
      'MRED',
      'Area',
      'Delay',
      'Energy',
      'Energy gain',
      'Gain with glitches',
      'Accuracy',
      'Accuracy change',
    ]);
    expect(lines[1]!.trim().split(/ {2,}/)).toEqual([
      '[%]',
      '[%]',
      '[µm²]',
      '[ns]',
      '[pJ]',
      '[%]',
      '[%]',
      '[%]',
      '[points]',
    ]);
    const designs = lines.filter((line) => /^ *(= )?mul_/.test(line));
    expect(designs).toHaveLength(DESIGNS);
    expect(new Set(designs.map((line) => line.length)).size).toBe(1);
    for (const row of report.rows)
      expect(
        designs.filter((line) => line.includes(`${row.design} `)),
        row.design,
      ).toHaveLength(1);
    expect(designs.find((line) => line.includes('p2_r4 '))!.split(/ {2,}/)).toEqual([
      'mul_roup_s8_p2_r4',
      '0.5821',
      '24.45',
      '94.2',
      '0.681',
      '0.1500',
      '+68.8',
      '+70.1',
      '59.48',
      '-24.54 ± 0.91',
    ]);
  });

  it('puts the twin below its ROUP and names baseline and limits', () => {
    const at = lines.findIndex((line) => line.startsWith('mul_roup_s8_p2_r4 '));
    expect(lines[at + 1]).toMatch(/^ {2}= mul_narrow_s8_a4_b4 /);
    expect(lines.some((line) => line.startsWith('mul_baugh_wooley_s8 * '))).toBe(true);
    const text = lines.slice(lines.findIndex((line) => line.startsWith('* '))).join('\n');
    for (const part of [
      '* best exact baseline (mul_baugh_wooley_s8)',
      'library maxdnn45 (embedded)',
      'no layout, no wires; no glitches in',
      'CIFAR-10 test',
      'n.s.: not',
    ]) {
      expect(text).toContain(part);
    }
  });

  it.each([130, 120, 110])('keeps within %i columns, without escape codes', (width) => {
    const text = renderTerminalTable(report, width);
    for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(width);
    expect(text).not.toMatch(/[^\P{Cc}\n]/u);
    expect(text.split('\n').filter((line) => /±|0\.00$/.test(line))).toHaveLength(DESIGNS);
  });

  it('leaves accuracy out when nothing was evaluated and says so', () => {
    const { evaluation: _, ...input } = sampleInput();
    const text = renderTerminalTable(joinReport(input));
    expect(text).toContain('Accuracy: not evaluated.');
    expect(text.split('\n')[0]).not.toContain('Accuracy');
  });
});
