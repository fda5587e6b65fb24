import { type Column, columnHead, columnsWithFigures, formatColumn } from './columns.ts';
import { escapeMarkup } from './escape-markup.ts';
import { type ReportRow, SECTION_TITLES } from './rows.ts';

/** A table with one row per design under a head per section. */
export function renderDesignTable(
  id: string,
  caption: string,
  allColumns: readonly Column[],
  rows: readonly ReportRow[],
): string {
  const columns = columnsWithFigures(allColumns, rows);
  const cells = columns.map((column) => formatColumn(column, rows));
  const body = rows.map((row, index) => {
    const figures = cells.map((column) => `<td>${escapeMarkup(column[index]!)}</td>`).join('');
    const head = `<th scope="row">${renderName(row)}</th>`;
    const line = `<tr${rowClass(row)} data-design="${escapeMarkup(row.design)}">${head}${figures}</tr>`;
    return opensSection(rows, index)
      ? `<tr class="section"><th colspan="${columns.length + 1}" scope="colgroup">${SECTION_TITLES[row.section]}</th></tr>\n${line}`
      : line;
  });
  const heads = columns.map(renderHead).join('');
  return wrapTable(id, caption, `<th scope="col">Multiplier</th>${heads}`, body);
}

/** A twin stands in the section of its ROUP; any other change of section opens one. */
function opensSection(rows: readonly ReportRow[], index: number): boolean {
  const place = (row: ReportRow | undefined) => (row?.twinOf === undefined ? row?.section : 'roup');
  return place(rows[index]) !== place(rows[index - 1]);
}

function renderName(row: ReportRow): string {
  const tag = row.isBaseline ? ' <span class="tag">best exact</span>' : '';
  const name = row.twinOf === undefined ? row.label : `twin: ${row.label}`;
  return `${escapeMarkup(name)}${tag}<code>${escapeMarkup(row.design)}</code>`;
}

function rowClass(row: ReportRow): string {
  if (row.isBaseline) return ' class="best"';
  return row.twinOf === undefined ? '' : ' class="twin"';
}

function renderHead(column: Column): string {
  const unit = column.unit === '' ? '' : `<span class="unit">${escapeMarkup(column.unit)}</span>`;
  return `<th scope="col" title="${escapeMarkup(columnHead(column))}">${escapeMarkup(column.title)}${unit}</th>`;
}

/** A table with a caption, in a box that scrolls sideways where it must. */
export function wrapTable(
  id: string,
  caption: string,
  heads: string,
  body: readonly string[],
  className?: string,
): string {
  return [
    `<div class="scroll" tabindex="0" role="region" aria-labelledby="${id}-caption">`,
    `<table id="${id}"${className === undefined ? '' : ` class="${className}"`}>`,
    `<caption id="${id}-caption">${escapeMarkup(caption)}</caption>`,
    `<thead><tr>${heads}</tr></thead>`,
    `<tbody>\n${body.join('\n')}\n</tbody>`,
    '</table>',
    '</div>',
  ].join('\n');
}
