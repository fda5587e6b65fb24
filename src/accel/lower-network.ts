import { MaxdnnError } from '../base/errors.ts';
import {
  type QuantisedAdd,
  type QuantisedLayer,
  type QuantisedMaxPool,
  type QuantisedNetwork,
  quantisedZeroPoints,
  type WeightedLayer,
} from '../dnn/quantised-network.ts';
import type { ArraySpec } from './array-spec.ts';
import { type ComputeStep, computeStep } from './encode-descriptor.ts';
import type { FilterParameters } from './filter-parameters.ts';
import type { FilterTile } from './filter-tiles.ts';
import {
  framesOf,
  isWideLayer,
  type TensorLayout,
  type TensorPlan,
  type TensorView,
  tensorLayout,
} from './tensors.ts';

/** The weights of one descriptor: whole filter tiles. */
export interface WeightChunk {
  /** First filter of the layer. */
  readonly firstFilter: number;
  readonly tiles: readonly FilterTile[];
  /** Of each filter. */
  readonly parameters: readonly FilterParameters[];
}

/** One descriptor's compute step before its tensors and weights have addresses. */
export interface LoweredStep {
  /** Number of the layer. */
  readonly layer: number;
  /** Base addresses count from the tensors that follow; weights have none yet. */
  readonly compute: ComputeStep;
  readonly input?: string;
  readonly second?: string;
  readonly output: string;
  /** Rows of the input that one output row reads. */
  readonly window: number;
  readonly chunk?: WeightChunk;
}

export interface LoweredNetwork {
  readonly steps: readonly LoweredStep[];
  /** Every tensor that a step reads or writes, by name. */
  readonly layouts: ReadonlyMap<string, TensorLayout>;
}

/**
 * The steps of a network whose layers the accelerator has (refuseLayers), in the order of its layers.
 * @param chunksOf the weights of each convolution and dense layer, one chunk per descriptor
 */
export function lowerNetwork(
  network: QuantisedNetwork,
  spec: ArraySpec,
  { layouts, views }: TensorPlan,
  chunksOf: ReadonlyMap<string, readonly WeightChunk[]>,
): LoweredNetwork {
  const all = new Map(layouts);
  const frames = framesOf(network);
  const zeros = quantisedZeroPoints(network);
  const steps = network.layers.flatMap((layer, number): LoweredStep[] => {
    const view = views.get(layer.name)!;
    const frame = frames.get(layer.name);
    const job: LayerJob = { layer, number, spec, layouts: all, views, zeros, view };
    const own = lowerLayer(job, chunksOf.get(layer.name) ?? []);
    if (frame === undefined) return own;
    return [fillStep(job, frame.name, zeros.get(frame.name)!, network.layers.indexOf(frame)), ...own];
  });
  return { steps, layouts: all };
}

interface LayerJob {
  readonly layer: QuantisedLayer;
  readonly number: number;
  readonly spec: ArraySpec;
  /** Gets the tensors that only this layer needs. */
  readonly layouts: Map<string, TensorLayout>;
  readonly views: ReadonlyMap<string, TensorView>;
  readonly zeros: ReadonlyMap<string, number>;
  readonly view: TensorView;
}

function lowerLayer(job: LayerJob, chunks: readonly WeightChunk[]): LoweredStep[] {
  const { layer, view, zeros } = job;
  const input = layer.inputs[0]!;
  switch (layer.op) {
    case 'conv2d':
    case 'dense':
      return chunks.map((chunk) => convStep(job, layer, chunk));
    case 'add':
      return [addStep(job, layer)];
    case 'averagePool':
      return [
        poolStep(job, input, view, {
          ...window(layer.kernel, layer.stride),
          ...rescaling(layer.multiplier, layer.shift, zeros.get(input)!, zeros.get(layer.name)!),
          low: layer.low,
          high: layer.high,
        }),
      ];
    case 'maxPool':
      return maxPoolSteps(job, layer);
    case 'concat': {
      let channel = 0;
      return layer.inputs.map((name, i) => {
        const part = { ...view, channel: view.channel + channel };
        channel += job.views.get(name)!.shape.channels;
        return poolStep(job, name, part, {
          ...rescaling(layer.multipliers[i]!, layer.shifts[i]!, zeros.get(name)!, zeros.get(layer.name)!),
          low: layer.low,
          high: layer.high,
        });
      });
    }
    case 'pad':
    case 'padChannels': {
      const isComputedInPlace = job.views.get(input)!.tensor === layer.name;
      if (isComputedInPlace) return [];
      const [top, left] = layer.op === 'pad' ? layer.pads : [0, 0];
      const channel = layer.op === 'padChannels' ? layer.before : 0;
      return [
        fillStep(job, layer.name, zeros.get(layer.name)!, job.number),
        poolStep(job, input, { ...view, top, left, channel }, UNCHANGED),
      ];
    }
    case 'relu':
      return [poolStep(job, input, view, { ...UNCHANGED, low: zeros.get(layer.name)! })];
    case 'clip':
      return [poolStep(job, input, view, { ...UNCHANGED, low: layer.low, high: layer.high })];
    case 'tfliteAdd':
    case 'tfliteAveragePool':
      throw new MaxdnnError('internal', `Layer ${layer.name} (${layer.op}) was not refused`);
  }
}

type Numbers = Partial<Omit<ComputeStep, 'operation'>>;

/** A pool of one pixel that changes no code. */
const UNCHANGED: Numbers = { ...rescaling(32768, 15, 0, 0), low: -128, high: 127 };

function window(kernel: readonly [number, number], stride: readonly [number, number]): Numbers {
  return { kernelHeight: kernel[0], kernelWidth: kernel[1], strideY: stride[0], strideX: stride[1] };
}

function rescaling(factorA: number, shift: number, inputZero: number, outputZero: number): Numbers {
  return { factorA, shift, inputZero, outputZero };
}

function convStep(job: LayerJob, layer: WeightedLayer, chunk: WeightChunk): LoweredStep {
  const { number, view, zeros } = job;
  const [input] = layer.inputs;
  const { stride, pads } =
    layer.op === 'conv2d' ? layer : { stride: [1, 1] as const, pads: [0, 0, 0, 0] as const };
  const compute = computeStep('conv', {
    layer: number,
    wide: Number(isWideLayer(layer)),
    ...readFields(job, input!),
    ...writeFields(job, view),
    outputChannel: view.channel + chunk.firstFilter,
    strideY: stride[0],
    strideX: stride[1],
    padTop: pads[0],
    padLeft: pads[1],
    inputZero: zeros.get(input!)!,
    outputZero: zeros.get(layer.name)!,
    low: layer.low,
    high: layer.high,
    channels: chunk.parameters.length,
  });
  return { layer: number, compute, input: input!, output: view.tensor, window: kernelRows(job), chunk };
}

/** Rows of a convolution's kernel; a dense layer's is its whole input. */
function kernelRows({ layer, layouts }: LayerJob): number {
  return layer.op === 'conv2d' ? layer.kernel[0] : layouts.get(layer.inputs[0]!)!.shape.height;
}

function addStep(job: LayerJob, layer: QuantisedAdd): LoweredStep {
  const { number, view, zeros } = job;
  const [input, second] = layer.inputs as [string, string];
  const compute = computeStep('add', {
    layer: number,
    ...readFields(job, input),
    ...writeFields(job, view),
    channels: view.shape.channels,
    factorA: layer.factors[0],
    factorB: layer.factors[1],
    shift: layer.shift,
    inputZero: zeros.get(input)!,
    secondZero: zeros.get(second)!,
    outputZero: zeros.get(layer.name)!,
    low: layer.low,
    high: layer.high,
  });
  return { layer: number, compute, input, second, output: view.tensor, window: 1 };
}

/** A pool (one pixel unless `fields` say otherwise) of a whole tensor into a view of another. */
function poolStep(job: LayerJob, input: string, view: TensorView, fields: Numbers): LoweredStep {
  const isOnePixel = fields.kernelHeight === undefined;
  const shape = isOnePixel ? job.layouts.get(input)!.shape : view.shape;
  const compute = computeStep('pool', {
    layer: job.number,
    ...readFields(job, input),
    ...writeFields(job, { ...view, shape }),
    ...window([1, 1], [1, 1]),
    channels: job.layouts.get(input)!.shape.channels,
    ...fields,
  });
  return { layer: job.number, compute, input, output: view.tensor, window: compute.kernelHeight };
}

/** With pads: the codes in a frame of −128, which is never the largest code of a window alone. */
function maxPoolSteps(job: LayerJob, layer: QuantisedMaxPool): LoweredStep[] {
  const { view, spec, number } = job;
  const largest: Numbers = { ...window(layer.kernel, layer.stride), maximum: 1, low: -128, high: 127 };
  const input = layer.inputs[0]!;
  const [top, left, bottom, right] = layer.pads;
  if (Math.max(top, left, bottom, right) === 0) return [poolStep(job, input, view, largest)];
  const { height, width, channels } = job.layouts.get(input)!.shape;
  const shape = { height: height + top + bottom, width: width + left + right, channels };
  const framed = `${layer.name} framed`;
  job.layouts.set(framed, tensorLayout(shape, spec));
  return [
    fillStep(job, framed, -128, number),
    poolStep(job, input, { tensor: framed, shape, top, left, channel: 0 }, UNCHANGED),
    poolStep(job, framed, view, largest),
  ];
}

function fillStep(job: LayerJob, tensor: string, code: number, layer: number): LoweredStep {
  const fillWords = job.layouts.get(tensor)!.words;
  const compute = computeStep('fill', { layer, outputZero: code, fillWords });
  return { layer, compute, output: tensor, window: 0 };
}

function readFields({ layouts }: LayerJob, name: string): Numbers {
  const { shape, pitch, rowPitch } = layouts.get(name)!;
  return {
    inputHeight: shape.height,
    inputWidth: shape.width,
    inputPitch: pitch,
    inputRowPitch: rowPitch,
  };
}

function writeFields({ layouts }: LayerJob, { tensor, shape, top, left, channel }: TensorView): Numbers {
  const { pitch, rowPitch } = layouts.get(tensor)!;
  return {
    outputBase: top * rowPitch + left * pitch,
    outputHeight: shape.height,
    outputWidth: shape.width,
    outputPitch: pitch,
    outputRowPitch: rowPitch,
    outputChannel: channel,
  };
}
