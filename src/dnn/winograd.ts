import { maxValue } from '../base/bits.ts';
import { BLOCK, type PackedWeights, runsOf } from './filter-blocks.ts';
import type { LayerTerm, LayerTerms } from './layer-terms.ts';
import type { ConvGeometry } from './quantised-network.ts';

/** Positions of a transformed 4 × 4 patch. */
const POSITIONS = 16;

/** G′ = 2G of F(2, 3): integer, so that 4 · y comes out. */
const TWICE_G = [
  [2, 0, 0],
  [1, 1, 1],
  [1, -1, 1],
  [0, 0, 2],
] as const;

/**
 * Packed weights of the exact Winograd kernel (winograd-kernels.ts), where it applies: 3 × 3, stride 1, channels a
 * multiple of 8, transformed values within int16 and four times every sum within int32, whatever the activations.
 * @param order output channels in the order of the blocks
 * @returns undefined where it does not apply
 */
export function packWinograd(
  { terms, accumulatorBound }: LayerTerms,
  order: readonly number[],
  { from, kernel, stride }: ConvGeometry,
): PackedWeights | undefined {
  const { channels } = from;
  const isSuited = kernel[0] === 3 && kernel[1] === 3 && stride[0] === 1 && stride[1] === 1;
  if (!isSuited || channels % 8 !== 0 || 4 * accumulatorBound > maxValue(32, true)) return undefined;
  const largest = Math.max(0, ...terms.map(({ activation }) => largestOf(activation)));
  if (4 * largest > maxValue(16, true)) return undefined;
  const transformed = terms.map((term) => transformFilters(term, order.length, channels));
  if (transformed.some((values) => largestOf(values) > maxValue(16, true))) return undefined;

  const blocks = Math.ceil(order.length / BLOCK);
  const rowPairs = (terms.length * channels) / 2;
  const packed = new Int16Array(blocks * POSITIONS * rowPairs * BLOCK * 2);
  const blockEnds = new Int32Array(blocks + 1);
  const segments: number[] = [];
  let pairs = 0;
  let to = 0;
  for (let block = 0; block < blocks; block++) {
    const filters = order.slice(block * BLOCK, (block + 1) * BLOCK);
    const valueAt = (filter: number, position: number, value: number): number => {
      const channel = value % channels;
      return transformed[(value - channel) / channels]![
        (filter * channels + channel) * POSITIONS + position
      ]!;
    };
    const isUsed = (pair: number): boolean =>
      filters.some((filter) => {
        for (let position = 0; position < POSITIONS; position++) {
          if (valueAt(filter, position, 2 * pair) !== 0) return true;
          if (valueAt(filter, position, 2 * pair + 1) !== 0) return true;
        }
        return false;
      });
    const runs = runsOf(rowPairs, isUsed);
    for (const { first, end } of runs) {
      segments.push(4 * first, 4 * (end - first));
      pairs += end - first;
    }
    for (let position = 0; position < POSITIONS; position++) {
      for (const { first, end } of runs) {
        for (let pair = first; pair < end; pair++, to++) {
          for (const [lane, filter] of filters.entries()) {
            packed[(to * BLOCK + lane) * 2] = valueAt(filter, position, 2 * pair);
            packed[(to * BLOCK + lane) * 2 + 1] = valueAt(filter, position, 2 * pair + 1);
          }
        }
      }
    }
    blockEnds[block + 1] = segments.length / 2;
  }
  const weights = packed.subarray(0, to * BLOCK * 2);
  return { blockEnds, segments: Int32Array.from(segments), weights, pairs };
}

/** G′ g G′ᵀ of each filter and channel: [filter][channel][16]; not yet checked to fit int16. */
function transformFilters({ weights }: LayerTerm, filters: number, channels: number): Int32Array {
  const transformed = new Int32Array(filters * channels * POSITIONS);
  for (let filter = 0; filter < filters; filter++) {
    for (let channel = 0; channel < channels; channel++) {
      for (let position = 0; position < POSITIONS; position++) {
        const rowFactors = TWICE_G[position >> 2]!;
        const columnFactors = TWICE_G[position & 3]!;
        let sum = 0;
        for (let tap = 0; tap < 9; tap++) {
          const factor = rowFactors[Math.floor(tap / 3)]! * columnFactors[tap % 3]!;
          sum += factor * weights[(filter * 9 + tap) * channels + channel]!;
        }
        transformed[(filter * channels + channel) * POSITIONS + position] = sum;
      }
    }
  }
  return transformed;
}

function largestOf(values: Int16Array | Int32Array): number {
  return (values as Int32Array).reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
