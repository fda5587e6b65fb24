/**
 * Codes from accumulators: clamp(zero + ((acc · factor + 2^31) >> 32), low, high), which is rescale() with
 * factor = multiplier · 2^(32 − shift) below 2^31.
 * @param accumulators i32 [height][rowBytes / 4 / padded][padded], padded a multiple of 8
 * @param factors i32 [padded]
 * @param out     i8 [height][width][channels]
 */
export function requantise(
  accumulators: usize,
  rowBytes: usize,
  factors: usize,
  out: usize,
  height: i32,
  width: i32,
  channels: i32,
  padded: i32,
  zero: i32,
  low: i32,
  high: i32,
): void {
  const offset = i64x2.splat(0x80000000 + ((<i64>zero) << 32));
  const lows = i8x16.splat(<i8>low);
  const highs = i8x16.splat(<i8>high);
  const pixelBytes = (<usize>padded) << 2;
  for (let y = 0; y < height; y++) {
    let pixel = accumulators;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c += 8) {
        const at = (<usize>c) << 2;
        const codes = clampedCodes(pixel + at, factors + at, offset, lows, highs);
        if (c + 8 <= channels) {
          v128.store64_lane(out, codes, 0);
          out += 8;
        } else {
          let bits = i64x2.extract_lane(codes, 0);
          for (let rest = channels - c; rest > 0; rest--) {
            store<u8>(out, <u8>bits);
            bits >>= 8;
            out++;
          }
        }
      }
      pixel += pixelBytes;
    }
    accumulators += rowBytes;
  }
}

/** 8 codes, in the low half. */
function clampedCodes(accumulators: usize, factors: usize, offset: v128, lows: v128, highs: v128): v128 {
  const halves = i16x8.narrow_i32x4_s(
    scaledHigh(v128.load(accumulators), v128.load(factors), offset),
    scaledHigh(v128.load(accumulators, 16), v128.load(factors, 16), offset),
  );
  return i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(halves, halves), lows), highs);
}

/** (x · factor + offset) >> 32 in 64 bits. */
function scaledHigh(x: v128, factor: v128, offset: v128): v128 {
  const low = i64x2.add(i64x2.extmul_low_i32x4_s(x, factor), offset);
  const high = i64x2.add(i64x2.extmul_high_i32x4_s(x, factor), offset);
  return i32x4.shuffle(low, high, 1, 3, 5, 7);
}

/**
 * int32 results for any multiplier and shift: floor(acc · factor + 1/2), saturated at the ends of int32;
 * factor = multiplier / 2^shift, exact in float64.
 * @param accumulators i32 [count], factors f64 [count], out i32 [count]; count a multiple of 4
 */
export function requantiseWide(accumulators: usize, factors: usize, out: usize, count: i32): void {
  const half = f64x2.splat(0.5);
  const end = accumulators + ((<usize>count) << 2);
  for (; accumulators < end; accumulators += 16) {
    const sum = v128.load(accumulators);
    const lowPair = f64x2.convert_low_i32x4_s(sum);
    const highPair = f64x2.convert_low_i32x4_s(i32x4.shuffle(sum, sum, 2, 3, 2, 3));
    const low = f64x2.floor(f64x2.add(f64x2.mul(lowPair, v128.load(factors)), half));
    const high = f64x2.floor(f64x2.add(f64x2.mul(highPair, v128.load(factors, 16)), half));
    v128.store(
      out,
      i32x4.shuffle(i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 1, 4, 5),
    );
    factors += 32;
    out += 16;
  }
}

/** Adds the bias to each pixel; i32 [pixels][padded], bias i32 [padded]. */
export function addBias(accumulators: usize, bias: usize, pixels: i32, padded: i32): void {
  const pixelBytes = (<usize>padded) << 2;
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c: usize = 0; c < pixelBytes; c += 16) {
      v128.store(accumulators + c, i32x4.add(v128.load(accumulators + c), v128.load(bias + c)));
    }
    accumulators += pixelBytes;
  }
}
