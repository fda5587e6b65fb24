import { addBias, channelNumbers } from './layers.ts';
import {
  anyInput,
  dataInput,
  describeValue,
  layerValue,
  type OnnxConversion,
  type OnnxValue,
  shapeText,
} from './values.ts';

/** A sum of two layers, a bias, or a part of the scaling of the image. */
export function convertAdd(c: OnnxConversion): OnnxValue {
  const [first, second] = [anyInput(c, 0), anyInput(c, 1)];
  if (first.kind === 'image' && second.kind === 'constant') return scaleImage(c, 0, (by) => [1, by]);
  if (second.kind === 'image' && first.kind === 'constant') return scaleImage(c, 1, (by) => [1, by]);
  if (second.kind === 'constant') return addBias(c, dataInput(c, 0), 0, second.tensor);
  if (first.kind === 'constant') return addBias(c, dataInput(c, 1), 1, first.tensor);
  const [a, b] = [dataInput(c, 0), dataInput(c, 1)];
  const sizes = [a, b].map(({ shape }) => `${shape.height} × ${shape.width} × ${shape.channels}`);
  if (sizes[0] !== sizes[1] || a.axes !== b.axes)
    throw c.fault('two inputs of one shape', sizes.join(' and '));
  const name = c.builder.add({ op: 'add', inputs: [a.source, b.source] }, {}, c.node.name);
  return layerValue(name, a.shape, a.axes);
}

export function convertSub(c: OnnxConversion): OnnxValue {
  return scaleImage(c, 0, (by) => [1, -by]);
}

export function convertDiv(c: OnnxConversion): OnnxValue {
  return scaleImage(c, 0, (by) => [1 / by, 0]);
}

export function convertMul(c: OnnxConversion): OnnxValue {
  return scaleImage(c, anyInput(c, 0).kind === 'image' ? 0 : 1, (by) => [by, 0]);
}

/** The image times a factor plus a shift, each one number or one per channel. */
function scaleImage(
  c: OnnxConversion,
  imageIndex: 0 | 1,
  affine: (by: number) => readonly [number, number],
): OnnxValue {
  const image = anyInput(c, imageIndex);
  const constant = anyInput(c, 1 - imageIndex);
  if (image.kind !== 'image' || constant.kind !== 'constant') {
    const found = [anyInput(c, 0), anyInput(c, 1)].map(describeValue).join(' and ');
    throw c.fault('the image and a constant', found, 'Only the scaling of the image may use this operator.');
  }
  const by = channelNumbers(constant.tensor, image.axes, image.shape.channels);
  if (by === undefined) {
    throw c.fault(
      `one number or one per channel (${image.shape.channels})`,
      shapeText(constant.tensor.shape),
    );
  }
  const parts = by.map(affine);
  return {
    ...image,
    scale: parts.map(([factor], i) => image.scale[i]! * factor),
    shift: parts.map(([factor, shift], i) => image.shift[i]! * factor + shift),
  };
}
