import { show } from '../../base/errors.ts';
import type { Tensor } from '../network.ts';
import type { OnnxTensor, QuantisedConstant } from './tensors.ts';
import {
  constantInput,
  constantName,
  type Data,
  dataInput,
  flatInput,
  floatConstant,
  hasInput,
  imageInput,
  layerValue,
  type OnnxConversion,
  type OnnxValue,
  shapeText,
  sizeOfShape,
} from './values.ts';
import { windowsOf } from './windows.ts';

export function convertConv(c: OnnxConversion): OnnxValue {
  const { source, shape } = imageInput(c);
  const kernel = floatConstant(c, 1);
  if (kernel.shape.length !== 4) throw c.fault('a kernel [cout, cin/group, kh, kw]', shapeText(kernel.shape));
  const [cout, cin, kh, kw] = kernel.shape as [number, number, number, number];
  const groups = c.node.attributes.integer('group') ?? 1;
  if (cin * groups !== shape.channels || cout % groups !== 0) {
    throw c.fault(
      `a kernel for ${shape.channels} input channels in ${groups} groups`,
      shapeText(kernel.shape),
    );
  }
  const named = c.node.attributes.integers('kernel_shape');
  if (named && (named[0] !== kh || named[1] !== kw)) {
    throw c.fault(`kernel_shape [${kh}, ${kw}] as the kernel has it`, shapeText(named));
  }
  const { stride, pads, out } = windowsOf(c, shape, [kh, kw]);
  const tensors: Record<string, Tensor> = { weights: toHwio(kernel) };
  if (hasInput(c, 2)) tensors.bias = channelVector(c, 2, cout);
  const name = c.builder.add(
    { op: 'conv2d', inputs: [source], weights: '', stride, pads, ...(groups === 1 ? {} : { groups }) },
    tensors,
    c.node.name,
    { weights: constantName(c, 1), bias: constantName(c, 2) },
  );
  noteWeights(c, name, 0, cout);
  return layerValue(name, { ...out, channels: cout }, 'NCHW');
}

/** alpha · x · weights + beta · bias. */
export function convertGemm(c: OnnxConversion): OnnxValue {
  const { attributes } = c.node;
  if ((attributes.integer('transA') ?? 0) !== 0) throw c.fault('transA 0', '1');
  const isTransposed = (attributes.integer('transB') ?? 0) !== 0;
  const [alpha, beta] = [attributes.float('alpha') ?? 1, attributes.float('beta') ?? 1];
  const isPlain = alpha === 1 && beta === 1;
  const weights = floatConstant(c, 1);
  const out = weights.shape[isTransposed ? 0 : 1] ?? 0;
  const bias = hasInput(c, 2) ? scaled(channelVector(c, 2, out), beta) : undefined;
  if (!isPlain && constantInput(c, 1).quantised) throw c.fault('alpha and beta 1', show([alpha, beta]));
  return addDense(c, scaled(isTransposed ? transposed(weights) : weights, alpha), bias, isTransposed ? 0 : 1);
}

export function convertMatMul(c: OnnxConversion): OnnxValue {
  return addDense(c, floatConstant(c, 1), undefined, 1);
}

function addDense(
  c: OnnxConversion,
  weights: Tensor,
  bias: Tensor | undefined,
  outputAxis: number,
): OnnxValue {
  const { source, shape, axes } = flatInput(c);
  const size = sizeOfShape(shape);
  if (weights.shape.length !== 2 || weights.shape[0] !== size) {
    throw c.fault(
      `weights for ${size} inputs`,
      `weights for ${weights.shape[0] ?? 0}, ${shapeText(weights.shape)}`,
    );
  }
  const ordered = axes === 'CHW' ? toChannelsLast(weights, shape.channels) : weights;
  const name = c.builder.add(
    { op: 'dense', inputs: [source], weights: '' },
    { weights: ordered, ...(bias ? { bias } : {}) },
    c.node.name,
    { weights: constantName(c, 1), bias: constantName(c, 2) },
  );
  const out = weights.shape[1]!;
  noteWeights(c, name, outputAxis, out);
  return layerValue(name, { height: 1, width: 1, channels: out }, 'CHW');
}

/** gamma · (x − mean)/√(variance + epsilon) + beta with stored statistics. */
export function convertBatchNorm(c: OnnxConversion): OnnxValue {
  const { attributes, outputs } = c.node;
  if ((attributes.integer('training_mode') ?? 0) !== 0 || outputs.filter(Boolean).length > 1) {
    throw c.fault(
      'a batch norm with stored statistics',
      'one in training mode',
      'Export the model for inference.',
    );
  }
  const { source, shape, axes } = dataInput(c, 0);
  if (axes === 'NHWC') throw c.fault('channels as the second axis', 'them as the last one');
  const roles = ['gamma', 'beta', 'mean', 'variance'] as const;
  const tensors = Object.fromEntries(roles.map((role, i) => [role, channelVector(c, i + 1, shape.channels)]));
  const negative = tensors.variance!.data.findIndex((value) => value < 0);
  if (negative >= 0)
    throw c.fault('variances ≥ 0', `${tensors.variance!.data[negative]} at index ${negative}`);
  const names = Object.fromEntries(roles.map((role, i) => [role, constantName(c, i + 1)]));
  const epsilon = attributes.float('epsilon') ?? 1e-5;
  const layer = { op: 'batchNorm', inputs: [source], gamma: '', beta: '', epsilon } as const;
  return layerValue(c.builder.add(layer, tensors, c.node.name, names), shape, axes);
}

/** A bias that an Add brings: into the convolution or dense layer before it. */
export function addBias(c: OnnxConversion, data: Data, dataIndex: number, constant: OnnxTensor): OnnxValue {
  const { channels } = data.shape;
  const values = channelNumbers(constant, data.axes, channels);
  if (values === undefined || constant.quantised) {
    throw c.fault(`a bias of ${channels} channels`, `${constant.type} ${shapeText(constant.shape)}`);
  }
  const bias = { shape: [channels], data: Float32Array.from(values) };
  const name = constantName(c, 1 - dataIndex);
  const isWeighted = c.isOnlyReader(dataIndex) && !c.ranges.outputs.has(data.source);
  if (!isWeighted || !c.builder.addBias(data.source, bias, name)) {
    throw c.fault(
      'a constant only right after a Conv, Gemm or MatMul without bias, read by nobody else',
      data.source,
    );
  }
  return layerValue(data.source, data.shape, data.axes);
}

/** A constant as one number per channel of data in the given order of axes; undefined when it is something else. */
export function channelNumbers(
  { shape, values }: OnnxTensor,
  axes: Data['axes'],
  channels: number,
): readonly number[] | undefined {
  if (values.length === 1) return Array.from({ length: channels }, () => values[0]!);
  const fromEnd = axes === 'NCHW' ? 3 : 1;
  return values.length === channels && shape.at(-fromEnd) === channels ? [...values] : undefined;
}

function channelVector(c: OnnxConversion, i: number, channels: number): Tensor {
  const { shape, data } = floatConstant(c, i);
  const isVector = shape.at(-1) === channels && data.length === channels;
  if (isVector) return { shape: [channels], data };
  if (data.length === 1) return { shape: [channels], data: new Float32Array(channels).fill(data[0]!) };
  throw c.fault(`${channels} numbers at input ${i}`, shapeText(shape));
}

/** Keeps the scales of quantised weights and the codes of a quantised bias. */
function noteWeights(c: OnnxConversion, name: string, outputAxis: number, channels: number): void {
  const weights = constantInput(c, 1).quantised;
  if (weights) c.ranges.weightScales.set(name, symmetricScales(c, weights, outputAxis, channels));
  const bias = hasInput(c, 2) ? constantInput(c, 2).quantised : undefined;
  if (bias?.codes instanceof Int32Array && bias.codes.length === channels) {
    c.ranges.biasCodes.set(name, { codes: bias.codes, scales: bias.scales });
  }
}

function symmetricScales(
  c: OnnxConversion,
  weights: QuantisedConstant,
  outputAxis: number,
  channels: number,
): readonly number[] {
  const middle = weights.type === 'uint8' ? 128 : 0;
  const other = weights.zeroPoints.find((zeroPoint) => zeroPoint !== middle);
  if (other !== undefined) throw c.fault(`weights of zero point ${middle} (${weights.type})`, String(other));
  if (weights.type !== 'int8' && weights.type !== 'uint8')
    throw c.fault('int8 or uint8 weights', weights.type);
  if (weights.scales.length > 1 && (weights.axis !== outputAxis || weights.scales.length !== channels)) {
    throw c.fault(`weight scales per output channel (axis ${outputAxis})`, `axis ${weights.axis}`);
  }
  return weights.scales;
}

/** [cout, cin, kh, kw] → [kh, kw, cin, cout]. */
function toHwio({ shape, data }: Tensor): Tensor {
  const [cout, cin, kh, kw] = shape as [number, number, number, number];
  const taps = kh * kw;
  const moved = new Float32Array(data.length);
  for (let o = 0; o < cout; o++) {
    for (let i = 0; i < cin; i++) {
      for (let tap = 0; tap < taps; tap++)
        moved[(tap * cin + i) * cout + o] = data[(o * cin + i) * taps + tap]!;
    }
  }
  return { shape: [kh, kw, cin, cout], data: moved };
}

/** Rows in the order channels, height, width → height, width, channels. */
function toChannelsLast({ shape, data }: Tensor, channels: number): Tensor {
  const [size, out] = shape as [number, number];
  const pixels = size / channels;
  const moved = new Float32Array(data.length);
  for (let pixel = 0; pixel < pixels; pixel++) {
    for (let i = 0; i < channels; i++) {
      const from = (i * pixels + pixel) * out;
      moved.set(data.subarray(from, from + out), (pixel * channels + i) * out);
    }
  }
  return { shape, data: moved };
}

function transposed({ shape, data }: Tensor): Tensor {
  const [rows, columns] = shape as [number, number];
  const moved = Float32Array.from(data, (_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
  return { shape: [columns, rows], data: moved };
}

function scaled(tensor: Tensor, factor: number): Tensor {
  return factor === 1 ? tensor : { ...tensor, data: tensor.data.map((value) => value * factor) };
}
