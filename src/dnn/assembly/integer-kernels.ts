/**
 * Integer convolution as a direct implicit matrix product, 4 pixels × 8 output channels at a time.
 * Accumulators wrap modulo 2^32 on the way, so they are right whenever the final value fits int32.
 *
 * @param image    i16 [terms][padded height][padded width][cp], cp even
 * @param termBytes bytes from one term's image to the next
 * @param weights  i16 [ceil(cout/8)][terms][kh][rowPairs][8][2]
 * @param out      i32 [oh · ow][8 · blocks]
 * @param rowPairs kw · cp / 2
 */
export function convInteger(
  image: usize,
  termBytes: usize,
  terms: i32,
  weights: usize,
  out: usize,
  oh: i32,
  ow: i32,
  blocks: i32,
  kh: i32,
  rowPairs: i32,
  rowBytes: usize,
  strideRowBytes: usize,
  stridePixelBytes: usize,
): void {
  const pixels = oh * ow;
  const blockBytes = <usize>(terms * kh * rowPairs) * 32;
  const outPixelBytes = <usize>blocks * 32;
  for (let block = 0; block < blocks; block++) {
    for (let first = 0; first < pixels; first += 4) {
      const n1 = min(first + 1, pixels - 1);
      const n2 = min(first + 2, pixels - 1);
      const n3 = min(first + 3, pixels - 1);
      let base0 = image + <usize>(first / ow) * strideRowBytes + <usize>(first % ow) * stridePixelBytes;
      const delta1 = image + <usize>(n1 / ow) * strideRowBytes + <usize>(n1 % ow) * stridePixelBytes - base0;
      const delta2 = image + <usize>(n2 / ow) * strideRowBytes + <usize>(n2 % ow) * stridePixelBytes - base0;
      const delta3 = image + <usize>(n3 / ow) * strideRowBytes + <usize>(n3 % ow) * stridePixelBytes - base0;
      let w = weights + <usize>block * blockBytes;
      let a0 = i32x4.splat(0);
      let a1 = i32x4.splat(0);
      let b0 = i32x4.splat(0);
      let b1 = i32x4.splat(0);
      let c0 = i32x4.splat(0);
      let c1 = i32x4.splat(0);
      let d0 = i32x4.splat(0);
      let d1 = i32x4.splat(0);
      for (let term = 0; term < terms; term++) {
        let row = base0;
        for (let ky = 0; ky < kh; ky++) {
          let p = row;
          const end = p + ((<usize>rowPairs) << 2);
          while (p < end) {
            const w0 = v128.load(w);
            const w1 = v128.load(w, 16);
            let x = v128.load_splat<i32>(p);
            a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x, w0));
            a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x, w1));
            x = v128.load_splat<i32>(p + delta1);
            b0 = i32x4.add(b0, i32x4.dot_i16x8_s(x, w0));
            b1 = i32x4.add(b1, i32x4.dot_i16x8_s(x, w1));
            x = v128.load_splat<i32>(p + delta2);
            c0 = i32x4.add(c0, i32x4.dot_i16x8_s(x, w0));
            c1 = i32x4.add(c1, i32x4.dot_i16x8_s(x, w1));
            x = v128.load_splat<i32>(p + delta3);
            d0 = i32x4.add(d0, i32x4.dot_i16x8_s(x, w0));
            d1 = i32x4.add(d1, i32x4.dot_i16x8_s(x, w1));
            p += 4;
            w += 32;
          }
          row += rowBytes;
        }
        base0 += termBytes;
      }
      const o = out + <usize>block * 32;
      const o0 = o + <usize>first * outPixelBytes;
      v128.store(o0, a0);
      v128.store(o0, a1, 16);
      const o1 = o + <usize>n1 * outPixelBytes;
      const o2 = o + <usize>n2 * outPixelBytes;
      const o3 = o + <usize>n3 * outPixelBytes;
      v128.store(o1, b0);
      v128.store(o1, b1, 16);
      v128.store(o2, c0);
      v128.store(o2, c1, 16);
      v128.store(o3, d0);
      v128.store(o3, d1, 16);
    }
  }
}

/**
 * Maps int8 codes through a table of 256 i16 (index code + 128) into the inside of a padded image.
 * @param input i8 [height][width][channels]
 * @param out   address of the first inside pixel, i16 [..][..][cp]
 */
export function mapCodes(
  input: usize,
  out: usize,
  table: usize,
  height: i32,
  width: i32,
  channels: i32,
  cp: i32,
  rowBytes: usize,
): void {
  const middle = table + 256;
  for (let y = 0; y < height; y++) {
    let to = out + <usize>y * rowBytes;
    for (let x = 0; x < width; x++) {
      for (let c = 0; c < channels; c++) {
        store<i16>(to + ((<usize>c) << 1), load<i16>(middle + ((<isize>load<i8>(input)) << 1)));
        input++;
      }
      to += (<usize>cp) << 1;
    }
  }
}

/**
 * Codes from accumulators: clamp(floor((acc + bias) · factor + 1/2), low, high), factor = multiplier / 2^shift.
 * @param accumulators i32 [pixels][padded], padded a multiple of 8
 * @param bias    i32 [padded]
 * @param factors f64 [padded]
 * @param out     i8 [pixels][channels]
 */
export function requantise(
  accumulators: usize,
  bias: usize,
  factors: usize,
  out: usize,
  pixels: i32,
  channels: i32,
  padded: i32,
  low: i32,
  high: i32,
): void {
  const lows = i32x4.splat(low);
  const highs = i32x4.splat(high);
  for (let pixel = 0; pixel < pixels; pixel++) {
    let c = 0;
    for (; c + 4 <= channels; c += 4) {
      const codes = scaled(
        accumulators + ((<usize>c) << 2),
        bias + ((<usize>c) << 2),
        factors + ((<usize>c) << 3),
      );
      const clamped = i32x4.min_s(i32x4.max_s(codes, lows), highs);
      const halves = i16x8.narrow_i32x4_s(clamped, clamped);
      store<i32>(out + <usize>c, i32x4.extract_lane(i8x16.narrow_i16x8_s(halves, halves), 0));
    }
    for (; c < channels; c++) {
      const sum = load<i32>(accumulators + ((<usize>c) << 2)) + load<i32>(bias + ((<usize>c) << 2));
      const code = floor(<f64>sum * load<f64>(factors + ((<usize>c) << 3)) + 0.5);
      store<i8>(out + <usize>c, <i8>max(min(code, <f64>high), <f64>low));
    }
    accumulators += (<usize>padded) << 2;
    out += <usize>channels;
  }
}

/** The same with int32 results, saturated at the ends of int32; out i32 [padded], one pixel. */
export function requantiseWide(
  accumulators: usize,
  bias: usize,
  factors: usize,
  out: usize,
  padded: i32,
): void {
  for (let c: usize = 0; c < <usize>padded; c += 4) {
    v128.store(out + (c << 2), scaled(accumulators + (c << 2), bias + (c << 2), factors + (c << 3)));
  }
}

function scaled(accumulators: usize, bias: usize, factors: usize): v128 {
  const half = f64x2.splat(0.5);
  const sum = i32x4.add(v128.load(accumulators), v128.load(bias));
  const lowPair = f64x2.convert_low_i32x4_s(sum);
  const highPair = f64x2.convert_low_i32x4_s(i32x4.shuffle(sum, sum, 2, 3, 2, 3));
  const low = f64x2.floor(f64x2.add(f64x2.mul(lowPair, v128.load(factors)), half));
  const high = f64x2.floor(f64x2.add(f64x2.mul(highPair, v128.load(factors, 16)), half));
  return i32x4.shuffle(i32x4.trunc_sat_f64x2_s_zero(low), i32x4.trunc_sat_f64x2_s_zero(high), 0, 1, 4, 5);
}

/** clamp((a · aFactor + b · bFactor + 2^(shift−1)) >> shift, low, high) for `count` int8 codes; |sum| < 2^31. */
export function addCodes(
  a: usize,
  b: usize,
  out: usize,
  count: i32,
  aFactor: i32,
  bFactor: i32,
  shift: i32,
  low: i32,
  high: i32,
): void {
  const half = 1 << (shift - 1);
  for (let i: usize = 0; i < <usize>count; i++) {
    const sum = <i32>load<i8>(a + i) * aFactor + <i32>load<i8>(b + i) * bFactor + half;
    store<i8>(out + i, <i8>max(min(sum >> shift, high), low));
  }
}

/** clamp(floor(window sum · factor + 1/2), low, high) per channel; i8 [height][width][channels] → i8 [oh][ow][channels]. */
export function averageCodes(
  input: usize,
  out: usize,
  width: i32,
  channels: i32,
  oh: i32,
  ow: i32,
  kh: i32,
  kw: i32,
  sy: i32,
  sx: i32,
  factor: f64,
  low: i32,
  high: i32,
): void {
  for (let oy = 0; oy < oh; oy++) {
    for (let ox = 0; ox < ow; ox++) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (let ky = 0; ky < kh; ky++) {
          let p = input + <usize>(((oy * sy + ky) * width + ox * sx) * channels + c);
          for (let kx = 0; kx < kw; kx++) {
            sum += <i32>load<i8>(p);
            p += <usize>channels;
          }
        }
        const code = floor(<f64>sum * factor + 0.5);
        store<i8>(out, <i8>max(min(code, <f64>high), <f64>low));
        out++;
      }
    }
  }
}

/** Zero channels in front of and behind; i8 [pixels][channels] → i8 [pixels][before + channels + after]. */
export function padCodes(
  input: usize,
  out: usize,
  pixels: i32,
  channels: i32,
  before: i32,
  after: i32,
): void {
  const wide = <usize>(before + channels + after);
  memory.fill(out, 0, <usize>pixels * wide);
  for (let pixel = 0; pixel < pixels; pixel++) {
    memory.copy(
      out + <usize>pixel * wide + <usize>before,
      input + <usize>(pixel * channels),
      <usize>channels,
    );
  }
}

/** max(code, 0) for `count` int8 codes. */
export function reluCodes(input: usize, out: usize, count: i32): void {
  for (let i: usize = 0; i < <usize>count; i++) store<i8>(out + i, max(load<i8>(input + i), 0));
}
