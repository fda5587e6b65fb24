import type { Dataset } from './data/dataset.ts';
import { runFloat, type Statistics } from './float-inference.ts';
import { type FloatNetwork, isCalibrated, type Tensor } from './network.ts';

/**
 * Gives each batch norm without statistics the mean and the biased variance of its input over all images of a
 * calibration set, in one batch: the layers before it already use theirs. Sums are float64. A network that has
 * all its statistics comes back unchanged.
 *
 * Holds about three layers of all images in memory: 200 kB per image for a ResNet-8.
 * @param dataset training images, never those the accuracy is measured on
 * @throws bad-input when the images do not fit the network
 */
export function calibrateBatchNorm(network: FloatNetwork, dataset: Dataset): FloatNetwork {
  if (isCalibrated(network)) return network;
  const tensors = new Map<string, Tensor>(network.tensors);
  runFloat(network, dataset, undefined, (name, input, channels) => {
    const statistics = channelStatistics(input, channels);
    tensors.set(`${name}/mean`, { shape: [channels], data: statistics.mean });
    tensors.set(`${name}/variance`, { shape: [channels], data: statistics.variance });
    return statistics;
  });
  const layers = network.layers.map((layer) =>
    layer.op === 'batchNorm' && layer.mean === undefined
      ? { ...layer, mean: `${layer.name}/mean`, variance: `${layer.name}/variance` }
      : layer,
  );
  return { ...network, layers, tensors };
}

/** Mean and biased variance per channel (innermost index), two passes in float64. */
export function channelStatistics(values: Float32Array, channels: number): Statistics {
  const count = values.length / channels;
  const sums = new Float64Array(channels);
  for (let base = 0; base < values.length; base += channels) {
    for (let c = 0; c < channels; c++) sums[c]! += values[base + c]!;
  }
  const mean = sums.map((sum) => sum / count);
  const squares = new Float64Array(channels);
  for (let base = 0; base < values.length; base += channels) {
    for (let c = 0; c < channels; c++) squares[c]! += (values[base + c]! - mean[c]!) ** 2;
  }
  return { mean: Float32Array.from(mean), variance: Float32Array.from(squares, (square) => square / count) };
}
