import { show } from '../../base/errors.ts';
import type { Shape } from '../network.ts';
import { shortestDecimal } from './tensors.ts';
import {
  anyInput,
  constantInput,
  type Data,
  dataInput,
  hasInput,
  imageInput,
  integersOf,
  layerValue,
  type OnnxConversion,
  type OnnxValue,
  shapeText,
} from './values.ts';
import { kernelOf, type Pads, windowsOf } from './windows.ts';

export function convertAveragePool(c: OnnxConversion): OnnxValue {
  const { source, shape } = imageInput(c);
  const { kernel, stride, pads, out } = windowsOf(c, shape, kernelOf(c));
  const hasPads = pads.some((pad) => pad > 0);
  const countsPads = hasPads && (c.node.attributes.integer('count_include_pad') ?? 0) !== 0;
  const from = countsPads ? c.builder.add({ op: 'pad', inputs: [source], pads }) : source;
  const window = hasPads && !countsPads ? { kernel, stride, pads } : { kernel, stride };
  const name = c.builder.add({ op: 'averagePool', inputs: [from], ...window }, {}, c.node.name);
  return layerValue(name, { ...out, channels: shape.channels }, 'NCHW');
}

export function convertMaxPool(c: OnnxConversion): OnnxValue {
  if (c.node.outputs.filter(Boolean).length > 1) throw c.fault('one output', 'the indices too');
  const { source, shape } = imageInput(c);
  const { kernel, stride, pads, out } = windowsOf(c, shape, kernelOf(c));
  const name = c.builder.add({ op: 'maxPool', inputs: [source], kernel, stride, pads }, {}, c.node.name);
  return layerValue(name, { ...out, channels: shape.channels }, 'NCHW');
}

export function convertGlobalAveragePool(c: OnnxConversion): OnnxValue {
  return addGlobalPool(c, imageInput(c), 'NCHW');
}

/** A mean over height and width. */
export function convertReduceMean(c: OnnxConversion): OnnxValue {
  const data = dataInput(c, 0);
  const given = c.node.attributes.integers('axes') ?? (hasInput(c, 1) ? integersOf(c, 1) : []);
  const axes = given.map((axis) => (axis < 0 ? axis + 4 : axis)).sort();
  const wanted = data.axes === 'NHWC' ? '1,2' : '2,3';
  if (axes.join() !== wanted || data.axes.length < 4)
    throw c.fault(`a mean over the axes ${wanted}`, show(given));
  const keeps = (c.node.attributes.integer('keepdims') ?? 1) !== 0;
  return addGlobalPool(c, data, keeps ? data.axes : 'CHW');
}

function addGlobalPool(c: OnnxConversion, { source, shape }: Data, axes: Data['axes']): OnnxValue {
  const name = c.builder.add({ op: 'globalAveragePool', inputs: [source] }, {}, c.node.name);
  return layerValue(name, { height: 1, width: 1, channels: shape.channels }, axes);
}

/** Zeros around the image, in front of and behind the channels, or both. */
export function convertPad(c: OnnxConversion): OnnxValue {
  const { source, shape } = imageInput(c);
  const mode = c.node.attributes.text('mode') ?? 'constant';
  if (mode !== 'constant') throw c.fault('mode constant', mode);
  if (hasInput(c, 3)) throw c.fault('pads of all axes', 'a list of axes');
  const value = hasInput(c, 2) ? constantInput(c, 2).values[0] : 0;
  if (value !== 0) throw c.fault('padding with 0', String(value));
  const pads = integersOf(c, 1);
  const [n0, before, top, left, n1, after, bottom, right] = pads as number[];
  if (pads.length !== 8 || pads.some((pad) => pad < 0) || n0 !== 0 || n1 !== 0) {
    throw c.fault('pads of channels, height and width, none negative', shapeText(pads));
  }
  const around: Pads = [top!, left!, bottom!, right!];
  const isChannels = before! + after! > 0;
  let name = source;
  let out: Shape = shape;
  if (around.some((pad) => pad > 0) || !isChannels) {
    name = c.builder.add({ op: 'pad', inputs: [name], pads: around }, {}, isChannels ? '' : c.node.name);
    out = { ...shape, height: shape.height + top! + bottom!, width: shape.width + left! + right! };
  }
  if (isChannels) {
    const layer = { op: 'padChannels', inputs: [name], before: before!, after: after! } as const;
    name = c.builder.add(layer, {}, c.node.name);
    out = { ...out, channels: shape.channels + before! + after! };
  }
  return layerValue(name, out, 'NCHW');
}

export function convertConcat(c: OnnxConversion): OnnxValue {
  const all = c.inputs.map((_, i) => dataInput(c, i));
  const first = all[0]!;
  const axis = c.node.attributes.integer('axis') ?? 1;
  const rank = first.axes.length === 4 ? 4 : 2;
  const wanted = first.axes === 'NHWC' ? 3 : 1;
  if ((axis < 0 ? axis + rank : axis) !== wanted)
    throw c.fault(`axis ${wanted} (the channels)`, String(axis));
  for (const { axes, shape } of all) {
    const isFlat = rank === 4 || (shape.height === 1 && shape.width === 1);
    if (
      axes !== first.axes ||
      !isFlat ||
      shape.height !== first.shape.height ||
      shape.width !== first.shape.width
    ) {
      throw c.fault('inputs of one height and width', all.map((data) => shapeOf(data)).join(' and '));
    }
  }
  const name = c.builder.add({ op: 'concat', inputs: all.map(({ source }) => source) }, {}, c.node.name);
  const channels = all.reduce((sum, { shape }) => sum + shape.channels, 0);
  return layerValue(name, { ...first.shape, channels }, first.axes);
}

export function convertRelu(c: OnnxConversion): OnnxValue {
  return addRectifier(c, 0, Number.POSITIVE_INFINITY);
}

/** Bounds are inputs 1 and 2, either may be left out. */
export function convertClip(c: OnnxConversion): OnnxValue {
  const bound = (i: number, absent: number): number => {
    if (!hasInput(c, i)) return absent;
    const { values } = constantInput(c, i);
    if (values.length !== 1) throw c.fault('one number as bound', `${values.length} numbers`);
    return shortestDecimal(values[0]!);
  };
  const low = bound(1, Number.NEGATIVE_INFINITY);
  const high = bound(2, Number.POSITIVE_INFINITY);
  if (!(low < high)) throw c.fault('a lower bound below the upper one', `${low} … ${high}`);
  return addRectifier(c, low, high);
}

/** Largest finite float32, in the place of a bound that is left out. */
const FLOAT_MAX = 3.4028234663852886e38;

function addRectifier(c: OnnxConversion, low: number, high: number): OnnxValue {
  const hasNone = low <= -FLOAT_MAX && high >= FLOAT_MAX;
  if (hasNone) return anyInput(c, 0);
  const { source, shape, axes } = dataInput(c, 0);
  const isRelu = low === 0 && high >= FLOAT_MAX;
  const bounds = { low: Math.max(low, -FLOAT_MAX), high: Math.min(high, FLOAT_MAX) };
  const name = isRelu
    ? c.builder.add({ op: 'relu', inputs: [source] }, {}, c.node.name)
    : c.builder.add({ op: 'clip', inputs: [source], ...bounds }, {}, c.node.name);
  return layerValue(name, shape, axes);
}

function shapeOf({ shape }: Data): string {
  return `${shape.height} × ${shape.width} × ${shape.channels}`;
}
