import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importTensorflowGraph } from '../../src/dnn/tensorflow/import-tensorflow.ts';
import { badInputText } from './error-text.ts';
import { constant, encodeGraph, flag, float, integers, type NodeSketch, shape, text } from './graph-def.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-pb-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.pb');

const SUPPORTED =
  'Operators that can be imported: Add, AddV2, AvgPool, BiasAdd, Const, Conv2D, FusedBatchNorm, FusedBatchNormV2, ' +
  'FusedBatchNormV3, Identity, MatMul, Mean, Mul, Pad, Placeholder, RealDiv, Relu, Reshape, Softmax, Sub.';

const numbers = (count: number, step = 0.25): Float32Array =>
  Float32Array.from({ length: count }, (_, i) => i * step - 1);
const conv = (name: string, inputs: readonly string[], stride: number, padding = 'SAME'): NodeSketch => ({
  name,
  op: 'Conv2D',
  inputs,
  attributes: {
    strides: integers([1, stride, stride, 1]),
    padding: text(padding),
    data_format: text('NHWC'),
  },
});

/** u8 image → RealDiv, Sub → Conv2D SAME stride 2 → FusedBatchNorm → Relu → Pad → Conv2D VALID → Add → … → Softmax. */
const GRAPH: readonly NodeSketch[] = [
  { name: 'x', op: 'Placeholder', attributes: { shape: shape([-1, 6, 6, 2]) } },
  constant('128', [], Float32Array.of(128)),
  constant('one', [], Float32Array.of(1)),
  { name: 'div', op: 'RealDiv', inputs: ['x', '128'] },
  { name: 'sub', op: 'Sub', inputs: ['div', 'one'] },
  constant('k0', [3, 3, 2, 3], numbers(54)),
  { name: 'k0/read', op: 'Identity', inputs: ['k0'] },
  conv('c0', ['sub', 'k0/read'], 2),
  constant('gamma', [3], Float32Array.of(1, 2, 3)),
  constant('beta', [3], Float32Array.of(4, 5, 6)),
  constant('mean', [3], Float32Array.of(7, 8, 9)),
  constant('var', [3], Float32Array.of(1, 4, 9)),
  {
    name: 'bn',
    op: 'FusedBatchNormV3',
    inputs: ['c0', 'gamma', 'beta', 'mean', 'var'],
    attributes: { is_training: flag(false), epsilon: float(0.5) },
  },
  { name: 'relu', op: 'Relu', inputs: ['bn:0', '^x'] },
  constant('pads', [4, 2], [0, 0, 1, 2, 3, 4, 0, 0]),
  { name: 'pad', op: 'Pad', inputs: ['relu', 'pads'] },
  constant('k1', [2, 2, 3, 5], numbers(60)),
  conv('c1', ['pad', 'k1'], 1, 'VALID'),
  constant('bias', [5], numbers(5)),
  { name: 'biased', op: 'BiasAdd', inputs: ['c1', 'bias'] },
  constant('axes', [2], [1, 2]),
  { name: 'mean2', op: 'Mean', inputs: ['biased', 'axes'] },
  constant('flat', [2], [-1, 5]),
  { name: 'reshape', op: 'Reshape', inputs: ['mean2', 'flat'] },
  constant('w', [2, 5], numbers(10)),
  { name: 'matmul', op: 'MatMul', inputs: ['reshape', 'w'], attributes: { transpose_b: flag(true) } },
  { name: 'softmax', op: 'Softmax', inputs: ['matmul'] },
];

/** Text of the error after some nodes were replaced (by name) or added. */
function textAfter(...changed: readonly NodeSketch[]): string {
  const names = new Set(changed.map((node) => node.name));
  writeFileSync(path, encodeGraph([...GRAPH.filter((node) => !names.has(node.name)), ...changed]));
  return badInputText(() => importTensorflowGraph(path));
}

describe('import of a TensorFlow graph', () => {
  test('gives the layers, padding and numbers of the graph', () => {
    writeFileSync(path, encodeGraph(GRAPH));
    const network = importTensorflowGraph(path);
    expect(network.name).toBe('net');
    expect(network.input).toEqual({ height: 6, width: 6, channels: 2, scale: 1 / 128, zeroPoint: 128 });
    expect(network.layers).toEqual([
      {
        name: 'conv0',
        op: 'conv2d',
        inputs: ['input'],
        weights: 'conv0/weights',
        stride: [2, 2],
        pads: [0, 0, 1, 1],
      },
      {
        name: 'bn0',
        op: 'batchNorm',
        inputs: ['conv0'],
        gamma: 'bn0/gamma',
        beta: 'bn0/beta',
        mean: 'bn0/mean',
        variance: 'bn0/variance',
        epsilon: 0.5,
      },
      { name: 'relu0', op: 'relu', inputs: ['bn0'] },
      {
        name: 'conv1',
        op: 'conv2d',
        inputs: ['relu0'],
        weights: 'conv1/weights',
        stride: [1, 1],
        pads: [1, 3, 2, 4],
        bias: 'conv1/bias',
      },
      { name: 'globalPool0', op: 'globalAveragePool', inputs: ['conv1'] },
      { name: 'dense0', op: 'dense', inputs: ['globalPool0'], weights: 'dense0/weights' },
    ]);
    expect(network.tensors.get('conv0/weights')).toEqual({ shape: [3, 3, 2, 3], data: numbers(54) });
    expect(network.tensors.get('bn0/variance')!.data).toEqual(Float32Array.of(1, 4, 9));
    const { shape: size, data } = network.tensors.get('dense0/weights')!;
    expect(size).toEqual([5, 2]);
    expect([...data]).toEqual([-1, 0.25, -0.75, 0.5, -0.5, 0.75, -0.25, 1, 0, 1.25]);
  });

  test('a batch norm in training mode has no statistics', () => {
    const nodes = GRAPH.map((node) =>
      node.name === 'bn' ? { ...node, attributes: { is_training: flag(true) } } : node,
    );
    writeFileSync(path, encodeGraph(nodes));
    expect(importTensorflowGraph(path).layers[1]).toEqual({
      name: 'bn0',
      op: 'batchNorm',
      inputs: ['conv0'],
      gamma: 'bn0/gamma',
      beta: 'bn0/beta',
      epsilon: expect.closeTo(1e-4, 9),
    });
  });
});

describe('refused', () => {
  test('unknown operators, all of them named', () => {
    const elu = { name: 'relu', op: 'Elu', inputs: ['bn'] };
    const pool = { name: 'mean2', op: 'MaxPool', inputs: ['biased'] };
    expect(textAfter(elu, pool)).toBe(
      `${path}, node "relu": wanted an operator that can be imported, found Elu\n` +
        `${path}, node "mean2": wanted an operator that can be imported, found MaxPool\n${SUPPORTED}`,
    );
  });

  test('an input that is scaled in another way', () => {
    expect(textAfter(constant('128', [], Float32Array.of(255)))).toBe(
      `${path}, node "c0" (Conv2D): wanted an image scaled as u8/128 − 1, found u8 · ${1 / 255} + -1\n${SUPPORTED}`,
    );
  });

  test.each<[string, readonly NodeSketch[], RegExp]>([
    [
      'a missing node',
      [{ name: 'biased', op: 'BiasAdd', inputs: ['c1', 'gone'] }],
      /node "biased" \(BiasAdd\): wanted a node "gone" to read, found none of that name/,
    ],
    [
      'a loop',
      [{ name: 'k0/read', op: 'Identity', inputs: ['relu'] }],
      /wanted a graph without loops, found a loop through/,
    ],
    [
      'two outputs',
      [{ name: 'other', op: 'Relu', inputs: ['bn'] }],
      /wanted one output node .* found \["softmax","other"\]/,
    ],
    [
      'padding of the batch',
      [constant('pads', [4, 2], [1, 0, 0, 0, 0, 0, 0, 0])],
      /node "pad" \(Pad\): wanted padding of rows/,
    ],
    [
      'rows padded and then read by a pool',
      [{ name: 'c1', op: 'Mean', inputs: ['pad', 'axes'] }],
      /wanted data without padded rows/,
    ],
    [
      'channels first',
      [
        {
          ...conv('c0', ['sub', 'k0/read'], 2),
          attributes: { strides: integers([1, 1, 2, 2]), data_format: text('NCHW') },
        },
      ],
      /node "c0" \(Conv2D\): wanted data_format NHWC, found NCHW/,
    ],
    [
      'dilated convolutions',
      [
        {
          ...conv('c0', ['sub', 'k0/read'], 2),
          attributes: { strides: integers([1, 1, 1, 1]), dilations: integers([1, 2, 2, 1]) },
        },
      ],
      /wanted dilations of 1/,
    ],
    [
      'a mean over channels',
      [constant('axes', [2], [1, 3])],
      /wanted a mean over the axes 1 and 2, found \[1,3\]/,
    ],
    [
      'a kernel of integers',
      [constant('k0', [3, 3, 2, 1], Array(18).fill(1))],
      /wanted float32 numbers, found integers/,
    ],
    [
      'a kernel that does not fit',
      [constant('k0', [3, 3, 1, 3], numbers(27))],
      /layer conv0: wanted weights of shape \[kh, kw, 2, cout\], found \[3, 3, 1, 3\]/,
    ],
    [
      'a short constant',
      [constant('beta', [3], numbers(2))],
      /node "beta": wanted 12 bytes for a constant of shape \[3\], found 8 bytes/,
    ],
    [
      'a Softmax inside',
      [{ name: 'relu', op: 'Softmax', inputs: ['bn'] }],
      /node "pad" \(Pad\): wanted Softmax as the last node only/,
    ],
  ])('%s', (_name, nodes, wanted) => {
    expect(textAfter(...nodes)).toMatch(wanted);
  });

  test('files that are no graph', () => {
    const wanted = 'wanted a frozen TensorFlow graph (binary GraphDef, .pb)';
    const whole = encodeGraph(GRAPH);
    writeFileSync(path, whole.subarray(0, whole.length - 5));
    expect(badInputText(() => importTensorflowGraph(path))).toMatch(
      new RegExp(
        `^${path}: wanted a frozen .* found ${whole.length - 5} bytes that do not decode .*\nThe file is cut off`,
      ),
    );
    writeFileSync(path, 'P6 32 32 255\n');
    expect(badInputText(() => importTensorflowGraph(path))).toContain(wanted);
    writeFileSync(path, '\x1c\0\0\0TFL3\0\0\0\0');
    expect(badInputText(() => importTensorflowGraph(path))).toBe(
      `${path}: ${wanted}, found a TensorFlow Lite model\nOnly frozen .pb graphs can be imported.`,
    );
    writeFileSync(path, '');
    expect(badInputText(() => importTensorflowGraph(path))).toBe(
      `${path}: wanted a frozen TensorFlow graph (.pb), found an empty file (0 bytes)\nMake or fetch the file again.`,
    );
  });
});
