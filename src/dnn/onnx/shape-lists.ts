import { show } from '../../base/errors.ts';
import type { OnnxTensor } from './tensors.ts';
import {
  anyInput,
  constantInput,
  dataInput,
  hasInput,
  integersOf,
  type OnnxConversion,
  type OnnxValue,
  shapeText,
} from './values.ts';

/**
 * Sizes of data as a list, as PyTorch writes x.view(x.size(0), −1) with Shape, Gather, Unsqueeze and Concat. The
 * batch size, which is not known, is 0: what "as it is" means to the Reshape that reads the list in the end.
 */
export function convertShape(c: OnnxConversion): OnnxValue {
  if (anyInput(c, 0).kind === 'constant') return list(c, constantInput(c, 0).shape);
  const { shape, axes } = dataInput(c, 0);
  const { height, width, channels } = shape;
  if (axes === 'NCHW') return list(c, [0, channels, height, width]);
  if (axes === 'NHWC') return list(c, [0, height, width, channels]);
  return list(c, [0, height * width * channels]);
}

/** One or more numbers of a list. */
export function convertGather(c: OnnxConversion): OnnxValue {
  const from = listInput(c, 0);
  const indices = constantInput(c, 1);
  const picked = [...indices.values].map((index) => from[index < 0 ? index + from.length : index]);
  if (indices.shape.length > 1 || picked.includes(undefined)) {
    throw c.fault(`indices into ${from.length} numbers`, show([...indices.values]));
  }
  return list(c, picked as number[], indices.shape.length === 0);
}

/** A number as a list of one. */
export function convertUnsqueeze(c: OnnxConversion): OnnxValue {
  const { shape, values } = constantInput(c, 0);
  const axes = c.node.attributes.integers('axes') ?? (hasInput(c, 1) ? integersOf(c, 1) : []);
  if (shape.length !== 0 || axes.length !== 1 || (axes[0] !== 0 && axes[0] !== -1)) {
    throw c.fault('one number and the axis 0', `${shapeText(shape)} and ${shapeText(axes)}`);
  }
  return list(c, [...values]);
}

/** Lists one behind the other. */
export function concatLists(c: OnnxConversion): OnnxValue {
  return list(
    c,
    c.inputs.flatMap((_, i) => listInput(c, i)),
  );
}

function listInput(c: OnnxConversion, i: number): readonly number[] {
  const { shape, type, values } = constantInput(c, i);
  if (shape.length !== 1 || values instanceof Float32Array) {
    throw c.fault('a list of integers', `${type} ${shapeText(shape)}`);
  }
  return [...values];
}

function list(c: OnnxConversion, numbers: readonly number[], isScalar = false): OnnxValue {
  const shape = isScalar ? [] : [numbers.length];
  const tensor: OnnxTensor = { shape, type: 'int64', values: Int32Array.from(numbers) };
  return { kind: 'constant', name: c.node.outputs[0] ?? '', tensor };
}
