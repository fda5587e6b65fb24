import { badInput } from '../base/errors.ts';
import { NO_PADS } from './float-shapes.ts';
import { foldBatchNorm, type LayerGroup } from './fold.ts';
import type { ConvLayer, DenseLayer, FloatNetwork, Shape } from './network.ts';
import { quantiseWeights, type WeightScales } from './quantise-weights.ts';
import { type CodeRange, INT8, INT32, type QuantisedLayer } from './quantised-network.ts';
import { clamp, fitAddition, fitRescale } from './requantise.ts';

/** What the codes of a tensor stand for: value = (code − zeroPoint) · scale. */
export interface Coding {
  readonly scale: number;
  readonly zeroPoint: number;
}

export interface GroupRequest {
  readonly network: FloatNetwork;
  readonly group: LayerGroup;
  /** Names of the quantised layers that it reads, and their codings. */
  readonly inputs: readonly string[];
  readonly codings: readonly Coding[];
  /** Output scale that the calibration images ask for. */
  readonly measured: number;
  readonly isLast: boolean;
  readonly weights: WeightScales;
  /** Shape of the first input. */
  readonly inputShape: Shape;
}

/**
 * The integer layer that a group of float layers becomes, with the signal to noise ratio of its weights.
 * @throws bad-input for a batch norm on its own
 */
export function quantiseGroup(request: GroupRequest): { layer: QuantisedLayer; sqnrDb?: number } {
  const { group, inputs, codings, measured } = request;
  const { main } = group;
  const { name } = main;
  const [first] = codings as readonly [Coding];
  const kept = { name, inputs, outputScale: first.scale, ...zeroPointOf(first) };
  const scaled = { name, inputs, outputScale: measured, ...rangeOf(group, measured, 0) };
  switch (main.op) {
    case 'conv2d':
    case 'dense':
      return quantiseWeighted(request, main);
    case 'add': {
      const fit = fitAddition(first.scale / measured, codings[1]!.scale / measured);
      return { layer: { ...scaled, op: 'add', ...fit } };
    }
    case 'concat': {
      const fits = codings.map(({ scale }) => fitRescale(scale / measured));
      const multipliers = fits.map(({ multiplier }) => multiplier);
      return { layer: { ...scaled, op: 'concat', multipliers, shifts: fits.map(({ shift }) => shift) } };
    }
    case 'averagePool': {
      const { kernel, stride, pads = NO_PADS } = main;
      if (pads.some((pad) => pad > 0)) {
        const range = rangeOf(group, first.scale, first.zeroPoint);
        return { layer: { ...kept, ...range, op: 'tfliteAveragePool', kernel, stride, pads } };
      }
      const fit = fitRescale(first.scale / (kernel[0] * kernel[1] * measured));
      return { layer: { ...scaled, op: 'averagePool', kernel, stride, ...fit } };
    }
    case 'globalAveragePool': {
      const { height, width } = request.inputShape;
      const kernel = [height, width] as const;
      const fit = fitRescale(first.scale / (kernel[0] * kernel[1] * measured));
      return { layer: { ...scaled, op: 'averagePool', kernel, stride: [1, 1], ...fit } };
    }
    case 'maxPool': {
      const { kernel, stride, pads } = main;
      return { layer: { ...kept, op: 'maxPool', kernel, stride, pads } };
    }
    case 'pad':
      return { layer: { ...kept, op: 'pad', pads: main.pads } };
    case 'padChannels':
      return { layer: { ...kept, op: 'padChannels', before: main.before, after: main.after } };
    case 'relu':
      return { layer: { ...kept, op: 'relu' } };
    case 'clip': {
      const range = rangeOf({ ...group, clip: main }, first.scale, first.zeroPoint);
      return { layer: { ...kept, op: 'clip', ...range } };
    }
    case 'batchNorm':
      throw badInput(
        {
          where: `layer ${name}`,
          wanted: 'a batch norm right after a convolution or dense layer',
          found: main.op,
        },
        'A batch norm can only be folded into a layer whose output nobody else reads.',
      );
  }
}

function quantiseWeighted(
  { network, group, inputs, codings, measured, isLast, weights: sharing }: GroupRequest,
  main: ConvLayer | DenseLayer,
): { layer: QuantisedLayer; sqnrDb: number } {
  const [{ scale: inputScale }] = codings as readonly [Coding];
  const { weights, bias } = foldBatchNorm(network, group);
  const { codes, scales, sqnrDb } = quantiseWeights(weights, bias, inputScale, sharing);
  const steps = scales.map((scale) => scale * inputScale);
  const isLogits = isLast && !group.hasRelu && group.clip === undefined;
  const outputScale = isLogits ? Math.max(...steps) : measured;
  const fits = steps.map((step) => fitRescale(step / outputScale));
  const common = {
    name: main.name,
    inputs,
    outputScale,
    ...(isLogits ? INT32 : rangeOf(group, outputScale, 0)),
    weights: codes,
    bias: Int32Array.from(bias, (value, o) => Math.round(value / steps[o]!)),
    multipliers: fits.map((fit) => fit.multiplier),
    shifts: fits.map((fit) => fit.shift),
    weightScales: scales,
  };
  if (main.op === 'dense') return { layer: { ...common, op: 'dense' }, sqnrDb };
  const { stride, pads, groups } = main;
  const [kh, kw] = network.tensors.get(main.weights)!.shape;
  const window = { kernel: [kh!, kw!], stride, pads } as const;
  return {
    layer: { ...common, op: 'conv2d', ...window, ...(groups === undefined ? {} : { groups }) },
    sqnrDb,
  };
}

/** Ends of the codes with the ReLU or clip of the group inside. */
function rangeOf({ hasRelu, clip }: LayerGroup, scale: number, zeroPoint: number): CodeRange {
  if (hasRelu) return { low: zeroPoint, high: INT8.high };
  if (clip === undefined) return INT8;
  const code = (value: number): number => clamp(Math.round(value / scale) + zeroPoint, INT8.low, INT8.high);
  return { low: code(clip.low), high: code(clip.high) };
}

function zeroPointOf({ zeroPoint }: Coding): { readonly zeroPoint?: number } {
  return zeroPoint === 0 ? {} : { zeroPoint };
}
