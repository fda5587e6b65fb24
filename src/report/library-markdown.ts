import type { LibraryComparison } from '../synth/library-comparison.ts';
import type { Statement } from './content.ts';
import {
  describeAgreement,
  describeLibrarySources,
  LIBRARY_LIMITS,
  LIBRARY_TITLE,
} from './library-content.ts';
import { namesOrNone } from './library-html.ts';
import { libraryTables } from './library-tables.ts';
import { escapeMarkdown, joinTable } from './markdown-table.ts';

/** The comparison as Markdown; `plots` are the drawings beside it. */
export function renderLibraryMarkdown(
  comparison: LibraryComparison,
  plots: readonly { readonly file: string; readonly title: string }[],
): string {
  const tables = libraryTables(comparison).flatMap(({ title, caption, heads, sections }) => [
    `## ${title}`,
    escapeMarkdown(caption),
    ...sections.flatMap(({ head, rows }) => [
      ...(head === '' ? [] : [`**${escapeMarkdown(head)}**`]),
      joinTable(
        heads.map(({ title: name, unit }) => escapeMarkdown(unit === '' ? name : `${name} [${unit}]`)),
        rows.map((row) => row.map(escapeMarkdown)),
        1,
      ),
    ]),
  ]);
  return `${[
    `# ${LIBRARY_TITLE}`,
    list(describeLibrarySources(comparison)),
    '## What the numbers are not',
    list(LIBRARY_LIMITS),
    '## How well they agree',
    list(describeAgreement(comparison)),
    ...plots.map(({ file, title }) => `![${escapeMarkdown(title)}](${file})`),
    ...tables,
    '## Cells that only one library has',
    list([
      { lead: `${comparison.ours.name}:`, text: namesOrNone(comparison.onlyOurs) },
      { lead: `${comparison.other.name}:`, text: namesOrNone(comparison.onlyOther) },
    ]),
  ].join('\n\n')}\n`;
}

function list(statements: readonly Statement[]): string {
  return statements
    .map(({ lead, text }) => `- **${escapeMarkdown(lead)}** ${escapeMarkdown(text)}`)
    .join('\n');
}
