/** Steps into which the magnitudes are sorted: bounds are at most 1/65536 of the largest too high. */
const BINS = 65536;

/** Values of a tensor sorted by magnitude. */
export interface MagnitudeHistogram {
  readonly smallest: number;
  readonly largest: number;
  /** Largest |value|. */
  readonly magnitude: number;
  /** Values by ceil(|value| / magnitude · 65536): bin b holds those up to b/65536 of the largest magnitude. */
  readonly counts: Uint32Array;
  readonly values: number;
}

/** Sorts the magnitudes of values (any number, at least one). */
export function histogramOfMagnitudes(values: Float32Array): MagnitudeHistogram {
  let smallest = Number.POSITIVE_INFINITY;
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    if (value < smallest) smallest = value;
    if (value > largest) largest = value;
  }
  const magnitude = Math.max(Math.abs(smallest), Math.abs(largest));
  const counts = new Uint32Array(BINS + 1);
  const steps = magnitude === 0 ? 0 : BINS / magnitude;
  for (let i = 0; i < values.length; i++) {
    const bin = Math.ceil(Math.abs(values[i]!) * steps);
    counts[Math.min(bin, BINS)]!++;
  }
  return { smallest, largest, magnitude, counts, values: values.length };
}

/**
 * Smallest bound (in steps of 1/65536 of the largest magnitude) that at least `percentile` per cent of the magnitudes
 * do not exceed; 0 when all are 0.
 */
export function percentileOfMagnitudes(histogram: MagnitudeHistogram, percentile: number): number {
  const { magnitude, counts, values } = histogram;
  if (percentile >= 100) return magnitude;
  const wanted = (percentile / 100) * values;
  let covered = 0;
  for (let bin = 0; bin < BINS; bin++) {
    covered += counts[bin]!;
    if (covered >= wanted) return (bin * magnitude) / BINS;
  }
  return magnitude;
}

/** Share of the values whose magnitude exceeds a bound, 0 … 1 (bins that the bound cuts count as within). */
export function shareAbove({ magnitude, counts, values }: MagnitudeHistogram, bound: number): number {
  if (magnitude === 0) return 0;
  let above = 0;
  for (let bin = Math.floor((bound / magnitude) * BINS) + 2; bin <= BINS; bin++) above += counts[bin]!;
  return above / values;
}

/** Bounds that are tried for the least squared error: this share of the largest magnitude, and steps of it. */
const SMALLEST_SHARE = 0.1;
const SHARE_STEP = 0.005;

/**
 * Bound b for which rounding to b/127 · (−127 … 127) has the least mean squared error, of 181 bounds from a tenth of
 * the largest magnitude up to it; 0 when all values are 0. Each bin stands for the middle of its magnitudes.
 */
export function leastErrorMagnitude({ magnitude, counts }: MagnitudeHistogram): number {
  let best = magnitude;
  let leastError = Number.POSITIVE_INFINITY;
  const steps = Math.round((1 - SMALLEST_SHARE) / SHARE_STEP);
  for (let step = steps; step >= 0; step--) {
    const share = SMALLEST_SHARE + step * SHARE_STEP;
    const scale = (share * BINS) / 127;
    let error = 0;
    for (let bin = 1; bin <= BINS; bin++) {
      if (counts[bin] === 0) continue;
      const middle = bin - 0.5;
      const difference = middle - Math.min(Math.round(middle / scale), 127) * scale;
      error += counts[bin]! * difference * difference;
    }
    if (error < leastError) {
      leastError = error;
      best = share * magnitude;
    }
  }
  return best;
}
