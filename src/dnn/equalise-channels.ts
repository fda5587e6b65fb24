import { badInput } from '../base/errors.ts';
import { channelClasses } from './channel-classes.ts';
import type { Dataset } from './data/dataset.ts';
import { runFloat } from './float-inference.ts';
import { floatShapes } from './float-shapes.ts';
import type { ConvLayer, DenseLayer, FloatNetwork } from './network.ts';
import { inputChannelOf, scaleChannels } from './scale-channels.ts';

/** Ratios to the largest channel below this one count as this: channels of all but no value are not blown up. */
const SMALLEST_RATIO = 1 / 64;

/**
 * Cross-layer channel equalisation: the same function, with channels that use the codes of a tensor alike. Channel c of
 * what a layer reads is multiplied by
 *
 *     s_c = (W_c / max W)^(1 − α) / (X_c / max X)^α
 *
 * in the layers that make it, and the weights that read it are divided by s_c. X_c is the largest magnitude of the
 * channel on the images, W_c the largest |weight| that reads it, as a share of the largest of its filter (filters have
 * scales of their own). Channels that must share a factor (channelClasses) take the geometric mean over the layers that
 * read them.
 * Source: M. Nagel et al., "Data-Free Quantization Through Weight Equalization and Bias Correction", ICCV 2019 (here
 * with activations in place of the producer's weights); α as in G. Xiao et al., "SmoothQuant", ICML 2023.
 * @param images training images; only the largest magnitudes count
 * @param alpha 0 … 1: 0 evens out the weights, 1 the activations
 * @throws bad-input for another alpha, or a batch norm without statistics
 */
export function equaliseChannels(network: FloatNetwork, images: Dataset, alpha: number): FloatNetwork {
  checkAlpha(alpha);
  const { classes, classOf, fixed } = channelClasses(network, floatShapes(network));
  const readers = network.layers.filter((layer) => layer.op === 'conv2d' || layer.op === 'dense');
  const magnitudes = channelMagnitudes(network, images, new Set(readers.map(({ inputs }) => inputs[0]!)));
  const logSum = new Float64Array(classes);
  const count = new Uint32Array(classes);
  for (const layer of readers) {
    const input = layer.inputs[0]!;
    const activations = shares(magnitudes.get(input)!);
    const weights = shares(weightMagnitudes(network, layer, activations.length));
    for (const [channel, member] of classOf.get(input)!.entries()) {
      logSum[member]! += (1 - alpha) * Math.log(weights[channel]!) - alpha * Math.log(activations[channel]!);
      count[member]!++;
    }
  }
  const factorOf = (member: number): number =>
    fixed[member] === 1 || count[member] === 0 ? 1 : Math.exp(logSum[member]! / count[member]!);
  return scaleChannels(
    network,
    new Map([...classOf].map(([name, members]) => [name, Float64Array.from(members, factorOf)])),
  );
}

/** @throws bad-input unless 0 ≤ alpha ≤ 1 */
export function checkAlpha(alpha: number): void {
  if (alpha >= 0 && alpha <= 1) return;
  throw badInput(
    { where: 'equalise', wanted: 'an exponent 0 ≤ α ≤ 1', found: String(alpha) },
    'Try 0.5, which treats activations and weights alike.',
  );
}

/** Largest magnitude of each channel of some tensors over all images. */
function channelMagnitudes(
  network: FloatNetwork,
  images: Dataset,
  names: ReadonlySet<string>,
): ReadonlyMap<string, Float64Array> {
  const magnitudes = new Map<string, Float64Array>();
  runFloat(network, images, (name, values, { channels }) => {
    if (!names.has(name)) return;
    const largest = new Float64Array(channels);
    for (let base = 0; base < values.length; base += channels) {
      for (let c = 0; c < channels; c++) largest[c] = Math.max(largest[c]!, Math.abs(values[base + c]!));
    }
    magnitudes.set(name, largest);
  });
  return magnitudes;
}

/** Largest |weight| that reads each channel, as a share of the largest of its filter. */
function weightMagnitudes(
  network: FloatNetwork,
  layer: ConvLayer | DenseLayer,
  channels: number,
): Float64Array {
  const { shape, data } = network.tensors.get(layer.weights)!;
  const filters = shape.at(-1)!;
  const ofFilter = new Float64Array(filters);
  for (const [i, weight] of data.entries()) {
    ofFilter[i % filters] = Math.max(ofFilter[i % filters]!, Math.abs(weight));
  }
  const channelOf = inputChannelOf(layer, shape, channels);
  const largest = new Float64Array(channels);
  for (const [i, weight] of data.entries()) {
    if (weight === 0) continue;
    const channel = channelOf(i);
    largest[channel] = Math.max(largest[channel]!, Math.abs(weight) / ofFilter[i % filters]!);
  }
  return largest;
}

/** Shares of the largest one, none below SMALLEST_RATIO. */
function shares(magnitudes: Float64Array): Float64Array {
  const largest = magnitudes.reduce((most, value) => Math.max(most, value), 0) || 1;
  return magnitudes.map((value) => Math.max(value / largest, SMALLEST_RATIO));
}
