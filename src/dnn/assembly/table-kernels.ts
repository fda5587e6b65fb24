/**
 * Convolution with a table of products for each weight, for multipliers that are no sums of products of mapped operands.
 * Four output pixels at a time; any strides, padding and groups, since each tap of each filter has its own offset.
 *
 * @param image        u8 codes + 128, padded; a pixel is a base address, a tap an offset from it
 * @param pixelOffsets i32 [pixels rounded up to 4], byte offset of each output pixel's window in `image`
 * @param filterEnds   i32 [filters + 1], from 0: taps up to which each filter reaches
 * @param taps         i32 [..][2]: byte offset in the window, address of the weight's products i32 [256]
 * @param bias         i32 [filters]
 * @param out          i32 [pixels rounded up to 4][padded]
 */
export function convTable(
  image: usize,
  pixelOffsets: usize,
  pixels: i32,
  filterEnds: usize,
  filters: i32,
  taps: usize,
  bias: usize,
  out: usize,
  padded: i32,
): void {
  const pixelBytes = (<usize>padded) << 2;
  const offsetsEnd = pixelOffsets + ((<usize>((pixels + 3) & ~3)) << 2);
  for (let filter = 0; filter < filters; filter++) {
    const firstTap = taps + ((<usize>load<i32>(filterEnds)) << 3);
    const lastTap = taps + ((<usize>load<i32>(filterEnds, 4)) << 3);
    const start = load<i32>(bias);
    let o = out;
    for (let offset = pixelOffsets; offset < offsetsEnd; offset += 16) {
      const window0 = image + <usize>load<i32>(offset);
      const window1 = image + <usize>load<i32>(offset, 4);
      const window2 = image + <usize>load<i32>(offset, 8);
      const window3 = image + <usize>load<i32>(offset, 12);
      let a = start;
      let b = start;
      let c = start;
      let d = start;
      for (let tap = firstTap; tap < lastTap; tap += 8) {
        const at = <usize>load<i32>(tap);
        const products = <usize>load<i32>(tap, 4);
        a += load<i32>(products + ((<usize>load<u8>(window0 + at)) << 2));
        b += load<i32>(products + ((<usize>load<u8>(window1 + at)) << 2));
        c += load<i32>(products + ((<usize>load<u8>(window2 + at)) << 2));
        d += load<i32>(products + ((<usize>load<u8>(window3 + at)) << 2));
      }
      store<i32>(o, a);
      o += pixelBytes;
      store<i32>(o, b);
      o += pixelBytes;
      store<i32>(o, c);
      o += pixelBytes;
      store<i32>(o, d);
      o += pixelBytes;
    }
    filterEnds += 4;
    bias += 4;
    out += 4;
  }
}

/**
 * Codes + 128 as u8 into the inside of a padded image.
 * @param input i8 [rows][rowCodes]
 * @param out   address of the first inside pixel, u8 [rows][rowBytes]
 */
export function biasCodes(input: usize, out: usize, rows: i32, rowCodes: i32, rowBytes: usize): void {
  const flip = i8x16.splat(-128);
  for (let row = 0; row < rows; row++) {
    let to = out;
    const end = input + <usize>rowCodes;
    const vectorEnd = input + <usize>(rowCodes & ~15);
    for (; input < vectorEnd; input += 16) {
      v128.store(to, v128.xor(v128.load(input), flip));
      to += 16;
    }
    for (; input < end; input++) {
      store<u8>(to, load<u8>(input) ^ 128);
      to++;
    }
    out += rowBytes;
  }
}
