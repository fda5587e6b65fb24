/** Steps into which the magnitudes are sorted: the result is at most 1/65536 of the largest too high. */
const BINS = 65536;

/**
 * Smallest bound (in steps of 1/65536 of the largest magnitude) that at least `percentile` per cent of |values| do
 * not exceed; 0 when all are 0.
 */
export function percentileOfMagnitudes(values: Float32Array, percentile: number): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i]!);
    if (magnitude > largest) largest = magnitude;
  }
  if (percentile >= 100 || largest === 0) return largest;
  const counts = new Uint32Array(BINS + 1);
  const steps = BINS / largest;
  for (let i = 0; i < values.length; i++) counts[Math.ceil(Math.abs(values[i]!) * steps)]!++;
  const wanted = (percentile / 100) * values.length;
  let covered = 0;
  for (let bin = 0; bin < BINS; bin++) {
    covered += counts[bin]!;
    if (covered >= wanted) return (bin * largest) / BINS;
  }
  return largest;
}
