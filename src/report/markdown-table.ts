/** Text that Markdown prints as it stands, within a table cell too. */
export function escapeMarkdown(text: string): string {
  return text.replace(/[\\`*_[\]<>|#]/g, '\\$&').replace(/\s*\n\s*/g, ' ');
}

/** A table whose first `leftColumns` columns are text and whose others are figures. */
export function joinTable(
  heads: readonly string[],
  lines: readonly (readonly string[])[],
  leftColumns: number,
): string {
  const rule = heads.map((_, index) => (index < leftColumns ? ':---' : '---:'));
  return [heads, rule, ...lines].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}
