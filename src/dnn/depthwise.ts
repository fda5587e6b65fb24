import type { LayerTerms } from './layer-terms.ts';
import type { ConvGeometry } from './quantised-network.ts';

/** True for a convolution with one input and one output channel per group. */
export function isDepthwise({ from, to, groups }: ConvGeometry): boolean {
  return groups === from.channels && groups === to.channels;
}

/**
 * Mapped weights for the depthwise kernel, [term][kh][kw][padded], 0 beyond the channels.
 * @param padded channels rounded up to a multiple of 8
 */
export function packDepthwise(
  { terms }: LayerTerms,
  { to, kernel }: ConvGeometry,
  padded: number,
): Int16Array {
  const taps = kernel[0] * kernel[1];
  const packed = new Int16Array(terms.length * taps * padded);
  for (const [t, { weights }] of terms.entries()) {
    for (let c = 0; c < to.channels; c++) {
      for (let tap = 0; tap < taps; tap++) packed[(t * taps + tap) * padded + c] = weights[c * taps + tap]!;
    }
  }
  return packed;
}
