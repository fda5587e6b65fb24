import { namedAccuracies } from './accuracy-content.ts';
import { renderClassTables } from './accuracy-markdown.ts';
import {
  ACCURACY_COLUMNS,
  COST_COLUMNS,
  type Column,
  columnHead,
  columnsWithFigures,
  ERROR_COLUMNS,
  formatColumn,
  formatNumber,
  RESULT_COLUMNS,
} from './columns.ts';
import {
  describeLimits,
  describeSources,
  describeTerms,
  REPORT_TITLE,
  type Statement,
  TABLE_CAPTIONS,
} from './content.ts';
import { energySections } from './energy-sections.ts';
import { renderFigureTableMarkdown } from './figure-table.ts';
import { describeFindings, twinPairs } from './findings.ts';
import { escapeMarkdown, joinTable } from './markdown-table.ts';
import type { Report, ReportRow } from './rows.ts';

/**
 * The report as Markdown (GitHub tables); plots stand in files beside it.
 * @param plots file name and title of each plot, in the order to show them
 */
export function renderMarkdown(
  report: Report,
  plots: readonly { readonly file: string; readonly title: string }[],
): string {
  const pairs = twinPairs(report).length;
  const blocks = [
    `# ${REPORT_TITLE}`,
    '## Where the numbers come from',
    renderList(describeSources(report)),
    '## What the numbers are not',
    renderList(describeLimits(report)),
    '## What they say',
    renderList(describeFindings(report)),
    '## Results',
    TABLE_CAPTIONS.results,
    renderTable(RESULT_COLUMNS, report.rows),
    ...plots.flatMap(({ file, title }) => [`## ${title}`, `![${escapeMarkdown(title)}](${file})`]),
    ...(pairs === 0
      ? []
      : ['## Uniform ROUP beside its exact narrow twin', TABLE_CAPTIONS.twins, renderTwins(report)]),
    ...renderAccuracy(report),
    '## Error metrics',
    TABLE_CAPTIONS.errors,
    renderTable(ERROR_COLUMNS, report.rows),
    '## Silicon cost',
    TABLE_CAPTIONS.cost,
    renderTable(COST_COLUMNS, report.rows),
    ...energySections(report).flatMap(({ title, statements, table }) => [
      `## ${title}`,
      ...(statements.length === 0 ? [] : [renderList(statements)]),
      renderFigureTableMarkdown(table),
    ]),
    '## Evidence per design',
    TABLE_CAPTIONS.evidence,
    renderEvidence(report),
    '## Terms',
    renderList(describeTerms(report)),
    `maxdnn ${escapeMarkdown(report.table.maxdnnVersion)}. The same figures in full precision: report.csv.`,
  ];
  return `${blocks.join('\n\n')}\n`;
}

function renderList(statements: readonly Statement[]): string {
  return statements
    .map(({ lead, text }) => {
      const end = /[.:]$/.test(lead) ? '' : ':';
      return `- **${escapeMarkdown(lead)}${end}** ${escapeMarkdown(text)}`;
    })
    .join('\n');
}

function renderTable(allColumns: readonly Column[], rows: readonly ReportRow[]): string {
  const columns = columnsWithFigures(allColumns, rows);
  const cells = columns.map((column) => formatColumn(column, rows).map(escapeMarkdown));
  const lines = rows.map((row, index) => [renderName(row), ...cells.map((column) => column[index]!)]);
  return joinTable(['Multiplier', ...columns.map((column) => escapeMarkdown(columnHead(column)))], lines, 1);
}

function renderName(row: ReportRow): string {
  const name = `${escapeMarkdown(row.label)} \`${row.design}\``;
  if (row.isBaseline) return `${name} **best exact**`;
  return row.twinOf === undefined ? name : `↳ twin: ${name}`;
}

function renderAccuracy({ evaluation, rows }: Report): readonly string[] {
  if (evaluation === undefined) return [];
  const table = renderTable(ACCURACY_COLUMNS, rows);
  return ['## Accuracy', TABLE_CAPTIONS.accuracy, table, ...renderClassTables(namedAccuracies(evaluation))];
}

function renderTwins(report: Report): string {
  const evaluated = report.evaluation !== undefined;
  const change = (row: ReportRow): readonly string[] =>
    row.accuracy === undefined ? [] : [formatNumber(row.accuracy.changePoints, 2, true)];
  const lines = twinPairs(report).map(({ roup, twin, twinEnergyPercent }) => [
    escapeMarkdown(roup.label),
    escapeMarkdown(twin.label),
    formatNumber(roup.cost.energyPj, 4),
    formatNumber(twin.cost.energyPj, 4),
    formatNumber(twinEnergyPercent, 1, true),
    ...change(roup),
    ...change(twin),
  ]);
  const heads = [
    'Uniform ROUP',
    'Exact narrow twin',
    'Energy ROUP (pJ)',
    'Energy twin (pJ)',
    'Twin − ROUP (% of ROUP)',
  ];
  const accuracyHeads = ['Change ROUP (points)', 'Change twin (points)'];
  return joinTable(evaluated ? [...heads, ...accuracyHeads] : heads, lines, 2);
}

function renderEvidence({ rows }: Report): string {
  const lines = rows.map(({ design, verdict, cost }) => [
    `\`${design}\``,
    cost.equivalence,
    ...[cost.rtlSha256, cost.netlistSha256, cost.stream.sha256].map((hash) => `\`${hash.slice(0, 12)}\``),
    verdict.coverage,
    formatNumber(verdict.pairsCompared, 0),
    String(verdict.mismatchCount),
  ]);
  const heads = [
    'Design',
    'Netlist = RTL',
    'RTL sha256',
    'Netlist sha256',
    'Operands sha256',
    'Pairs',
    'Compared',
    'Wrong',
  ];
  return joinTable(heads, lines, 6);
}
