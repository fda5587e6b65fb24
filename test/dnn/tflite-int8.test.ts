import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { createRng } from '../../src/base/rng.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { createEngine } from '../../src/dnn/infer.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { fitTfliteMean, fitTfliteRatio } from '../../src/dnn/tflite/fit.ts';
import { importTflite } from '../../src/dnn/tflite/import-tflite.ts';
import { readTfliteModel } from '../../src/dnn/tflite/model.ts';
import { CODE, encodeTflite } from './tflite-file.ts';
import { multiplyByQuantized, quantizeMultiplier, runTfliteReference } from './tflite-reference.ts';
import { sampleModel, variantModel } from './tflite-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-tflite-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'sample.tflite');

/** Layers of the sample in the order of its operators; RESHAPE and SOFTMAX have none. */
const LAYERS = [
  'conv0',
  'spatialPad0',
  'conv1',
  'conv2',
  'conv3',
  'add0',
  'maxPool0',
  'pool0',
  'concat0',
  'rescale0',
  'conv4',
  'mean0',
  undefined,
  'dense0',
  undefined,
];
const IMAGES = 4;
const IMAGE_VALUES = 9 * 7 * 3;

/** Layers of the variant; its RELU6 changes no scale. */
const VARIANT_LAYERS = LAYERS.map((name) => ({ maxPool0: 'clip0', rescale0: 'clip1' })[name ?? ''] ?? name);

function importSample(seed: number, model = sampleModel(seed, true)): QuantisedNetwork {
  writeFileSync(path, encodeTflite(model));
  const { kind, network } = importTflite(path);
  if (kind !== 'quantised') throw new Error(kind);
  return network;
}

function sampleImages(seed: number): readonly Int8Array[] {
  const rng = createRng(seed);
  return Array.from({ length: IMAGES }, () =>
    Int8Array.from({ length: IMAGE_VALUES }, () => rng.nextInt(-128, 127)),
  );
}

/** Codes of every operator with a layer, image after image; as the importer's network gives them. */
function networkCodes(
  network: QuantisedNetwork,
  images: readonly Int8Array[],
  layers: readonly (string | undefined)[] = LAYERS,
): Int8Array {
  const assignment = uniformAssignment(network, EXACT_INT8);
  return Int8Array.from(
    images.flatMap((image) => {
      const outputs = inferReference(network, assignment, image);
      return layers.flatMap((name) => (name === undefined ? [] : [...outputs.get(name)!]));
    }),
  );
}

describe('an int8 model of every operator', () => {
  test('becomes layers with the scales, zero points and windows of the file', () => {
    const network = importSample(1);
    expect(network.input).toEqual({ height: 9, width: 7, channels: 3, scale: 1 / 64, zeroPoint: 97 });
    expect(network.layers.map(({ name, op, inputs }) => `${name} ${op} ${inputs.join(' ')}`)).toEqual([
      'conv0 conv2d input',
      'spatialPad0 pad conv0',
      'conv1 conv2d spatialPad0',
      'conv2 conv2d conv1',
      'conv3 conv2d conv1',
      'add0 tfliteAdd conv2 conv3',
      'maxPool0 maxPool add0',
      'pool0 tfliteAveragePool add0',
      'concat0 concat maxPool0 pool0',
      'rescale0 averagePool concat0',
      'conv4 conv2d rescale0',
      'mean0 averagePool conv4',
      'dense0 dense mean0',
    ]);
    const [conv0, pad0, conv1] = network.layers;
    expect(conv0).toMatchObject({ kernel: [3, 3], stride: [2, 2], pads: [1, 1, 1, 1], rounding: 'tflite' });
    expect(pad0).toMatchObject({ pads: [1, 0, 0, 2] });
    expect(conv1).toMatchObject({ groups: 4, kernel: [3, 2], pads: [0, 0, 0, 0] });
    const sketch = sampleModel(1, true).tensors;
    const depthwise = sketch.find(({ name }) => name === 'w1')!.content as Int8Array;
    // Channel 5's taps lie 8 apart in the file, and side by side in the network.
    const taps = Array.from({ length: 6 }, (_, tap) => depthwise[tap * 8 + 5]);
    expect([...(conv1 as unknown as { weights: Int8Array }).weights.subarray(30, 36)]).toEqual(taps);
    expect(conv1).toMatchObject({ weightScales: sketch.find(({ name }) => name === 'w1')!.scales });
  });

  test('gives the codes of the reference kernels in every layer', () => {
    let compared = 0;
    for (let seed = 1; seed <= 40; seed++) {
      const network = importSample(seed);
      const model = readTfliteModel(path);
      const images = sampleImages(seed);
      const got = networkCodes(network, images);
      const want = images.flatMap((image) => {
        const codes = runTfliteReference(model, image);
        return model.operators.flatMap(({ outputs }, i) =>
          LAYERS[i] === undefined ? [] : codes.get(outputs[0]!)!,
        );
      });
      expect(want.every((code, i) => code === got[i])).toBe(true);
      expect(got.length).toBe(want.length);
      compared += got.length;
    }
    expect(compared).toBe(40 * IMAGES * 1005);
  });

  test('gives the codes that TensorFlow Lite Micro gave', () => {
    // SHA-256 of the codes of every layer, seeds 1 … 20: tflite-micro 90b983c2 (reference kernels, g++ 12, x86-64).
    const all = Array.from({ length: 20 }, (_, i) => networkCodes(importSample(i + 1), sampleImages(i + 1)));
    expect(all.reduce((sum, codes) => sum + codes.length, 0)).toBe(20 * IMAGES * 1005);
    expect(sha256(Buffer.concat(all.map((codes) => Buffer.from(codes.buffer))))).toBe(TFLM_SHA256);
  });

  test('gives the codes that TensorFlow Lite Micro gave: groups, ReLU6, mean without axes', () => {
    // As above, for the variant.
    const all = Array.from({ length: 20 }, (_, i) =>
      networkCodes(importSample(i + 1, variantModel(i + 1)), sampleImages(i + 1), VARIANT_LAYERS),
    );
    expect(all.reduce((sum, codes) => sum + codes.length, 0)).toBe(20 * IMAGES * 1005);
    expect(sha256(Buffer.concat(all.map((codes) => Buffer.from(codes.buffer))))).toBe(TFLM_VARIANT_SHA256);
  });

  test('the kernels give the codes of the definition in every layer', () => {
    let compared = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const network = importSample(seed);
      const images = sampleImages(seed);
      const engine = createEngine(network, uniformAssignment(network, EXACT_INT8));
      const got = images.flatMap((image) => {
        const logits = engine.infer(image);
        return LAYERS.flatMap((name) =>
          name === undefined ? [] : [...(name === 'dense0' ? logits : engine.codesOf(name))],
        );
      });
      expect(Int8Array.from(got)).toEqual(networkCodes(network, images));
      compared += got.length;
    }
    expect(compared).toBe(20 * IMAGES * 1005);
  });

  test('sabotage: another weight, or the other rounding, is noticed', () => {
    const network = importSample(1);
    const model = readTfliteModel(path);
    const images = sampleImages(1);
    const want = runTfliteReference(model, images[0]!).get(model.operators[0]!.outputs[0]!)!;
    const [first, ...rest] = network.layers as unknown as { weights: Int8Array; shifts: number[] }[];
    const differs = (changed: object): boolean => {
      const other = {
        ...network,
        layers: [{ ...first!, ...changed }, ...rest],
      } as unknown as QuantisedNetwork;
      const got = inferReference(other, uniformAssignment(other, EXACT_INT8), images[0]!).get('conv0')!;
      return want.some((code, i) => code !== got[i]);
    };
    expect(differs({})).toBe(false);
    expect(differs({ weights: first!.weights.map((code, i) => (i === 40 ? -code : code)) })).toBe(true);
    expect(differs({ shifts: first!.shifts.map((shift) => shift + 1) })).toBe(true);
  });
});

test('multipliers and shifts are those of QuantizeMultiplier', () => {
  const rng = createRng(7);
  const positive = (): number => Math.fround(2 ** (rng.nextFloat() * 24 - 20));
  for (let i = 0; i < 20_000; i++) {
    const [input, weight, output] = [positive(), positive(), positive()];
    const [q, shift] = quantizeMultiplier((input * weight) / output);
    expect(fitTfliteRatio(input, weight, output)).toEqual({ multiplier: Number(q), shift: -shift || 0 });
  }
  expect(fitTfliteRatio(1, 0.5, 1)).toEqual({ multiplier: 2 ** 30, shift: 0 });
  expect(fitTfliteMean(0.5, 0.5, 49)).toEqual({
    multiplier: Math.floor((2 ** 30 * 32) / 49),
    shift: 4,
  });
  expect(multiplyByQuantized(-3, [1n << 30n, 0])).toBe(-1);
});

describe('other ways into and out of an int8 model', () => {
  test.each([
    ['a float32 image that is quantised first', 0, {}],
    ['a uint8 image', 3, { scales: [Math.fround(1 / 64)], zeroPoints: [97] }],
  ])('%s', (_name, type, quantisation) => {
    const plain = importSample(3);
    const sketch = sampleModel(3, true);
    const image = sketch.tensors[0]!;
    const { scales: _s, zeroPoints: _z, ...bare } = image;
    const tensors = [...sketch.tensors, { ...bare, name: 'outer', type, ...quantisation }];
    const outer = tensors.length - 1;
    const quantise = { code: CODE.quantize, inputs: [outer], outputs: [0] };
    const dequantise = {
      code: CODE.dequantize,
      inputs: [sketch.outputs[0]!],
      outputs: [tensors.push({ name: 'probabilities', shape: [1, 5], type: 0 }) - 1],
    };
    const operators = [quantise, ...sketch.operators, dequantise];
    writeFileSync(
      path,
      encodeTflite({ tensors, operators, inputs: [outer], outputs: [dequantise.outputs[0]!] }),
    );
    expect(importTflite(path)).toEqual({ kind: 'quantised', network: plain });
  });
});

const TFLM_SHA256 = '566da699018ffc2682896a04116a1dc784f89428b2caf49a628cb8bf65d3ddb6';
const TFLM_VARIANT_SHA256 = 'a385ec17a0756c64cb6de7b3fd4601fa8f7999863679db93141622523bc887e6';
