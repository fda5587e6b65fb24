import type { ConvGeometry } from './quantised-network.ts';

/**
 * Byte offset of each output pixel's window in a padded image [row][column][channel], filled up to a multiple of 4
 * with the last one.
 */
export function windowAddresses(
  { from, to, stride }: ConvGeometry,
  rowBytes: number,
  valueBytes: number,
): Int32Array {
  const pixels = to.height * to.width;
  return Int32Array.from({ length: 4 * Math.ceil(pixels / 4) }, (_, i) => {
    const pixel = Math.min(i, pixels - 1);
    const x = pixel % to.width;
    const y = (pixel - x) / to.width;
    return y * stride[0] * rowBytes + valueBytes * x * stride[1] * from.channels;
  });
}
