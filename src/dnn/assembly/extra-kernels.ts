/**
 * Grouped (also depthwise) integer convolution, one product at a time. Accumulators wrap modulo 2^32 on the way.
 *
 * @param image    i16 [terms][padded height][padded width][cp]
 * @param weights  i16 [terms][cout][kh][kw][cin/groups]
 * @param out      i32 [oh · ow][padded]
 * @param perGroup output channels of a group
 * @param cin      input channels of a group
 */
export function convGrouped(
  image: usize,
  termBytes: usize,
  terms: i32,
  weights: usize,
  out: usize,
  oh: i32,
  ow: i32,
  cout: i32,
  padded: i32,
  perGroup: i32,
  cin: i32,
  kh: i32,
  kw: i32,
  cp: i32,
  rowBytes: usize,
  strideRowBytes: usize,
  stridePixelBytes: usize,
): void {
  const termWeightBytes = (<usize>(cout * kh * kw * cin)) << 1;
  for (let oy = 0; oy < oh; oy++) {
    for (let ox = 0; ox < ow; ox++) {
      const corner = image + <usize>oy * strideRowBytes + <usize>ox * stridePixelBytes;
      for (let o = 0; o < cout; o++) {
        const first = (<usize>((o / perGroup) * cin)) << 1;
        let sum = 0;
        for (let term = 0; term < terms; term++) {
          let w = weights + <usize>term * termWeightBytes + ((<usize>(o * kh * kw * cin)) << 1);
          const base = corner + <usize>term * termBytes + first;
          for (let ky = 0; ky < kh; ky++) {
            for (let kx = 0; kx < kw; kx++) {
              let p = base + <usize>ky * rowBytes + ((<usize>(kx * cp)) << 1);
              for (let i = 0; i < cin; i++) {
                sum += <i32>load<i16>(p) * <i32>load<i16>(w);
                p += 2;
                w += 2;
              }
            }
          }
        }
        store<i32>(out + ((<usize>o) << 2), sum);
      }
      out += (<usize>padded) << 2;
    }
  }
}

/**
 * Depthwise integer convolution with one output channel per input channel, 8 channels at a time. Accumulators wrap
 * modulo 2^32 on the way. Reads up to 14 bytes behind the last pixel.
 *
 * @param image   i16 [terms][padded height][padded width][channels]
 * @param weights i16 [terms][kh][kw][padded], 0 beyond the channels; padded a multiple of 8
 * @param out     i32 [oh · ow][padded]
 */
export function convDepthwise(
  image: usize,
  termBytes: usize,
  terms: i32,
  weights: usize,
  out: usize,
  oh: i32,
  ow: i32,
  padded: i32,
  kh: i32,
  kw: i32,
  pixelBytes: usize,
  rowBytes: usize,
  strideRowBytes: usize,
  stridePixelBytes: usize,
): void {
  const tapBytes = (<usize>padded) << 1;
  for (let oy = 0; oy < oh; oy++) {
    for (let ox = 0; ox < ow; ox++) {
      const corner = image + <usize>oy * strideRowBytes + <usize>ox * stridePixelBytes;
      for (let c: usize = 0; c < tapBytes; c += 16) {
        let low = i32x4.splat(0);
        let high = i32x4.splat(0);
        let w = weights + c;
        let base = corner + c;
        for (let term = 0; term < terms; term++) {
          let row = base;
          for (let ky = 0; ky < kh; ky++) {
            let p = row;
            for (let kx = 0; kx < kw; kx++) {
              const x = v128.load(p);
              const y = v128.load(w);
              low = i32x4.add(low, i32x4.extmul_low_i16x8_s(x, y));
              high = i32x4.add(high, i32x4.extmul_high_i16x8_s(x, y));
              p += pixelBytes;
              w += tapBytes;
            }
            row += rowBytes;
          }
          base += termBytes;
        }
        const o = out + (c << 1);
        v128.store(o, low);
        v128.store(o, high, 16);
      }
      out += (<usize>padded) << 2;
    }
  }
}

/**
 * Codes with a zero point: clamp(zero + rescale(acc + bias), low, high), rescale half-up-16 (requantise.ts) or tflite
 * (requantise-tflite.ts).
 * @param accumulators i32 [pixels][padded]
 * @param bias         i32 [padded]
 * @param multipliers  i32 [padded]
 * @param shifts       i32 [padded]
 * @param out          i8 [pixels][channels]
 */
export function requantiseAround(
  accumulators: usize,
  bias: usize,
  multipliers: usize,
  shifts: usize,
  out: usize,
  pixels: i32,
  channels: i32,
  padded: i32,
  isTflite: i32,
  zero: i32,
  low: i32,
  high: i32,
): void {
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let c = 0; c < channels; c++) {
      const at = (<usize>c) << 2;
      const sum = load<i32>(accumulators + at) + load<i32>(bias + at);
      const multiplier = <i64>load<i32>(multipliers + at);
      const shift = load<i32>(shifts + at);
      let code: i64;
      if (isTflite) {
        const shifted = shift < 0 ? sum << -shift : sum;
        code = divideByPower((<i64>shifted * multiplier + (1 << 30)) >> 31, <i64>max(shift, 0));
      } else {
        code = (<i64>sum * multiplier + ((<i64>1) << (<i64>(shift - 1)))) >> <i64>shift;
      }
      store<i8>(out, <i8>max(min(code + <i64>zero, <i64>high), <i64>low));
      out++;
    }
    accumulators += (<usize>padded) << 2;
  }
}

/** x / 2^exponent to the nearest integer, halves away from 0. */
function divideByPower(x: i64, exponent: i64): i64 {
  if (exponent === 0) return x;
  const half = (<i64>1) << (exponent - 1);
  return x < 0 ? -((half - x) >> exponent) : (x + half) >> exponent;
}
