import { show } from '../../base/errors.ts';
import type { OnnxNumbers, OnnxTensor } from './tensors.ts';
import {
  anyInput,
  constantInput,
  dataInput,
  hasInput,
  integersOf,
  layerValue,
  type OnnxConversion,
  type OnnxValue,
  shapeText,
  sizeOfShape,
} from './values.ts';

/** [N, …] → [N, size]. */
export function convertFlatten(c: OnnxConversion): OnnxValue {
  const data = dataInput(c, 0);
  const axis = c.node.attributes.integer('axis') ?? 1;
  const rank = data.axes.length === 4 ? 4 : 2;
  if (axis !== 1 && axis !== 1 - rank) throw c.fault('axis 1', String(axis));
  return layerValue(data.source, data.shape, flattened(data.axes));
}

/** A reshape to [N, size], of one pixel to [N, channels, 1, 1], of a constant, or of nothing. */
export function convertReshape(c: OnnxConversion): OnnxValue {
  const value = anyInput(c, 0);
  const target = integersOf(c, 1);
  if (value.kind === 'constant') return { ...value, tensor: reshaped(c, value.tensor, target) };
  const { source, shape, axes } = dataInput(c, 0);
  const size = sizeOfShape(shape);
  const [batch, ...rest] = target;
  const isBatch = batch === 0 || batch === 1 || (batch === -1 && !rest.includes(-1));
  if (isBatch && rest.length === 1 && (rest[0] === size || rest[0] === -1)) {
    return layerValue(source, shape, flattened(axes));
  }
  if (isBatch && rest.length === 3 && shape.height * shape.width === 1) {
    const places = rest.map((extent) => (extent === -1 ? shape.channels : extent)).join();
    if (places === `${shape.channels},1,1`) return layerValue(source, shape, 'NCHW');
  }
  throw c.fault(`a reshape to [-1, ${size}]`, shapeText(target));
}

/** Removes the axes of size 1 that are left of one pixel. */
export function convertSqueeze(c: OnnxConversion): OnnxValue {
  const data = dataInput(c, 0);
  const given = c.node.attributes.integers('axes') ?? (hasInput(c, 1) ? integersOf(c, 1) : []);
  const axes = given.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  const wanted = data.axes === 'NHWC' ? '1,2' : '2,3';
  if (data.axes.length < 4 || data.shape.height * data.shape.width !== 1 || axes.join() !== wanted) {
    throw c.fault('the axes of height and width, each of size 1', show(given));
  }
  return layerValue(data.source, data.shape, 'CHW');
}

/** NCHW ↔ NHWC, or of a constant. */
export function convertTranspose(c: OnnxConversion): OnnxValue {
  const value = anyInput(c, 0);
  const permutation = c.node.attributes.integers('perm');
  if (value.kind === 'constant') return { ...value, tensor: transposedTensor(value.tensor, permutation) };
  const target = { NCHW: '0,2,3,1', NHWC: '0,3,1,2', CHW: '', HWC: '' }[value.axes];
  const after = value.axes === 'NCHW' ? 'NHWC' : 'NCHW';
  if (permutation?.join() === target) return { ...value, axes: after };
  throw c.fault('perm [0, 2, 3, 1] of NCHW or [0, 3, 1, 2] of NHWC', shapeText(permutation ?? []));
}

/** Of the image and of constants; to float or an integer type. */
export function convertCast(c: OnnxConversion): OnnxValue {
  const value = anyInput(c, 0);
  const FLOAT = 1;
  const to = c.node.attributes.integer('to');
  if (to !== FLOAT) throw c.fault('a cast to float32', `data type ${to ?? 0}`);
  if (value.kind === 'image') return { ...value, isBytes: false };
  if (value.kind !== 'constant') return value;
  const { shape, values } = constantInput(c, 0);
  return { ...value, tensor: { shape, type: 'float32', values: Float32Array.from(values) } };
}

/** The node's own numbers. */
export function convertConstant(c: OnnxConversion): OnnxValue {
  const { attributes, outputs } = c.node;
  const name = outputs[0] ?? '';
  const tensor = attributes.tensor('value');
  if (tensor) return { kind: 'constant', name, tensor };
  const float = attributes.float('value_float');
  const integer = attributes.integer('value_int');
  const floats = attributes.floats('value_floats') ?? (float === undefined ? undefined : [float]);
  const integers = attributes.integers('value_ints') ?? (integer === undefined ? undefined : [integer]);
  const isScalar = float !== undefined || integer !== undefined;
  const made = floats ?? integers;
  if (made === undefined) throw c.fault('a constant of numbers', 'none');
  const values = floats ? Float32Array.from(floats) : Int32Array.from(integers!);
  const type = floats ? 'float32' : 'int64';
  return { kind: 'constant', name, tensor: { shape: isScalar ? [] : [made.length], type, values } };
}

function flattened(axes: 'NCHW' | 'NHWC' | 'CHW' | 'HWC'): 'CHW' | 'HWC' {
  return axes === 'NCHW' || axes === 'CHW' ? 'CHW' : 'HWC';
}

function reshaped(c: OnnxConversion, tensor: OnnxTensor, target: readonly number[]): OnnxTensor {
  const kept = target.map((size, i) => (size === 0 ? (tensor.shape[i] ?? 0) : size));
  const known = kept.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const shape = kept.map((size) => (size === -1 ? tensor.values.length / known : size));
  if (shape.reduce((product, size) => product * size, 1) !== tensor.values.length) {
    throw c.fault(`a shape of ${tensor.values.length} numbers`, shapeText(target));
  }
  return { shape, type: tensor.type, values: tensor.values };
}

function transposedTensor({ shape, type, values }: OnnxTensor, given?: readonly number[]): OnnxTensor {
  const permutation = given ?? shape.map((_, i) => shape.length - 1 - i);
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
  const out = permutation.map((axis) => shape[axis]!);
  const moved: OnnxNumbers = values.slice();
  const index = out.map(() => 0);
  for (let i = 0; i < moved.length; i++) {
    let from = 0;
    for (const [axis, at] of index.entries()) from += at * strides[permutation[axis]!]!;
    moved[i] = values[from]!;
    for (let axis = out.length - 1; axis >= 0; axis--) {
      index[axis]!++;
      if (index[axis]! < out[axis]!) break;
      index[axis] = 0;
    }
  }
  return { shape: out, type, values: moved };
}
