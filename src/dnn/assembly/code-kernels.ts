/**
 * Maps int8 codes into a padded image: min(((sext(x) + half) >> drop) << drop, cap), where sext keeps the low
 * 16 − lead bits and half = 2^drop / 2. What the vector form cannot take at the end of a row goes through the table.
 * @param input i8 [rows][rowCodes]
 * @param out   address of the first inside pixel, i16 [rows][rowBytes / 2]
 * @param table i16 [256], index code + 128: the same map
 */
export function mapRounded(
  input: usize,
  out: usize,
  rows: i32,
  rowCodes: i32,
  rowBytes: usize,
  lead: i32,
  drop: i32,
  cap: i32,
  table: usize,
): void {
  const middle = table + 256;
  const caps = i16x8.splat(<i16>cap);
  const half = i16x8.splat(<i16>(<i32>(1 << drop) >> 1));
  const kept = i16x8.splat(<i16>((<i32>-1) << drop));
  const isPlain = lead === 0 && drop === 0 && cap >= 127;
  const vectorEnd = <usize>(rowCodes & ~7);
  for (let row = 0; row < rows; row++) {
    const end = input + vectorEnd;
    let to = out;
    if (isPlain) {
      for (; input < end; input += 8) {
        v128.store(to, v128.load_ext<i8>(input));
        to += 16;
      }
    } else if (lead === 0) {
      for (; input < end; input += 8) {
        const rounded = v128.and(i16x8.add(v128.load_ext<i8>(input), half), kept);
        v128.store(to, i16x8.min_s(rounded, caps));
        to += 16;
      }
    } else {
      for (; input < end; input += 8) {
        const low = i16x8.shr_s(i16x8.shl(v128.load_ext<i8>(input), lead), lead);
        v128.store(to, i16x8.min_s(v128.and(i16x8.add(low, half), kept), caps));
        to += 16;
      }
    }
    for (let rest = rowCodes & 7; rest > 0; rest--) {
      store<i16>(to, load<i16>(middle + ((<isize>load<i8>(input)) << 1)));
      input++;
      to += 2;
    }
    out += rowBytes;
  }
}

/** The same for any map, code by code through the table. */
export function mapCodes(
  input: usize,
  out: usize,
  rows: i32,
  rowCodes: i32,
  rowBytes: usize,
  table: usize,
): void {
  const middle = table + 256;
  for (let row = 0; row < rows; row++) {
    const end = input + <usize>rowCodes;
    let to = out;
    for (; input < end; input++) {
      store<i16>(to, load<i16>(middle + ((<isize>load<i8>(input)) << 1)));
      to += 2;
    }
    out += rowBytes;
  }
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
  const halves = i32x4.splat(half);
  const aFactors = i32x4.splat(aFactor);
  const bFactors = i32x4.splat(bFactor);
  const lows = i8x16.splat(<i8>low);
  const highs = i8x16.splat(<i8>high);
  const end = a + <usize>count;
  const vectorEnd = a + <usize>(count & ~7);
  while (a < vectorEnd) {
    const x = v128.load_ext<i8>(a);
    const y = v128.load_ext<i8>(b);
    const first = i32x4.add(
      i32x4.mul(i32x4.extend_low_i16x8_s(x), aFactors),
      i32x4.mul(i32x4.extend_low_i16x8_s(y), bFactors),
    );
    const second = i32x4.add(
      i32x4.mul(i32x4.extend_high_i16x8_s(x), aFactors),
      i32x4.mul(i32x4.extend_high_i16x8_s(y), bFactors),
    );
    const codes = i16x8.narrow_i32x4_s(
      i32x4.shr_s(i32x4.add(first, halves), shift),
      i32x4.shr_s(i32x4.add(second, halves), shift),
    );
    const clamped = i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(codes, codes), lows), highs);
    v128.store64_lane(out, clamped, 0);
    a += 8;
    b += 8;
    out += 8;
  }
  for (; a < end; a++) {
    const sum = <i32>load<i8>(a) * aFactor + <i32>load<i8>(b) * bFactor + half;
    store<i8>(out, <i8>max(min(sum >> shift, high), low));
    b++;
    out++;
  }
}

/**
 * clamp((window sum · multiplier + 2^(shift−1)) >> shift, low, high) per channel;
 * i8 [height][width][channels] → i8 [oh][ow][channels]. 8 channels at a time where the sum of a window fits int16 and all
 * of it int32.
 */
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
  multiplier: i32,
  shift: i32,
  low: i32,
  high: i32,
): void {
  const half = (<i64>1) << (shift - 1);
  const multipliers = i32x4.splat(multiplier);
  const halves = i32x4.splat(<i32>half);
  const lows = i8x16.splat(<i8>low);
  const highs = i8x16.splat(<i8>high);
  const isSmall = kh * kw <= 255 && <i64>(kh * kw * 128) * <i64>multiplier + half < 0x80000000;
  const vectorChannels = isSmall ? channels & ~7 : 0;
  const windowRow = <usize>(width * channels);
  const rowCodes = <usize>(kw * channels);
  for (let oy = 0; oy < oh; oy++) {
    let window = input + <usize>(oy * sy) * windowRow;
    for (let ox = 0; ox < ow; ox++) {
      let c = 0;
      for (; c < vectorChannels; c += 8) {
        let sum = i16x8.splat(0);
        let row = window + <usize>c;
        for (let ky = 0; ky < kh; ky++) {
          const end = row + rowCodes;
          for (let p = row; p < end; p += <usize>channels) sum = i16x8.add(sum, v128.load_ext<i8>(p));
          row += windowRow;
        }
        const codes = i16x8.narrow_i32x4_s(
          averaged(i32x4.extend_low_i16x8_s(sum), multipliers, halves, shift),
          averaged(i32x4.extend_high_i16x8_s(sum), multipliers, halves, shift),
        );
        const clamped = i8x16.min_s(i8x16.max_s(i8x16.narrow_i16x8_s(codes, codes), lows), highs);
        v128.store64_lane(out, clamped, 0);
        out += 8;
      }
      for (; c < channels; c++) {
        let sum: i64 = 0;
        let row = window + <usize>c;
        for (let ky = 0; ky < kh; ky++) {
          const end = row + rowCodes;
          for (let p = row; p < end; p += <usize>channels) sum += <i64>load<i8>(p);
          row += windowRow;
        }
        const code = (sum * <i64>multiplier + half) >> shift;
        store<i8>(out, <i8>max(min(code, <i64>high), <i64>low));
        out++;
      }
      window += <usize>(sx * channels);
    }
  }
}

function averaged(sum: v128, multipliers: v128, halves: v128, shift: i32): v128 {
  return i32x4.shr_s(i32x4.add(i32x4.mul(sum, multipliers), halves), shift);
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
  const end = input + <usize>count;
  const vectorEnd = input + <usize>(count & ~15);
  for (; input < vectorEnd; input += 16) {
    v128.store(out, i8x16.max_s(v128.load(input), i8x16.splat(0)));
    out += 16;
  }
  for (; input < end; input++) {
    store<i8>(out, max(load<i8>(input), 0));
    out++;
  }
}

/** out[pixel][c] = input[pixel][lanes[c]]; i8 [pixels][channels], lanes i32 [channels]. */
export function permuteCodes(input: usize, out: usize, lanes: usize, pixels: i32, channels: i32): void {
  const lanesEnd = lanes + ((<usize>channels) << 2);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let lane = lanes; lane < lanesEnd; lane += 4) {
      store<i8>(out, load<i8>(input + <usize>load<i32>(lane)));
      out++;
    }
    input += <usize>channels;
  }
}
