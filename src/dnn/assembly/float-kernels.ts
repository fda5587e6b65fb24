/**
 * float32 convolution, 4 pixels × 8 output channels at a time.
 * @param image   f32 [padded height][padded width][channels]
 * @param weights f32 [ceil(cout/8)][kh][rowLength][8]
 * @param bias    f32 [8 · blocks]
 * @param out     f32 [oh · ow][8 · blocks]
 * @param rowLength kw · channels
 */
export function convFloat(
  image: usize,
  weights: usize,
  bias: usize,
  out: usize,
  oh: i32,
  ow: i32,
  blocks: i32,
  kh: i32,
  rowLength: i32,
  rowBytes: usize,
  strideRowBytes: usize,
  stridePixelBytes: usize,
): void {
  const pixels = oh * ow;
  const blockBytes = <usize>(kh * rowLength) * 32;
  const outPixelBytes = <usize>blocks * 32;
  for (let block = 0; block < blocks; block++) {
    const bias0 = v128.load(bias + <usize>block * 32);
    const bias1 = v128.load(bias + <usize>block * 32, 16);
    for (let first = 0; first < pixels; first += 4) {
      const n1 = min(first + 1, pixels - 1);
      const n2 = min(first + 2, pixels - 1);
      const n3 = min(first + 3, pixels - 1);
      let row = image + <usize>(first / ow) * strideRowBytes + <usize>(first % ow) * stridePixelBytes;
      const delta1 = image + <usize>(n1 / ow) * strideRowBytes + <usize>(n1 % ow) * stridePixelBytes - row;
      const delta2 = image + <usize>(n2 / ow) * strideRowBytes + <usize>(n2 % ow) * stridePixelBytes - row;
      const delta3 = image + <usize>(n3 / ow) * strideRowBytes + <usize>(n3 % ow) * stridePixelBytes - row;
      let w = weights + <usize>block * blockBytes;
      let a0 = bias0;
      let a1 = bias1;
      let b0 = bias0;
      let b1 = bias1;
      let c0 = bias0;
      let c1 = bias1;
      let d0 = bias0;
      let d1 = bias1;
      for (let ky = 0; ky < kh; ky++) {
        let p = row;
        const end = p + ((<usize>rowLength) << 2);
        while (p < end) {
          const w0 = v128.load(w);
          const w1 = v128.load(w, 16);
          let x = v128.load_splat<f32>(p);
          a0 = f32x4.add(a0, f32x4.mul(x, w0));
          a1 = f32x4.add(a1, f32x4.mul(x, w1));
          x = v128.load_splat<f32>(p + delta1);
          b0 = f32x4.add(b0, f32x4.mul(x, w0));
          b1 = f32x4.add(b1, f32x4.mul(x, w1));
          x = v128.load_splat<f32>(p + delta2);
          c0 = f32x4.add(c0, f32x4.mul(x, w0));
          c1 = f32x4.add(c1, f32x4.mul(x, w1));
          x = v128.load_splat<f32>(p + delta3);
          d0 = f32x4.add(d0, f32x4.mul(x, w0));
          d1 = f32x4.add(d1, f32x4.mul(x, w1));
          p += 4;
          w += 32;
        }
        row += rowBytes;
      }
      const o = out + <usize>block * 32;
      const o0 = o + <usize>first * outPixelBytes;
      const o1 = o + <usize>n1 * outPixelBytes;
      const o2 = o + <usize>n2 * outPixelBytes;
      const o3 = o + <usize>n3 * outPixelBytes;
      v128.store(o0, a0);
      v128.store(o0, a1, 16);
      v128.store(o1, b0);
      v128.store(o1, b1, 16);
      v128.store(o2, c0);
      v128.store(o2, c1, 16);
      v128.store(o3, d0);
      v128.store(o3, d1, 16);
    }
  }
}
