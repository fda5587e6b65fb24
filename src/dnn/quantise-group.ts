import { badInput } from '../base/errors.ts';
import { NO_PADS } from './float-shapes.ts';
import { foldBatchNorm, type LayerGroup } from './fold.ts';
import type { ConvLayer, DenseLayer, FloatNetwork, Shape } from './network.ts';
import type { ActivationCodes } from './quantise-ranges.ts';
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
  /** Largest magnitude that the calibration images ask for. */
  readonly magnitude: number;
  readonly activations: ActivationCodes;
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
  const { group, inputs, codings } = request;
  const coding = outputCoding(request);
  const { scale: measured } = coding;
  const { main } = group;
  const { name } = main;
  const [first] = codings as readonly [Coding];
  const kept = { name, inputs, outputScale: first.scale, ...zeroPointOf(first) };
  const range = rangeOf(group, measured, coding.zeroPoint);
  const scaled = { name, inputs, outputScale: measured, ...range, ...zeroPointOf(coding) };
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
        const ends = rangeOf(group, first.scale, first.zeroPoint);
        return { layer: { ...kept, ...ends, op: 'tfliteAveragePool', kernel, stride, pads } };
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
      const ends = rangeOf({ ...group, clip: main }, first.scale, first.zeroPoint);
      return { layer: { ...kept, op: 'clip', ...ends } };
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
  request: GroupRequest,
  main: ConvLayer | DenseLayer,
): { layer: QuantisedLayer; sqnrDb: number } {
  const { network, group, inputs, codings, isLast, weights: sharing } = request;
  const coding = outputCoding(request);
  const [{ scale: inputScale }] = codings as readonly [Coding];
  const { weights, bias } = foldBatchNorm(network, group);
  const { codes, scales, sqnrDb } = quantiseWeights(weights, bias, inputScale, sharing);
  const steps = scales.map((scale) => scale * inputScale);
  const isLogits = isLast && !group.hasRelu && group.clip === undefined;
  const outputScale = isLogits ? Math.max(...steps) : coding.scale;
  const fits = steps.map((step) => fitRescale(step / outputScale));
  const common = {
    name: main.name,
    inputs,
    outputScale,
    ...(isLogits ? INT32 : { ...rangeOf(group, outputScale, coding.zeroPoint), ...zeroPointOf(coding) }),
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

/** What the codes of a group's output stand for where it has a scale of its own. */
function outputCoding({ group, magnitude, activations }: GroupRequest): Coding {
  const isNeverNegative = group.hasRelu || (group.clip !== undefined && group.clip.low >= 0);
  return activations === 'asymmetric' && isNeverNegative
    ? { scale: magnitude / 255, zeroPoint: INT8.low }
    : { scale: magnitude / 127, zeroPoint: 0 };
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
