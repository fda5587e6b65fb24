import { columnHead, columnsWithFigures, formatColumn, RESULT_COLUMNS } from '../report/columns.ts';
import type { Report, ReportRow } from '../report/rows.ts';
import { NOT_SIGNIFICANT_MEANING } from '../report/significance.ts';
import { nominalClockNs } from '../synth/select-rows.ts';

/** How wide a terminal table may be, in characters. */
const TABLE_MAX_COLUMNS = 130;

const GAP = 2;
const NAME_HEAD = 'Multiplier';

/**
 * The result table as plain text without colours: figures right-aligned under heads with units, each uniform ROUP
 * with its exact narrow twin below it, then what the gains are against and what the numbers are not. No line is
 * wider than `maxColumns`: names are shortened in the middle where they must be.
 */
export function renderTerminalTable(report: Report, maxColumns = TABLE_MAX_COLUMNS): string {
  const { rows } = report;
  const columns = columnsWithFigures(RESULT_COLUMNS, rows).map((column) => {
    const cells = formatColumn(column, rows).map((cell) =>
      cell.replaceAll('\u202f', '').replaceAll('−', '-'),
    );
    const [title, unit] = splitHead(columnHead(column));
    const width = Math.max(title.length, unit.length, ...cells.map((cell) => cell.length));
    return { title, unit, cells, width };
  });
  const figuresWidth = columns.reduce((sum, column) => sum + GAP + column.width, 0);
  const names = rows.map(renderName);
  const widest = Math.max(NAME_HEAD.length, ...names.map((name) => name.length));
  const nameWidth = Math.max(NAME_HEAD.length, Math.min(widest, maxColumns - figuresWidth));
  const line = (name: string, pick: (column: (typeof columns)[number]) => string): string =>
    shorten(name, nameWidth).padEnd(nameWidth) +
    columns.map((column) => ' '.repeat(GAP) + pick(column).padStart(column.width)).join('');
  const rule = '-'.repeat(nameWidth + figuresWidth);
  return [
    line(NAME_HEAD, (column) => column.title),
    line('', (column) => column.unit),
    rule,
    ...names.flatMap((name, index) => [
      ...(index > 0 && opensBlock(rows, index) ? [rule] : []),
      line(name, (column) => column.cells[index]!),
    ]),
    rule,
    ...describeTable(report).flatMap((text) => wrap(text, maxColumns)),
  ].join('\n');
}

/** "*" marks the design that gains are against; a twin is indented below its ROUP. */
function renderName(row: ReportRow): string {
  if (row.isBaseline) return `${row.design} *`;
  return row.twinOf === undefined ? row.design : `  = ${row.design}`;
}

function opensBlock(rows: readonly ReportRow[], index: number): boolean {
  const place = (row: ReportRow): string => (row.twinOf === undefined ? row.section : 'roup');
  return place(rows[index]!) !== place(rows[index - 1]!);
}

function describeTable({ table, evaluation, rows }: Report): readonly string[] {
  const { library, conditions } = table;
  const baselines = rows.filter((row) => row.isBaseline).map((row) => row.design);
  const hasTwins = rows.some((row) => row.twinOf !== undefined);
  const accuracy =
    evaluation === undefined
      ? 'Accuracy: not evaluated.'
      : `Accuracy: ${evaluation.network.name} on ${evaluation.exact.images} images of ${evaluation.dataset.name}, ` +
        `${evaluation.roundedOperand} rounded; change against exact int8, 95 % interval, points. ${NOT_SIGNIFICANT_MEANING}.`;
  return [
    `* best exact baseline (${baselines.join(', ')}): energy gain is against it.` +
      (hasTwins ? ' "=": the exact narrow twin of the ROUP above it.' : ''),
    `Energy: library ${library.name} (${library.origin}), uniform operands, ${conditions.operandPairs} pairs, clock target ${nominalClockNs(table)} ns; no layout, no wires; no glitches in Energy and Energy gain; differences below 5 % say nothing.`,
    accuracy,
  ];
}

/** Title and unit of a head such as "Area [µm²]"; no unit: an empty second line. */
function splitHead(head: string): readonly [string, string] {
  const at = head.indexOf(' [');
  return at < 0 ? [head, ''] : [head.slice(0, at), head.slice(at + 1)];
}

function shorten(text: string, width: number): string {
  if (text.length <= width) return text;
  const head = Math.ceil((width - 1) / 2);
  return `${text.slice(0, head)}…${text.slice(text.length - (width - 1 - head))}`;
}

function wrap(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ').map((part) => shorten(part, width))) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line);
      line = word;
    } else line = line === '' ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
