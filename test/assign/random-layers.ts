import { createRng } from '../../src/base/rng.ts';
import type { QuantisedConv, QuantisedDense, WeightedLayer } from '../../src/dnn/quantised-network.ts';

const common = { inputs: ['input'], outputScale: 1, low: -128, high: 127 };

function weighted(filters: number, taps: number, seed: number) {
  const rng = createRng(seed);
  return {
    weights: Int8Array.from({ length: filters * taps }, () => rng.nextInt(-128, 127)),
    bias: new Int32Array(filters),
    multipliers: new Array<number>(filters).fill(1),
    shifts: new Array<number>(filters).fill(1),
    weightScales: Array.from({ length: filters }, () => 0.001 + rng.nextFloat()),
  };
}

/** A convolution with weights over the whole of int8; `channels` are those of a group. */
export function randomConv(
  filters: number,
  kernel: readonly [number, number],
  channels: number,
  seed = 1,
  groups = 1,
): QuantisedConv {
  return {
    ...common,
    name: 'conv',
    op: 'conv2d',
    kernel,
    stride: [1, 1],
    pads: [0, 0, 0, 0],
    groups,
    ...weighted(filters, kernel[0] * kernel[1] * channels, seed),
  };
}

export function randomDense(outputs: number, inputs: number, seed = 1): QuantisedDense {
  return { ...common, name: 'dense', op: 'dense', ...weighted(outputs, inputs, seed) };
}

/** Layers of many shapes: convolutions, grouped and depthwise ones, 1×1 kernels, dense layers. */
export function randomLayers(count: number): readonly WeightedLayer[] {
  return Array.from({ length: count }, (_, index) => {
    const rng = createRng(100 + index);
    const filters = rng.nextInt(1, 12);
    const kernel = [rng.nextInt(1, 4), rng.nextInt(1, 4)] as const;
    switch (index % 4) {
      case 0:
        return randomDense(filters, rng.nextInt(1, 12), index);
      case 1:
        return randomConv(filters, kernel, 1, index, filters);
      case 2:
        return randomConv(2 * filters, kernel, rng.nextInt(1, 6), index, 2);
      default:
        return randomConv(filters, kernel, rng.nextInt(1, 12), index);
    }
  });
}
