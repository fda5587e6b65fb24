import { type PortShape, portShape, type RoupSpec } from '../multiplier/spec.ts';
import { type Bit, type Cell, type DrawnRow, ONE, type Section, ZERO } from './cells.ts';
import { constantBits } from './compress.ts';

/** The partial products of a multiplier: cells that make them and the columns that they stand in. */
export interface PartialProducts {
  readonly sections: readonly Section[];
  readonly heap: readonly (readonly Bit[])[];
  readonly drawing: readonly DrawnRow[];
}

/** One Booth row: digit j of B times A, with A rounded half-up to a multiple of 2^r. */
interface BoothRow {
  readonly j: number;
  readonly r: number;
}

/** Partial products of ROUP: the rows j = P … N/2−1 with their own r. */
export function roupPartialProducts(spec: RoupSpec): PartialProducts {
  const rows = spec.r.map((r, index) => ({ j: spec.P + index, r }));
  return boothPartialProducts(portShape(spec), rows);
}

/** Partial products of the exact radix-4 Booth multiplier of any widths and signs. */
export function exactBoothPartialProducts(shape: PortShape): PartialProducts {
  const digits = Math.ceil((shape.bBits + (shape.bSigned ? 0 : 1)) / 2);
  return boothPartialProducts(
    shape,
    Array.from({ length: digits }, (_, j) => ({ j, r: 0 })),
  );
}

/**
 * Radix-4 Booth rows with rounding and without a carry chain (DESIGN §3):
 *
 *   column        …  2j+M      2j+M−1  …  2j+r
 *   row j             ~t          t    …   t         t(i) = ((one & a[i]) | (two & a[i−1])) ^ neg, i = r … M
 *                                          k         k    = neg ^ (a[r−1] & digit ≠ 0)
 *   and one constant: −Σ_j 2^(2j+M), which together with the inverted top bits is the sign extension.
 *
 * M is the index of the sign bit of a row: aBits for a signed A, aBits + 1 for an unsigned one.
 */
function boothPartialProducts(shape: PortShape, rows: readonly BoothRow[]): PartialProducts {
  const { aBits, aSigned, pBits } = shape;
  const a = (index: number): Bit => operandBit('a_i', aBits, aSigned, index);
  const b = (index: number): Bit => operandBit('b_i', shape.bBits, shape.bSigned, index);
  const top = aBits + (aSigned ? 0 : 1);
  const heap = createHeap(pBits);
  const digits: Cell[] = [];
  const bits: Cell[] = [];
  const drawing: DrawnRow[] = [];
  let signConstant = 0;

  for (const { j, r } of rows) {
    const neg = `neg_${j}`;
    const one = `one_${j}`;
    const two = `two_${j}`;
    digits.push({ kind: 'booth-digit', hi: b(2 * j + 1), mid: b(2 * j), lo: b(2 * j - 1), neg, one, two });
    heap.startRow();
    for (let i = r; i <= top && 2 * j + i < pBits; i++) {
      const out = `row_${j}_${i}`;
      bits.push({ kind: 'booth-bit', one, x: a(i), two, y: a(i - 1), neg, out });
      if (i < top) {
        heap.add(2 * j + i, out, 'x');
      } else {
        bits.push({ kind: 'not', a: out, out: `${out}_n` });
        heap.add(2 * j + i, `${out}_n`, 's');
        signConstant -= 2 ** (2 * j + i);
      }
    }
    drawing.push(heap.draw(`row ${j}`));
    heap.startRow();
    if (r === 0) {
      heap.add(2 * j, neg, 'n');
    } else {
      const out = `cor_${j}`;
      bits.push({ kind: 'booth-correction', one, two, neg, round: a(r - 1), out });
      heap.add(2 * j + r, out, 'k');
    }
    drawing.push(heap.draw(`cor ${j}`));
  }
  drawing.push(...heap.addConstant(signConstant));
  return {
    sections: [
      { title: 'Booth digits of b', cells: digits },
      { title: 'Partial products', cells: bits },
    ],
    heap: heap.columns,
    drawing,
  };
}

/**
 * Baugh-Wooley array: a[i]·b[j] at column i+j, inverted where exactly one of the two is a sign bit, plus one
 * constant. Any widths; signed, unsigned or mixed.
 * Source: C. R. Baugh, B. A. Wooley, "A two's complement parallel array multiplication algorithm", IEEE Trans.
 * Computers C-22(12), 1973; modified form with inverted cross terms.
 */
export function baughWooleyPartialProducts(shape: PortShape): PartialProducts {
  const heap = createHeap(shape.pBits);
  const cells: Cell[] = [];
  const drawing: DrawnRow[] = [];
  let constant = 0;
  for (let j = 0; j < shape.bBits; j++) {
    heap.startRow();
    for (let i = 0; i < shape.aBits; i++) {
      const negative = (shape.aSigned && i === shape.aBits - 1) !== (shape.bSigned && j === shape.bBits - 1);
      const out = `pp_${j}_${i}`;
      cells.push({ kind: negative ? 'nand' : 'and', a: `a_i[${i}]`, b: `b_i[${j}]`, out });
      heap.add(i + j, out, negative ? 's' : 'x');
      if (negative) constant -= 2 ** (i + j);
    }
    drawing.push(heap.draw(`row ${j}`));
  }
  drawing.push(...heap.addConstant(constant));
  return { sections: [{ title: 'Partial products', cells }], heap: heap.columns, drawing };
}

/** Bit of an operand beyond its width: its sign, or 0 for an unsigned one; 0 below. */
function operandBit(port: string, bits: number, signed: boolean, index: number): Bit {
  if (index < 0) return ZERO;
  if (index < bits) return `${port}[${index}]`;
  return signed ? `${port}[${bits - 1}]` : ZERO;
}

/** Collects bits per column, and remembers the current row for the drawing. */
function createHeap(width: number) {
  const columns: Bit[][] = Array.from({ length: width }, () => []);
  let marks: string[] = [];
  const startRow = (): void => {
    marks = new Array<string>(width).fill('.');
  };
  const add = (column: number, bit: Bit, mark: string): void => {
    columns[column]!.push(bit);
    marks[column] = mark;
  };
  const draw = (label: string): DrawnRow => ({ label, marks });
  const addConstant = (value: number): readonly DrawnRow[] => {
    const ones = constantBits(value, width);
    if (ones.length === 0) return [];
    startRow();
    for (const [column] of ones) add(column, ONE, '1');
    return [draw('const')];
  };
  return { columns, startRow, add, draw, addConstant };
}
