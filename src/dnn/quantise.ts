import { badInput } from '../base/errors.ts';
import type { Dataset } from './dataset.ts';
import { runFloat } from './float-inference.ts';
import { floatShapes, type ShapeMap } from './float-shapes.ts';
import { foldBatchNorm, groupLayers, type LayerGroup } from './fold.ts';
import { type FloatNetwork, INPUT_NAME } from './network.ts';
import { percentileOfMagnitudes } from './percentile.ts';
import {
  INT8,
  INT8_RECTIFIED,
  INT32,
  type QuantisedLayer,
  type QuantisedNetwork,
} from './quantised-network.ts';
import { fitAddition, fitRescale } from './requantise.ts';

export interface QuantiseOptions {
  /**
   * Share of the magnitudes of a layer's outputs over the calibration images that the codes must cover, in per
   * cent; what lies above saturates. 100: the largest. Default 99.99.
   */
  readonly percentile?: number;
}

/**
 * int8 network: weights symmetric per output channel (−127 … 127), activations symmetric per layer, int32 bias,
 * batch norm and ReLU folded in; the last layer gives int32 logits of one common scale.
 * @param calibration training images, some hundreds; they only set the activation scales
 * @throws bad-input when a batch norm has no statistics or does not follow a convolution, or the images do not fit
 */
export function quantiseNetwork(
  network: FloatNetwork,
  calibration: Dataset,
  options: QuantiseOptions = {},
): QuantisedNetwork {
  const percentile = options.percentile ?? 99.99;
  if (!(percentile > 0 && percentile <= 100)) {
    throw badInput(
      { where: 'percentile', wanted: '0 < percentile ≤ 100', found: String(percentile) },
      'Try 99.99.',
    );
  }
  const groups = groupLayers(network);
  const magnitudes = measureMagnitudes(network, calibration, percentile);
  const shapes = floatShapes(network);
  const scales = new Map<string, number>([[INPUT_NAME, network.input.scale]]);
  const names = new Map<string, string>([[INPUT_NAME, INPUT_NAME]]);
  const layers: QuantisedLayer[] = [];
  for (const [index, group] of groups.entries()) {
    const isLast = index === groups.length - 1;
    const inputs = group.main.inputs.map((name) => names.get(name)!);
    const inputScales = group.main.inputs.map((name) => scales.get(names.get(name)!)!);
    const measured = magnitudes.get(group.output)! / 127;
    const layer = quantiseGroup({ network, group, inputs, inputScales, measured, isLast, shapes });
    layers.push(layer);
    scales.set(layer.name, layer.outputScale);
    names.set(group.output, layer.name);
  }
  return { name: network.name, input: network.input, layers };
}

/** The given percentile of |value| of each layer's output over all images; never 0. */
function measureMagnitudes(
  network: FloatNetwork,
  images: Dataset,
  percentile: number,
): ReadonlyMap<string, number> {
  const magnitudes = new Map<string, number>();
  runFloat(network, images, (name, values) => {
    magnitudes.set(name, percentileOfMagnitudes(values, percentile) || 1);
  });
  return magnitudes;
}

interface GroupRequest {
  readonly network: FloatNetwork;
  readonly group: LayerGroup;
  readonly inputs: readonly string[];
  readonly inputScales: readonly number[];
  /** Output scale that the calibration images ask for. */
  readonly measured: number;
  readonly isLast: boolean;
  readonly shapes: ShapeMap;
}

function quantiseGroup(request: GroupRequest): QuantisedLayer {
  const { group, inputs, inputScales, measured, shapes } = request;
  const { main } = group;
  const range = group.hasRelu ? INT8_RECTIFIED : INT8;
  const inputScale = inputScales[0]!;
  const from = shapes.get(main.inputs[0]!)!;
  switch (main.op) {
    case 'conv2d':
    case 'dense':
      return quantiseWeighted(request);
    case 'add': {
      const { factors, shift } = fitAddition(inputScale / measured, inputScales[1]! / measured);
      return { name: main.name, op: 'add', inputs, outputScale: measured, ...range, factors, shift };
    }
    case 'averagePool':
    case 'globalAveragePool': {
      const isGlobal = main.op === 'globalAveragePool';
      const kernel = isGlobal ? ([from.height, from.width] as const) : main.kernel;
      const stride = isGlobal ? ([1, 1] as const) : main.stride;
      const fit = fitRescale(inputScale / (kernel[0] * kernel[1] * measured));
      return {
        name: main.name,
        op: 'averagePool',
        inputs,
        outputScale: measured,
        ...range,
        kernel,
        stride,
        ...fit,
      };
    }
    case 'padChannels': {
      const { before, after } = main;
      return { name: main.name, op: 'padChannels', inputs, outputScale: inputScale, before, after };
    }
    case 'relu':
      return { name: main.name, op: 'relu', inputs, outputScale: inputScale };
    default:
      throw badInput(
        {
          where: `layer ${main.name}`,
          wanted: 'a batch norm right after a convolution or dense layer',
          found: main.op,
        },
        'A batch norm can only be folded into a layer whose output nobody else reads.',
      );
  }
}

function quantiseWeighted({
  network,
  group,
  inputs,
  inputScales,
  measured,
  isLast,
}: GroupRequest): QuantisedLayer {
  const { main } = group;
  if (main.op !== 'conv2d' && main.op !== 'dense') throw new TypeError(main.op);
  const inputScale = inputScales[0]!;
  const { weights, bias } = foldBatchNorm(network, group);
  const channels = bias.length;
  const weightScales = Array.from({ length: channels }, (_, o) => weightScale(weights, bias, o, inputScale));
  const codes = new Int8Array(weights.length);
  for (let tap = 0; tap < weights.length / channels; tap++) {
    for (let o = 0; o < channels; o++) {
      const code = Math.round(weights[tap * channels + o]! / weightScales[o]!);
      codes[(o * weights.length) / channels + tap] = code;
    }
  }
  const steps = weightScales.map((scale) => scale * inputScale);
  const isLogits = isLast && !group.hasRelu;
  const outputScale = isLogits ? Math.max(...steps) : measured;
  const fits = steps.map((step) => fitRescale(step / outputScale));
  const common = {
    name: main.name,
    inputs,
    outputScale,
    ...(isLogits ? INT32 : group.hasRelu ? INT8_RECTIFIED : INT8),
    weights: codes,
    bias: Int32Array.from(bias, (value, o) => Math.round(value / steps[o]!)),
    multipliers: fits.map((fit) => fit.multiplier),
    shifts: fits.map((fit) => fit.shift),
    weightScales,
  };
  if (main.op === 'dense') return { ...common, op: 'dense' };
  const [kh, kw] = network.tensors.get(main.weights)!.shape;
  return { ...common, op: 'conv2d', kernel: [kh!, kw!], stride: main.stride, pads: main.pads };
}

/** Largest |weight| becomes 127; larger where the bias would not fit 24 bits otherwise (channels of all but no weight). */
function weightScale(weights: Float64Array, bias: Float64Array, channel: number, inputScale: number): number {
  let largest = 0;
  for (let i = channel; i < weights.length; i += bias.length)
    largest = Math.max(largest, Math.abs(weights[i]!));
  return Math.max(largest / 127, Math.abs(bias[channel]!) / (inputScale * 2 ** 24)) || 1;
}
