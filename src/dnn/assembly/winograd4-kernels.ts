/**
 * Transforms of the exact integer Winograd convolution F(4×4, 3×3), stride 1 (winograd-kernels.ts). The rows of G are
 * made whole (times 12, 6, 6, 24, 24, 3) and A′ has the rest of 24 (2, 4, 4, 1, 1, 8), so f = 24² = 9 · 64. 9 has an
 * inverse modulo 2^32, and 64·y, which must fit int32, is the product with it; y is the arithmetic shift by 6.
 * Source: A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, section 4.2.
 */

/**
 * Bᵀ d B of all 6×6 patches of one term, 8 channels at a time, columns first.
 * @param image   i16 [4 · tileRows + 2][..][channels], channels a multiple of 8
 * @param rowBytes bytes from one row of `image` to the next
 * @param scratch i16 [36][8]
 * @param out     i16 [tile][36 positions][positionBytes / 2]; writes the first `channels` of each position
 */
export function winogradInput4(
  image: usize,
  rowBytes: usize,
  channels: i32,
  tileRows: i32,
  tileColumns: i32,
  scratch: usize,
  out: usize,
  positionBytes: usize,
): void {
  const pixelBytes = (<usize>channels) << 1;
  const positionRow: usize = 6 * positionBytes;
  for (let ty = 0; ty < tileRows; ty++) {
    let patch = image;
    for (let tx = 0; tx < tileColumns; tx++) {
      for (let c: usize = 0; c < pixelBytes; c += 16) {
        inputLines4(patch + c, pixelBytes, rowBytes, scratch, 16, 96);
        inputLines4(scratch, 96, 16, out + c, positionRow, positionBytes);
      }
      patch += 4 * pixelBytes;
      out += 6 * positionRow;
    }
    image += 4 * rowBytes;
  }
}

/**
 * Bᵀ times six lines of six vectors; rows of Bᵀ: 4 0 −5 0 1 0, 0 −4 −4 1 1 0, 0 4 −4 −1 1 0, 0 −2 −1 2 1 0,
 * 0 2 −1 −2 1 0, 0 4 0 −5 0 1. `line` bytes lie from one line to the next, `step` from one of its vectors to the next.
 */
function inputLines4(from: usize, line: usize, step: usize, to: usize, toLine: usize, toStep: usize): void {
  const step3: usize = 3 * step;
  const toStep3: usize = 3 * toStep;
  for (let i = 0; i < 6; i++) {
    const from3 = from + step3;
    const d0 = v128.load(from);
    const d1 = v128.load(from + step);
    const d2 = v128.load(from + 2 * step);
    const d3 = v128.load(from3);
    const d4 = v128.load(from3 + step);
    const d5 = v128.load(from3 + 2 * step);
    const even = i16x8.sub(d4, i16x8.shl(d2, 2));
    const odd = i16x8.sub(d3, i16x8.shl(d1, 2));
    const near = i16x8.sub(d4, d2);
    const gap = i16x8.sub(d3, d1);
    const twice = i16x8.add(gap, gap);
    const to3 = to + toStep3;
    v128.store(to, i16x8.add(i16x8.shl(i16x8.sub(d0, d2), 2), near));
    v128.store(to + toStep, i16x8.add(even, odd));
    v128.store(to + 2 * toStep, i16x8.sub(even, odd));
    v128.store(to3, i16x8.add(near, twice));
    v128.store(to3 + toStep, i16x8.sub(near, twice));
    v128.store(to3 + 2 * toStep, i16x8.sub(i16x8.sub(d5, d3), i16x8.add(twice, twice)));
    from += line;
    to += toLine;
  }
}

/** Inverse of 9 modulo 2^32. */
const NINTH: i32 = 0x38e38e39;

/** (A′ᵀ M A′) / 576 + bias of 4 output channels, as 4 × 4 pixels; the columns of A′ᵀ M stay in the place of M's first rows. */
export function output4(sums: usize, bias: v128, out: usize, pixelBytes: usize, rowBytes: usize): void {
  const ninth = i32x4.splat(NINTH);
  for (let column = sums; column < sums + 192; column += 32) {
    const plus1 = i32x4.add(v128.load(column, 192), v128.load(column, 384));
    const minus1 = i32x4.shl(i32x4.sub(v128.load(column, 192), v128.load(column, 384)), 2);
    const plus2 = i32x4.add(v128.load(column, 576), v128.load(column, 768));
    const minus2 = i32x4.sub(v128.load(column, 576), v128.load(column, 768));
    const four = i32x4.shl(plus1, 2);
    const first = v128.load(column);
    v128.store(column, i32x4.add(i32x4.add(i32x4.add(first, first), four), plus2));
    v128.store(column, i32x4.add(minus1, i32x4.add(minus2, minus2)), 192);
    v128.store(column, i32x4.add(four, i32x4.shl(plus2, 2)), 384);
    v128.store(column, i32x4.add(minus1, i32x4.shl(i32x4.add(minus2, v128.load(column, 960)), 3)), 576);
  }
  for (let row = sums; row < sums + 768; row += 192) {
    const plus1 = i32x4.add(v128.load(row, 32), v128.load(row, 64));
    const minus1 = i32x4.shl(i32x4.sub(v128.load(row, 32), v128.load(row, 64)), 2);
    const plus2 = i32x4.add(v128.load(row, 96), v128.load(row, 128));
    const minus2 = i32x4.sub(v128.load(row, 96), v128.load(row, 128));
    const four = i32x4.shl(plus1, 2);
    const first = v128.load(row);
    let o = out;
    v128.store(o, part576(i32x4.add(i32x4.add(i32x4.add(first, first), four), plus2), ninth, bias));
    o += pixelBytes;
    v128.store(o, part576(i32x4.add(minus1, i32x4.add(minus2, minus2)), ninth, bias));
    o += pixelBytes;
    v128.store(o, part576(i32x4.add(four, i32x4.shl(plus2, 2)), ninth, bias));
    o += pixelBytes;
    const last = i32x4.add(minus1, i32x4.shl(i32x4.add(minus2, v128.load(row, 160)), 3));
    v128.store(o, part576(last, ninth, bias));
    out += rowBytes;
  }
}

function part576(sum: v128, ninth: v128, bias: v128): v128 {
  return i32x4.add(i32x4.shr_s(i32x4.mul(sum, ninth), 6), bias);
}
