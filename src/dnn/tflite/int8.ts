import { INPUT_NAME } from '../network.ts';
import type { CodeRange, QuantisedLayer, QuantisedNetwork } from '../quantised-network.ts';
import {
  fitTfliteAddition,
  fitTfliteMean,
  fitTfliteProduct,
  fitTfliteQuotient,
  fitTfliteRatio,
} from './fit.ts';
import { sameQuantisation, type TfliteGraph } from './graph.ts';
import { ACTIVATION_RANGES, type Activation } from './options.ts';
import { type CodeScale, codeScale, convWeights, quantisedBias, weightScales } from './quantisation.ts';
import type { TfliteStep } from './steps.ts';

/**
 * The quantised network of an int8 model: the same integers as TensorFlow Lite's reference kernels make of the codes
 * u8 − 128 of an image. SOFTMAX at the end is left out: the logits are the int8 codes before it.
 */
export function quantisedNetworkOf(graph: TfliteGraph, name: string): QuantisedNetwork {
  const image = codeScale(graph.image.tensor, graph.steps[0]!.fault);
  const input = { ...graph.image.shape, scale: image.scale, zeroPoint: image.zeroPoint + 128 };
  const layers: QuantisedLayer[] = [];
  const names = new Map<number, string>([[graph.image.source, INPUT_NAME]]);
  const counts = new Map<string, number>();
  for (const step of graph.steps) {
    let from = step.inputs.map(({ source }) => names.get(source)!);
    for (const layer of layersOf(step)) {
      const prefix =
        step.kind === 'activation' && layer.op === 'averagePool' ? 'rescale' : PREFIXES[layer.op];
      const count = counts.get(prefix) ?? 0;
      counts.set(prefix, count + 1);
      const named = { ...layer, name: `${prefix}${count}`, inputs: from } as QuantisedLayer;
      layers.push(named);
      from = [named.name];
    }
    names.set(step.output.index, from[0]!);
  }
  return { name, input, layers };
}

type Unnamed = QuantisedLayer extends infer L
  ? L extends QuantisedLayer
    ? Omit<L, 'name' | 'inputs'>
    : never
  : never;

const PREFIXES: Readonly<Record<QuantisedLayer['op'], string>> = {
  conv2d: 'conv',
  dense: 'dense',
  add: 'add',
  tfliteAdd: 'add',
  averagePool: 'mean',
  tfliteAveragePool: 'pool',
  maxPool: 'maxPool',
  concat: 'concat',
  pad: 'spatialPad',
  padChannels: 'pad',
  relu: 'relu',
  clip: 'clip',
};

/** The layers of one step, each reading the one before it. */
function layersOf(step: TfliteStep): readonly Unnamed[] {
  const { fault, output, activation } = step;
  const scales = step.inputs.map(({ tensor }) => codeScale(tensor, fault));
  const from = scales[0]!;
  const to = codeScale(output, fault);
  const range = activationRange(activation, to);
  const placed = { outputScale: to.scale, zeroPoint: to.zeroPoint };
  const keepsScale = (): void => {
    for (const { tensor } of step.inputs) sameQuantisation(tensor, output, fault);
  };
  switch (step.kind) {
    case 'conv': {
      const { kernel, stride, pads, groups, weights } = step;
      const perChannel = weightScales(weights, step.isDepthwise ? 3 : 0, step.to.channels, fault);
      const fits = perChannel.map((scale) => fitTfliteRatio(from.scale, scale, to.scale));
      return [
        {
          op: 'conv2d',
          ...placed,
          ...range,
          rounding: 'tflite',
          kernel,
          stride,
          pads,
          ...(groups === 1 ? {} : { groups }),
          weights: convWeights(weights, step.isDepthwise, fault),
          bias: quantisedBias(step, from, perChannel, to),
          ...listsOf(fits),
          weightScales: perChannel,
        },
      ];
    }
    case 'dense': {
      const { weights } = step;
      const perChannel = weightScales(weights, 0, step.to.channels, fault);
      const isPerTensor = weights.quantisation!.scales.length === 1;
      const fits = perChannel.map((scale) =>
        isPerTensor
          ? fitTfliteProduct(from.scale, scale, to.scale)
          : fitTfliteRatio(from.scale, scale, to.scale),
      );
      return [
        {
          op: 'dense',
          ...placed,
          ...range,
          rounding: 'tflite',
          weights: convWeights(weights, false, fault),
          bias: quantisedBias(step, from, perChannel, to),
          ...listsOf(fits),
          weightScales: perChannel,
        },
      ];
    }
    case 'add':
      return [
        {
          op: 'tfliteAdd',
          ...placed,
          ...range,
          ...fitTfliteAddition(from.scale, scales[1]!.scale, to.scale),
        },
      ];
    case 'concat': {
      keepsScale();
      const identical = { multipliers: scales.map(() => 32768), shifts: scales.map(() => 15) };
      return [{ op: 'concat', ...placed, ...range, ...identical }];
    }
    case 'averagePool': {
      keepsScale();
      const { kernel, stride, pads } = step;
      return [{ op: 'tfliteAveragePool', ...placed, ...range, kernel, stride, pads }];
    }
    case 'maxPool': {
      keepsScale();
      const { kernel, stride, pads } = step;
      const pool: Unnamed = { op: 'maxPool', ...placed, kernel, stride, pads };
      return activation === 'none' ? [pool] : [pool, { op: 'clip', ...placed, ...range }];
    }
    case 'mean': {
      const { height, width } = step.inputs[0]!.shape;
      const fit = fitTfliteMean(from.scale, to.scale, height * width);
      return [
        {
          op: 'averagePool',
          ...placed,
          ...range,
          rounding: 'tflite',
          kernel: [height, width],
          stride: [1, 1],
          ...fit,
        },
      ];
    }
    case 'pad': {
      keepsScale();
      const { pads, channels } = step;
      const [before, after] = channels;
      return [
        ...(pads.some((n) => n > 0) ? [{ op: 'pad', ...placed, pads } as const] : []),
        ...(before + after > 0 ? [{ op: 'padChannels', ...placed, before, after } as const] : []),
      ];
    }
    case 'activation': {
      // Source: tensorflow/lite/micro/kernels/activations_common.cc, ReluQuantized: a rescaling unless it is by 1.
      if (from.scale === to.scale && from.zeroPoint === to.zeroPoint)
        return [{ op: 'clip', ...placed, ...range }];
      const fit = fitTfliteQuotient(from.scale, to.scale);
      return [
        {
          op: 'averagePool',
          ...placed,
          ...range,
          rounding: 'tflite',
          kernel: [1, 1],
          stride: [1, 1],
          ...fit,
        },
      ];
    }
  }
}

function listsOf(fits: readonly { readonly multiplier: number; readonly shift: number }[]) {
  return { multipliers: fits.map(({ multiplier }) => multiplier), shifts: fits.map(({ shift }) => shift) };
}

/**
 * Codes that an activation lets through; division and rounding in float32 as there.
 * Source: tensorflow/lite/kernels/kernel_util.cc, CalculateActivationRangeQuantizedImpl.
 */
function activationRange(activation: Activation, { scale, zeroPoint }: CodeScale): CodeRange {
  const { low, high } = ACTIVATION_RANGES[activation];
  const code = (value: number): number => {
    const steps = Math.fround(value / scale);
    return zeroPoint + Math.sign(steps) * Math.round(Math.abs(steps));
  };
  return {
    low: Number.isFinite(low) ? Math.max(-128, code(low)) : -128,
    high: Number.isFinite(high) ? Math.min(127, code(high)) : 127,
  };
}
