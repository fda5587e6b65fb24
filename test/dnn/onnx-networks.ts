import { createRng } from '../../src/base/rng.ts';
import type { FloatLayer, FloatNetwork, Tensor } from '../../src/dnn/network.ts';

/** A random float network with the operators that randomNetwork leaves out, and a dense layer over several pixels. */
export function branchedNetwork(seed: number): FloatNetwork {
  const rng = createRng(seed);
  const tensors = new Map<string, Tensor>();
  const tensor = (name: string, shape: readonly number[]): string => {
    const count = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { shape, data: Float32Array.from({ length: count }, () => rng.nextFloat() * 2 - 1) });
    return name;
  };
  const channels = 2 * rng.nextInt(1, 2);
  const half = channels / 2;
  const wide = 2 * channels;
  const layers: FloatLayer[] = [
    {
      name: 'stem',
      op: 'conv2d',
      inputs: ['input'],
      weights: tensor('stem/kernel', [3, 3, 3, channels]),
      stride: [1, 1],
      pads: [1, 0, 1, 2],
    },
    { name: 'relu6', op: 'clip', inputs: ['stem'], low: 0, high: 6 },
    {
      name: 'depthwise',
      op: 'conv2d',
      inputs: ['relu6'],
      weights: tensor('depthwise/kernel', [3, 3, 1, channels]),
      bias: tensor('depthwise/bias', [channels]),
      stride: [1, 1],
      pads: [1, 1, 1, 1],
      groups: channels,
    },
    {
      name: 'grouped',
      op: 'conv2d',
      inputs: ['relu6'],
      weights: tensor('grouped/kernel', [1, 1, half, channels]),
      stride: [1, 1],
      pads: [0, 0, 0, 0],
      groups: 2,
    },
    { name: 'both', op: 'concat', inputs: ['depthwise', 'grouped'] },
    { name: 'largest', op: 'maxPool', inputs: ['both'], kernel: [3, 2], stride: [2, 1], pads: [1, 0, 1, 1] },
    {
      name: 'mean',
      op: 'averagePool',
      inputs: ['largest'],
      kernel: [2, 2],
      stride: [1, 1],
      pads: [1, 1, 0, 0],
    },
    { name: 'border', op: 'pad', inputs: ['mean'], pads: [0, 1, 2, 0] },
    {
      name: 'point',
      op: 'conv2d',
      inputs: ['border'],
      weights: tensor('point/kernel', [2, 1, wide, 3]),
      stride: [2, 2],
      pads: [0, 0, 0, 0],
    },
  ];
  const network = { name: `branched ${seed}`, input: INPUT, tensors };
  // stem 7 × 9, largest 4 × 9, mean 4 × 9, border 6 × 10, point 3 × 5.
  layers.push({
    name: 'logits',
    op: 'dense',
    inputs: ['point'],
    weights: tensor('logits/kernel', [3 * 5 * 3, 4]),
    bias: tensor('logits/bias', [4]),
  });
  return { ...network, layers };
}

const INPUT = { height: 7, width: 9, channels: 3, scale: 1 / 100, zeroPoint: 20.5 };
