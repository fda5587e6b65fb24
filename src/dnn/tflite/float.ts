import { createGraphBuilder } from '../graph-builder.ts';
import { type FloatNetwork, INPUT_NAME, type InputDescription } from '../network.ts';
import type { TfliteGraph } from './graph.ts';
import type { TfliteModel } from './model.ts';
import { ACTIVATION_RANGES } from './options.ts';
import type { TfliteStep } from './steps.ts';
import { floatsOf } from './tensors.ts';

/**
 * The float network of a float32 model.
 * @param pixels what a u8 pixel stands for in the model's input; the file does not say
 */
export function floatNetworkOf(
  model: TfliteModel,
  graph: TfliteGraph,
  name: string,
  pixels: Pick<InputDescription, 'scale' | 'zeroPoint'>,
): FloatNetwork {
  const builder = createGraphBuilder();
  builder.setInput(graph.image.shape);
  const names = new Map<number, string>([[graph.image.source, INPUT_NAME]]);
  for (const step of graph.steps) {
    const inputs = step.inputs.map(({ source }) => names.get(source)!);
    const made = addStep(builder, step, inputs);
    names.set(step.output.index, addActivation(builder, step, made));
  }
  const output = names.get(graph.logits.source)!;
  const network = builder.finish(name, { kind: 'layer', name: output }, model.path);
  return { ...network, input: { ...network.input, scale: pixels.scale, zeroPoint: pixels.zeroPoint } };
}

type Builder = ReturnType<typeof createGraphBuilder>;

function addStep(builder: Builder, step: TfliteStep, inputs: readonly string[]): string {
  switch (step.kind) {
    case 'conv': {
      const { stride, pads, groups } = step;
      return builder.add(
        { op: 'conv2d', inputs, weights: '', stride, pads, ...(groups === 1 ? {} : { groups }) },
        { weights: convWeights(step), ...biasOf(step) },
      );
    }
    case 'dense': {
      const [out, taps] = step.weights.shape as [number, number];
      const data = floatsOf(step.weights, step.fault);
      const weights = { shape: [taps, out], data: transpose(data, out, taps) };
      return builder.add({ op: 'dense', inputs, weights: '' }, { weights, ...biasOf(step) });
    }
    case 'add':
    case 'concat':
      return builder.add({ op: step.kind, inputs });
    case 'mean':
      return builder.add({ op: 'globalAveragePool', inputs });
    case 'averagePool':
    case 'maxPool': {
      const { kernel, stride, pads } = step;
      return builder.add({ op: step.kind, inputs, kernel, stride, pads });
    }
    case 'pad': {
      const { pads, channels } = step;
      const around = pads.some((n) => n > 0) ? builder.add({ op: 'pad', inputs, pads }) : inputs[0]!;
      const [before, after] = channels;
      if (before + after === 0) return around;
      return builder.add({ op: 'padChannels', inputs: [around], before, after });
    }
    case 'activation':
      return inputs[0]!;
  }
}

function addActivation(builder: Builder, { activation }: TfliteStep, from: string): string {
  if (activation === 'none') return from;
  if (activation === 'relu') return builder.add({ op: 'relu', inputs: [from] });
  return builder.add({ op: 'clip', inputs: [from], ...ACTIVATION_RANGES[activation] });
}

/** HWIO from OHWI; a depthwise convolution's 1 × kh × kw × cout is in that order already. */
function convWeights(step: TfliteStep & { readonly kind: 'conv' }) {
  const data = floatsOf(step.weights, step.fault);
  const [first, kh, kw, last] = step.weights.shape as [number, number, number, number];
  if (step.isDepthwise) return { shape: [kh, kw, 1, last], data };
  return { shape: [kh, kw, last, first], data: transpose(data, first, kh * kw * last) };
}

function biasOf(step: TfliteStep & { readonly kind: 'conv' | 'dense' }) {
  if (!step.bias) return {};
  const data = floatsOf(step.bias, step.fault);
  if (data.length !== step.to.channels) throw step.fault(`${step.to.channels} biases`, String(data.length));
  return { bias: { shape: [data.length], data } };
}

function transpose(data: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(
    { length: data.length },
    (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!,
  );
}
