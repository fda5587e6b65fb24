/** What a cell of a CSV may hold; numbers in full precision. */
export type CsvCell = string | number | boolean;

/** One line of CSV without its end: cells with commas, quotes or line ends in quotes. Source: RFC 4180. */
export function csvLine(cells: readonly CsvCell[]): string {
  return cells.map((cell) => quote(String(cell))).join(',');
}

function quote(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
