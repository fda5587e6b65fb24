import type { LibraryComparison } from '../synth/library-comparison.ts';
import { escapeMarkup } from './escape-markup.ts';
import { wrapTable } from './html-table.ts';
import {
  describeAgreement,
  describeLibrarySources,
  LIBRARY_LIMITS,
  LIBRARY_TITLE,
} from './library-content.ts';
import { libraryPlots } from './library-plot.ts';
import { type LibraryTable, libraryTables } from './library-tables.ts';
import {
  renderLimits,
  renderPage,
  renderScrollingFigure,
  renderSources,
  renderStatements,
} from './page-frame.ts';

/** The comparison as one HTML page that needs nothing from outside; the same comparison gives the same bytes. */
export function renderLibraryHtml(comparison: LibraryComparison): string {
  const { ours, other, multipliers, cells } = comparison;
  const [multiplierTable, ...cellTables] = libraryTables(comparison).map(
    (table) => `<h2>${escapeMarkup(table.title)}</h2>\n${renderTable(table)}`,
  );
  return renderPage({
    title: LIBRARY_TITLE,
    lede: `${ours.name} against ${other.name}: ${multipliers.length} multipliers, ${cells.length} shared cells`,
    blocks: [
      '<div class="top">',
      renderSources(describeLibrarySources(comparison)),
      renderLimits(LIBRARY_LIMITS),
      '</div>',
      '<h2>How well they agree</h2>',
      renderStatements(describeAgreement(comparison), 'findings'),
      ...libraryPlots(comparison).map(
        ({ title, svg }) => `<h2>${escapeMarkup(title)}</h2>\n${renderScrollingFigure(title, svg)}`,
      ),
      multiplierTable!,
      ...cellTables,
      '<h2>Cells that only one library has</h2>',
      renderStatements(
        [
          { lead: `${ours.name}:`, text: namesOrNone(comparison.onlyOurs) },
          { lead: `${other.name}:`, text: namesOrNone(comparison.onlyOther) },
        ],
        'findings',
      ),
    ],
    footer: `maxdnn ${comparison.maxdnnVersion}. The same figures in full precision: library-comparison.json, library-cells.csv, library-multipliers.csv.`,
  });
}

/** "A, B" or "none". */
export function namesOrNone(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.join(', ');
}

function renderTable({ id, caption, heads, sections }: LibraryTable): string {
  const headCells = heads.map(
    ({ title, unit }) =>
      `<th scope="col">${escapeMarkup(title)}${unit === '' ? '' : `<span class="unit">${escapeMarkup(unit)}</span>`}</th>`,
  );
  const body = sections.flatMap(({ head, rows }) => [
    ...(head === ''
      ? []
      : [
          `<tr class="section"><th colspan="${heads.length}" scope="colgroup">${escapeMarkup(head)}</th></tr>`,
        ]),
    ...rows.map(
      ([name, ...figures]) =>
        `<tr><th scope="row">${escapeMarkup(name!)}</th>${figures.map((text) => `<td>${escapeMarkup(text)}</td>`).join('')}</tr>`,
    ),
  ]);
  return wrapTable(id, caption, headCells.join(''), body);
}
