import type { LayerTerm } from './layer-terms.ts';

/** Output channels that the kernels compute together. */
export const BLOCK = 8;

/** Consecutive pairs of taps, first … end − 1. */
export interface Run {
  readonly first: number;
  readonly end: number;
}

/** A run is not interrupted for fewer unused pairs than this: starting another costs as much. */
const GAP_PAIRS = 4;

/**
 * Order in which the output channels are put into blocks: filters that use the same terms side by side, where that
 * leaves fewer (block, term) pairs with anything in them than the channels' own order.
 * @returns output channels, each once
 */
export function orderFilters(terms: readonly LayerTerm[], filters: number): readonly number[] {
  const own = Array.from({ length: filters }, (_, filter) => filter);
  if (terms.length < 2) return own;
  const keys = own.map((filter) =>
    terms.map((term) => (usesTerm(term, filter, filters) ? '1' : '0')).join(''),
  );
  const grouped = [...own].sort((x, y) => keys[x]!.localeCompare(keys[y]!) || x - y);
  const cost = (order: readonly number[]): number => {
    let used = 0;
    for (let block = 0; block < filters; block += BLOCK) {
      const members = order.slice(block, block + BLOCK);
      for (let t = 0; t < terms.length; t++) if (members.some((filter) => keys[filter]![t] === '1')) used++;
    }
    return used;
  };
  return cost(grouped) < cost(own) ? grouped : own;
}

function usesTerm(term: LayerTerm, filter: number, filters: number): boolean {
  const taps = term.weights.length / filters;
  for (let tap = filter * taps; tap < (filter + 1) * taps; tap++) if (term.weights[tap] !== 0) return true;
  return false;
}

/** The runs of pairs that are used, closing gaps too short to be worth a run of their own. */
export function runsOf(pairs: number, isUsed: (pair: number) => boolean): readonly Run[] {
  const runs: { first: number; end: number }[] = [];
  for (let pair = 0; pair < pairs; pair++) {
    if (!isUsed(pair)) continue;
    const last = runs.at(-1);
    if (last && pair - last.end < GAP_PAIRS) last.end = pair + 1;
    else runs.push({ first: pair, end: pair + 1 });
  }
  return runs;
}

/** What of the weights the matrix kernels walk over. */
export interface WeightLayout {
  /** i32 [blocks + 1]: segments up to which each block reaches. */
  readonly blockEnds: Int32Array;
  /** i32 [..][2]: byte offset in a window, bytes. */
  readonly segments: Int32Array;
  /** Pairs over all blocks (of one position): the inner iterations per group of 4 pixels or tiles. */
  readonly pairs: number;
}

/** The same with the weights. */
export interface PackedWeights extends WeightLayout {
  /** i16 [block][(positions)][pairs of its segments][8][2]. */
  readonly weights: Int16Array;
}

/** A layout, which costs little, and the weights for it, which cost more. */
export interface PackableWeights extends WeightLayout {
  pack(): PackedWeights;
}
