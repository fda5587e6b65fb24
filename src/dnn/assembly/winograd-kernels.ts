import { outputStride2 } from './winograd-stride2-kernels';
import { output4 } from './winograd4-kernels';

/**
 * Exact integer Winograd convolution. With d a patch of activations and g a 3×3 filter, in integers
 *
 *     f · y = A′ᵀ [ (G′ g G′ᵀ) ⊙ (Bᵀ d B) ] A′
 *
 * Here: the products at all positions, for any of the transforms, and the transforms of F(2×2, 3×3), stride 1, where
 * G′ = 2G, A′ = A, f = 4, so y is the arithmetic shift by 2; 4·y must fit int32. Sums wrap modulo 2^32 on the way; the
 * transformed values must fit int16 (winograd.ts checks both).
 * Source: A. Lavin, S. Gray, "Fast algorithms for convolutional neural networks", CVPR 2016, section 4.1.
 */

/**
 * Bᵀ d B of all patches of one term, 8 channels at a time.
 * @param image    i16 [2 · tileRows + 2][..][channels], channels a multiple of 8
 * @param rowBytes bytes from one row of `image` to the next
 * @param out      i16 [tile][16 positions][positionBytes / 2]; writes the first `channels` of each position
 */
export function winogradInput2(
  image: usize,
  rowBytes: usize,
  channels: i32,
  tileRows: i32,
  tileColumns: i32,
  out: usize,
  positionBytes: usize,
): void {
  const pixelBytes = (<usize>channels) << 1;
  const pixel2 = pixelBytes << 1;
  const pixel3 = pixelBytes + pixel2;
  const position4 = positionBytes << 2;
  const position8 = positionBytes << 3;
  const position12 = position4 + position8;
  for (let ty = 0; ty < tileRows; ty++) {
    let patch = image;
    for (let tx = 0; tx < tileColumns; tx++) {
      for (let c: usize = 0; c < pixelBytes; c += 16) {
        const p0 = patch + c;
        const p1 = p0 + rowBytes;
        const p2 = p1 + rowBytes;
        const p3 = p2 + rowBytes;
        let o = out + c;
        // Column 0 of d B.
        let t0 = i16x8.sub(v128.load(p0), v128.load(p0 + pixel2));
        let t1 = i16x8.sub(v128.load(p1), v128.load(p1 + pixel2));
        let t2 = i16x8.sub(v128.load(p2), v128.load(p2 + pixel2));
        let t3 = i16x8.sub(v128.load(p3), v128.load(p3 + pixel2));
        v128.store(o, i16x8.sub(t0, t2));
        v128.store(o + position4, i16x8.add(t1, t2));
        v128.store(o + position8, i16x8.sub(t2, t1));
        v128.store(o + position12, i16x8.sub(t1, t3));
        o += positionBytes;
        // Column 1 of d B.
        t0 = i16x8.add(v128.load(p0 + pixelBytes), v128.load(p0 + pixel2));
        t1 = i16x8.add(v128.load(p1 + pixelBytes), v128.load(p1 + pixel2));
        t2 = i16x8.add(v128.load(p2 + pixelBytes), v128.load(p2 + pixel2));
        t3 = i16x8.add(v128.load(p3 + pixelBytes), v128.load(p3 + pixel2));
        v128.store(o, i16x8.sub(t0, t2));
        v128.store(o + position4, i16x8.add(t1, t2));
        v128.store(o + position8, i16x8.sub(t2, t1));
        v128.store(o + position12, i16x8.sub(t1, t3));
        o += positionBytes;
        // Column 2 of d B.
        t0 = i16x8.sub(v128.load(p0 + pixel2), v128.load(p0 + pixelBytes));
        t1 = i16x8.sub(v128.load(p1 + pixel2), v128.load(p1 + pixelBytes));
        t2 = i16x8.sub(v128.load(p2 + pixel2), v128.load(p2 + pixelBytes));
        t3 = i16x8.sub(v128.load(p3 + pixel2), v128.load(p3 + pixelBytes));
        v128.store(o, i16x8.sub(t0, t2));
        v128.store(o + position4, i16x8.add(t1, t2));
        v128.store(o + position8, i16x8.sub(t2, t1));
        v128.store(o + position12, i16x8.sub(t1, t3));
        o += positionBytes;
        // Column 3 of d B.
        t0 = i16x8.sub(v128.load(p0 + pixelBytes), v128.load(p0 + pixel3));
        t1 = i16x8.sub(v128.load(p1 + pixelBytes), v128.load(p1 + pixel3));
        t2 = i16x8.sub(v128.load(p2 + pixelBytes), v128.load(p2 + pixel3));
        t3 = i16x8.sub(v128.load(p3 + pixelBytes), v128.load(p3 + pixel3));
        v128.store(o, i16x8.sub(t0, t2));
        v128.store(o + position4, i16x8.add(t1, t2));
        v128.store(o + position8, i16x8.sub(t2, t1));
        v128.store(o + position12, i16x8.sub(t1, t3));
      }
      patch += 2 * pixelBytes;
      out += positionBytes << 4;
    }
    image += 2 * rowBytes;
  }
}

/**
 * Sums over channels and terms at the positions, and A′ᵀ M A′; 4 tiles × 8 output channels at a time.
 * @param size          n, output pixels along a side of a tile
 * @param positions     16 here, 36 of F(4×4, 3×3) (winograd4-kernels.ts), 81 of stride 2 (winograd-stride2-kernels.ts)
 * @param transformed   i16 [tiles rounded up to 4][positions][positionBytes / 2]
 * @param blockEnds     i32 [blocks + 1], segments i32 [..][2]: as for convDirect, at least one for each block, offsets
 *                      within one position
 * @param weights       i16 [block][positions][pairs of its segments][8][2]
 * @param bias          i32 [8 · blocks]
 * @param scratch       i32 [4][positions][8]
 * @param out           i32 [n · tileRows][n · tileColumns][8 · blocks]
 */
export function winogradProducts(
  size: i32,
  positions: i32,
  transformed: usize,
  positionBytes: usize,
  blockEnds: usize,
  blocks: i32,
  segments: usize,
  weights: usize,
  bias: usize,
  scratch: usize,
  out: usize,
  tileRows: i32,
  tileColumns: i32,
): void {
  const tiles = tileRows * tileColumns;
  const tileBytes = positionBytes * <usize>positions;
  const sumsBytes = (<usize>positions) << 5;
  const scratchEnd = scratch + sumsBytes;
  const pixelBytes = <usize>blocks * 32;
  const rowBytes = <usize>(size * tileColumns) * pixelBytes;
  let blockWeights = weights;
  for (let block = 0; block < blocks; block++) {
    const firstSegment = segments + ((<usize>load<i32>(blockEnds)) << 3);
    const lastSegment = segments + ((<usize>load<i32>(blockEnds, 4)) << 3);
    const firstOffset = <usize>load<i32>(firstSegment);
    const firstBytes = <usize>load<i32>(firstSegment, 4);
    let w = blockWeights;
    let group = transformed;
    let tx = 0;
    let o = out;
    for (let first = 0; first < tiles; first += 4) {
      w = blockWeights;
      let position = group;
      for (let sums = scratch; sums < scratchEnd; sums += 32) {
        let a0 = i32x4.splat(0);
        let a1 = i32x4.splat(0);
        let b0 = i32x4.splat(0);
        let b1 = i32x4.splat(0);
        let c0 = i32x4.splat(0);
        let c1 = i32x4.splat(0);
        let d0 = i32x4.splat(0);
        let d1 = i32x4.splat(0);
        let segment = firstSegment;
        let p = position + firstOffset;
        let end = p + firstBytes;
        while (true) {
          const delta2 = tileBytes << 1;
          const delta3 = tileBytes + delta2;
          do {
            const w0 = v128.load(w);
            const w1 = v128.load(w, 16);
            let x = v128.load_splat<i32>(p);
            a0 = i32x4.add(a0, i32x4.dot_i16x8_s(x, w0));
            a1 = i32x4.add(a1, i32x4.dot_i16x8_s(x, w1));
            x = v128.load_splat<i32>(p + tileBytes);
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
          } while (p < end);
          segment += 8;
          if (segment === lastSegment) break;
          p = position + <usize>load<i32>(segment);
          end = p + <usize>load<i32>(segment, 4);
        }
        v128.store(sums, a0);
        v128.store(sums, a1, 16);
        v128.store(sums + sumsBytes, b0);
        v128.store(sums + sumsBytes, b1, 16);
        v128.store(sums + 2 * sumsBytes, c0);
        v128.store(sums + 2 * sumsBytes, c1, 16);
        v128.store(sums + 3 * sumsBytes, d0);
        v128.store(sums + 3 * sumsBytes, d1, 16);
        position += positionBytes;
      }
      const count = min(4, tiles - first);
      for (let tile = 0; tile < count; tile++) {
        const sums = scratch + <usize>tile * sumsBytes;
        for (let half: usize = 0; half < 32; half += 16) {
          const own = v128.load(bias + half);
          if (positions === 16) output2(sums + half, own, o + half, pixelBytes, rowBytes);
          else if (positions === 36) output4(sums + half, own, o + half, pixelBytes, rowBytes);
          else outputStride2(sums + half, own, o + half, pixelBytes, rowBytes);
        }
        o += <usize>size * pixelBytes;
        tx++;
        if (tx === tileColumns) {
          tx = 0;
          o += <usize>(size - 1) * rowBytes;
        }
      }
      group += 4 * tileBytes;
    }
    blockWeights = w;
    blockEnds += 4;
    bias += 32;
    out += 32;
  }
}

/** (Aᵀ M A) / 4 + bias of 4 output channels, as 2 × 2 pixels. */
function output2(sums: usize, bias: v128, out: usize, pixelBytes: usize, rowBytes: usize): void {
  let middle = v128.load(sums, 128);
  let lower = v128.load(sums, 256);
  const top0 = i32x4.add(i32x4.add(v128.load(sums), middle), lower);
  const bottom0 = i32x4.sub(i32x4.sub(middle, lower), v128.load(sums, 384));
  middle = v128.load(sums, 160);
  lower = v128.load(sums, 288);
  const top1 = i32x4.add(i32x4.add(v128.load(sums, 32), middle), lower);
  const bottom1 = i32x4.sub(i32x4.sub(middle, lower), v128.load(sums, 416));
  middle = v128.load(sums, 192);
  lower = v128.load(sums, 320);
  const top2 = i32x4.add(i32x4.add(v128.load(sums, 64), middle), lower);
  const bottom2 = i32x4.sub(i32x4.sub(middle, lower), v128.load(sums, 448));
  middle = v128.load(sums, 224);
  lower = v128.load(sums, 352);
  const top3 = i32x4.add(i32x4.add(v128.load(sums, 96), middle), lower);
  const bottom3 = i32x4.sub(i32x4.sub(middle, lower), v128.load(sums, 480));
  const below = out + rowBytes;
  v128.store(out, quarter(i32x4.add(i32x4.add(top0, top1), top2), bias));
  v128.store(out + pixelBytes, quarter(i32x4.sub(i32x4.sub(top1, top2), top3), bias));
  v128.store(below, quarter(i32x4.add(i32x4.add(bottom0, bottom1), bottom2), bias));
  v128.store(below + pixelBytes, quarter(i32x4.sub(i32x4.sub(bottom1, bottom2), bottom3), bias));
}

function quarter(sum: v128, bias: v128): v128 {
  return i32x4.add(i32x4.shr_s(sum, 2), bias);
}
