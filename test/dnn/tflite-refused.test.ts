import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { importTflite } from '../../src/dnn/tflite/import-tflite.ts';
import { badInputText } from './error-text.ts';
import {
  CODE,
  encodeTflite,
  type ModelSketch,
  type OperatorSketch,
  type TensorSketch,
  TYPE,
} from './tflite-file.ts';
import { sampleModel } from './tflite-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-tflite-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.tflite');

const SUPPORTED =
  'Operators that can be imported: ADD, AVERAGE_POOL_2D, CONCATENATION, CONV_2D, DEPTHWISE_CONV_2D, DEQUANTIZE, ' +
  'FULLY_CONNECTED, MAX_POOL_2D, MEAN, PAD, QUANTIZE, RELU, RELU6, RELU_N1_TO_1, RESHAPE, SOFTMAX.';
const DAMAGED = 'The file is cut off or damaged: fetch or export it again.';

const BYTES = encodeTflite(sampleModel(1, true));

function textOf(content: Uint8Array | string): string {
  writeFileSync(path, content);
  return badInputText(() => importTflite(path)).replaceAll(path, 'FILE');
}

function textOfModel(model: ModelSketch): string {
  return textOf(encodeTflite(model));
}

/** The int8 sample with some tensors changed (by name) and some operators changed (by index). */
function changed(
  tensors: Readonly<Record<string, Partial<TensorSketch>>>,
  operators: Readonly<Record<number, Partial<OperatorSketch>>> = {},
  isInt8 = true,
): ModelSketch {
  const model = sampleModel(1, isInt8);
  return {
    ...model,
    tensors: model.tensors.map((tensor) => ({ ...tensor, ...tensors[tensor.name] })),
    operators: model.operators.map((operator, index) => ({ ...operator, ...operators[index] })),
  };
}

const without = (name: string, key: 'scales'): ModelSketch => {
  const model = sampleModel(1, true);
  const tensors = model.tensors.map((tensor) => {
    if (tensor.name !== name) return tensor;
    const { [key]: _removed, ...rest } = tensor;
    return rest;
  });
  return { ...model, tensors };
};

/** Options of operator 0, a convolution, with one field changed. */
const convOptions = (id: number, value: number): Partial<OperatorSketch> => {
  const { options } = sampleModel(1, true).operators[0]!;
  return {
    options: {
      ...options!,
      fields: options!.fields.map(([at, bytes, old]) => [at, bytes, at === id ? value : old]),
    },
  };
};

describe('files that are no model', () => {
  test.each<[string, Uint8Array | string, string]>([
    [
      'zero bytes',
      '',
      'FILE: wanted a TensorFlow Lite model (.tflite), found an empty file (0 bytes)\nMake or fetch the file again.',
    ],
    [
      'a few bytes',
      'TFL3',
      'FILE: wanted a TensorFlow Lite model (.tflite), identifier "TFL3", found 4 bytes\nCheck the path.',
    ],
    [
      'another identifier',
      `\x1c\0\0\0ABCD${'\0'.repeat(64)}`,
      'FILE: wanted a TensorFlow Lite model (.tflite), identifier "TFL3", found a file with the identifier "ABCD"\n' +
        'Check the path.',
    ],
    [
      'only the identifier',
      '\x1c\0\0\0TFL3',
      'FILE: wanted a TensorFlow Lite model (.tflite), found a reference to bytes 28 … 31 in a file of 8 bytes\n' +
        DAMAGED,
    ],
    [
      'a root of zeros',
      `\x1c\0\0\0TFL3${'\0'.repeat(64)}`,
      `FILE: wanted a TensorFlow Lite model (.tflite), found schema version 0 instead of 3\n${DAMAGED}`,
    ],
    [
      'another schema version',
      encodeTflite({ ...sampleModel(1, true), version: 2 }),
      `FILE: wanted a TensorFlow Lite model (.tflite), found schema version 2 instead of 3\n${DAMAGED}`,
    ],
  ])('%s', (_name, content, text) => {
    expect(textOf(content)).toBe(text);
  });

  test('cut off anywhere', () => {
    const lengths = Array.from({ length: 60 }, (_, i) => Math.floor((i * (BYTES.length - 1)) / 59));
    const damaged = new RegExp(
      `^FILE: wanted a TensorFlow Lite model \\(\\.tflite\\), (identifier "TFL3", )?found .+\n(${DAMAGED}|Check the path\\.|Make or fetch .*)$`,
    );
    for (const length of lengths) expect(textOf(BYTES.subarray(0, length))).toMatch(damaged);
    expect(lengths.length).toBe(60);
  });

  test('with any byte changed: imported, or refused with one clear error', () => {
    const rng = createRng(11);
    let refused = 0;
    for (let i = 0; i < 600; i++) {
      const bytes = BYTES.slice();
      bytes[rng.nextInt(0, bytes.length - 1)] = rng.nextInt(0, 255);
      writeFileSync(path, bytes);
      try {
        importTflite(path);
      } catch {
        expect(badInputText(() => importTflite(path))).toContain('wanted');
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(100);
  });
});

describe('models that cannot be imported', () => {
  test.each<[string, ModelSketch, string]>([
    [
      'unsupported operators, all of them named',
      changed({}, { 5: { code: CODE.sub }, 9: { code: CODE.leakyRelu } }),
      'FILE, operator 5: wanted an operator that can be imported, found SUB\n' +
        `FILE, operator 9: wanted an operator that can be imported, found LEAKY_RELU\n${SUPPORTED}`,
    ],
    [
      'an operator without a name here',
      changed({}, { 5: { code: 206 } }),
      `FILE, operator 5: wanted an operator that can be imported, found operator code 206\n${SUPPORTED}`,
    ],
    [
      'several subgraphs',
      { ...sampleModel(1, true), subgraphs: 2 },
      'FILE: wanted one subgraph, found 2\n' +
        'Models with control flow or several entry points cannot be imported: export the inference graph alone.',
    ],
    [
      'two outputs',
      { ...sampleModel(1, true), outputs: [30, 29] },
      'FILE: wanted one output, found 2\n' +
        'Only image classifiers can be imported: one image in, one vector of logits out.',
    ],
    [
      'an open height',
      changed({ image: { signature: [-1, -1, 7, 3] } }),
      'FILE, input image: wanted a fixed height, width and number of channels, found an open height ([-1, -1, 7, 3])\n' +
        'Export the model with an image of fixed size as its input; the batch may be open.',
    ],
    [
      'a batch of 8',
      changed({ image: { shape: [8, 9, 7, 3], signature: [8, 9, 7, 3] } }),
      'FILE, input image: wanted a batch of 1 (or left open), found a batch of 8\n' +
        'Export the model with an image of fixed size as its input; the batch may be open.',
    ],
    [
      'dilation',
      changed({}, { 0: convOptions(5, 2) }),
      `FILE, operator 0 (CONV_2D): wanted dilations of 1, found 2 × 1\n${SUPPORTED}`,
    ],
    [
      'another activation',
      changed({}, { 0: convOptions(3, 4) }),
      `FILE, operator 0 (CONV_2D): wanted no other activation than ReLU, found TANH\n${SUPPORTED}`,
    ],
    [
      'int16 activations',
      changed({ first: { type: TYPE.int16 } }),
      `FILE, operator 0 (CONV_2D): wanted activations of int8, found int16 in "first"\n${SUPPORTED}`,
    ],
    [
      'uint8 activations',
      changed({ image: { type: TYPE.uint8 } }),
      `FILE, operator 0 (CONV_2D): wanted activations of int8 or of float32, found uint8 in "image"\n${SUPPORTED}`,
    ],
    [
      'int8 weights between float32 activations (dynamic range)',
      changed({ w0: { type: TYPE.int8, content: new Int8Array(108), scales: [1] } }, {}, false),
      `FILE, operator 0 (CONV_2D): wanted float32 numbers in "w0", found int8\n${SUPPORTED}`,
    ],
    [
      'no quantisation parameters of an activation',
      without('left', 'scales'),
      `FILE, operator 3 (CONV_2D): wanted quantisation parameters of "left", found none\n${SUPPORTED}`,
    ],
    [
      'no quantisation parameters of weights',
      without('w2', 'scales'),
      `FILE, operator 3 (CONV_2D): wanted quantisation parameters of "w2", found none\n${SUPPORTED}`,
    ],
    [
      'scales along another axis',
      changed({ w0: { axis: 3 } }),
      `FILE, operator 0 (CONV_2D): wanted scales of "w0" along axis 0, found axis 3\n${SUPPORTED}`,
    ],
    [
      'scales of a depthwise convolution along another axis',
      changed({ w1: { axis: 0 } }),
      `FILE, operator 2 (DEPTHWISE_CONV_2D): wanted scales of "w1" along axis 3, found axis 0\n${SUPPORTED}`,
    ],
    [
      'weights with a zero point',
      changed({ w0: { zeroPoints: [0, 1, 0, 0] } }),
      `FILE, operator 0 (CONV_2D): wanted weights "w0" with zero points of 0, found [0,1,0,0]\n${SUPPORTED}`,
    ],
    [
      'a scale of 0',
      changed({ left: { scales: [0] } }),
      `FILE, operator 3 (CONV_2D): wanted scales of "left" above 0, found 0\n${SUPPORTED}`,
    ],
    [
      'biases of another scale',
      changed({ 'w5/bias': { scales: [1] } }),
      expect.stringMatching(
        /^FILE, operator 13 \(FULLY_CONNECTED\): wanted biases of scale 0\.000\d+ in channel 0, found 1\n/,
      ) as unknown as string,
    ],
    [
      'an output of another shape',
      changed({ first: { shape: [1, 4, 4, 4], signature: [-1, 4, 4, 4] } }),
      `FILE, operator 0 (CONV_2D): wanted an output of 5 × 4 × 4, found 4 × 4 × 4\n${SUPPORTED}`,
    ],
    [
      'weights that do not fit',
      changed({ w2: { shape: [3, 1, 1, 16] } }),
      `FILE, operator 3 (CONV_2D): wanted weights of shape [cout, kh, kw, 8], found [3, 1, 1, 16]\n${SUPPORTED}`,
    ],
    [
      'a sum of different shapes',
      changed({}, { 5: { inputs: [11, 8] } }),
      `FILE, operator 5 (ADD): wanted inputs of one shape, 4 × 5 × 6, found 4 × 5 × 8\n${SUPPORTED}`,
    ],
    [
      'a sum with a constant',
      changed({}, { 5: { inputs: [11, 9] } }),
      'FILE, operator 5 (ADD): wanted an input 1 that the image or an operator before it gives, ' +
        `found the constant "w2"\n${SUPPORTED}`,
    ],
    [
      'short weights',
      changed({ w0: { content: new Int8Array(100) } }),
      `FILE, operator 0 (CONV_2D): wanted 108 bytes in "w0" of shape [4, 3, 3, 3], found 100 bytes\n${SUPPORTED}`,
    ],
    [
      'a NaN',
      changed({ w0: { content: new Float32Array(108).fill(1).fill(Number.NaN, 5, 6) } }, {}, false),
      `FILE, operator 0 (CONV_2D): wanted finite numbers in "w0", found NaN at 5\n${SUPPORTED}`,
    ],
    [
      'a pool between different scales',
      changed({ largest: { scales: [0.5] } }),
      expect.stringMatching(
        /^FILE, operator 6 \(MAX_POOL_2D\): wanted an output of the input's quantisation, scale 0\.0\d+ and zero point 0, found scale 0\.5 and zero point 0\n/,
      ) as unknown as string,
    ],
    [
      'a SOFTMAX inside',
      changed({}, { 9: { code: CODE.softmax } }),
      `FILE, operator 10 (CONV_2D): wanted SOFTMAX and DEQUANTIZE at the end only, found this operator behind them\n${SUPPORTED}`,
    ],
    [
      'a mean over channels',
      changed({ axes: { content: Int32Array.of(1, 3) } }),
      `FILE, operator 11 (MEAN): wanted a mean over rows and columns (axes 1 and 2), found axes 1, 3\n${SUPPORTED}`,
    ],
    [
      'a reference beyond the tensors',
      changed({}, { 5: { inputs: [11, 99] } }),
      `FILE: wanted a TensorFlow Lite model (.tflite), found tensor 99 of 31\n${DAMAGED}`,
    ],
  ])('%s', (_name, model, text) => {
    expect(textOfModel(model)).toEqual(text);
  });
});
