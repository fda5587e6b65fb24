import { escapeMarkup } from './escape-markup.ts';
import { wrapTable } from './html-table.ts';
import { escapeMarkdown, joinTable } from './markdown-table.ts';

/** Head of a column of figures. */
export interface FigureHead {
  readonly title: string;
  readonly unit?: string;
  /** True for words, which stand at the left; figures stand at the right. */
  readonly isText?: boolean;
}

/** One line: what it is about, then a cell per head. */
export interface FigureLine {
  readonly name: string;
  /** Name for programs, e.g. that of a design. */
  readonly code?: string;
  /** A few words that set the line apart, e.g. "best exact". */
  readonly tag?: string;
  /** True for a line that belongs to the one above it. */
  readonly isSub?: boolean;
  readonly cells: readonly string[];
}

/** A table of ready text, the same in HTML and Markdown. */
export interface FigureTable {
  readonly id: string;
  readonly caption: string;
  /** Head of the names. */
  readonly nameHead: string;
  readonly heads: readonly FigureHead[];
  readonly lines: readonly FigureLine[];
}

export function renderFigureTableHtml({ id, caption, nameHead, heads, lines }: FigureTable): string {
  const headCells = heads.map(({ title, unit, isText }) => {
    const unitText = unit === undefined ? '' : `<span class="unit">${escapeMarkup(unit)}</span>`;
    const style = isText === true ? ' style="text-align:left"' : '';
    return `<th scope="col"${style}>${escapeMarkup(title)}${unitText}</th>`;
  });
  const body = lines.map(({ name, code, tag, isSub, cells }) => {
    const rowClass = tag !== undefined ? ' class="best"' : isSub === true ? ' class="twin"' : '';
    const tagText = tag === undefined ? '' : ` <span class="tag">${escapeMarkup(tag)}</span>`;
    const codeText = code === undefined ? '' : `<code>${escapeMarkup(code)}</code>`;
    const figures = cells.map(
      (cell, i) => `<td${heads[i]?.isText === true ? ' class="text"' : ''}>${escapeMarkup(cell)}</td>`,
    );
    return `<tr${rowClass}><th scope="row">${escapeMarkup(name)}${tagText}${codeText}</th>${figures.join('')}</tr>`;
  });
  return wrapTable(
    id,
    caption,
    `<th scope="col">${escapeMarkup(nameHead)}</th>${headCells.join('')}`,
    body,
    'figures',
  );
}

/** Caption and table. */
export function renderFigureTableMarkdown({ caption, nameHead, heads, lines }: FigureTable): string {
  const titles = heads.map(({ title, unit }) =>
    escapeMarkdown(unit === undefined ? title : `${title} [${unit}]`),
  );
  const body = lines.map(({ name, code, tag, isSub, cells }) => [
    [
      isSub === true ? '↳' : '',
      escapeMarkdown(name),
      code === undefined ? '' : `\`${code}\``,
      tag === undefined ? '' : `**${escapeMarkdown(tag)}**`,
    ]
      .filter((part) => part !== '')
      .join(' '),
    ...cells.map(escapeMarkdown),
  ]);
  return `${caption}\n\n${joinTable([nameHead, ...titles], body, 1)}`;
}
