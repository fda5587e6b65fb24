import { MaxdnnError } from '../../base/errors.ts';
import { TOLERANCE_PERCENT } from '../../synth/crosscheck.ts';
import { type CheckedRow, crosscheckTable, worstRow } from '../../synth/crosscheck-table.ts';
import { describeRow } from '../../synth/energy-table.ts';
import { findNewerSta, type NewerStaFinding } from '../../tools/newer-opensta.ts';
import type { Command, Outcome } from '../command.ts';
import { choiceOption, textOption } from '../options.ts';
import { openTableRows, TABLE_ROW_OPTIONS } from '../table-rows.ts';

export const crosscheck: Command = {
  name: 'crosscheck',
  summary: 'delay and power of priced designs again, by a newer OpenSTA where there is one',
  positionals: '[DESIGN…]',
  options: {
    ...TABLE_ROW_OPTIONS,
    sta: {
      type: 'string',
      value: 'PROGRAM',
      describe: 'OpenSTA 2.4 or later (default: MAXDNN_STA in the environment, else sta or opensta in PATH)',
    },
    activity: { type: 'string', value: 'FORM', describe: 'what OpenSTA reads: vcd, or saif', default: 'vcd' },
  },
  examples: [
    ['maxdnn crosscheck', 'every design of the table at the nominal clock target'],
    ['maxdnn crosscheck --sta ~/OpenSTA/build/sta mul_booth_s8', 'one design, with that program'],
  ],
  run: async (args, { onProgress }) => {
    const finding = await findNewerSta(textOption(args, 'sta') ?? (process.env.MAXDNN_STA || undefined));
    if (!finding.found) return describeMissing(finding.looked);
    const activity = choiceOption(args, 'activity', ['vcd', 'saif'] as const) ?? 'vcd';
    const checked = await crosscheckTable(finding, { ...(await openTableRows(args)), activity, onProgress });
    return describeChecks(checked, finding);
  },
};

/** No newer OpenSTA: nothing is checked, and nothing is wrong. */
function describeMissing(looked: readonly string[]): Outcome {
  const lines = [
    'No newer OpenSTA found: nothing was checked.',
    ...looked.map((place) => `  ${place}`),
    'How to get one: build OpenSTA 2.4 or later from https://github.com/parallaxsw/OpenSTA (cmake, swig, bison, flex,',
    'Tcl, Eigen and CUDD), and give the program with --sta PROGRAM or in the environment as MAXDNN_STA.',
    'For other power tools: maxdnn export-activity writes VCD and SAIF of the same operands.',
  ];
  return { text: lines.join('\n'), value: { found: false, looked } };
}

function describeChecks(rows: readonly CheckedRow[], sta: NewerStaFinding & { found: true }): Outcome {
  const worst = worstRow(rows)!;
  const beyond = rows.filter(({ result }) => result.beyond.length > 0);
  const { internalPj, switchingPj, energyPj } = TOLERANCE_PERCENT;
  const width = Math.max(...rows.map(({ row }) => describeRow(row).length));
  const columns = ['delay ns', 'internal fJ', 'switching fJ', 'leakage fJ', 'energy fJ'];
  const lines = [
    `Ours, those of OpenSTA ${sta.version}, and how far ours are above them in %:`,
    `${''.padEnd(width)}${columns.map((column) => column.padStart(FIGURE_WIDTH)).join('')}`,
    ...rows.map(({ row, result }) => printRow(describeRow(row).padEnd(width), result)),
    `Worst energy: ${describeRow(worst.row)}, ${percent(worst.result.differencePercent.energyPj)}.`,
    `${rows.length - beyond.length} of ${rows.length} within ${energyPj} % of energy and ${internalPj} % and ${switchingPj} % of internal and switching energy.`,
  ];
  const value = {
    found: true,
    program: sta.program,
    version: sta.version,
    tolerancePercent: TOLERANCE_PERCENT,
    rows: rows.map(({ row, result }) => ({ stream: row.stream, ...result })),
    worst: { row: describeRow(worst.row), energyPercent: worst.result.differencePercent.energyPj },
    beyond: beyond.length,
  };
  if (beyond.length === 0) return { text: lines.join('\n'), value };
  const faults = beyond.map(({ row, result }) =>
    [
      describeRow(row),
      ...result.beyond.map((figure) => `${figure} ${percent(result.differencePercent[figure])}`),
    ].join(', '),
  );
  const failure = new MaxdnnError('mismatch', `beyond the tolerance:\n${faults.join('\n')}`, {
    hint: 'What the two tools do differently, and by how much: docs/crosscheck.md.',
  });
  return { text: lines.join('\n'), value, failure };
}

const FIGURE_WIDTH = 23;

function printRow(name: string, { ours, theirs, differencePercent }: CheckedRow['result']): string {
  const figure = (key: keyof typeof ours, scale: number, digits: number): string => {
    const pair = `${(ours[key] * scale).toFixed(digits)} ${(theirs[key] * scale).toFixed(digits)}`;
    return `${pair} ${signed(differencePercent[key]).padStart(6)}`.padStart(FIGURE_WIDTH);
  };
  const energies = (['internalPj', 'switchingPj', 'leakagePj', 'energyPj'] as const).map((key) =>
    figure(key, 1000, 2),
  );
  return `${name}${figure('delayNs', 1, 4)}${energies.join('')}`;
}

function percent(value: number): string {
  return `${signed(value)} %`;
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(2);
  return Number(text) === 0 ? text : `${value > 0 ? '+' : '-'}${text}`;
}
