import type { MaxdnnError } from '../../base/errors.ts';
import { show } from '../../base/errors.ts';
import { type GraphBuilder, paddingOf, sourceName, windowShape } from '../graph-builder.ts';
import type { Shape, Tensor } from '../network.ts';
import type { TfNode, TfTensor } from './messages.ts';

/** What a node stands for after conversion. */
export type TfValue =
  | { readonly kind: 'constant'; readonly tensor: TfTensor }
  /** The image (u8) times scale plus shift. */
  | { readonly kind: 'image'; readonly shape: Shape; readonly scale: number; readonly shift: number }
  /** A layer's output; `pads` (top, left, bottom, right) are zeros around it that a convolution will take over. */
  | {
      readonly kind: 'layer';
      readonly name: string;
      readonly shape: Shape;
      readonly pads?: Pads;
      readonly final?: true;
    };

type Pads = readonly [number, number, number, number];

/** One node to convert. */
export interface Conversion {
  readonly node: TfNode;
  readonly inputs: readonly TfValue[];
  /** True when no other node reads input i. */
  readonly isOnlyReader: (i: number) => boolean;
  readonly builder: GraphBuilder;
  /** Makes the error for something about this node. */
  readonly fault: (wanted: string, found: string) => MaxdnnError;
}

type Converter = (conversion: Conversion) => TfValue;

/** @throws bad-input when the node uses something that has no counterpart here */
export function convertNode(conversion: Conversion): TfValue {
  const finished = conversion.inputs.find((value) => value.kind === 'layer' && value.final);
  if (finished) throw conversion.fault('Softmax as the last node only', 'a node that reads it');
  return CONVERTERS[conversion.node.op]!(conversion);
}

const CONVERTERS: Readonly<Record<string, Converter>> = {
  Add: convertAdd,
  AddV2: convertAdd,
  AvgPool: convertAveragePool,
  BiasAdd: (c) => convertBias(c, data(c, 0), constant(c, 1)),
  Const: (c) => {
    const tensor = c.node.attributes.tensor('value');
    if (!tensor) throw c.fault('a constant with a value', 'none');
    return { kind: 'constant', tensor };
  },
  Conv2D: convertConv,
  FusedBatchNorm: convertBatchNorm,
  FusedBatchNormV2: convertBatchNorm,
  FusedBatchNormV3: convertBatchNorm,
  Identity: (c) => input(c, 0),
  MatMul: convertMatMul,
  Mean: convertMean,
  Mul: (c) => scaleImage(c, (by) => [by, 0]),
  Pad: convertPad,
  Placeholder: convertPlaceholder,
  RealDiv: (c) => scaleImage(c, (by) => [1 / by, 0]),
  Relu: (c) => {
    const { source, shape } = data(c, 0);
    return layerValue(c.builder.add({ op: 'relu', inputs: [source] }), shape);
  },
  Reshape: convertReshape,
  Softmax: (c) => {
    const { source, shape } = data(c, 0);
    return { kind: 'layer', name: source, shape, final: true };
  },
  Sub: (c) => scaleImage(c, (by) => [1, -by]),
};

/** TensorFlow operators that can be imported. */
export const SUPPORTED_OPERATORS: readonly string[] = Object.keys(CONVERTERS);

function convertPlaceholder({ node, builder, fault }: Conversion): TfValue {
  const sizes = node.attributes.shape('shape') ?? [];
  const [batch, height, width, channels] = sizes;
  if (sizes.length !== 4 || [height!, width!, channels!].some((size) => size < 1) || batch === 0) {
    throw fault('an image of shape [batch, height, width, channels]', `[${sizes.join(', ')}]`);
  }
  const shape = { height: height!, width: width!, channels: channels! };
  builder.setInput(shape);
  return { kind: 'image', shape, scale: 1, shift: 0 };
}

function scaleImage(c: Conversion, affine: (by: number) => readonly [number, number]): TfValue {
  const image = input(c, 0);
  const tensor = constant(c, 1);
  if (image.kind !== 'image' || tensor.values.length !== 1) {
    throw c.fault('the image and one number', `${describe(image)} and shape [${tensor.shape.join(', ')}]`);
  }
  const [factor, shift] = affine(tensor.values[0]!);
  return { ...image, scale: image.scale * factor, shift: image.shift * factor + shift };
}

function convertConv(c: Conversion): TfValue {
  const { source, shape, pads: outer } = data(c, 0, true);
  const kernel = constant(c, 1);
  const [kh, kw, , cout] = kernel.shape;
  if (kernel.shape.length !== 4)
    throw c.fault('a kernel [kh, kw, cin, cout]', `[${kernel.shape.join(', ')}]`);
  const stride = spatialPair(c, 'strides');
  const dilations = c.node.attributes.integers('dilations') ?? [1, 1, 1, 1];
  if (dilations.some((d) => d !== 1)) throw c.fault('dilations of 1', show(dilations));
  const height = shape.height + outer[0] + outer[2];
  const width = shape.width + outer[1] + outer[3];
  const scheme = c.node.attributes.text('padding') ?? 'VALID';
  const [top, bottom] = paddingOf(scheme, height, kh!, stride[0]);
  const [left, right] = paddingOf(scheme, width, kw!, stride[1]);
  const pads: Pads = [outer[0] + top, outer[1] + left, outer[2] + bottom, outer[3] + right];
  const out = windowShape(height + top + bottom, width + left + right, [kh!, kw!], stride, cout!);
  const layer = { op: 'conv2d', inputs: [source], weights: '', stride, pads } as const;
  return layerValue(c.builder.add(layer, { weights: floatTensor(c, kernel) }), out);
}

function convertBatchNorm(c: Conversion): TfValue {
  requireNhwc(c);
  const { source, shape } = data(c, 0);
  const tensors: Record<string, Tensor> = { gamma: vector(c, 1), beta: vector(c, 2) };
  if (c.node.attributes.flag('is_training') === false) {
    tensors.mean = vector(c, 3);
    tensors.variance = vector(c, 4);
  }
  const epsilon = c.node.attributes.float('epsilon') ?? 1e-4;
  const layer = { op: 'batchNorm', inputs: [source], gamma: '', beta: '', epsilon } as const;
  return layerValue(c.builder.add(layer, tensors), shape);
}

function convertAdd(c: Conversion): TfValue {
  const [first, second] = [input(c, 0), input(c, 1)];
  if (first.kind === 'image') return scaleImage(c, (by) => [1, by]);
  if (second.kind === 'constant') return convertBias(c, data(c, 0), second.tensor);
  const [a, b] = [data(c, 0), data(c, 1)];
  return layerValue(c.builder.add({ op: 'add', inputs: [a.source, b.source] }), a.shape);
}

function convertBias(c: Conversion, to: Data, bias: TfTensor): TfValue {
  const fits = bias.shape.length === 1 && bias.shape[0] === to.shape.channels;
  if (!fits) throw c.fault(`a bias of shape [${to.shape.channels}]`, `[${bias.shape.join(', ')}]`);
  if (!c.isOnlyReader(0) || !c.builder.addBias(to.source, floatTensor(c, bias))) {
    throw c.fault('a bias right after a Conv2D or MatMul without one, read by nobody else', to.source);
  }
  return layerValue(to.source, to.shape);
}

function convertAveragePool(c: Conversion): TfValue {
  requireNhwc(c);
  const { source, shape } = data(c, 0);
  const kernel = spatialPair(c, 'ksize');
  const stride = spatialPair(c, 'strides');
  const scheme = c.node.attributes.text('padding') ?? 'VALID';
  const pads = [
    ...paddingOf(scheme, shape.height, kernel[0], stride[0]),
    ...paddingOf(scheme, shape.width, kernel[1], stride[1]),
  ];
  if (pads.some((pad) => pad !== 0))
    throw c.fault('average pooling without padding', `padding ${show(pads)}`);
  const out = windowShape(shape.height, shape.width, kernel, stride, shape.channels);
  return layerValue(c.builder.add({ op: 'averagePool', inputs: [source], kernel, stride }), out);
}

function convertMean(c: Conversion): TfValue {
  const { source, shape } = data(c, 0);
  const axes = [...constant(c, 1).values].sort();
  if (axes.join() !== '1,2') throw c.fault('a mean over the axes 1 and 2', show(axes));
  const out = { height: 1, width: 1, channels: shape.channels };
  return layerValue(c.builder.add({ op: 'globalAveragePool', inputs: [source] }), out);
}

function convertMatMul(c: Conversion): TfValue {
  const { source, shape } = data(c, 0);
  const weights = constant(c, 1);
  const size = shape.height * shape.width * shape.channels;
  if (c.node.attributes.flag('transpose_a')) throw c.fault('transpose_a false', 'true');
  const isTransposed = c.node.attributes.flag('transpose_b') === true;
  const [rows, columns] = isTransposed ? [weights.shape[1], weights.shape[0]] : weights.shape;
  if (weights.shape.length !== 2 || rows !== size) {
    throw c.fault(
      `weights [${size}, out]`,
      `[${weights.shape.join(', ')}]${isTransposed ? ' transposed' : ''}`,
    );
  }
  const { data: values } = floatTensor(c, weights);
  const rowMajor = isTransposed
    ? Float32Array.from(values, (_, i) => values[(i % columns!) * size + Math.floor(i / columns!)]!)
    : values;
  const out = { height: 1, width: 1, channels: columns! };
  const tensor: Tensor = { shape: [size, columns!], data: rowMajor };
  return layerValue(c.builder.add({ op: 'dense', inputs: [source], weights: '' }, { weights: tensor }), out);
}

function convertPad(c: Conversion): TfValue {
  const { source, shape, pads } = data(c, 0, true);
  const amounts = constant(c, 1);
  if (amounts.shape.join() !== '4,2')
    throw c.fault('paddings of shape [4, 2]', `[${amounts.shape.join(', ')}]`);
  const [n0, n1, top, bottom, left, right, before, after] = [...amounts.values] as number[];
  const isSpatial = top! + bottom! + left! + right! > 0;
  const isChannels = before! + after! > 0;
  const hasPads = pads.some((pad) => pad > 0);
  if (n0! + n1! !== 0 || (isSpatial && isChannels) || (hasPads && isChannels)) {
    throw c.fault('padding of rows and columns, or of channels, not both', show([...amounts.values]));
  }
  if (!isChannels) {
    const sum: Pads = [pads[0] + top!, pads[1] + left!, pads[2] + bottom!, pads[3] + right!];
    return { kind: 'layer', name: source, shape, pads: sum };
  }
  const out = { ...shape, channels: shape.channels + before! + after! };
  const layer = { op: 'padChannels', inputs: [source], before: before!, after: after! } as const;
  return layerValue(c.builder.add(layer), out);
}

function convertReshape(c: Conversion): TfValue {
  const { source, shape } = data(c, 0);
  const target = [...constant(c, 1).values];
  const size = shape.height * shape.width * shape.channels;
  if (target.join() !== `-1,${size}`) throw c.fault(`a reshape to [-1, ${size}]`, show(target));
  return layerValue(source, shape);
}

interface Data {
  readonly source: string;
  readonly shape: Shape;
  readonly pads: Pads;
}

/** Input i as the output of a layer (or the image, scaled as it must be). */
function data(c: Conversion, i: number, takesPads = false): Data {
  const value = input(c, i);
  if (value.kind === 'constant') throw c.fault(`data at input ${i}`, 'a constant');
  if (value.kind === 'image') {
    const isPlain = value.scale === 1 && value.shift === 0;
    const isExpected = Math.abs(value.scale * 128 - 1) < 1e-6 && Math.abs(value.shift + 1) < 1e-6;
    if (!isPlain && !isExpected) {
      throw c.fault('an image scaled as u8/128 − 1', `u8 · ${value.scale} + ${value.shift}`);
    }
  }
  const pads = (value.kind === 'layer' ? value.pads : undefined) ?? [0, 0, 0, 0];
  if (!takesPads && pads.some((pad) => pad > 0))
    throw c.fault('data without padded rows or columns', show(pads));
  return { source: sourceName(value), shape: value.shape, pads };
}

function input(c: Conversion, i: number): TfValue {
  const value = c.inputs[i];
  if (value === undefined) throw c.fault(`at least ${i + 1} inputs`, `${c.inputs.length}`);
  return value;
}

function constant(c: Conversion, i: number): TfTensor {
  const value = input(c, i);
  if (value.kind !== 'constant') throw c.fault(`a constant at input ${i}`, describe(value));
  return value.tensor;
}

function vector(c: Conversion, i: number): Tensor {
  return floatTensor(c, constant(c, i));
}

function floatTensor(c: Conversion, tensor: TfTensor): Tensor {
  if (!(tensor.values instanceof Float32Array)) throw c.fault('float32 numbers', 'integers');
  return { shape: tensor.shape, data: tensor.values };
}

function spatialPair(c: Conversion, attribute: string): readonly [number, number] {
  requireNhwc(c);
  const all = c.node.attributes.integers(attribute) ?? [];
  if (all.length !== 4 || all[0] !== 1 || all[3] !== 1) throw c.fault(`${attribute} [1, y, x, 1]`, show(all));
  return [all[1]!, all[2]!];
}

function requireNhwc(c: Conversion): void {
  const format = c.node.attributes.text('data_format') ?? 'NHWC';
  if (format !== 'NHWC') throw c.fault('data_format NHWC', format);
}

function layerValue(name: string, shape: Shape): TfValue {
  return { kind: 'layer', name, shape };
}

function describe(value: TfValue): string {
  return value.kind === 'layer' ? `the output of ${value.name}` : `the ${value.kind}`;
}
