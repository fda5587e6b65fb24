/**
 * What TensorFlow 1.14's quantised kernels (x86, MIN_FIRST mode) do with numbers: uint8 codes and int32 sums, each
 * tensor with a float32 range. float32 where they have float32, float64 where they have that, integers as integers.
 * Source: TensorFlow 1.14, core/kernels: quantization_utils.h and .cc, quantize_op, dequantize_op,
 * requantization_range_op, requantize, quantized_add_op, quantized_bias_add_op, quantized_activation_ops.
 */

/** What the smallest and the largest code of a tensor stand for; float32, min ≤ 0. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

const { fround, max, min, round, trunc } = Math;

const INT32_LOW = -(2 ** 31);
const INT32_HIGH = 2 ** 31 - 1;
const FLOAT32_BELOW_INT32 = 2 ** 31 - 128;

/** The range that QuantizeV2 uses for values from `least` to `most`. */
export function quantisedRange(least: number, most: number): ValueRange {
  const low = min(0, least);
  const nudge = fround(max(1, Math.abs(least), Math.abs(most)) / 100);
  return { min: low, max: max(most, fround(low + nudge)) };
}

/** QuantizeV2 of one value, and the range's own constants once: uint8. */
export function createQuantiser(range: ValueRange): (value: number) => number {
  const scale = range.max === range.min ? 0 : fround(255 / fround(range.max - range.min));
  const least = roundAway(fround(range.min * scale));
  return (value) => min(max(roundAway(fround(value * scale)) - least, 0), 255);
}

/** Float32 value of each uint8 code. */
export function dequantisedValues(range: ValueRange): Float32Array {
  const scale = fround(fround(range.max - range.min) / 255);
  const least = range.max === range.min ? range.min : fround(roundAway(fround(range.min / scale)) * scale);
  return Float32Array.from({ length: 256 }, (_, code) => least + fround(code * scale));
}

/** Code that stands for 0; outside 0 … 255 when the range does not hold 0. */
export function zeroCode({ min: least, max: most }: ValueRange): number {
  if (least === most) return 0;
  return -roundAway(least * (256 / (fround(most - least) * (256 / 255)))) + 0;
}

/** Range of int32 sums of products of two tensors' codes. */
export function productRange(a: ValueRange, b: ValueRange): ValueRange {
  const step = ({ min: low, max: high }: ValueRange): number => fround(fround(high - low) / 255);
  const product = fround(step(a) * step(b));
  return { min: fround(product * INT32_LOW), max: fround(product * fround(INT32_HIGH)) };
}

/** Range that int32 sums really have. */
export function usedRange(sums: Int32Array, range: ValueRange): ValueRange {
  const [least, most] = leastAndMost(sums);
  return { min: min(0, sumToFloat(least, range)), max: sumToFloat(most, range) };
}

/** Float32 value of an int32 sum. */
function sumToFloat(sum: number, { min: low, max: high }: ValueRange): number {
  if (low === high) return low;
  const step = (fround(high - low) * (2 ** 32 / INT_STEPS)) / 2 ** 32;
  const single = fround(step);
  return fround(roundAway(fround(low / single)) * single + (sum - INT32_LOW) * step);
}

const INT_STEPS = 2 ** 32 - 1;

/**
 * int32 sums to uint8 codes in a narrower range: a fixed-point product of 64 bits, exactly.
 * floor(sum · scale / 2^32), plus offsets and a half, divided by 2^16 and floored.
 */
export function requantiseSums(sums: Int32Array, from: ValueRange, to: ValueRange): Uint8Array {
  const width = fround(to.max - to.min);
  const scale = width === 0 ? 0 : trunc((255 * 65536 * fround(from.max - from.min)) / width);
  const reciprocal = width === 0 ? 0 : fround(255 / width);
  const middle = fround(fround(from.min + from.max) / 2);
  const inputOffset = trunc(fround(fround(middle * reciprocal) * 65536));
  const outputOffset = width === 0 ? 0 : trunc((65536 * (to.min * 255)) / width);
  const offset = inputOffset - outputOffset + 32768;
  const high = Math.floor(scale / 2 ** 32);
  const middleBits = Math.floor(scale / 65536) % 65536;
  const lowBits = scale % 65536;
  const codeOf = (sum: number): number => {
    // floor of nested divisions: each partial product stays below 2^53.
    const low = Math.floor((sum * middleBits + Math.floor((sum * lowBits) / 65536)) / 65536);
    const code = Math.floor((sum * high + low + offset) / 65536);
    return code < 0 ? 0 : Math.min(code, 255);
  };
  const [least, most] = leastAndMost(sums);
  const codes = new Uint8Array(sums.length);
  if (most - least < sums.length) {
    // Fewer different sums than sums.
    const known = new Uint8Array(most - least + 1);
    for (let k = 0; k < known.length; k++) known[k] = codeOf(least + k);
    for (let i = 0; i < sums.length; i++) codes[i] = known[sums[i]! - least]!;
  } else {
    for (let i = 0; i < sums.length; i++) codes[i] = codeOf(sums[i]!);
  }
  return codes;
}

function leastAndMost(sums: Int32Array): readonly [number, number] {
  let [least, most] = [INT32_HIGH, INT32_LOW];
  for (let i = 0; i < sums.length; i++) {
    const sum = sums[i]!;
    if (sum < least) least = sum;
    if (sum > most) most = sum;
  }
  return [least, most];
}

/** Range in which two tensors are added. */
export function sumRange(a: ValueRange, b: ValueRange): ValueRange {
  const most = fround(max(a.max, -a.min, b.max, -b.min) * 2 ** 17);
  return { min: -most, max: most };
}

/** int32 value in the range `to` of each uint8 code, as QuantizedAdd of two tensors of one shape makes it. */
export function addends(from: ValueRange, to: ValueRange): Int32Array {
  const first = floatToSum(codeToFloat(0, from), to);
  const step = floatToSum(codeToFloat(1, from), to) - first;
  return Int32Array.from({ length: 256 }, (_, code) => clampInt32(first + code * step));
}

/** The same as QuantizedBiasAdd makes it. */
export function biasAddends(from: ValueRange, to: ValueRange): Int32Array {
  const scale = to.max === to.min ? 0 : fround(INT_STEPS / fround(to.max - to.min));
  const least = fround(roundAway(fround(to.min * scale)) - INT32_LOW);
  return Int32Array.from(dequantisedValues(from), (value) =>
    min(max(fround(roundAway(fround(value * scale)) - least), INT32_LOW), FLOAT32_BELOW_INT32),
  );
}

/** Float32 value of a uint8 code in float64 arithmetic (QuantizedToFloat). */
function codeToFloat(code: number, { min: low, max: high }: ValueRange): number {
  if (low === high) return low;
  const step = (fround(high - low) * (256 / 255)) / 256;
  const single = fround(step);
  return fround(roundAway(fround(low / single)) * single + code * step);
}

/** Nearest int32 code of a value, not clamped (FloatToQuantizedUnclamped). */
function floatToSum(value: number, { min: low, max: high }: ValueRange): number {
  if (low === high) return INT32_LOW;
  const steps = 2 ** 32 / (fround(high - low) * (2 ** 32 / INT_STEPS));
  return roundAway(value * steps) - roundAway(low * steps) + INT32_LOW;
}

function clampInt32(value: number): number {
  return min(max(value, INT32_LOW), INT32_HIGH);
}

/** Nearest integer, halves away from 0. */
function roundAway(value: number): number {
  return value < 0 ? -round(-value) : round(value);
}
