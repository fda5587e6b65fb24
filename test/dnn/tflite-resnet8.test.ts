import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../../src/dnn/assignment.ts';
import { type Dataset, imageCodes, readCifarRecords } from '../../src/dnn/data/dataset.ts';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { argmax, createEngine } from '../../src/dnn/infer.ts';
import type { FloatNetwork } from '../../src/dnn/network.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { multiplicationsByLayer } from '../../src/dnn/quantised-network.ts';
import { importTflite } from '../../src/dnn/tflite/import-tflite.ts';
import { readTfliteModel } from '../../src/dnn/tflite/model.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { DATA_DIR } from '../tool-missing.ts';
import { runTfliteReference } from './tflite-reference.ts';

const reason = DATA_DIR === undefined ? ' (skipped: MAXDNN_DATA is not set)' : '';
const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });

/** Layers in the order of the model's operators; RESHAPE and SOFTMAX have none. */
const LAYERS = [
  ...['conv0', 'conv1', 'conv2', 'add0', 'conv3', 'conv4', 'conv5', 'add1'],
  ...['conv6', 'conv7', 'conv8', 'add2', 'pool0', undefined, 'dense0', undefined],
];
/** Codes per image in those layers. */
const CODES = 4 * 16384 + 4 * 8192 + 4 * 4096 + 64 + 10;

/**
 * SHA-256 of the codes of those layers, image after image, of the 517 images, as TensorFlow Lite Micro gave them:
 * tflite-micro 90b983c2, reference kernels, all tensors preserved, g++ 12 on x86-64.
 */
const TFLM_SHA256 = 'e99d9fd5e0333a1e059b2728b1cb198f898ce69298832ee4d183e191563e6bb1';

describe.skipIf(DATA_DIR === undefined)(`ResNet-8 of MLPerf Tiny${reason}`, () => {
  const path = join(DATA_DIR ?? '', 'models/mlperf_tiny_resnet8_int8.tflite');
  let network: QuantisedNetwork;
  let images: Dataset;

  beforeAll(() => {
    const imported = importTflite(path);
    if (imported.kind !== 'quantised') throw new Error(imported.kind);
    network = imported.network;
    images = readCifarRecords(join(DATA_DIR!, 'cifar10/test_lossless_517.bin'));
  });

  test('reads u8 pixels and has 12.5 M multiplications', () => {
    expect(network.input).toEqual({ height: 32, width: 32, channels: 3, scale: 1, zeroPoint: 0 });
    const counts = multiplicationsByLayer(network);
    expect(counts.get('conv5')).toBe(16 * 16 * 32 * 16);
    expect([...counts.values()].reduce((sum, count) => sum + count, 0)).toBe(12_501_632);
  });

  test('kernels give the codes of the reference kernels in every layer', () => {
    const model = readTfliteModel(path);
    const engine = createEngine(network, uniformAssignment(network, EXACT_INT8));
    let compared = 0;
    for (const image of [0, 100, 516]) {
      const codes = imageCodes(images, image);
      const logits = engine.infer(codes);
      const reference = runTfliteReference(model, codes);
      for (const [index, name] of LAYERS.entries()) {
        if (name === undefined) continue;
        const got = name === 'dense0' ? logits : engine.codesOf(name);
        const want = reference.get(model.operators[index]!.outputs[0]!)!;
        expect(want.filter((code, i) => code !== got[i])).toEqual([]);
        compared += got.length;
      }
    }
    expect(compared).toBe(3 * CODES);
  });

  test('kernels give the codes that TensorFlow Lite Micro gave on 517 images, and 462 right classes', () => {
    const engine = createEngine(network, uniformAssignment(network, EXACT_INT8));
    const hash = createHash('sha256');
    let compared = 0;
    let right = 0;
    for (let image = 0; image < images.images; image++) {
      const logits = engine.infer(imageCodes(images, image));
      if (argmax(logits) === images.labels[image]) right++;
      for (const name of LAYERS) {
        if (name === undefined) continue;
        const codes = name === 'dense0' ? Int8Array.from(logits) : engine.codesOf(name);
        hash.update(codes);
        compared += codes.length;
      }
    }
    expect(compared).toBe(517 * CODES);
    expect(hash.digest('hex')).toBe(TFLM_SHA256);
    expect(right).toBe(462);
  });

  test('loses what it loses with approximate multipliers', () => {
    // Counts of this toolkit: a change of the integers shows here.
    expect(rightOf(network, images, roup(0, [5, 3, 1, 0]), 'activations')).toBe(438);
  });

  test('the float model beside it has as many right classes', () => {
    const imported = importTflite(join(DATA_DIR!, 'models/mlperf_tiny_resnet8_float.tflite'), {
      inputScale: { scale: 1, shift: 0 },
    });
    const float = imported.network as FloatNetwork;
    expect(imported.kind).toBe('float');
    expect(float.layers.length).toBe(network.layers.length + 7);
    const logits = inferFloat(float, images);
    const right = images.labels.filter(
      (label, i) => argmax(logits.subarray(10 * i, 10 * i + 10)) === label,
    ).length;
    // 462; the order of float32 additions may move one.
    expect(Math.abs(right - 462)).toBeLessThanOrEqual(1);
  });
});

function rightOf(
  network: QuantisedNetwork,
  images: Dataset,
  spec: MultiplierSpec,
  rounded: RoundedOperand,
): number {
  const engine = createEngine(network, uniformAssignment(network, spec), rounded);
  return images.labels.filter((label, i) => argmax(engine.infer(imageCodes(images, i))) === label).length;
}
