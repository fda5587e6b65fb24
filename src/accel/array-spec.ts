import { EXACT_INT8 } from '../dnn/assignment.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** How a processing element gets at its multiplier: docs/accelerator.md. */
export type ElementKind = 'static' | 'bank' | 'dynamic';

/** Everything that decides the Verilog of an accelerator; lengths in words are those of docs/accelerator.md. */
export interface ArraySpec {
  /** Elements along the input channels, 1 … 64. */
  readonly rows: number;
  /** Elements along the filters, 1 … 64. */
  readonly columns: number;
  readonly elements: ElementKind;
  /** Multipliers of the elements, 1 … 16, none twice; its place is a multiplier's number. */
  readonly multipliers: readonly MultiplierSpec[];
  /** static with several multipliers: the number of each row's or of each column's multiplier. */
  readonly classes?: { readonly by: 'row' | 'column'; readonly multiplierOf: readonly number[] };
  /** Port of the multiplier that the weight sits on. */
  readonly weightPort: 'a' | 'b';
  /** Width of partial sums and accumulators, 16 … 32; sums wrap around. */
  readonly accumulatorBits: number;
  /** Output positions per tile, a power of two, 16 … 4096. */
  readonly accumulatorDepth: number;
  /** Codes requantised per cycle; a power of two up to 16 that divides rows and columns. */
  readonly lanes: number;
  /** A register between multiplier and adder. */
  readonly productRegister: boolean;
  /** Elements whose weight is 0 hold their operands. */
  readonly zeroGating: boolean;
  /** Words of `rows` bytes. */
  readonly activationWords: number;
  /** Words of `columns` bytes. */
  readonly weightWords: number;
  /** Words of 8 · lanes bytes. */
  readonly parameterWords: number;
  /** Width of addresses on AXI4, 32 … 64. */
  readonly addressBits: number;
}

/** Largest power of two up to 4 that divides rows and columns. */
export function defaultLanes(rows: number, columns: number): number {
  return [4, 2, 1].find((lanes) => rows % lanes === 0 && columns % lanes === 0)!;
}

/** Bytes of the header of a pass. */
export function headerBytes({ elements, rows, columns }: ArraySpec): number {
  return 4 + (elements === 'static' ? 0 : Math.max(rows, columns));
}

/** Words of the weight memory that the header of a pass takes. */
export function headerWords(spec: ArraySpec): number {
  return Math.ceil(headerBytes(spec) / spec.columns);
}

/** Bytes that a word of a memory takes outside: whole 64-bit words. */
export function externalBytes(localBytes: number): number {
  return 8 * Math.ceil(localBytes / 8);
}

/** Words of the parameter memory that a filter tile takes. */
export function parameterWordsPerTile({ columns, lanes }: ArraySpec): number {
  return columns / lanes;
}

/** An array without what follows from an assignment: its elements and their multipliers. */
export type ArraySize = Omit<ArraySpec, 'elements' | 'multipliers' | 'classes' | 'weightPort'>;

/**
 * An array of this size with everything else at its default: memories of 64 KiB of activations and 4096 words of
 * weights, which hold the reference networks; parameters of 256 filters.
 * @param rows 1 … 64
 * @param columns 1 … 64
 */
export function defaultSize(rows: number, columns: number): ArraySize {
  const lanes = defaultLanes(rows, columns);
  return {
    rows,
    columns,
    accumulatorBits: 24,
    accumulatorDepth: 64,
    lanes,
    productRegister: false,
    zeroGating: false,
    activationWords: 2 ** Math.ceil(Math.log2(65536 / rows)),
    weightWords: 4096,
    parameterWords: 256 / lanes,
    addressBits: 32,
  };
}

/** The same with static elements and one exact multiplier, its weight on port b. */
export function defaultArray(rows: number, columns: number): ArraySpec {
  return { ...defaultSize(rows, columns), elements: 'static', multipliers: [EXACT_INT8], weightPort: 'b' };
}

/** Named configurations. */
export const NAMED_ARRAYS: Readonly<Record<'4x4' | '8x8' | '16x16', ArraySize>> = {
  '4x4': defaultSize(4, 4),
  '8x8': defaultSize(8, 8),
  '16x16': defaultSize(16, 16),
};
