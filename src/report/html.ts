import { namedAccuracies } from './accuracy-content.ts';
import { renderClassDetails, renderConfusionDetails } from './accuracy-html.ts';
import { ACCURACY_COLUMNS, COST_COLUMNS, ERROR_COLUMNS, formatNumber, RESULT_COLUMNS } from './columns.ts';
import { describeLimits, describeSources, describeTerms, REPORT_TITLE, TABLE_CAPTIONS } from './content.ts';
import { type EnergySection, energySections } from './energy-sections.ts';
import { escapeMarkup } from './escape-markup.ts';
import { renderFigureTableHtml } from './figure-table.ts';
import { describeFindings, twinPairs } from './findings.ts';
import { renderDesignTable, wrapTable } from './html-table.ts';
import {
  renderLimits,
  renderPage,
  renderPairs,
  renderScrollingFigure,
  renderSources,
  renderStatements,
} from './page-frame.ts';
import { accuracyPlot, errorPlot } from './plots.ts';
import type { Report, ReportRow } from './rows.ts';
import { renderScatter } from './svg.ts';

/** The report as one HTML page that needs nothing from outside; the same report gives the same bytes. */
export function renderHtml(report: Report): string {
  const accuracy = accuracyPlot(report);
  const plots = accuracy === undefined ? [errorPlot(report)] : [accuracy, errorPlot(report)];
  const pairs = twinPairs(report).length;
  return renderPage({
    title: REPORT_TITLE,
    lede: `${report.rows.length} designs, priced with ${report.table.library.name}`,
    blocks: [
      '<div class="top">',
      renderSources(describeSources(report)),
      renderLimits(describeLimits(report)),
      '</div>',
      '<h2>What they say</h2>',
      renderStatements(describeFindings(report), 'findings'),
      '<h2>Results</h2>',
      renderDesignTable('results', TABLE_CAPTIONS.results, RESULT_COLUMNS, report.rows),
      ...plots.map(
        (plot) =>
          `<h2>${escapeMarkup(plot.title)}</h2>\n${renderScrollingFigure(plot.title, renderScatter(plot))}`,
      ),
      ...(pairs === 0 ? [] : ['<h2>Uniform ROUP beside its exact narrow twin</h2>', renderTwins(report)]),
      ...renderAccuracy(report),
      '<h2>Error metrics</h2>',
      renderDesignTable('errors', TABLE_CAPTIONS.errors, ERROR_COLUMNS, report.rows),
      '<h2>Silicon cost</h2>',
      renderDesignTable('cost', TABLE_CAPTIONS.cost, COST_COLUMNS, report.rows),
      ...energySections(report).map(renderSection),
      '<h2>Evidence per design</h2>',
      renderEvidence(report),
      '<h2>Terms</h2>',
      `<dl class="terms">${renderPairs(describeTerms(report))}</dl>`,
    ],
    footer: `maxdnn ${report.table.maxdnnVersion}. The same figures in full precision: report.csv.`,
  });
}

function renderSection({ title, statements, table }: EnergySection): string {
  const list = statements.length === 0 ? '' : `${renderStatements(statements, 'findings')}\n`;
  return `<h2>${escapeMarkup(title)}</h2>\n${list}${renderFigureTableHtml(table)}`;
}

/** How sure the accuracies are, and where the answers go wrong. */
function renderAccuracy(report: Report): readonly string[] {
  const { evaluation } = report;
  if (evaluation === undefined) return [];
  return [
    '<h2>Accuracy</h2>',
    renderDesignTable('accuracy', TABLE_CAPTIONS.accuracy, ACCURACY_COLUMNS, report.rows),
    renderClassDetails(namedAccuracies(evaluation)),
    ...renderConfusionDetails(namedAccuracies(evaluation)),
  ];
}

function renderTwins(report: Report): string {
  const outcome = {
    twin: 'the twin needs less',
    roup: 'ROUP needs less',
    none: 'within synthesis noise',
  } as const;
  const evaluated = report.evaluation !== undefined;
  const change = (row: ReportRow): string =>
    row.accuracy === undefined ? '' : `<td>${formatNumber(row.accuracy.changePoints, 2, true)}</td>`;
  const body = twinPairs(report).map(
    ({ roup, twin, twinEnergyPercent, winner }) =>
      `<tr><th scope="row">${escapeMarkup(roup.label)}</th><td class="text">${escapeMarkup(twin.label)}</td>` +
      `<td>${formatNumber(roup.cost.energyPj, 4)}</td><td>${formatNumber(twin.cost.energyPj, 4)}</td>` +
      `<td>${formatNumber(twinEnergyPercent, 1, true)}</td>${change(roup)}${change(twin)}` +
      `<td class="text">${outcome[winner]}</td></tr>`,
  );
  const head = (title: string, unit: string): string =>
    `<th scope="col">${title}<span class="unit">${unit}</span></th>`;
  const accuracyHeads = head('Change ROUP', 'points') + head('Change twin', 'points');
  const heads =
    '<th scope="col">Uniform ROUP</th><th scope="col" style="text-align:left">Exact narrow twin</th>' +
    head('Energy ROUP', 'pJ') +
    head('Energy twin', 'pJ') +
    head('Twin − ROUP', '% of ROUP') +
    (evaluated ? accuracyHeads : '') +
    '<th scope="col" style="text-align:left">Energy</th>';
  return wrapTable('twins', TABLE_CAPTIONS.twins, heads, body);
}

function renderEvidence({ rows }: Report): string {
  const body = rows.map(
    ({ design, verdict, cost }) =>
      `<tr data-design="${escapeMarkup(design)}"><th scope="row"><code>${escapeMarkup(design)}</code></th>` +
      `<td class="text">${verdict.coverage}</td><td>${formatNumber(verdict.pairsCompared, 0)}</td><td>${verdict.mismatchCount}</td>` +
      `<td class="text">${cost.equivalence}</td>` +
      [cost.rtlSha256, cost.netlistSha256, cost.stream.sha256]
        .map((hash) => `<td class="text"><code>${escapeMarkup(hash.slice(0, 12))}</code></td>`)
        .join('') +
      '</tr>',
  );
  const left = (title: string): string => `<th scope="col" style="text-align:left">${title}</th>`;
  const heads =
    '<th scope="col">Design</th>' +
    left('Simulated pairs') +
    '<th scope="col">Compared</th><th scope="col">Wrong</th>' +
    left('Netlist = RTL') +
    left('RTL sha256') +
    left('Netlist sha256') +
    left('Operands sha256');
  return wrapTable('evidence', TABLE_CAPTIONS.evidence, heads, body);
}
