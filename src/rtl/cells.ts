import type { PortShape } from '../multiplier/spec.ts';

/** A one-bit signal: a constant, a bit of an input port ("a_i[3]") or a wire that a cell drives. */
export type Bit = string;

export const ZERO: Bit = "1'b0";
export const ONE: Bit = "1'b1";

/**
 * The cells that a multiplier is made of. Each kind has one reading as Verilog (templates/cell-<kind>.v.hbs) and
 * one as arithmetic on bits (evaluate.ts).
 */
export type Cell =
  /** Radix-4 Booth digit −2·hi + mid + lo as neg = hi, one = |digit| is 1, two = |digit| is 2. */
  | { kind: 'booth-digit'; hi: Bit; mid: Bit; lo: Bit; neg: Bit; one: Bit; two: Bit }
  /** Bit of a Booth row: ((one & x) | (two & y)) ^ neg. */
  | { kind: 'booth-bit'; one: Bit; x: Bit; two: Bit; y: Bit; neg: Bit; out: Bit }
  /** Correction bit of a rounded Booth row: neg ^ (round & (one | two)), so that digit −0 stays zero. */
  | { kind: 'booth-correction'; one: Bit; two: Bit; neg: Bit; round: Bit; out: Bit }
  | { kind: 'and'; a: Bit; b: Bit; out: Bit }
  | { kind: 'nand'; a: Bit; b: Bit; out: Bit }
  | { kind: 'not'; a: Bit; out: Bit }
  | { kind: 'half-adder'; a: Bit; b: Bit; sum: Bit; carry: Bit }
  | { kind: 'full-adder'; a: Bit; b: Bit; c: Bit; sum: Bit; carry: Bit }
  /** Adders of the top column, whose carry has no weight in the product. */
  | { kind: 'xor2'; a: Bit; b: Bit; sum: Bit }
  | { kind: 'xor3'; a: Bit; b: Bit; c: Bit; sum: Bit }
  /** Carry-propagate adder, modulo 2^width; x, y are bits, least significant first; sum is a vector wire. */
  | { kind: 'final-adder'; x: readonly Bit[]; y: readonly Bit[]; sum: string }
  /** The whole product left to the synthesis tool; product is a vector wire. */
  | { kind: 'behavioural'; shape: PortShape; product: string };

export type CellKind = Cell['kind'];

/** Cells that belong together in the printed module. */
export interface Section {
  readonly title: string;
  readonly cells: readonly Cell[];
}

/** Rows of the partial-product array before compression, for the drawing in the header. */
export interface DrawnRow {
  readonly label: string;
  /** One character per column, least significant first; "." where the row has no bit. */
  readonly marks: readonly string[];
}

/** A multiplier as cells; the spec decides it completely. */
export interface CellList {
  readonly name: string;
  readonly shape: PortShape;
  readonly sections: readonly Section[];
  /** Bits of the product, least significant first. */
  readonly product: readonly Bit[];
  readonly drawing: readonly DrawnRow[];
}

/** All cells of a list in the order in which they can be evaluated. */
export function allCells(list: CellList): readonly Cell[] {
  return list.sections.flatMap((section) => section.cells);
}

/** Names of the signals that a cell reads (constants included). */
export function cellInputs(cell: Cell): readonly Bit[] {
  switch (cell.kind) {
    case 'booth-digit':
      return [cell.hi, cell.mid, cell.lo];
    case 'booth-bit':
      return [cell.one, cell.x, cell.two, cell.y, cell.neg];
    case 'booth-correction':
      return [cell.one, cell.two, cell.neg, cell.round];
    case 'and':
    case 'nand':
    case 'half-adder':
    case 'xor2':
      return [cell.a, cell.b];
    case 'not':
      return [cell.a];
    case 'full-adder':
    case 'xor3':
      return [cell.a, cell.b, cell.c];
    case 'final-adder':
      return [...cell.x, ...cell.y];
    case 'behavioural':
      return [...portBits('a_i', cell.shape.aBits), ...portBits('b_i', cell.shape.bBits)];
  }
}

/** Bits of a vector, least significant first: name[0] … name[width−1]. */
export function portBits(name: string, width: number): readonly Bit[] {
  return Array.from({ length: width }, (_, index) => `${name}[${index}]`);
}
