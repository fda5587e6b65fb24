import { type Bit, type Cell, ONE, portBits, type Section, ZERO } from './cells.ts';

/** Bits per column, column 0 first; the number that they stand for is Σ bit · 2^column modulo 2^columns. */
export type BitHeap = readonly (readonly Bit[])[];

/**
 * Dadda compression to two rows, then one carry-propagate adder over the columns that need it.
 *
 *   heights … 4 → 3 → 2      full adder: 3 bits of a column → 1 here, 1 in the next column
 *                            half adder: 2 → 1 + 1, used only to meet the next Dadda height exactly
 *
 * Source: L. Dadda, "Some schemes for parallel multipliers", Alta Frequenza 34, 1965.
 * @returns the sections to print and the bits of the sum, one per column
 */
export function compressAndAdd(heap: BitHeap): { sections: readonly Section[]; product: readonly Bit[] } {
  const sections: Section[] = [];
  let columns = heap;
  for (const [index, target] of daddaHeights(columns).entries()) {
    const stage = reduceTo(columns, target, index + 1);
    sections.push({
      title: `Dadda stage ${index + 1}: columns of at most ${target} bits`,
      cells: stage.cells,
    });
    columns = stage.columns;
  }
  const first = columns.findIndex((column) => column.length === 2);
  if (first < 0) return { sections, product: columns.map((column) => column[0] ?? ZERO) };
  const upper = columns.slice(first);
  const adder: Cell = {
    kind: 'final-adder',
    x: upper.map((column) => column[0] ?? ZERO),
    y: upper.map((column) => column[1] ?? ZERO),
    sum: 'sum',
  };
  sections.push({ title: `Final adder: columns ${first} to ${columns.length - 1}`, cells: [adder] });
  const low = columns.slice(0, first).map((column) => column[0] ?? ZERO);
  return { sections, product: [...low, ...portBits('sum', upper.length)] };
}

/** Dadda heights 2, 3, 4, 6, 9, 13 … below the tallest column, in descending order. */
function daddaHeights(columns: BitHeap): readonly number[] {
  const tallest = Math.max(...columns.map((column) => column.length));
  const heights: number[] = [];
  for (let height = 2; height < tallest; height = Math.floor(1.5 * height)) heights.unshift(height);
  return heights;
}

function reduceTo(
  columns: BitHeap,
  target: number,
  stage: number,
): { cells: readonly Cell[]; columns: BitHeap } {
  const cells: Cell[] = [];
  const next: Bit[][] = columns.map(() => []);
  columns.forEach((column, weight) => {
    const waiting = [...column];
    const here = next[weight]!;
    const above = next[weight + 1];
    for (let excess = waiting.length + here.length - target; excess > 0; ) {
      const [a, b, c] = [waiting.shift()!, waiting.shift()!, excess > 1 ? waiting.shift()! : undefined];
      const sum = `s${stage}_${weight}_${here.length}`;
      const carry = `c${stage}_${weight}_${here.length}`;
      cells.push(adderCell(a, b, c, sum, above === undefined ? undefined : carry));
      here.push(sum);
      above?.push(carry);
      excess -= c === undefined ? 1 : 2;
    }
    here.push(...waiting);
  });
  return { cells, columns: next };
}

function adderCell(a: Bit, b: Bit, c: Bit | undefined, sum: Bit, carry: Bit | undefined): Cell {
  if (c === undefined) {
    return carry === undefined ? { kind: 'xor2', a, b, sum } : { kind: 'half-adder', a, b, sum, carry };
  }
  return carry === undefined ? { kind: 'xor3', a, b, c, sum } : { kind: 'full-adder', a, b, c, sum, carry };
}

/** The ones of a constant (taken modulo 2^columns) as bits to add to a heap: [column, ONE]. */
export function constantBits(value: number, columns: number): readonly (readonly [number, Bit])[] {
  const modulus = 2 ** columns;
  const pattern = ((value % modulus) + modulus) % modulus;
  return Array.from({ length: columns }, (_, column) => column)
    .filter((column) => Math.floor(pattern / 2 ** column) % 2 === 1)
    .map((column) => [column, ONE] as const);
}
