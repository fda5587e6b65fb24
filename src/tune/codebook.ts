import type { CodeRange } from '../dnn/quantised-network.ts';

/** What a multiplier can make of a weight: each pair of images under its terms once. */
export interface Codebook {
  /** A weight code for each entry, that of the smallest magnitude. */
  readonly codes: Int16Array;
  /** float64 [entry][term of the problem]: image of the weight under each term. */
  readonly images: Float64Array;
  readonly entries: number;
  readonly terms: number;
}

/**
 * @param weightMaps image of weight code c under each term of the problem, index c + 128; null where the multiplier
 *   has no such term
 * @param range weight codes that the multiplier takes
 */
export function makeCodebook(weightMaps: readonly (Int16Array | null)[], range: CodeRange): Codebook {
  const terms = weightMaps.length;
  const best = new Map<string, number>();
  for (let code = range.low; code <= range.high; code++) {
    const key = weightMaps.map((map) => (map === null ? 0 : map[code + 128]!)).join();
    const known = best.get(key);
    if (known === undefined || Math.abs(code) < Math.abs(known)) best.set(key, code);
  }
  const codes = Int16Array.from([...best.values()].sort((x, y) => x - y));
  const images = new Float64Array(codes.length * terms);
  for (const [entry, code] of codes.entries()) {
    for (const [t, map] of weightMaps.entries()) {
      images[entry * terms + t] = map === null ? 0 : map[code + 128]!;
    }
  }
  return { codes, images, entries: codes.length, terms };
}
