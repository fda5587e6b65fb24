import { type MaxdnnError, show } from '../../base/errors.ts';
import type { GraphBuilder } from '../graph-builder.ts';
import { INPUT_NAME, type Shape, type Tensor } from '../network.ts';
import type { OnnxNode } from './messages.ts';
import type { OnnxRanges } from './ranges.ts';
import type { OnnxTensor } from './tensors.ts';

/** Order of a value's axes in ONNX; data here are always NHWC. The last two: flattened to [N, size]. */
export type AxisOrder = 'NCHW' | 'NHWC' | 'CHW' | 'HWC';

/** What a value of the graph stands for after conversion. */
export type OnnxValue =
  | { readonly kind: 'constant'; readonly tensor: OnnxTensor; readonly name: string }
  /** The image: u8 · scale + shift, one of each or one per channel. */
  | {
      readonly kind: 'image';
      readonly shape: Shape;
      readonly axes: AxisOrder;
      readonly scale: readonly number[];
      readonly shift: readonly number[];
      /** Still bytes, not numbers: of an input of uint8 or int8. */
      readonly isBytes: boolean;
    }
  | {
      readonly kind: 'layer';
      readonly name: string;
      readonly shape: Shape;
      readonly axes: AxisOrder;
      /** After a Softmax: nothing may read it. */
      readonly final?: true;
    };

/** One node to convert. */
export interface OnnxConversion {
  readonly node: OnnxNode;
  readonly opset: number;
  /** undefined: left out. */
  readonly inputs: readonly (OnnxValue | undefined)[];
  /** True when no other node reads input i. */
  readonly isOnlyReader: (i: number) => boolean;
  readonly builder: GraphBuilder;
  /** Takes note of scales and zero points. */
  readonly ranges: OnnxRanges;
  /** Makes the error for something about this node. */
  readonly fault: (wanted: string, found: string, hint?: string) => MaxdnnError;
}

export type OnnxConverter = (conversion: OnnxConversion) => OnnxValue;

/** Data that a layer reads. */
export interface Data {
  readonly source: string;
  readonly shape: Shape;
  readonly axes: AxisOrder;
}

/** Input i as the output of a layer or the image as the network reads it. */
export function dataInput(c: OnnxConversion, i: number): Data {
  const value = anyInput(c, i);
  if (value.kind === 'constant') throw c.fault(`data at input ${i}`, `the constant ${show(value.name)}`);
  const { shape, axes } = value;
  return { source: sourceOf(c, value), shape, axes };
}

/** Name by which layers read a value. */
export function sourceOf(c: OnnxConversion, value: Exclude<OnnxValue, { kind: 'constant' }>): string {
  return value.kind === 'layer' ? value.name : readImage(c, value);
}

/** The same, with rows, columns and channels apart, in NCHW. */
export function imageInput(c: OnnxConversion, i = 0): Data {
  const data = dataInput(c, i);
  if (data.axes !== 'NCHW') throw c.fault('data of shape [N, channels, height, width]', AXES_TEXT[data.axes]);
  return data;
}

/** The same, flattened; what has one pixel is the same in any order. */
export function flatInput(c: OnnxConversion, i = 0): Data {
  const data = dataInput(c, i);
  if (data.axes === 'NCHW' || data.axes === 'NHWC')
    throw c.fault('data of shape [N, size]', AXES_TEXT[data.axes]);
  return data;
}

export function anyInput(c: OnnxConversion, i: number): OnnxValue {
  const value = c.inputs[i];
  if (value === undefined) throw c.fault(`at least ${i + 1} inputs`, String(c.inputs.filter(Boolean).length));
  return value;
}

export function hasInput(c: OnnxConversion, i: number): boolean {
  return c.inputs[i] !== undefined;
}

export function constantInput(c: OnnxConversion, i: number): OnnxTensor {
  const value = anyInput(c, i);
  if (value.kind !== 'constant') throw c.fault(`a constant at input ${i}`, describeValue(value));
  return value.tensor;
}

/** Name of the initialiser at input i, to be kept for the layer's tensor. */
export function constantName(c: OnnxConversion, i: number): string {
  const value = c.inputs[i];
  return value?.kind === 'constant' ? value.name : '';
}

export function floatConstant(c: OnnxConversion, i: number): Tensor {
  const { shape, values, type } = constantInput(c, i);
  if (!(values instanceof Float32Array)) throw c.fault(`float numbers at input ${i}`, type);
  return { shape, data: values };
}

/** A list of integers, whatever its type. */
export function integersOf(c: OnnxConversion, i: number): readonly number[] {
  return [...constantInput(c, i).values];
}

export function layerValue(name: string, shape: Shape, axes: AxisOrder): OnnxValue {
  return { kind: 'layer', name, shape, axes };
}

export function describeValue(value: OnnxValue): string {
  if (value.kind === 'constant') return `the constant ${show(value.name)}`;
  return value.kind === 'layer' ? `the output of ${value.name}` : 'the image';
}

export function shapeText(sizes: readonly (number | string)[]): string {
  return `[${sizes.join(', ')}]`;
}

export function sizeOfShape({ height, width, channels }: Shape): number {
  return height * width * channels;
}

const AXES_TEXT: Readonly<Record<AxisOrder, string>> = {
  NCHW: '[N, channels, height, width]',
  NHWC: '[N, height, width, channels]',
  CHW: '[N, size]',
  HWC: '[N, size]',
};

type Image = Extract<OnnxValue, { kind: 'image' }>;

/** Largest |x| that is taken for a scaled image; more is a scaling of something else than u8. */
const IMAGE_LIMIT = 300;

/**
 * The image as layers read it: the input description says scale and zero point where one of each does, otherwise a
 * 1 × 1 depthwise convolution makes x of u8/128 − 1.
 */
function readImage(c: OnnxConversion, image: Image): string {
  const { shape, scale, shift } = image;
  const known = c.ranges.images.get(image);
  if (known !== undefined) return known;
  const largest = Math.max(
    ...scale.map((s, i) => Math.max(Math.abs(shift[i]!), Math.abs(255 * s + shift[i]!))),
  );
  if (!(largest <= IMAGE_LIMIT)) {
    throw c.fault('an image within ±300', `values up to ${largest}`, SCALING_HINT);
  }
  const isCommon = scale.every((s, i) => s === scale[0] && shift[i] === shift[0]);
  const zeroPoint = -shift[0]! / scale[0]!;
  if (isCommon && scale[0]! > 0 && zeroPoint >= 0 && zeroPoint <= 255) {
    const description = { ...shape, scale: scale[0]!, zeroPoint };
    if (!c.builder.setInput(description)) throw c.fault('one scaling of the image', 'two', SCALING_HINT);
    return INPUT_NAME;
  }
  if (!c.builder.setInput({ ...shape, scale: 1 / 128, zeroPoint: 128 })) {
    throw c.fault('one scaling of the image', 'two', SCALING_HINT);
  }
  const per = (values: readonly number[], channel: number): number =>
    values[values.length === 1 ? 0 : channel]!;
  const channels = Array.from({ length: shape.channels }, (_, channel) => channel);
  const weights = Float32Array.from(channels, (channel) => 128 * per(scale, channel));
  const bias = Float32Array.from(channels, (channel) => 128 * per(scale, channel) + per(shift, channel));
  const layer = {
    op: 'conv2d',
    inputs: [INPUT_NAME],
    weights: '',
    stride: [1, 1],
    pads: [0, 0, 0, 0],
    groups: shape.channels,
  } as const;
  const name = c.builder.add(layer, {
    weights: { shape: [1, 1, 1, shape.channels], data: weights },
    bias: { shape: [shape.channels], data: bias },
  });
  c.ranges.images.set(image, name);
  return name;
}

export const SCALING_HINT =
  'Say how the model wants its pixels: --input-scale SCALE,SHIFT for x = u8 · SCALE + SHIFT.';
