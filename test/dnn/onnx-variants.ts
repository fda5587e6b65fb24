import { createRng } from '../../src/base/rng.ts';
import { floats, integers, type ModelSketch, scalar, type TensorSketch } from './onnx-model.ts';

/** How the image of a variant has to be scaled for onnxruntime: x = u8 · scale + shift. */
export interface Variant {
  readonly model: ModelSketch;
  readonly scale?: number;
  readonly shift?: number;
  readonly isChannelsLast?: boolean;
}

const rng = createRng(7);
const random = (...shape: readonly number[]): TensorSketch =>
  floats(
    shape,
    Array.from({ length: shape.reduce((product, size) => product * size, 1) }, () => rng.nextFloat() * 2 - 1),
  );

const INPUT = { x: ['N', 3, 8, 7] } as const;
const pooled = (from: string, channels: number, outs = 4) => ({
  nodes: [
    { op: 'GlobalAveragePool', inputs: [from], outputs: ['gap'] },
    { op: 'Flatten', inputs: ['gap'], outputs: ['flat'] },
    { op: 'Gemm', inputs: ['flat', 'fc'], outputs: ['y'] },
  ],
  constants: { fc: random(channels, outs) },
});

/** A Conv with the given attributes, pooled. */
function convolution(attributes: ModelSketch['nodes'][number]['attributes'], opset = 13, cout = 5): Variant {
  const tail = pooled('c', cout);
  return {
    model: {
      opset,
      nodes: [
        { op: 'Conv', inputs: ['x', 'w', 'b'], outputs: ['c'], attributes: attributes ?? {} },
        ...tail.nodes,
      ],
      constants: { w: random(cout, 3, 3, 2), b: random(cout), ...tail.constants },
      inputs: INPUT,
      outputs: ['y'],
    },
  };
}

/** A pool of the image, pooled again. */
function pool(op: string, attributes: ModelSketch['nodes'][number]['attributes']): Variant {
  const tail = pooled('p', 3);
  return {
    model: {
      nodes: [{ op, inputs: ['x'], outputs: ['p'], attributes: attributes ?? {} }, ...tail.nodes],
      constants: tail.constants,
      inputs: INPUT,
      outputs: ['y'],
    },
  };
}

/** The image scaled by the given nodes (x → s), then a padded convolution. */
function scaling(
  nodes: ModelSketch['nodes'],
  constants: Readonly<Record<string, TensorSketch>>,
  extra: Partial<ModelSketch> = {},
): Variant {
  const tail = pooled('c', 5);
  const conv = { op: 'Conv', inputs: ['s', 'w'], outputs: ['c'], attributes: { pads: [1n, 1n, 1n, 1n] } };
  return {
    scale: 1,
    shift: 0,
    model: {
      nodes: [...nodes, conv, ...tail.nodes],
      constants: { w: random(5, 3, 3, 3), ...constants, ...tail.constants },
      inputs: INPUT,
      outputs: ['y'],
      ...extra,
    },
  };
}

/** A dense layer at the end of the given nodes (x → f, 168 numbers). */
function ending(
  nodes: ModelSketch['nodes'],
  constants: Readonly<Record<string, TensorSketch>>,
  opset = 13,
): Variant {
  return { model: { opset, nodes, constants, inputs: INPUT, outputs: ['y'] } };
}

const flatten = { op: 'Flatten', inputs: ['x'], outputs: ['f'] };

/** Small models that say the same things in different ways. */
export const VARIANTS: Readonly<Record<string, Variant>> = {
  'Conv, explicit pads and strides': convolution({ pads: [2n, 0n, 1n, 1n], strides: [2n, 3n] }),
  'Conv, auto_pad SAME_UPPER': convolution({ auto_pad: 'SAME_UPPER', strides: [2n, 2n] }),
  'Conv, auto_pad SAME_LOWER': convolution({ auto_pad: 'SAME_LOWER', strides: [3n, 2n] }),
  'Conv, auto_pad VALID, operator set 11': convolution({ auto_pad: 'VALID', kernel_shape: [3n, 2n] }, 11),
  'Conv, operator set 19': convolution({ group: 1n, dilations: [1n, 1n] }, 19),
  'AveragePool, padding not counted': pool('AveragePool', { kernel_shape: [3n, 3n], pads: [1n, 1n, 1n, 1n] }),
  'AveragePool, padding counted': pool('AveragePool', {
    kernel_shape: [3n, 2n],
    pads: [1n, 1n, 1n, 0n],
    count_include_pad: 1n,
    strides: [2n, 2n],
  }),
  'MaxPool, SAME_UPPER': pool('MaxPool', {
    kernel_shape: [3n, 3n],
    auto_pad: 'SAME_UPPER',
    strides: [2n, 2n],
  }),
  'MaxPool, ceil_mode without effect': pool('MaxPool', {
    kernel_shape: [2n, 1n],
    strides: [2n, 2n],
    ceil_mode: 1n,
  }),
  'ReduceMean without kept axes': ending(
    [
      { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [-1n, -2n], keepdims: 0n } },
      { op: 'MatMul', inputs: ['m', 'w'], outputs: ['y'] },
    ],
    { w: random(3, 4) },
  ),
  'Squeeze, then Gemm': ending(
    [
      { op: 'ReduceMean', inputs: ['x'], outputs: ['m'], attributes: { axes: [2n, 3n] } },
      { op: 'Squeeze', inputs: ['m', 'axes'], outputs: ['s'] },
      { op: 'Gemm', inputs: ['s', 'w'], outputs: ['y'] },
    ],
    { w: random(3, 4), axes: integers([2, 3]) },
  ),
  'Gemm, transposed, alpha and beta, scalar bias': ending(
    [
      flatten,
      {
        op: 'Gemm',
        inputs: ['f', 'w', 'b'],
        outputs: ['y'],
        attributes: { transB: 1n, alpha: 0.5, beta: 2 },
      },
    ],
    { w: random(4, 168), b: random(1) },
  ),
  'MatMul and Add, either order': ending(
    [
      flatten,
      { op: 'MatMul', inputs: ['f', 'w'], outputs: ['m'] },
      { op: 'Add', inputs: ['b', 'm'], outputs: ['y'] },
    ],
    { w: random(168, 4), b: random(4) },
  ),
  'weights by Constant, Transpose, Reshape and Identity': ending(
    [
      flatten,
      { op: 'Identity', inputs: ['w'], outputs: ['w1'] },
      { op: 'Reshape', inputs: ['w1', 'shape'], outputs: ['w2'] },
      { op: 'Transpose', inputs: ['w2'], outputs: ['w3'], attributes: { perm: [1n, 0n] } },
      { op: 'Dropout', inputs: ['f'], outputs: ['d'] },
      { op: 'Gemm', inputs: ['d', 'w3'], outputs: ['y'] },
    ],
    { w: random(4, 8, 21), shape: integers([4, -1]) },
  ),
  'Reshape to [-1, size] and from one pixel back': ending(
    [
      { op: 'Reshape', inputs: ['x', 'to'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w'], outputs: ['g'] },
      { op: 'Reshape', inputs: ['g', 'back'], outputs: ['i'] },
      { op: 'Conv', inputs: ['i', 'k'], outputs: ['c'] },
      { op: 'Flatten', inputs: ['c'], outputs: ['y'] },
    ],
    { to: integers([-1, 168]), back: integers([0, 6, 1, 1]), w: random(168, 6), k: random(4, 6, 1, 1) },
  ),
  'flattened as PyTorch writes x.view(x.size(0), -1)': ending(
    [
      { op: 'Relu', inputs: ['x'], outputs: ['r'] },
      { op: 'Shape', inputs: ['r'], outputs: ['sizes'] },
      { op: 'Gather', inputs: ['sizes', 'zero'], outputs: ['n'], attributes: { axis: 0n } },
      { op: 'Unsqueeze', inputs: ['n', 'axes'], outputs: ['list'] },
      { op: 'Concat', inputs: ['list', 'rest'], outputs: ['to'], attributes: { axis: 0n } },
      { op: 'Reshape', inputs: ['r', 'to'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w'], outputs: ['y'] },
    ],
    { zero: scalar(0, 'int64'), axes: integers([0]), rest: integers([-1]), w: random(168, 4) },
  ),
  'NHWC flattened after a Transpose': ending(
    [
      { op: 'Transpose', inputs: ['x'], outputs: ['t'], attributes: { perm: [0n, 2n, 3n, 1n] } },
      { op: 'Reshape', inputs: ['t', 'to'], outputs: ['f'] },
      { op: 'MatMul', inputs: ['f', 'w'], outputs: ['y'] },
    ],
    { to: integers([0, -1]), w: random(168, 4) },
  ),
  'Clip with one bound, Concat, Add of two': ending(
    [
      { op: 'Clip', inputs: ['x', '', 'high'], outputs: ['a'] },
      { op: 'Clip', inputs: ['x', 'low'], outputs: ['b'] },
      { op: 'Clip', inputs: ['x'], outputs: ['c'] },
      { op: 'Add', inputs: ['a', 'c'], outputs: ['d'] },
      { op: 'Concat', inputs: ['d', 'b', 'x'], outputs: ['e'], attributes: { axis: -3n } },
      { op: 'GlobalAveragePool', inputs: ['e'], outputs: ['g'] },
      { op: 'Flatten', inputs: ['g'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w'], outputs: ['y'] },
    ],
    { high: scalar(0.25), low: scalar(-0.5), w: random(9, 4) },
  ),
  'BatchNormalization after Gemm, Pad of everything': ending(
    [
      { op: 'Pad', inputs: ['x', 'pads', 'zero'], outputs: ['p'] },
      { op: 'GlobalAveragePool', inputs: ['p'], outputs: ['g'] },
      { op: 'Flatten', inputs: ['g'], outputs: ['f'] },
      { op: 'Gemm', inputs: ['f', 'w'], outputs: ['l'] },
      { op: 'BatchNormalization', inputs: ['l', 'gamma', 'beta', 'mean', 'var'], outputs: ['y'] },
    ],
    {
      pads: integers([0, 1, 1, 2, 0, 2, 0, 3]),
      zero: scalar(0),
      w: random(6, 4),
      gamma: random(4),
      beta: random(4),
      mean: random(4),
      var: floats([4], [0.5, 1, 2, 3]),
    },
  ),
  'image / 127.5 − 1': scaling(
    [
      { op: 'Div', inputs: ['x', 'd'], outputs: ['t'] },
      { op: 'Sub', inputs: ['t', 'one'], outputs: ['s'] },
    ],
    { d: scalar(127.5), one: scalar(1) },
  ),
  'image scaled per channel': scaling(
    [
      { op: 'Mul', inputs: ['x', 'm'], outputs: ['t'] },
      { op: 'Sub', inputs: ['t', 'mean'], outputs: ['u'] },
      { op: 'Div', inputs: ['u', 'std'], outputs: ['s'] },
    ],
    {
      m: scalar(1 / 255),
      mean: floats([1, 3, 1, 1], [0.49, 0.48, 0.45]),
      std: floats([3, 1, 1], [0.25, 0.24, 0.26]),
    },
  ),
  'NHWC bytes, cast and scaled': {
    ...scaling(
      [
        { op: 'Cast', inputs: ['x'], outputs: ['a'], attributes: { to: 1n } },
        { op: 'Mul', inputs: ['m', 'a'], outputs: ['t'] },
        { op: 'Add', inputs: ['t', 'o'], outputs: ['u'] },
        { op: 'Transpose', inputs: ['u'], outputs: ['s'], attributes: { perm: [0n, 3n, 1n, 2n] } },
      ],
      { m: scalar(1 / 64), o: floats([3], [-2, -1.5, -1]) },
      { inputs: { x: ['N', 8, 7, 3] }, inputType: 'uint8' },
    ),
    isChannelsLast: true,
  },
};
