import { maxValue } from '../base/bits.ts';
import { BLOCK, type PackedWeights, runsOf } from './filter-blocks.ts';
import type { LayerTerm, LayerTerms } from './layer-terms.ts';
import type { ConvGeometry } from './quantised-network.ts';

/** An exact integer Winograd algorithm: n2 and n4 are F(n × n, 3 × 3) of stride 1, n4s2 of stride 2. */
export type WinogradForm = 'n2' | 'n4' | 'n4s2';

interface FormConstants {
  /** Output pixels along a side of a tile. */
  readonly size: number;
  readonly stride: number;
  /** G′, row by row: rows of G times what makes them whole (and the output transform simple). */
  readonly filterRows: readonly (readonly [number, number, number])[];
  /** Largest sum of |entries| of two rows of Bᵀ, multiplied: transformed activations are at most this times larger. */
  readonly inputGain: number;
  /** What the kernel shifts out at the end: sums must fit int32 with this factor. */
  readonly outputGain: number;
}

/** What winograd-kernels.ts and winograd-stride2-kernels.ts compute. */
const FORMS: Readonly<Record<WinogradForm, FormConstants>> = {
  n2: {
    size: 2,
    stride: 1,
    filterRows: [
      [2, 0, 0],
      [1, 1, 1],
      [1, -1, 1],
      [0, 0, 2],
    ],
    inputGain: 4,
    outputGain: 4,
  },
  n4: {
    size: 4,
    stride: 1,
    filterRows: [
      [3, 0, 0],
      [-1, -1, -1],
      [-1, 1, -1],
      [1, 2, 4],
      [1, -2, 4],
      [0, 0, 3],
    ],
    inputGain: 100,
    outputGain: 64,
  },
  n4s2: {
    size: 4,
    stride: 2,
    filterRows: [
      [3, 0, 0],
      [-3, 0, -3],
      [-1, 0, 1],
      [1, 0, 2],
      [0, 0, 6],
      [0, 6, 0],
      [0, 6, 0],
      [0, 6, 0],
      [0, 6, 0],
    ],
    inputGain: 36,
    outputGain: 4,
  },
};

/** Output pixels along a side of a tile, and positions of a transformed patch. */
export function tileOf(form: WinogradForm): { readonly size: number; readonly positions: number } {
  const { size, filterRows } = FORMS[form];
  return { size, positions: filterRows.length ** 2 };
}

/**
 * Packed weights of the exact Winograd kernel (winograd-kernels.ts), where it applies: 3 × 3, the form's stride, channels
 * a multiple of 8, transformed values within int16 and every sum times the output gain within int32, whatever the
 * activations.
 * @param order output channels in the order of the blocks
 * @returns undefined where it does not apply
 */
export function packWinograd(
  { terms, accumulatorBound }: LayerTerms,
  order: readonly number[],
  { from, kernel, stride }: ConvGeometry,
  form: WinogradForm,
): PackedWeights | undefined {
  const { channels } = from;
  const { filterRows, inputGain, outputGain, stride: own } = FORMS[form];
  const isSuited = kernel[0] === 3 && kernel[1] === 3 && stride[0] === own && stride[1] === own;
  if (!isSuited || channels % 8 !== 0 || outputGain * accumulatorBound > maxValue(32, true)) return undefined;
  const largest = Math.max(0, ...terms.map(({ activation }) => largestOf(activation)));
  if (inputGain * largest > maxValue(16, true)) return undefined;
  const transformed = terms.map((term) => transformFilters(term, order.length, channels, filterRows));
  if (transformed.some((values) => largestOf(values) > maxValue(16, true))) return undefined;

  const positions = filterRows.length ** 2;
  const blocks = Math.ceil(order.length / BLOCK);
  const rowPairs = (terms.length * channels) / 2;
  const packed = new Int16Array(blocks * positions * rowPairs * BLOCK * 2);
  const blockEnds = new Int32Array(blocks + 1);
  const segments: number[] = [];
  let pairs = 0;
  let to = 0;
  for (let block = 0; block < blocks; block++) {
    const filters = order.slice(block * BLOCK, (block + 1) * BLOCK);
    // Address of the transformed weights of a filter and a channel of a term; the next channel follows.
    const startOf = (filter: number, value: number): number =>
      (filter * channels + (value % channels)) * positions;
    const termOf = (value: number): Int32Array => transformed[Math.floor(value / channels)]!;
    const isUsed = (pair: number): boolean =>
      filters.some((filter) => {
        const values = termOf(2 * pair);
        const start = startOf(filter, 2 * pair);
        for (let at = start; at < start + 2 * positions; at++) if (values[at] !== 0) return true;
        return false;
      });
    const runs = runsOf(rowPairs, isUsed);
    for (const { first, end } of runs) {
      segments.push(4 * first, 4 * (end - first));
      pairs += end - first;
    }
    for (let position = 0; position < positions; position++) {
      for (const { first, end } of runs) {
        for (let pair = first; pair < end; pair++, to++) {
          const values = termOf(2 * pair);
          for (let lane = 0; lane < filters.length; lane++) {
            const at = startOf(filters[lane]!, 2 * pair) + position;
            packed[(to * BLOCK + lane) * 2] = values[at]!;
            packed[(to * BLOCK + lane) * 2 + 1] = values[at + positions]!;
          }
        }
      }
    }
    blockEnds[block + 1] = segments.length / 2;
  }
  const weights = packed.subarray(0, to * BLOCK * 2);
  return { blockEnds, segments: Int32Array.from(segments), weights, pairs };
}

/** G′ g G′ᵀ of each filter and channel: [filter][channel][positions]; not yet checked to fit int16. */
function transformFilters(
  { weights }: LayerTerm,
  filters: number,
  channels: number,
  rows: FormConstants['filterRows'],
): Int32Array {
  const side = rows.length;
  const transformed = new Int32Array(filters * channels * side * side);
  const half = new Int32Array(3 * side);
  let to = 0;
  for (let filter = 0; filter < filters; filter++) {
    for (let channel = 0; channel < channels; channel++) {
      const tap = (row: number, column: number): number =>
        weights[((filter * 3 + row) * 3 + column) * channels + channel]!;
      for (let column = 0; column < 3; column++) {
        const [top, middle, bottom] = [tap(0, column), tap(1, column), tap(2, column)];
        for (let row = 0; row < side; row++) {
          const [a, b, c] = rows[row]!;
          half[3 * row + column] = a * top + b * middle + c * bottom;
        }
      }
      for (let row = 0; row < 3 * side; row += 3) {
        const [left, middle, right] = [half[row]!, half[row + 1]!, half[row + 2]!];
        for (const [a, b, c] of rows) transformed[to++] = a * left + b * middle + c * right;
      }
    }
  }
  return transformed;
}

function largestOf(values: Int16Array | Int32Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
