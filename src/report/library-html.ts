import type { LibraryComparison } from '../synth/library-comparison.ts';
import type { Statement } from './content.ts';
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
import { PAGE_STYLE } from './style.ts';

/** The comparison as one HTML page that needs nothing from outside; the same comparison gives the same bytes. */
export function renderLibraryHtml(comparison: LibraryComparison): string {
  const { ours, other, multipliers, cells } = comparison;
  const [multiplierTable, ...cellTables] = libraryTables(comparison).map(
    (table) => `<h2>${escapeMarkup(table.title)}</h2>\n${renderTable(table)}`,
  );
  return [
    '<!DOCTYPE html>',
    '<html lang="en">',
    '<head>',
    '<meta charset="utf-8">',
    `<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`,
    '<meta name="viewport" content="width=device-width, initial-scale=1">',
    `<title>${escapeMarkup(LIBRARY_TITLE)}</title>`,
    `<style>${PAGE_STYLE}</style>`,
    '</head>',
    '<body>',
    '<main>',
    `<h1>${escapeMarkup(LIBRARY_TITLE)}</h1>`,
    `<p class="lede">${escapeMarkup(`${ours.name} against ${other.name}: ${multipliers.length} multipliers, ${cells.length} shared cells`)}</p>`,
    '<div class="top">',
    `<section class="card"><h2>Where the numbers come from</h2><dl class="sources">${renderPairs(describeLibrarySources(comparison))}</dl></section>`,
    `<section class="card limits"><h2>What the numbers are not</h2>${renderStatements(LIBRARY_LIMITS, '')}</section>`,
    '</div>',
    '<h2>How well they agree</h2>',
    renderStatements(describeAgreement(comparison), 'findings'),
    ...libraryPlots(comparison).map(
      ({ title, svg }) =>
        `<h2>${escapeMarkup(title)}</h2>\n<div class="scroll" tabindex="0" role="region" aria-label="${escapeMarkup(title)}"><figure>${svg}</figure></div>`,
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
    `<footer>maxdnn ${escapeMarkup(comparison.maxdnnVersion)}. The same figures in full precision: library-comparison.json, library-cells.csv, library-multipliers.csv.</footer>`,
    '</main>',
    '</body>',
    '</html>',
    '',
  ].join('\n');
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

function renderPairs(statements: readonly Statement[]): string {
  return statements
    .map(({ lead, text }) => `<dt>${escapeMarkup(lead)}</dt><dd>${escapeMarkup(text)}</dd>`)
    .join('\n');
}

function renderStatements(statements: readonly Statement[], className: string): string {
  const items = statements.map(
    ({ lead, text }) => `<li><strong>${escapeMarkup(lead)}</strong> ${escapeMarkup(text)}</li>`,
  );
  return `<ul${className === '' ? '' : ` class="${className}"`}>\n${items.join('\n')}\n</ul>`;
}
