import { BLOCK, type PackableWeights, runsOf } from './filter-blocks.ts';
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
export function layOutDirect(
  terms: readonly LayerTerm[],
  order: readonly number[],
  layout: WindowLayout,
): PackableWeights {
  const { kernelRows, rowValues } = layout;
  const rowPairs = Math.ceil(rowValues / 2);
  const blocks = Math.ceil(order.length / BLOCK);
  const blockEnds = new Int32Array(blocks + 1);
  const segments: number[] = [];
  const spans: Span[] = [];
  let pairs = 0;
  for (let block = 0; block < blocks; block++) {
    const filters = order.slice(block * BLOCK, (block + 1) * BLOCK);
    for (const [t, { weights }] of terms.entries()) {
      for (let ky = 0; ky < kernelRows; ky++) {
        const starts = filters.map((filter) => (filter * kernelRows + ky) * rowValues);
        const isUsed = (pair: number): boolean =>
          starts.some(
            (start) =>
              weights[start + 2 * pair] !== 0 ||
              (2 * pair + 1 < rowValues && weights[start + 2 * pair + 1] !== 0),
          );
        for (const { first, end } of runsOf(rowPairs, isUsed)) {
          segments.push(t * layout.termBytes + ky * layout.rowBytes + 4 * first, 4 * (end - first));
          spans.push({ weights, starts, first, end });
          pairs += end - first;
        }
      }
    }
    blockEnds[block + 1] = segments.length / 2;
  }
  const own = { blockEnds, segments: Int32Array.from(segments), pairs };
  return { ...own, pack: () => ({ ...own, weights: packSpans(spans, pairs, rowValues) }) };
}

/** Pairs of weights of up to 8 filters, whose rows begin at `starts`. */
interface Span {
  readonly weights: Int16Array;
  readonly starts: readonly number[];
  readonly first: number;
  readonly end: number;
}

function packSpans(spans: readonly Span[], pairs: number, rowValues: number): Int16Array {
  const packed = new Int16Array(pairs * BLOCK * 2);
  let to = 0;
  for (const { weights, starts, first, end } of spans) {
    for (let pair = first; pair < end; pair++, to += 2 * BLOCK) {
      const hasSecond = 2 * pair + 1 < rowValues;
      for (let lane = 0; lane < starts.length; lane++) {
        const at = starts[lane]! + 2 * pair;
        packed[to + 2 * lane] = weights[at]!;
        if (hasSecond) packed[to + 2 * lane + 1] = weights[at + 1]!;
      }
    }
  }
  return packed;
}
