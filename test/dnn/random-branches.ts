import { createRng } from '../../src/base/rng.ts';
import type { FloatLayer, FloatNetwork, Tensor } from '../../src/dnn/network.ts';

/**
 * A small network of the operators that randomNetwork lacks: grouped and depthwise convolutions, clip, both pools with
 * padding, pad, concat; pixels with a scale and zero point of their own.
 */
export function randomBranches(seed: number): FloatNetwork {
  const rng = createRng(seed);
  const uniform = (low: number, high: number): number => low + rng.nextFloat() * (high - low);
  const tensors = new Map<string, Tensor>();
  const tensor = (name: string, shape: readonly number[]): string => {
    const count = shape.reduce((product, size) => product * size, 1);
    tensors.set(name, { shape, data: Float32Array.from({ length: count }, () => uniform(-1, 1)) });
    return name;
  };
  const groups = rng.nextInt(2, 3);
  const perGroup = rng.nextInt(1, 2);
  const channels = groups * perGroup;
  const middle = groups * rng.nextInt(1, 3);
  const pads = [1, rng.nextInt(0, 1), 1, 0] as const;
  const classes = rng.nextInt(2, 5);
  const layers: FloatLayer[] = [
    {
      name: 'depthwise',
      op: 'conv2d',
      inputs: ['input'],
      weights: tensor('depthwise/weights', [3, 2, 1, 2 * channels]),
      bias: tensor('depthwise/bias', [2 * channels]),
      stride: [1, rng.nextInt(1, 2)],
      pads: [1, 0, 1, 1],
      groups: channels,
    },
    { name: 'relu6', op: 'clip', inputs: ['depthwise'], low: 0, high: uniform(0.5, 1.5) },
    {
      name: 'grouped',
      op: 'conv2d',
      inputs: ['relu6'],
      weights: tensor('grouped/weights', [1, 3, (2 * channels) / groups, middle]),
      stride: [1, 1],
      pads: [0, 1, 0, 1],
      groups,
    },
    {
      name: 'most',
      op: 'maxPool',
      inputs: ['grouped'],
      kernel: [3, 2],
      stride: [1, 1],
      pads,
    },
    {
      name: 'mean',
      op: 'averagePool',
      inputs: ['grouped'],
      kernel: [3, 2],
      stride: [1, 1],
      pads,
    },
    { name: 'framed', op: 'pad', inputs: ['most'], pads: [1, 2, 0, 1] },
    { name: 'framed2', op: 'pad', inputs: ['mean'], pads: [1, 2, 0, 1] },
    { name: 'both', op: 'concat', inputs: ['framed', 'framed2', 'framed'] },
    { name: 'clipped', op: 'clip', inputs: ['both'], low: uniform(-1, -0.1), high: uniform(0.1, 1) },
    { name: 'pool', op: 'globalAveragePool', inputs: ['clipped'] },
    {
      name: 'logits',
      op: 'dense',
      inputs: ['pool'],
      weights: tensor('logits/weights', [3 * middle, classes]),
    },
  ];
  const input = { height: rng.nextInt(4, 7), width: rng.nextInt(5, 8), channels };
  return {
    name: `branches ${seed}`,
    input: { ...input, scale: uniform(0.003, 0.01), zeroPoint: rng.nextInt(0, 255) },
    layers,
    tensors,
  };
}
