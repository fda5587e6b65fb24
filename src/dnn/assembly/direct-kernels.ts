/**
 * Integer convolution as a direct implicit matrix product, 4 pixels × 8 output channels at a time. Accumulators wrap
 * modulo 2^32 on the way, so they are right whenever the final value fits int32.
 *
 * @param image         mapped activations, i16, any layout: a pixel is a base address, a tap an offset from it
 * @param pixelOffsets  i32 [pixels rounded up to 4], byte offset of each output pixel's window in `image`
 * @param blockEnds     i32 [blocks + 1], from 0: segments up to which each block of 8 output channels reaches
 * @param segments      i32 [..][2]: byte offset in the window, bytes (a multiple of 4, at least 4) of consecutive taps
 * @param weights       i16 [block][pairs of taps of its segments][8][2]
 * @param bias          i32 [8 · blocks]
 * @param out           i32 [pixels rounded up to 4][8 · blocks]
 */
export function convDirect(
  image: usize,
  pixelOffsets: usize,
  pixels: i32,
  blockEnds: usize,
  blocks: i32,
  segments: usize,
  weights: usize,
  bias: usize,
  out: usize,
): void {
  const pixelBytes = <usize>blocks * 32;
  const offsetsEnd = pixelOffsets + ((<usize>((pixels + 3) & ~3)) << 2);
  let blockWeights = weights;
  for (let block = 0; block < blocks; block++) {
    const firstSegment = segments + ((<usize>load<i32>(blockEnds)) << 3);
    const lastSegment = segments + ((<usize>load<i32>(blockEnds, 4)) << 3);
    const bias0 = v128.load(bias);
    const bias1 = v128.load(bias, 16);
    let o = out;
    let w = blockWeights;
    for (let offset = pixelOffsets; offset < offsetsEnd; offset += 16) {
      const window0 = image + <usize>load<i32>(offset);
      const delta1 = <usize>(load<i32>(offset, 4) - load<i32>(offset));
      const delta2 = <usize>(load<i32>(offset, 8) - load<i32>(offset));
      const delta3 = <usize>(load<i32>(offset, 12) - load<i32>(offset));
      w = blockWeights;
      let a0 = bias0;
      let a1 = bias1;
      let b0 = bias0;
      let b1 = bias1;
      let c0 = bias0;
      let c1 = bias1;
      let d0 = bias0;
      let d1 = bias1;
      for (let segment = firstSegment; segment < lastSegment; segment += 8) {
        let p = window0 + <usize>load<i32>(segment);
        const end = p + <usize>load<i32>(segment, 4);
        do {
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
        } while (p < end);
      }
      v128.store(o, a0);
      v128.store(o, a1, 16);
      o += pixelBytes;
      v128.store(o, b0);
      v128.store(o, b1, 16);
      o += pixelBytes;
      v128.store(o, c0);
      v128.store(o, c1, 16);
      o += pixelBytes;
      v128.store(o, d0);
      v128.store(o, d1, 16);
      o += pixelBytes;
    }
    blockWeights = w;
    blockEnds += 4;
    bias += 32;
    out += 32;
  }
}
