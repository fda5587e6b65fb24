import { createRng } from '../../src/base/rng.ts';
import type { QuantisedLayer, QuantisedNetwork, Rounding } from '../../src/dnn/quantised-network.ts';
import { fitAddition, fitRescale } from '../../src/dnn/requantise.ts';
import { fitTfliteRescale } from '../../src/dnn/requantise-tflite.ts';

/**
 * A small integer network made at random, not by quantising: zero points everywhere, both roundings, grouped and
 * depthwise convolutions, TensorFlow Lite's additions and pools, concat, pads, clip.
 */
export function randomQuantised(seed: number, hasZeroPoints = true): QuantisedNetwork {
  const rng = createRng(seed);
  const zero = (): number => {
    if (!hasZeroPoints) return 0;
    return rng.nextInt(0, 7) === 0 ? [-128, 127][rng.nextInt(0, 1)]! : rng.nextInt(-40, 40);
  };
  const near = (): number => 0.5 + 1.5 * rng.nextFloat();
  const rounding = (): Rounding => (rng.nextInt(0, 1) === 1 ? 'tflite' : 'half-up-16');
  const rescaling = (ratio: number, rule: Rounding): { multiplier: number; shift: number } =>
    rule === 'tflite' ? fitTfliteRescale(ratio) : fitRescale(ratio);
  const range = (): { low: number; high: number } => ({
    low: [-128, rng.nextInt(-128, -20)][rng.nextInt(0, 1)]!,
    high: [127, rng.nextInt(20, 127)][rng.nextInt(0, 1)]!,
  });
  const weighted = (channels: number, taps: number) => {
    const rule = rounding();
    const fits = Array.from({ length: channels }, () => rescaling(near() / (74 * Math.sqrt(taps)), rule));
    const extremes = [-128, 127];
    return {
      weights: Int8Array.from({ length: channels * taps }, (_, i) => extremes[i] ?? rng.nextInt(-128, 127)),
      bias: Int32Array.from({ length: channels }, () => rng.nextInt(-20000, 20000)),
      multipliers: fits.map(({ multiplier }) => multiplier),
      shifts: fits.map(({ shift }) => shift),
      weightScales: fits.map(() => 0.01),
      rounding: rule,
      outputScale: 0.05,
      zeroPoint: zero(),
      ...range(),
    };
  };
  const groups = rng.nextInt(2, 3);
  const channels = groups * rng.nextInt(1, 3);
  const middle = groups * rng.nextInt(1, 4);
  const classes = rng.nextInt(2, 6);
  const pads = [rng.nextInt(0, 1), 1, rng.nextInt(0, 2), 0] as const;
  const stride = [1, rng.nextInt(1, 2)] as const;
  const window = { kernel: [3, 2], stride, pads } as const;
  const first = weighted(middle, (9 * channels) / groups);
  const wholeRange = { low: -128, high: 127 };
  const layers: QuantisedLayer[] = [
    {
      ...first,
      name: 'first',
      op: 'conv2d',
      inputs: ['input'],
      kernel: [3, 3],
      stride: [1, 1],
      pads: [1, 1, 1, 1],
      groups,
    },
    {
      ...weighted(middle, 9),
      name: 'depthwise',
      op: 'conv2d',
      inputs: ['first'],
      kernel: [3, 3],
      stride: [1, 1],
      pads: [1, 2, 1, 0],
      groups: middle,
    },
    {
      ...weighted(middle, middle),
      name: 'point',
      op: 'conv2d',
      inputs: ['depthwise'],
      kernel: [1, 1],
      stride: [1, 1],
      pads: [0, 0, 0, 0],
    },
    {
      name: 'sum',
      op: 'add',
      inputs: ['first', 'point'],
      outputScale: 0.1,
      zeroPoint: zero(),
      ...range(),
      ...fitAddition(near(), near()),
    },
    tfliteAdd('sum2', ['sum', 'depthwise'], [near() / 4, near() / 4], 4 * near(), zero()),
    { name: 'most', op: 'maxPool', inputs: ['sum'], outputScale: 0.1, zeroPoint: 0, ...window },
    {
      name: 'mean',
      op: 'tfliteAveragePool',
      inputs: ['sum2'],
      outputScale: 0.1,
      zeroPoint: 0,
      ...window,
      ...range(),
    },
    {
      name: 'both',
      op: 'concat',
      inputs: ['most', 'mean', 'most'],
      outputScale: 0.1,
      zeroPoint: zero(),
      ...range(),
      multipliers: [32768, fitRescale(near()).multiplier, 65535],
      shifts: [15, fitRescale(near()).shift, 16],
    },
    { name: 'framed', op: 'pad', inputs: ['both'], outputScale: 0.1, zeroPoint: 0, pads: [1, 0, 2, 1] },
    {
      name: 'wide',
      op: 'padChannels',
      inputs: ['framed'],
      outputScale: 0.1,
      zeroPoint: 0,
      before: rng.nextInt(0, 2),
      after: 1,
    },
    { name: 'clipped', op: 'clip', inputs: ['wide'], outputScale: 0.1, zeroPoint: 0, low: -90, high: 80 },
    { name: 'relu', op: 'relu', inputs: ['clipped'], outputScale: 0.1, zeroPoint: 0 },
  ];
  const poolRule = rounding();
  layers.push({
    name: 'pool',
    op: 'averagePool',
    inputs: ['wide'],
    outputScale: 0.1,
    zeroPoint: zero(),
    ...wholeRange,
    kernel: [2, 3],
    stride: [1, 2],
    rounding: poolRule,
    ...rescaling(near() / 6, poolRule),
  });
  const input = { height: rng.nextInt(4, 6), width: rng.nextInt(5, 7), channels };
  const network = {
    name: `quantised ${seed}`,
    input: { ...input, scale: 0.01, zeroPoint: 128 + zero() },
    layers: withInheritedZeroPoints(layers),
  };
  const flat = flatSize(input, layers, middle);
  const dense = { ...weighted(classes, flat), name: 'logits', op: 'dense', inputs: ['pool'] } as const;
  return { ...network, layers: [...network.layers, dense] };
}

/** Layers that keep the meaning of their input's codes get its zero point. */
function withInheritedZeroPoints(layers: readonly QuantisedLayer[]): QuantisedLayer[] {
  const zeroPoints = new Map<string, number>();
  return layers.map((layer) => {
    const keeps = ['maxPool', 'tfliteAveragePool', 'pad', 'padChannels', 'clip', 'relu'].includes(layer.op);
    const zeroPoint = keeps ? zeroPoints.get(layer.inputs[0]!)! : (layer.zeroPoint ?? 0);
    zeroPoints.set(layer.name, zeroPoint);
    return { ...layer, zeroPoint };
  });
}

/** TensorFlow Lite's ADD of inputs whose scales are `ratios` times half the larger one. */
function tfliteAdd(
  name: string,
  inputs: readonly [string, string],
  ratios: readonly [number, number],
  output: number,
  zeroPoint: number,
): QuantisedLayer {
  const [first, second] = ratios.map(fitTfliteRescale) as [Fit, Fit];
  const sum = fitTfliteRescale(output / 2 ** 20);
  return {
    name,
    op: 'tfliteAdd',
    inputs,
    outputScale: 0.1,
    zeroPoint,
    low: -128,
    high: 127,
    inputMultipliers: [first.multiplier, second.multiplier],
    inputShifts: [first.shift, second.shift],
    outputMultiplier: sum.multiplier,
    outputShift: sum.shift,
  };
}

type Fit = ReturnType<typeof fitTfliteRescale>;

/** Values that the pool gives: what the dense layer reads. */
function flatSize(
  input: { readonly height: number; readonly width: number },
  layers: readonly QuantisedLayer[],
  middle: number,
): number {
  const wide = layers.find((layer) => layer.name === 'wide');
  const most = layers.find((layer) => layer.name === 'most');
  if (wide?.op !== 'padChannels' || most?.op !== 'maxPool') throw new TypeError('layers');
  const height = input.height + most.pads[0] + most.pads[2] - 3 + 1 + 3;
  const width = Math.floor((input.width + 1 - 2) / most.stride[1]) + 1 + 1;
  return (height - 1) * (Math.floor((width - 3) / 2) + 1) * (3 * middle + wide.before + wide.after);
}
