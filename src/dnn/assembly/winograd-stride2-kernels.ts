/**
 * Transforms of the exact integer Winograd convolution 3×3 of stride 2, 4×4 pixels at a time. Along each side the even
 * taps meet the even inputs, which is F(4, 2) of stride 1 over the points 0, 1, −1, 2, ∞, and the odd tap the odd ones:
 *
 *     y[i] = (g0 · d[2i] + g2 · d[2i+2]) + g1 · d[2i+1]        9 products for 4 outputs in place of 12
 *
 * The rows of G are made whole (times 6), so both sides together give 36 · y = 9 · 4 · y: 9 has an inverse modulo 2^32,
 * and 4·y, which must fit int32, is the product with it. Sums wrap modulo 2^32 on the way; the transformed values must
 * fit int16 (winograd.ts checks both). Along a side positions 0 … 4 are the points, 5 … 8 the odd inputs.
 * Source: A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, section 4; R. Blahut,
 * "Fast algorithms for signal processing", 2010, section 5.
 */

/**
 * Transformed 9×9 patches of one term, 8 channels at a time, columns first.
 * @param image    i16 [8 · tileRows + 1][..][channels], channels a multiple of 8
 * @param rowBytes bytes from one row of `image` to the next
 * @param scratch  i16 [81][8]
 * @param out      i16 [tile][81 positions][positionBytes / 2]; writes the first `channels` of each position
 */
export function winogradInputStride2(
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
  const positionRow: usize = 9 * positionBytes;
  for (let ty = 0; ty < tileRows; ty++) {
    let patch = image;
    for (let tx = 0; tx < tileColumns; tx++) {
      for (let c: usize = 0; c < pixelBytes; c += 16) {
        inputLines(patch + c, pixelBytes, rowBytes, scratch, 16, 144);
        inputLines(scratch, 144, 16, out + c, positionRow, positionBytes);
      }
      patch += 8 * pixelBytes;
      out += 9 * positionRow;
    }
    image += 8 * rowBytes;
  }
}

/**
 * Nine lines of nine vectors: rows of Bᵀ for the even inputs 2 −1 −2 1 0, 0 −2 −1 1 0, 0 2 −3 1 0, 0 −1 0 1 0,
 * 0 2 −1 −2 1; then the odd inputs. `line` bytes lie from one line to the next, `step` from one of its vectors to the
 * next.
 */
function inputLines(from: usize, line: usize, step: usize, to: usize, toLine: usize, toStep: usize): void {
  const step4 = step << 2;
  const toStep4 = toStep << 2;
  const step2 = step << 1;
  const step3 = step2 + step;
  const toStep2 = toStep << 1;
  const toStep3 = toStep2 + toStep;
  for (let i = 0; i < 9; i++) {
    const from4 = from + step4;
    const e0 = v128.load(from);
    const e1 = v128.load(from + step2);
    const e2 = v128.load(from4);
    const e3 = v128.load(from4 + step2);
    const e4 = v128.load(from4 + step4);
    const far = i16x8.sub(e3, e1);
    const near = i16x8.sub(e3, e2);
    const first = i16x8.sub(e0, e2);
    const inner = i16x8.sub(e1, e2);
    const to4 = to + toStep4;
    v128.store(to, i16x8.add(i16x8.add(first, first), far));
    v128.store(to + toStep, i16x8.sub(near, i16x8.add(e1, e1)));
    v128.store(to + toStep2, i16x8.add(near, i16x8.add(inner, inner)));
    v128.store(to + toStep3, far);
    v128.store(to4, i16x8.sub(i16x8.sub(e4, e2), i16x8.add(far, far)));
    v128.store(to4 + toStep, v128.load(from + step));
    v128.store(to4 + toStep2, v128.load(from + step3));
    v128.store(to4 + toStep3, v128.load(from4 + step));
    v128.store(to4 + toStep4, v128.load(from4 + step3));
    from += line;
    to += toLine;
  }
}

/** Inverse of 9 modulo 2^32. */
const NINTH: i32 = 0x38e38e39;

/**
 * (Aᵀ M A) / 36 + bias of 4 output channels, as 4 × 4 pixels; the columns of Aᵀ M stay in the place of M's first rows.
 * @param sums i32 [9][9][8], 4 of the 8
 */
export function outputStride2(sums: usize, bias: v128, out: usize, pixelBytes: usize, rowBytes: usize): void {
  for (let column = sums; column < sums + 288; column += 32) {
    const plus = i32x4.add(v128.load(column, 288), v128.load(column, 576));
    const minus = i32x4.sub(v128.load(column, 288), v128.load(column, 576));
    const two = i32x4.shl(v128.load(column, 864), 1);
    const one = v128.load(column, 864);
    const last = v128.load(column, 1152);
    v128.store(
      column,
      i32x4.add(i32x4.add(v128.load(column), v128.load(column, 1440)), i32x4.add(plus, one)),
    );
    v128.store(column, i32x4.add(i32x4.add(minus, two), v128.load(column, 1728)), 288);
    v128.store(column, i32x4.add(i32x4.add(plus, i32x4.shl(two, 1)), v128.load(column, 2016)), 576);
    const third = i32x4.add(i32x4.add(minus, i32x4.shl(two, 2)), last);
    v128.store(column, i32x4.add(third, v128.load(column, 2304)), 864);
  }
  for (let row = sums; row < sums + 1152; row += 288) {
    const plus = i32x4.add(v128.load(row, 32), v128.load(row, 64));
    const minus = i32x4.sub(v128.load(row, 32), v128.load(row, 64));
    const one = v128.load(row, 96);
    const two = i32x4.shl(one, 1);
    let o = out;
    v128.store(
      o,
      part36(i32x4.add(i32x4.add(v128.load(row), v128.load(row, 160)), i32x4.add(plus, one)), bias),
    );
    o += pixelBytes;
    v128.store(o, part36(i32x4.add(i32x4.add(minus, two), v128.load(row, 192)), bias));
    o += pixelBytes;
    v128.store(o, part36(i32x4.add(i32x4.add(plus, i32x4.shl(two, 1)), v128.load(row, 224)), bias));
    o += pixelBytes;
    const third = i32x4.add(i32x4.add(minus, i32x4.shl(two, 2)), v128.load(row, 128));
    v128.store(o, part36(i32x4.add(third, v128.load(row, 256)), bias));
    out += rowBytes;
  }
}

function part36(sum: v128, bias: v128): v128 {
  return i32x4.add(i32x4.shr_s(i32x4.mul(sum, i32x4.splat(NINTH)), 2), bias);
}
