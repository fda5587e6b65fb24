import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { importOnnx } from '../../src/dnn/onnx/import-onnx.ts';
import { MODEL_MESSAGE, type RawModel } from '../../src/dnn/onnx/schema.ts';
import { badInputText } from './error-text.ts';
import { encodeModel, floats, integers, type ModelSketch, type NodeSketch, scalar } from './onnx-model.ts';
import { SMALL_MODEL as MODEL, numbers } from './onnx-small-model.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.onnx');

const SUPPORTED =
  'Operators that can be imported: Add, AveragePool, BatchNormalization, Cast, Clip, Concat, Constant, Conv, ' +
  'DequantizeLinear, Div, Dropout, Flatten, Gather, Gemm, GlobalAveragePool, Identity, MatMul, MaxPool, Mul, Pad, ' +
  'QuantizeLinear, ReduceMean, Relu, Reshape, Shape, Softmax, Squeeze, Sub, Transpose, Unsqueeze.';

/** The model with some nodes replaced, by name, and other things changed. */
function changed(nodes: readonly NodeSketch[], more: Partial<ModelSketch> = {}): ModelSketch {
  const replaced = MODEL.nodes.map((node) => nodes.find(({ name }) => name === node.name) ?? node);
  return {
    ...MODEL,
    ...more,
    nodes: replaced,
    constants: { ...MODEL.constants, ...more.constants },
  };
}

function textOf(content: ModelSketch | Uint8Array | string): string {
  writeFileSync(
    path,
    typeof content === 'string' || content instanceof Uint8Array ? content : encodeModel(content),
  );
  return badInputText(() => importOnnx(path));
}

const conv = (attributes: NodeSketch['attributes']): ModelSketch =>
  changed([{ ...MODEL.nodes[0]!, attributes: attributes ?? {} }]);
const atConv = (text: string): string => `${path}, node "conv" (Conv): ${text}\n${SUPPORTED}`;
const FORMAT = 'The file is cut off or of another format.';
const WANTED = `${path}: wanted an ONNX model (binary .onnx), found`;

test('the model itself is imported', () => {
  writeFileSync(path, encodeModel(MODEL));
  expect(importOnnx(path).network.layers.map(({ name }) => name)).toEqual(['conv', 'act', 'gap', 'fc']);
});

describe('files that are no ONNX model', () => {
  test.each<[string, Uint8Array | string, string]>([
    [
      'empty',
      '',
      `${path}: wanted an ONNX model (.onnx), found an empty file (0 bytes)\nMake or fetch the file again.`,
    ],
    [
      'text',
      'hello, this is no model',
      `${WANTED} 23 bytes that do not decode (invalid wire type 4 at offset 3)\n${FORMAT}`,
    ],
    [
      'TensorFlow Lite',
      Buffer.from('1c00000054464c3314002000', 'hex'),
      `${WANTED} a TensorFlow Lite model\nName the file with .tflite at its end.`,
    ],
    ['no graph', encodeModel(MODEL).subarray(0, 2), `${WANTED} no graph\n${FORMAT}`],
    ['no nodes', encodeModel({ ...MODEL, nodes: [] }), `${WANTED} a graph without nodes\n${FORMAT}`],
  ])('%s', (_name, content, text) => {
    expect(textOf(content)).toBe(text);
  });

  test('missing', () => {
    expect(badInputText(() => importOnnx(join(folder, 'none.onnx')))).toContain(join(folder, 'none.onnx'));
  });
});

describe('models that cannot be imported', () => {
  test.each<[string, ModelSketch, string]>([
    [
      'unknown operators, all of them named',
      changed([
        { name: 'act', op: 'Elu', inputs: ['c'], outputs: ['r'] },
        {
          name: 'gap',
          op: 'QLinearGlobalAveragePool',
          domain: 'com.microsoft',
          inputs: ['r'],
          outputs: ['g'],
        },
      ]),
      `${path}, node "act": wanted an operator that can be imported, found Elu\n` +
        `${path}, node "gap": wanted an operator that can be imported, found com.microsoft.QLinearGlobalAveragePool\n${SUPPORTED}`,
    ],
    [
      'an older operator set',
      { ...MODEL, opset: 10 },
      `${path}: wanted operator set 11 … 19, found 10\n` +
        'Convert the model, for example with onnx.version_converter.convert_version(model, 17) in Python.',
    ],
    [
      'a newer operator set',
      { ...MODEL, opset: 21 },
      `${path}: wanted operator set 11 … 19, found 21\n` +
        'Convert the model, for example with onnx.version_converter.convert_version(model, 17) in Python.',
    ],
    [
      'a dynamic height, named',
      { ...MODEL, inputs: { x: ['batch', 3, 'rows', 8] } },
      `${path}, input "x": wanted known sizes, but for the batch, found a dynamic size "rows" in [batch, 3, rows, 8]\n` +
        'Export the model for one image size; only the batch size may be dynamic.',
    ],
    [
      'an input that is no image',
      { ...MODEL, inputs: { x: ['batch', 12] } },
      `${path}, input "x": wanted an image of shape [N, channels, height, width], found [batch, 12]\n` +
        'Only image classifiers can be imported.',
    ],
    [
      'two inputs',
      changed([{ name: 'act', op: 'Add', inputs: ['c', 'z'], outputs: ['r'] }], {
        inputs: { ...MODEL.inputs, z: [1, 4, 6, 6] },
      }),
      `${path}: wanted one input, the image, found ["x","z"]\nExport the model with the image as its only input.`,
    ],
    [
      'two outputs',
      { ...MODEL, outputs: ['y', 'l'] },
      `${path}: wanted one output, made by a node, found ["y","l"]\nExport the model with the logits as its only output.`,
    ],
    [
      'NaN among the weights',
      { ...MODEL, constants: { ...MODEL.constants, b: floats([4], [0, 1, Number.NaN, 3]) } },
      `${path}, tensor "b": wanted finite numbers, found NaN at index 2\nTrain or export the model again.`,
    ],
    [
      'a kernel for other channels',
      { ...MODEL, constants: { ...MODEL.constants, w: numbers(4, 2, 3, 3) } },
      atConv('wanted a kernel for 3 input channels in 1 groups, found [4, 2, 3, 3]'),
    ],
    [
      'a dense layer for another size',
      { ...MODEL, constants: { ...MODEL.constants, fcw: numbers(5, 2) } },
      `${path}, node "fc" (Gemm): wanted weights for 4 inputs, found weights for 5, [5, 2]\n${SUPPORTED}`,
    ],
    ['dilation', conv({ dilations: [2n, 2n] }), atConv('wanted dilations of 1, found [2,2]')],
    [
      'negative padding',
      conv({ strides: [1n, 1n], auto_pad: 'NOTSET', pads: [0n, 0n, 0n, -6n] }),
      atConv('wanted pads [top, left, bottom, right], none negative, found [0, 0, 0, -6]'),
    ],
    [
      'a kernel larger than the image',
      { ...MODEL, constants: { ...MODEL.constants, w: numbers(4, 3, 9, 3) } },
      atConv('wanted a window within 8 × 8, found 9 × 3'),
    ],
    [
      'a size that cannot be',
      { ...MODEL, inputs: { x: ['batch', 3, 8, 2 ** 40] } },
      `${path}, input "x": wanted sizes up to 65536, found [batch, 3, 8, 1099511627776]\nThe file may be damaged.`,
    ],
    [
      'one-dimensional strides',
      conv({ strides: [2n] }),
      atConv('wanted strides of two sizes (images have height and width), found [2]'),
    ],
    [
      'a sum of different shapes',
      changed([{ name: 'act', op: 'Add', inputs: ['c', 'x'], outputs: ['r'] }]),
      `${path}, node "act" (Add): wanted two inputs of one shape, found 6 × 6 × 4 and 8 × 8 × 3\n${SUPPORTED}`,
    ],
    [
      'a multiplication of a layer',
      changed([{ name: 'act', op: 'Mul', inputs: ['c', 'b'], outputs: ['r'] }]),
      `${path}, node "act" (Mul): wanted the image and a constant, found the output of conv and the constant "b"\n` +
        'Only the scaling of the image may use this operator.',
    ],
    [
      'something after the Softmax',
      changed([
        { name: 'fc', op: 'Softmax', inputs: ['f'], outputs: ['l'] },
        { name: 'probabilities', op: 'Relu', inputs: ['l'], outputs: ['y'] },
      ]),
      `${path}, node "probabilities" (Relu): wanted Softmax as the last node only, found a node that reads it\n${SUPPORTED}`,
    ],
    [
      'a batch norm in training mode',
      changed([
        {
          name: 'act',
          op: 'BatchNormalization',
          inputs: ['c', 'b', 'b', 'b', 'b'],
          outputs: ['r'],
          attributes: { training_mode: 1n },
        },
      ]),
      `${path}, node "act" (BatchNormalization): wanted a batch norm with stored statistics, found one in training mode\n` +
        'Export the model for inference.',
    ],
    [
      'a reshape to something else',
      changed([{ name: 'flat', op: 'Reshape', inputs: ['r', 'to'], outputs: ['f'] }], {
        constants: { to: integers([-1, 36, 4]) },
      }),
      `${path}, node "flat" (Reshape): wanted a reshape to [-1, 144], found [-1, 36, 4]\n${SUPPORTED}`,
    ],
    [
      'an index beyond a shape',
      changed(
        [
          { name: 'act', op: 'Shape', inputs: ['c'], outputs: ['r'] },
          { name: 'gap', op: 'Gather', inputs: ['r', 'four'], outputs: ['g'] },
        ],
        { constants: { four: scalar(4, 'int64') } },
      ),
      `${path}, node "gap" (Gather): wanted indices into 4 numbers, found [4]\n${SUPPORTED}`,
    ],
    [
      'padding with other numbers than 0',
      changed([{ name: 'act', op: 'Pad', inputs: ['c', 'pads', 'one'], outputs: ['r'] }], {
        constants: { pads: integers([0, 0, 1, 1, 0, 0, 1, 1]), one: scalar(1) },
      }),
      `${path}, node "act" (Pad): wanted padding with 0, found 1\n${SUPPORTED}`,
    ],
    [
      'logits of more than one pixel',
      { ...MODEL, outputs: ['r'] },
      'layer act (the output): wanted logits of shape 1 × 1 × classes, found 6 × 6 × 4\n' +
        'The graph does not fit together: see docs/network-format.md.',
    ],
    [
      'an image scaled to thousands',
      changed([{ name: 'conv', op: 'Mul', inputs: ['x', 'b0'], outputs: ['c'] }], {
        constants: { b0: scalar(100) },
      }),
      `${path}, node "act" (Relu): wanted an image within ±300, found values up to 25500\n` +
        'Say how the model wants its pixels: --input-scale SCALE,SHIFT for x = u8 · SCALE + SHIFT.',
    ],
    [
      'nodes out of order',
      { ...MODEL, nodes: [...MODEL.nodes].reverse() },
      `${path}, node "probabilities" (Softmax): wanted a value "l" to read, found none of that name before it\n` +
        'The file is cut off, or its nodes are not in an order in which each reads only earlier ones.',
    ],
    [
      'quantised activations but float weights',
      changed([{ name: 'act', op: 'QuantizeLinear', inputs: ['c', 's', 'z'], outputs: ['r'] }], {
        constants: { s: scalar(0.1), z: scalar(3, 'uint8') },
      }),
      `${path}, layer conv (conv2d): wanted int8 weights, by a DequantizeLinear, found float weights\n` +
        'Quantise the whole model in the QDQ format with int8 weights, or import the float model and quantise it here.',
    ],
  ])('%s', (_name, model, text) => {
    expect(textOf(model)).toBe(text);
  });

  test('numbers in another file', () => {
    const raw = MODEL_MESSAGE.toObject(MODEL_MESSAGE.decode(encodeModel(MODEL)), {
      longs: Number,
    }) as RawModel;
    const initializer = raw.graph!.initializer!.map((tensor) =>
      tensor.name === 'w'
        ? {
            ...tensor,
            rawData: new Uint8Array(0),
            dataLocation: 1,
            externalData: [{ key: 'location', value: '../secret' }],
          }
        : tensor,
    );
    const bytes = MODEL_MESSAGE.encode(
      MODEL_MESSAGE.fromObject({ ...raw, graph: { ...raw.graph, initializer } }),
    ).finish();
    expect(textOf(bytes)).toBe(
      `${path}, tensor "w": wanted its numbers inside the model file, found numbers in the file "../secret"\n` +
        'Save the model as one file, for example with onnx.save(model, path) in Python.',
    );
  });
});
