/** What a reader of a library leaves out or simplifies: each kind once, with the cells that it concerns. */
export type NoteBook = Map<string, Set<string>>;

/** Notes one kind of thing; without a cell it concerns the library as a whole. */
export function addNote(book: NoteBook, kind: string, cell?: string): void {
  const cells = book.get(kind) ?? new Set();
  if (cell !== undefined) cells.add(cell);
  book.set(kind, cells);
}

/** One line per kind, in the order in which they were first met: "kind: 12 cells (A, B, C, D, …)". */
export function printNotes(book: NoteBook): readonly string[] {
  return [...book].map(([kind, cells]) => (cells.size === 0 ? kind : `${kind}: ${printCells([...cells])}`));
}

/** "1 cell (A)", "5 cells (A, B, C, D, …)". */
function printCells(cells: readonly string[]): string {
  const names = cells.length <= CELLS_NAMED ? cells : [...cells.slice(0, CELLS_NAMED), '…'];
  return `${cells.length} cell${cells.length === 1 ? '' : 's'} (${names.join(', ')})`;
}

const CELLS_NAMED = 8;
