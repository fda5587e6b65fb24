import { maxValue } from '../base/bits.ts';
import { BLOCK, type PackableWeights, type Run, runsOf } from './filter-blocks.ts';
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
 * Weights of the exact Winograd kernel (winograd-kernels.ts), where it applies: a weight that is not 0, 3 × 3, the form's
 * stride, channels a multiple of 8, transformed values within int16 and every sum times the output gain within int32,
 * whatever the activations.
 * @param order output channels in the order of the blocks
 * @returns undefined where it does not apply
 */
export function layOutWinograd(
  { terms, accumulatorBound }: LayerTerms,
  order: readonly number[],
  { from, kernel, stride }: ConvGeometry,
  form: WinogradForm,
): PackableWeights | undefined {
  const { channels } = from;
  const { filterRows, inputGain, outputGain, stride: own } = FORMS[form];
  const isSuited = kernel[0] === 3 && kernel[1] === 3 && stride[0] === own && stride[1] === own;
  if (!isSuited || channels % 8 !== 0 || terms.length === 0) return undefined;
  if (outputGain * accumulatorBound > maxValue(32, true)) return undefined;
  const filterGain = Math.max(...filterRows.map((row) => row.reduce((sum, x) => sum + Math.abs(x), 0))) ** 2;
  const fits = (values: Int16Array, gain: number): boolean => gain * largestOf(values) <= maxValue(16, true);
  if (!terms.every(({ activation, weights }) => fits(activation, inputGain) && fits(weights, filterGain))) {
    return undefined;
  }
  const rowPairs = (terms.length * channels) / 2;
  const used = terms.map(({ weights }) => usedChannels(weights, order.length, channels));
  const blocks: Block[] = [];
  const blockEnds = new Int32Array(Math.ceil(order.length / BLOCK) + 1);
  const segments: number[] = [];
  let pairs = 0;
  for (let block = 0; block < blockEnds.length - 1; block++) {
    const filters = order.slice(block * BLOCK, (block + 1) * BLOCK);
    const isUsed = (pair: number): boolean => {
      const channel = (2 * pair) % channels;
      const own = used[(2 * pair - channel) / channels]!;
      return filters.some(
        (filter) => own[filter * channels + channel] || own[filter * channels + channel + 1],
      );
    };
    const usedRuns = runsOf(rowPairs, isUsed);
    // The kernel walks over one run at least.
    const runs = usedRuns.length > 0 ? usedRuns : [{ first: 0, end: 1 }];
    for (const { first, end } of runs) {
      segments.push(4 * first, 4 * (end - first));
      pairs += end - first;
    }
    blocks.push({ filters, runs });
    blockEnds[block + 1] = segments.length / 2;
  }
  const layout = { blockEnds, segments: Int32Array.from(segments), pairs };
  const pack = (): Int16Array => {
    const transformed = terms.map((term) => transformFilters(term, order.length, channels, filterRows));
    return packBlocks(blocks, pairs, transformed, channels, filterRows.length ** 2);
  };
  return { ...layout, pack: () => ({ ...layout, weights: pack() }) };
}

/** Up to 8 filters, and the pairs of channels (over all terms) where they have weights. */
interface Block {
  readonly filters: readonly number[];
  readonly runs: readonly Run[];
}

/** 1 where any of the 9 taps is not 0: G′ g G′ᵀ is 0 only for g = 0. [filter][channel] */
function usedChannels(weights: Int16Array, filters: number, channels: number): Uint8Array {
  const used = new Uint8Array(filters * channels);
  let at = 0;
  for (let filter = 0; filter < filters; filter++) {
    for (let tap = 0; tap < 9; tap++) {
      for (let channel = 0; channel < channels; channel++, at++) {
        if (weights[at] !== 0) used[filter * channels + channel] = 1;
      }
    }
  }
  return used;
}

function packBlocks(
  blocks: readonly Block[],
  pairs: number,
  transformed: readonly Int16Array[],
  channels: number,
  positions: number,
): Int16Array {
  const packed = new Int16Array(positions * pairs * BLOCK * 2);
  let to = 0;
  for (const { filters, runs } of blocks) {
    for (let position = 0; position < positions; position++) {
      for (const { first, end } of runs) {
        for (let pair = first; pair < end; pair++, to += 2 * BLOCK) {
          const channel = (2 * pair) % channels;
          const values = transformed[(2 * pair - channel) / channels]!;
          for (let lane = 0; lane < filters.length; lane++) {
            const at = (filters[lane]! * channels + channel) * positions + position;
            packed[to + 2 * lane] = values[at]!;
            packed[to + 2 * lane + 1] = values[at + positions]!;
          }
        }
      }
    }
  }
  return packed;
}

/** G′ g G′ᵀ of each filter and channel: [filter][channel][positions]. */
function transformFilters(
  { weights }: LayerTerm,
  filters: number,
  channels: number,
  rows: FormConstants['filterRows'],
): Int16Array {
  const side = rows.length;
  const transformed = new Int16Array(filters * channels * side * side);
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

function largestOf(values: Int16Array): number {
  let largest = 0;
  for (const value of values) largest = Math.max(largest, Math.abs(value));
  return largest;
}
