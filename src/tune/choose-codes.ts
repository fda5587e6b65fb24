import type { Codebook } from './codebook.ts';

/**
 * Least squares over weight codes. With z the images of a layer's inputs under the T terms of its multipliers, a filter
 * computes Σ_k Σ_t z_kt · g_t(c_k), where g(c) are the images of its weight codes; wanted is Σ_k x_k · w_k of the exact
 * layer. Indices (k, t) are flattened to k · T + t.
 */
export interface CodeProblem {
  readonly taps: number;
  readonly terms: number;
  /** cov(z), float64 [taps · terms][taps · terms]. */
  readonly own: Float64Array;
  /** cov(z, x), float64 [taps · terms][taps]. */
  readonly cross: Float64Array;
  /** Codebook of each tap; null: the weight is skipped and stays out of the sum. */
  readonly codebooks: readonly (Codebook | null)[];
}

export interface ChosenCodes {
  /** Entry of its codebook for each tap; −1 where skipped. */
  readonly entries: Int32Array;
  /** var(wanted − computed) − var(wanted), the part of the error that the codes decide. */
  readonly cost: number;
}

/**
 * Codes of one filter with a small var(wanted − computed): each tap begins with the code that suits it alone, then one
 * tap after the other takes the code with which the error is least given all the others, until none changes. So each
 * choice makes up for the errors of the others, as far as their inputs are correlated. A local minimum.
 * Source: K. Behdin et al., "QuantEase: Optimization-based Quantization for Language Models", arXiv 2309.01885 (cyclic
 * coordinate descent), after E. Frantar et al., "GPTQ", ICLR 2023; here with several terms per weight.
 * @param wanted w_k in steps of the codes' scale, float64 [taps]
 * @param sweeps at most this many times over all taps
 */
export function chooseCodes(problem: CodeProblem, wanted: Float64Array, sweeps: number): ChosenCodes {
  const target = targetOf(problem, wanted);
  const { entries } = chooseAlone(problem, wanted);
  return descend(problem, target, entries, sweeps);
}

/** cross · w */
function targetOf({ taps, terms, cross }: CodeProblem, wanted: Float64Array): Float64Array {
  const target = new Float64Array(taps * terms);
  for (let i = 0; i < target.length; i++) {
    let sum = 0;
    for (let k = 0; k < taps; k++) sum += cross[i * taps + k]! * wanted[k]!;
    target[i] = sum;
  }
  return target;
}

/** For each tap the entry whose products alone are nearest to its exact ones; the cost without correlations. */
export function chooseAlone(problem: CodeProblem, wanted: Float64Array): ChosenCodes {
  const { taps, terms, own, cross, codebooks } = problem;
  const size = taps * terms;
  const entries = new Int32Array(taps).fill(-1);
  let cost = 0;
  for (let k = 0; k < taps; k++) {
    const book = codebooks[k];
    if (book === null || book === undefined) continue;
    let least = Number.POSITIVE_INFINITY;
    for (let entry = 0; entry < book.entries; entry++) {
      let error = 0;
      for (let t = 0; t < terms; t++) {
        const image = book.images[entry * terms + t]!;
        if (image === 0) continue;
        const row = (k * terms + t) * size + k * terms;
        let half = 0;
        for (let u = 0; u < terms; u++) half += own[row + u]! * book.images[entry * terms + u]!;
        error += image * (half - 2 * wanted[k]! * cross[(k * terms + t) * taps + k]!);
      }
      if (error < least) {
        least = error;
        entries[k] = entry;
      }
    }
    cost += least;
  }
  return { entries, cost };
}

/** Coordinate descent from the given entries, which it changes. */
function descend(
  problem: CodeProblem,
  target: Float64Array,
  entries: Int32Array,
  sweeps: number,
): ChosenCodes {
  const { taps, terms, own, codebooks } = problem;
  const size = taps * terms;
  const images = new Float64Array(size);
  for (let k = 0; k < taps; k++) {
    const book = codebooks[k];
    if (book) images.set(book.images.subarray(entries[k]! * terms, (entries[k]! + 1) * terms), k * terms);
  }
  /** Half the gradient of the error: own · images − target. */
  const slope = Float64Array.from(target, (value) => -value);
  for (let j = 0; j < size; j++) {
    const image = images[j]!;
    if (image === 0) continue;
    const row = j * size;
    for (let i = 0; i < size; i++) slope[i]! += own[row + i]! * image;
  }
  const change = new Float64Array(terms);
  for (let sweep = 0; sweep < sweeps; sweep++) {
    let changed = 0;
    for (let k = 0; k < taps; k++) {
      const book = codebooks[k];
      if (!book) continue;
      const chosen =
        terms === 1
          ? nearestEntry(problem, book, slope, images, k)
          : bestEntry(problem, book, slope, images, k, entries[k]!);
      if (chosen === entries[k]) continue;
      entries[k] = chosen;
      changed++;
      for (let t = 0; t < terms; t++) {
        const image = book.images[chosen * terms + t]!;
        change[t] = image - images[k * terms + t]!;
        images[k * terms + t] = image;
      }
      for (let t = 0; t < terms; t++) {
        const step = change[t]!;
        if (step === 0) continue;
        const row = (k * terms + t) * size;
        for (let i = 0; i < size; i++) slope[i]! += own[row + i]! * step;
      }
    }
    if (changed === 0) break;
  }
  let cost = 0;
  for (let i = 0; i < size; i++) cost += images[i]! * (slope[i]! - target[i]!);
  return { entries, cost };
}

/** With one term the error is a parabola in the image: the entry nearest to its lowest point (images rise or fall). */
function nearestEntry(
  { taps, own }: CodeProblem,
  { images: choices, entries }: Codebook,
  slope: Float64Array,
  images: Float64Array,
  k: number,
): number {
  const curvature = own[k * taps + k]!;
  const lowest = curvature > 0 ? images[k]! - slope[k]! / curvature : images[k]!;
  let best = 0;
  for (let entry = 1; entry < entries; entry++) {
    if (Math.abs(choices[entry]! - lowest) < Math.abs(choices[best]! - lowest)) best = entry;
  }
  return best;
}

function bestEntry(
  { taps, terms, own }: CodeProblem,
  { images: choices, entries }: Codebook,
  slope: Float64Array,
  images: Float64Array,
  k: number,
  current: number,
): number {
  const size = taps * terms;
  const base = k * terms;
  let best = current;
  let least = 0;
  for (let entry = 0; entry < entries; entry++) {
    let error = 0;
    for (let t = 0; t < terms; t++) {
      const step = choices[entry * terms + t]! - images[base + t]!;
      if (step === 0) continue;
      const row = (base + t) * size + base;
      let half = 0;
      for (let u = 0; u < terms; u++)
        half += own[row + u]! * (choices[entry * terms + u]! - images[base + u]!);
      error += step * (half + 2 * slope[base + t]!);
    }
    if (error < least) {
      least = error;
      best = entry;
    }
  }
  return best;
}
