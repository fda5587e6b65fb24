import { type MaxdnnError, show } from '../../base/errors.ts';
import { windowCount } from '../float-shapes.ts';
import type { Shape } from '../network.ts';
import { type OnnxConversion, shapeText } from './values.ts';

/** top, left, bottom, right. */
export type Pads = readonly [number, number, number, number];
type Pair = readonly [number, number];

/** Windows of a convolution or pool over a shape. */
export interface Windows {
  readonly kernel: Pair;
  readonly stride: Pair;
  readonly pads: Pads;
  /** Rows and columns of the output. */
  readonly out: { readonly height: number; readonly width: number };
}

/**
 * Strides, padding and output size from a node's attributes.
 * Source: ONNX operator specification, Conv and AveragePool (auto_pad, ceil_mode).
 * @throws bad-input for dilation, negative padding, windows that do not fit, and ceil_mode where it matters
 */
export function windowsOf(c: OnnxConversion, shape: Shape, kernel: Pair): Windows {
  const { attributes } = c.node;
  const stride = pairOf(c, 'strides', [1, 1]);
  const dilations = pairOf(c, 'dilations', [1, 1]);
  if (dilations.some((d) => d !== 1)) throw c.fault('dilations of 1', show(dilations));
  const pads = padsOf(c, shape, kernel, stride);
  const height = shape.height + pads[0] + pads[2];
  const width = shape.width + pads[1] + pads[3];
  if (kernel[0] > height || kernel[1] > width) {
    throw c.fault(`a window within ${height} × ${width}`, `${kernel[0]} × ${kernel[1]}`);
  }
  const isEven = (height - kernel[0]) % stride[0] === 0 && (width - kernel[1]) % stride[1] === 0;
  if ((attributes.integer('ceil_mode') ?? 0) !== 0 && !isEven) {
    throw c.fault('ceil_mode 0, or windows that fill the input', 'ceil_mode 1 with a window that is cut off');
  }
  const out = {
    height: windowCount(height, kernel[0], stride[0]),
    width: windowCount(width, kernel[1], stride[1]),
  };
  return { kernel, stride, pads, out };
}

/** The window of a pool. */
export function kernelOf(c: OnnxConversion): Pair {
  if (c.node.attributes.integers('kernel_shape') === undefined) throw c.fault('a kernel_shape', 'none');
  return pairOf(c, 'kernel_shape', [1, 1]);
}

function pairOf(c: OnnxConversion, attribute: string, absent: Pair): Pair {
  const values = c.node.attributes.integers(attribute) ?? absent;
  if (values.length !== 2 || values.some((value) => value < 1)) {
    throw c.fault(`${attribute} of two sizes (images have height and width)`, shapeText(values));
  }
  return [values[0]!, values[1]!];
}

function padsOf(c: OnnxConversion, shape: Shape, kernel: Pair, stride: Pair): Pads {
  const scheme = c.node.attributes.text('auto_pad') ?? 'NOTSET';
  if (scheme === 'NOTSET') {
    const pads = c.node.attributes.integers('pads') ?? [0, 0, 0, 0];
    if (pads.length !== 4 || pads.some((pad) => pad < 0)) throw padFault(c, pads);
    return [pads[0]!, pads[1]!, pads[2]!, pads[3]!];
  }
  if (scheme === 'VALID') return [0, 0, 0, 0];
  if (scheme !== 'SAME_UPPER' && scheme !== 'SAME_LOWER') {
    throw c.fault('auto_pad NOTSET, VALID, SAME_UPPER or SAME_LOWER', scheme);
  }
  const split = (size: number, axis: 0 | 1): Pair => {
    const covered = (Math.ceil(size / stride[axis]) - 1) * stride[axis] + kernel[axis];
    const total = Math.max(covered - size, 0);
    const less = Math.floor(total / 2);
    return scheme === 'SAME_UPPER' ? [less, total - less] : [total - less, less];
  };
  const [top, bottom] = split(shape.height, 0);
  const [left, right] = split(shape.width, 1);
  return [top, left, bottom, right];
}

function padFault(c: OnnxConversion, pads: readonly number[]): MaxdnnError {
  return c.fault('pads [top, left, bottom, right], none negative', shapeText(pads));
}
