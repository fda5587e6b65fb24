import { createRng } from '../../src/base/rng.ts';
import type { QuantisedLayer, QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { fitAddition, fitRescale } from '../../src/dnn/requantise.ts';

/**
 * A small network with every operator that the accelerator has, made at random: odd channel counts, strides, lopsided
 * pads, grouped and depthwise convolutions, zero points other than 0, pads that are merged and pads that are not.
 * @param lanes channel offsets are multiples of it
 */
export function smallNetwork(seed: number, lanes = 1): QuantisedNetwork {
  const rng = createRng(seed);
  const zero = (): number => rng.nextInt(-30, 30);
  const near = (): number => 0.5 + 1.5 * rng.nextFloat();
  const range = { low: -128, high: 127 };
  const weighted = (filters: number, taps: number) => {
    const fits = Array.from({ length: filters }, () => fitRescale(near() / (74 * Math.sqrt(taps))));
    return {
      weights: Int8Array.from({ length: filters * taps }, (_, i) => [-128, 127][i] ?? rng.nextInt(-128, 127)),
      bias: Int32Array.from({ length: filters }, () => rng.nextInt(-20000, 20000)),
      multipliers: fits.map(({ multiplier }) => multiplier),
      shifts: fits.map(({ shift }) => shift),
      weightScales: fits.map(() => 0.01),
      outputScale: 0.1,
    };
  };
  const groups = 2;
  const channels = groups * rng.nextInt(1, 3);
  const middle = groups * lanes * rng.nextInt(1, 3);
  const input = { height: rng.nextInt(5, 7), width: 2 * rng.nextInt(3, 4), channels };
  const z = zero();
  const base = { outputScale: 0.1, zeroPoint: z };
  const layers: QuantisedLayer[] = [
    {
      ...weighted(middle, (9 * channels) / groups),
      ...base,
      ...range,
      name: 'grouped',
      op: 'conv2d',
      inputs: ['input'],
      kernel: [3, 3],
      stride: [1, 1],
      pads: [1, 1, 1, 1],
      groups,
    },
    {
      ...weighted(middle, 6),
      ...base,
      low: z,
      high: 100,
      name: 'depthwise',
      op: 'conv2d',
      inputs: ['grouped'],
      kernel: [3, 2],
      stride: [1, 1],
      pads: [2, 1, 0, 0],
      groups: middle,
    },
    {
      ...base,
      ...range,
      name: 'sum',
      op: 'add',
      inputs: ['grouped', 'depthwise'],
      ...fitAddition(near(), near()),
    },
    {
      ...base,
      name: 'most',
      op: 'maxPool',
      inputs: ['sum'],
      kernel: [3, 2],
      stride: [1, 2],
      pads: [1, 1, 1, 0],
    },
    {
      ...base,
      ...range,
      name: 'mean',
      op: 'averagePool',
      inputs: ['sum'],
      kernel: [1, 2],
      stride: [1, 2],
      ...fitRescale(near() / 2),
    },
    {
      ...base,
      ...range,
      name: 'both',
      op: 'concat',
      inputs: ['most', 'mean', 'most'],
      multipliers: [32768, fitRescale(near()).multiplier, 65535],
      shifts: [15, fitRescale(1).shift, 16],
    },
    { ...base, name: 'relu', op: 'relu', inputs: ['both'] },
    { ...base, name: 'framed', op: 'pad', inputs: ['relu'], pads: [1, 0, 2, 1] },
    { ...base, name: 'clipped', op: 'clip', inputs: ['framed'], low: -50, high: 90 },
    { ...base, name: 'wide', op: 'padChannels', inputs: ['clipped'], before: 2 * lanes, after: 3 },
    { ...base, name: 'wider', op: 'padChannels', inputs: ['framed'], before: lanes, after: lanes + 3 },
    {
      ...base,
      ...range,
      name: 'again',
      op: 'add',
      inputs: ['wide', 'wider'],
      ...fitAddition(near(), near()),
    },
  ];
  const wideChannels = 3 * middle + 2 * lanes + 3;
  const odd = 2 * rng.nextInt(1, 9) + 1;
  layers.push({
    ...weighted(odd, 4 * wideChannels),
    ...base,
    ...range,
    zeroPoint: zero(),
    name: 'strided',
    op: 'conv2d',
    inputs: ['again'],
    kernel: [2, 2],
    stride: [2, 3],
    pads: [1, 0, 0, 2],
  });
  const height = Math.floor((input.height + 3 + 1 - 2) / 2) + 1;
  const framed = Math.floor((input.width + 1 - 2) / 2) + 1 + 1;
  const width = Math.floor((framed + 2 - 2) / 3) + 1;
  const classes = rng.nextInt(3, 11);
  layers.push({
    ...weighted(classes, height * width * odd),
    name: 'logits',
    op: 'dense',
    inputs: ['strided'],
    low: -(2 ** 31),
    high: 2 ** 31 - 1,
    zeroPoint: 0,
  });
  return {
    name: `small ${seed}`,
    input: { ...input, scale: 0.01, zeroPoint: 128 + zero() },
    layers,
  };
}
