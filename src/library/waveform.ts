import { MaxdnnError } from '../base/errors.ts';

/** ∫ y dt between two times, trapezoidal, ends interpolated. `time` rises. */
export function integrate(time: Float64Array, y: Float64Array, from: number, until: number): number {
  let sum = 0;
  let [t0, y0] = [from, valueAt(time, y, from)];
  for (let i = indexAfter(time, from); i < time.length && time[i]! < until; i++) {
    sum += ((y0 + y[i]!) / 2) * (time[i]! - t0);
    [t0, y0] = [time[i]!, y[i]!];
  }
  return sum + ((y0 + valueAt(time, y, until)) / 2) * (until - t0);
}

/** y at a time, linear between points, constant outside. */
export function valueAt(time: Float64Array, y: Float64Array, at: number): number {
  const i = indexAfter(time, at);
  if (i === 0) return y[0]!;
  if (i === time.length) return y[i - 1]!;
  const share = (at - time[i - 1]!) / (time[i]! - time[i - 1]!);
  return y[i - 1]! + share * (y[i]! - y[i - 1]!);
}

/**
 * Last time in the window at which y passes `level` in the given direction.
 * @throws internal when it does not
 */
export function crossingS(
  time: Float64Array,
  y: Float64Array,
  level: number,
  direction: 0 | 1,
  from: number,
  until: number,
): number {
  const sign = direction === 1 ? 1 : -1;
  for (let i = Math.min(indexAfter(time, until), time.length - 1); i > 0 && time[i]! > from; i--) {
    const [a, b] = [(y[i - 1]! - level) * sign, (y[i]! - level) * sign];
    if (a < 0 && b >= 0) return time[i - 1]! + (a / (a - b)) * (time[i]! - time[i - 1]!);
  }
  throw new MaxdnnError('internal', `waveform never passes ${level} V between ${from} s and ${until} s`);
}

/** Index of the first point later than `at` (time.length if there is none). */
function indexAfter(time: Float64Array, at: number): number {
  let [low, high] = [0, time.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time[middle]! > at) high = middle;
    else low = middle + 1;
  }
  return low;
}
