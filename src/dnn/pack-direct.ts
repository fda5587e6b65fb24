import { BLOCK, type PackedWeights, runsOf } from './filter-blocks.ts';
import type { LayerTerm } from './layer-terms.ts';

/** Where the taps of a window lie: one image per term, rows of kernel width × channels consecutive values. */
export interface WindowLayout {
  readonly kernelRows: number;
  /** Kernel width · channels. */
  readonly rowValues: number;
  readonly rowBytes: number;
  readonly termBytes: number;
}

/**
 * Weights for convDirect. An odd row is filled up with a weight of 0, which meets the value behind the window.
 * @param order output channels in the order of the blocks
 */
export function packDirect(
  terms: readonly LayerTerm[],
  order: readonly number[],
  layout: WindowLayout,
): PackedWeights {
  const { kernelRows, rowValues } = layout;
  const rowPairs = Math.ceil(rowValues / 2);
  const blocks = Math.ceil(order.length / BLOCK);
  const packed = new Int16Array(blocks * terms.length * kernelRows * rowPairs * BLOCK * 2);
  const blockEnds = new Int32Array(blocks + 1);
  const segments: number[] = [];
  let pairs = 0;
  for (let block = 0; block < blocks; block++) {
    const filters = order.slice(block * BLOCK, (block + 1) * BLOCK);
    for (const [t, { weights }] of terms.entries()) {
      for (let ky = 0; ky < kernelRows; ky++) {
        const weightAt = (filter: number, value: number): number =>
          value < rowValues ? weights[(filter * kernelRows + ky) * rowValues + value]! : 0;
        const isUsed = (pair: number): boolean =>
          filters.some((o) => weightAt(o, 2 * pair) !== 0 || weightAt(o, 2 * pair + 1) !== 0);
        for (const { first, end } of runsOf(rowPairs, isUsed)) {
          segments.push(t * layout.termBytes + ky * layout.rowBytes + 4 * first, 4 * (end - first));
          for (let pair = first; pair < end; pair++, pairs++) {
            for (const [lane, filter] of filters.entries()) {
              packed[(pairs * BLOCK + lane) * 2] = weightAt(filter, 2 * pair);
              packed[(pairs * BLOCK + lane) * 2 + 1] = weightAt(filter, 2 * pair + 1);
            }
          }
        }
      }
    }
    blockEnds[block + 1] = segments.length / 2;
  }
  const weights = packed.subarray(0, pairs * BLOCK * 2);
  return { blockEnds, segments: Int32Array.from(segments), weights, pairs };
}
