import { MaxdnnError } from '../base/errors.ts';

/**
 * The one rounding rule of the integer network, the same in this model, in the WASM kernels and in RTL:
 *
 *     rescale(x, multiplier, shift) = floor((x · multiplier + 2^(shift−1)) / 2^shift)
 *
 * that is, an arithmetic right shift after adding half: round to nearest, halves towards +∞ (−0.5 → 0, −1.5 → −1).
 * x is int32, the multiplier has at most 16 bits (0 … 65535), the shift is 1 … 46. The product has at most 48 bits
 * with sign and the sum fits 49, so hardware needs one 32 × 16 multiplier, and float64 computes it exactly.
 */
export interface Rescale {
  readonly multiplier: number;
  readonly shift: number;
}

export const MULTIPLIER_BITS = 16;
export const SHIFT_MAX = 46;

/** Largest shift of an addition: its sum is then within int32 on the way. */
export const ADD_SHIFT_MAX = 24;

/** floor((x · multiplier + 2^(shift−1)) / 2^shift); exact for |x| ≤ 2^31, multiplier < 2^16, shift 1 … 46. */
export function rescale(x: number, { multiplier, shift }: Rescale): number {
  return Math.floor((x * multiplier + 2 ** (shift - 1)) / 2 ** shift);
}

/** rescale() for many numbers: the powers of two are taken once. */
export function rescaler({ multiplier, shift }: Rescale): (x: number) => number {
  const [half, whole] = [2 ** (shift - 1), 2 ** shift];
  return (x) => Math.floor((x * multiplier + half) / whole);
}

export function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}

/**
 * Multiplier and shift nearest to a positive ratio: the multiplier has its top bit set unless the shift is at its
 * largest, so the relative error is at most 2^−16.
 * @param ratio 0 … 32767
 * @throws internal when it is out of range
 */
export function fitRescale(ratio: number, shiftMax = SHIFT_MAX): Rescale {
  if (!(ratio >= 0 && ratio <= 32767)) {
    throw new MaxdnnError('internal', `A rescale ratio of ${ratio} cannot be represented (0 … 32767)`);
  }
  const full = 2 ** MULTIPLIER_BITS;
  let shift = shiftMax;
  while (shift > 1 && Math.round(ratio * 2 ** shift) >= full) shift--;
  return { multiplier: Math.round(ratio * 2 ** shift), shift };
}

/** Both factors of an addition with one shift; the larger decides it. */
export function fitAddition(
  first: number,
  second: number,
): { factors: readonly [number, number]; shift: number } {
  const { shift } = fitRescale(Math.max(first, second), ADD_SHIFT_MAX);
  return { factors: [Math.round(first * 2 ** shift), Math.round(second * 2 ** shift)], shift };
}
