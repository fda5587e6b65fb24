import { clamp } from './requantise.ts';

/**
 * The rounding of TensorFlow Lite's integer kernels in their reference form (two roundings):
 *
 *     rescale(x, multiplier, shift) = divide(high((x · 2^left) mod 2^32, multiplier), right)
 *     high(x, m)   = floor((x · m + 2^30) / 2^31)                halves towards +∞
 *     divide(x, e) = x / 2^e to the nearest integer             halves away from 0
 *
 * with left = max(−shift, 0) and right = max(shift, 0). x is int32, the multiplier 0 … 2^31 − 1, the shift −30 … 31
 * (TensorFlow Lite gives it the other sign).
 *
 * Source: tensorflow/lite/kernels/internal/common.cc, MultiplyByQuantizedMultiplier without TFLITE_SINGLE_ROUNDING;
 * gemmlowp fixedpoint/fixedpoint.h, SaturatingRoundingDoublingHighMul (the case −2^31 · −2^31, where it saturates,
 * cannot arise here: multipliers are not negative) and RoundingDivideByPOT.
 */
export function rescaleTflite(x: number, multiplier: number, shift: number): number {
  const shifted = shift < 0 ? (x << -shift) | 0 : x;
  return divideByPower(highProduct(shifted, multiplier), Math.max(shift, 0));
}

/** Bits by which TensorFlow Lite's ADD moves its inputs up before it rescales them. */
const ADD_LEFT_SHIFT = 20;

/** Rescaling of both inputs and of the sum of a TensorFlow Lite ADD. */
export interface TfliteAddition {
  readonly inputMultipliers: readonly [number, number];
  readonly inputShifts: readonly [number, number];
  readonly outputMultiplier: number;
  readonly outputShift: number;
}

/**
 * Sum of two codes less their zero points, in output steps.
 * Source: tensorflow/lite/kernels/internal/reference/integer_ops/add.h, AddFunc.
 */
export function addTflite(a: number, b: number, addition: TfliteAddition): number {
  const { inputMultipliers, inputShifts, outputMultiplier, outputShift } = addition;
  const first = rescaleTflite(a << ADD_LEFT_SHIFT, inputMultipliers[0], inputShifts[0]);
  const second = rescaleTflite(b << ADD_LEFT_SHIFT, inputMultipliers[1], inputShifts[1]);
  return rescaleTflite((first + second) | 0, outputMultiplier, outputShift);
}

/**
 * sum / count to the nearest integer, halves away from 0.
 * Source: tensorflow/lite/kernels/internal/reference/integer_ops/pooling.h, AveragePool.
 */
export function divideRounded(sum: number, count: number): number {
  const half = Math.floor(count / 2);
  return sum > 0 ? Math.floor((sum + half) / count) : 0 - Math.floor((half - sum) / count);
}

/** Smallest and largest right shift of a multiplier. */
export const TFLITE_SHIFT_MIN = -30;
export const TFLITE_SHIFT_MAX = 31;

/**
 * Multiplier and shift nearest to a ratio: multiplier in 2^30 … 2^31 − 1, or 0 when the ratio is below 2^−32.
 * Source: tensorflow/lite/kernels/internal/quantization_util.cc, QuantizeMultiplier.
 * @param ratio 0 ≤ ratio < 2^30
 */
export function fitTfliteRescale(ratio: number): { multiplier: number; shift: number } {
  if (ratio === 0) return { multiplier: 0, shift: 0 };
  let exponent = Math.floor(Math.log2(ratio)) + 1;
  let fraction = ratio / 2 ** exponent;
  if (fraction >= 1) {
    fraction /= 2;
    exponent++;
  } else if (fraction < 0.5) {
    fraction *= 2;
    exponent--;
  }
  let multiplier = Math.round(fraction * 2 ** 31);
  if (multiplier === 2 ** 31) {
    multiplier /= 2;
    exponent++;
  }
  if (exponent < -TFLITE_SHIFT_MAX) return { multiplier: 0, shift: 0 };
  if (exponent > -TFLITE_SHIFT_MIN) return { multiplier: 2 ** 31 - 1, shift: TFLITE_SHIFT_MIN };
  return { multiplier, shift: -exponent };
}

/** floor((x · m + 2^30) / 2^31) in parts that a double holds exactly. */
function highProduct(x: number, m: number): number {
  const upper = Math.floor(m / 2 ** 15);
  const rest = x * (m % 2 ** 15) + 2 ** 30;
  return clamp(Math.floor((x * upper + Math.floor(rest / 2 ** 15)) / 2 ** 16), -(2 ** 31), 2 ** 31 - 1);
}

/** x / 2^exponent to the nearest integer, halves away from 0. */
function divideByPower(x: number, exponent: number): number {
  if (exponent === 0) return x;
  const magnitude = Math.floor((Math.abs(x) + 2 ** (exponent - 1)) / 2 ** exponent);
  return x < 0 ? 0 - magnitude : magnitude;
}
