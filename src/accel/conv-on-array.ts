import type { Shape } from '../dnn/network.ts';
import { type ConvGeometry, convGeometry, type WeightedLayer } from '../dnn/quantised-network.ts';

/**
 * A weighted layer as the array computes it: a dense layer is a convolution whose kernel is the whole input, its taps
 * in the same order.
 */
export function convOnArray(layer: WeightedLayer, from: Shape, to: Shape): ConvGeometry {
  const geometry = convGeometry(layer, from, to);
  return layer.op === 'conv2d' ? geometry : { ...geometry, from, kernel: [from.height, from.width] };
}

/** Number of a weight (out × kh × kw × in/groups), or undefined where the filter does not read the channel. */
export function tapOf(
  { from, to, kernel, groups }: ConvGeometry,
  filter: number,
  kernelRow: number,
  kernelColumn: number,
  channel: number,
): number | undefined {
  const perGroup = from.channels / groups;
  const own = channel - Math.floor((filter * groups) / to.channels) * perGroup;
  if (own < 0 || own >= perGroup) return undefined;
  return ((filter * kernel[0] + kernelRow) * kernel[1] + kernelColumn) * perGroup + own;
}

/** Filter and input channel of a weight. */
export function placeOfTap(
  { from, to, kernel, groups }: ConvGeometry,
  tap: number,
): { readonly filter: number; readonly channel: number } {
  const perGroup = from.channels / groups;
  const filter = Math.floor(tap / (kernel[0] * kernel[1] * perGroup));
  return { filter, channel: Math.floor((filter * groups) / to.channels) * perGroup + (tap % perGroup) };
}
