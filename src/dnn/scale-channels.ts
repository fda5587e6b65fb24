import type { ConvLayer, DenseLayer, FloatLayer, FloatNetwork, Tensor } from './network.ts';

/**
 * The network with channel c of each tensor x times factors.get(x)[c]: weights, biases and batch norms make up for it,
 * so the logits stay the same where the factors suit the graph (channelClasses).
 * @param factors of the image and of each layer's output, per channel, > 0
 */
export function scaleChannels(
  network: FloatNetwork,
  factors: ReadonlyMap<string, Float64Array>,
): FloatNetwork {
  const tensors = new Map<string, Tensor>();
  const layers = network.layers.map((layer): FloatLayer => {
    const before = factors.get(layer.inputs[0]!)!;
    const after = factors.get(layer.name)!;
    /** Stores the tensor under a name of this layer's own: others may use the old one. */
    const scaled = (role: string, name: string, by: (index: number) => number): string => {
      const { shape, data } = network.tensors.get(name)!;
      const own = `${layer.name}:${role}`;
      tensors.set(own, { shape, data: Float32Array.from(data, (value, i) => value * by(i)) });
      return own;
    };
    switch (layer.op) {
      case 'conv2d':
      case 'dense': {
        const { shape } = network.tensors.get(layer.weights)!;
        const outputs = shape.at(-1)!;
        const channelOf = inputChannelOf(layer, shape, before.length);
        const weights = scaled(
          'weights',
          layer.weights,
          (index) => after[index % outputs]! / before[channelOf(index)]!,
        );
        const bias =
          layer.bias === undefined ? {} : { bias: scaled('bias', layer.bias, (output) => after[output]!) };
        return { ...layer, weights, ...bias };
      }
      case 'batchNorm': {
        const statistics =
          layer.mean === undefined || layer.variance === undefined
            ? {}
            : {
                mean: scaled('mean', layer.mean, (c) => before[c]!),
                variance: scaled('variance', layer.variance, () => 1),
              };
        return {
          ...layer,
          gamma: scaled('gamma', layer.gamma, (c) => after[c]! / before[c]!),
          beta: scaled('beta', layer.beta, (c) => after[c]!),
          ...statistics,
        };
      }
      default:
        return layer;
    }
  });
  return { ...network, layers, tensors };
}

/**
 * Channel of the input that a weight reads, by the weight's place in its tensor.
 * @param shape of the weights: kernel × input channels of a group × outputs, or flattened input × outputs
 * @param channels of the input
 */
export function inputChannelOf(
  layer: ConvLayer | DenseLayer,
  shape: readonly number[],
  channels: number,
): (index: number) => number {
  const outputs = shape.at(-1)!;
  const rows = shape.at(-2)!;
  const groups = layer.op === 'conv2d' ? (layer.groups ?? 1) : 1;
  return (index) => {
    const group = Math.floor(((index % outputs) * groups) / outputs);
    const row = Math.floor(index / outputs) % rows;
    return (group * rows + row) % channels;
  };
}
