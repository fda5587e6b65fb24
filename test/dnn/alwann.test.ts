import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../../src/dnn/assignment.ts';
import { calibrateBatchNorm } from '../../src/dnn/calibrate-batch-norm.ts';
import { type Dataset, imageCodes, readCifarRecords, sliceDataset } from '../../src/dnn/data/dataset.ts';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { argmax, createEngine } from '../../src/dnn/infer.ts';
import { type FloatNetwork, isCalibrated, type Tensor } from '../../src/dnn/network.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { multiplicationsByLayer, type QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { recalibrateBatchNorm } from '../../src/dnn/recalibrate-batch-norm.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { importTensorflowGraph } from '../../src/dnn/tensorflow/import-tensorflow.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { DATA_DIR } from '../tool-missing.ts';

const reason = DATA_DIR === undefined ? ' (skipped: MAXDNN_DATA is not set)' : '';
const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });

/** Facts of the data folder's README; the reference numbers were computed there by other programs. */
describe.skipIf(DATA_DIR === undefined)(`ResNet-8 of ALWANN on CIFAR-10${reason}`, () => {
  let imported: FloatNetwork;
  let network: FloatNetwork;
  let quantised: QuantisedNetwork;
  let train: Dataset;
  let images: Dataset;
  let reference: ReadonlyMap<string, Float32Array>;

  beforeAll(() => {
    const data = (name: string): string => join(DATA_DIR!, name);
    imported = importTensorflowGraph(data('models/alwann_resnet8.pb'));
    reference = readReference(data('models/alwann_resnet8_float'));
    network = withStatistics(imported, reference);
    train = readCifarRecords(data('cifar10/train_lossless_5085.bin'));
    images = readCifarRecords(data('cifar10/test_lossless_517.bin'));
    quantised = quantiseNetwork(network, sliceDataset(train, 0, 256));
  });

  test('imports all weights, and no statistics', () => {
    expect(isCalibrated(imported)).toBe(false);
    let compared = 0;
    for (const [name, { data }] of imported.tensors) {
      const want = reference.get(name.replace('/weights', '/kernel').replace('dense0', 'dense'));
      expect(data).toEqual(want);
      compared += data.length;
    }
    expect(compared).toBe((303340 - 4 * 2 * 240) / 4);
  });

  test('calibrates the first batch norms to the reference statistics', () => {
    const names = ['conv0', 'bn0', 'relu0', 'conv1', 'bn1'];
    const layers = imported.layers.filter(({ name }) => names.includes(name));
    const tensors = new Map([...imported.tensors].filter(([name]) => names.includes(name.split('/')[0]!)));
    const end = { name: 'end', op: 'globalAveragePool', inputs: ['bn1'] } as const;
    const calibrated = calibrateBatchNorm({ ...imported, layers: [...layers, end], tensors }, train);
    let compared = 0;
    for (const [ours, theirs] of [
      ['bn0/mean', 'bn0/mean_calib'],
      ['bn0/variance', 'bn0/var_calib'],
      ['bn1/mean', 'bn1/mean_calib'],
      ['bn1/variance', 'bn1/var_calib'],
    ] as const) {
      const want = reference.get(theirs)!;
      for (const [c, value] of calibrated.tensors.get(ours)!.data.entries()) {
        expect(Math.abs(value - want[c]!)).toBeLessThan(1e-5 * (1 + Math.abs(want[c]!)));
        compared++;
      }
    }
    expect(compared).toBe(64);
  });

  test('has 12 238 848 multiplications per image in its convolutions', () => {
    const counts = multiplicationsByLayer(quantised);
    expect([...counts.keys()]).toEqual([
      'conv0',
      'conv1',
      'conv2',
      'conv3',
      'conv4',
      'conv5',
      'conv6',
      'dense0',
    ]);
    expect(counts.get('dense0')).toBe(704);
    expect([...counts.values()].reduce((sum, count) => sum + count) - 704).toBe(12_238_848);
  });

  test('float and exact int8 reach the reference accuracy', () => {
    const logits = inferFloat(network, images);
    const right = Array.from(
      { length: 517 },
      (_, i) => argmax(logits.subarray(11 * i, 11 * i + 11)) === images.labels[i],
    );
    const float = right.filter(Boolean).length / 517;
    // 0.8397 and 0.8417 on 1017 images; these are the first 517 of them.
    expect(float).toBeGreaterThan(0.81);
    expect(float).toBeLessThan(0.87);
    const exact = accuracy(quantised, images, EXACT_INT8);
    expect(Math.abs(exact - float)).toBeLessThan(0.015);
  });

  test('uniform ROUP loses what the reference says', () => {
    // 0.796 and 0.595 on 1017 images. Both sets are symmetric: it does not matter which operand is rounded.
    for (const rounded of ['activations', 'weights'] as const) {
      expect(Math.abs(accuracy(quantised, images, roup(1, [2, 2, 2]), rounded) - 0.796)).toBeLessThan(0.03);
      expect(Math.abs(accuracy(quantised, images, roup(2, [4, 4]), rounded) - 0.595)).toBeLessThan(0.08);
    }
  });

  test('batch norm recalibrated on training images gains what the reference says', () => {
    // 0.796 → 0.834 and 0.595 → 0.709 with 2000 training images on 1017; here 600 and the first 517 of them, on
    // which the standard error of the second gain is two points.
    for (const [spec, gain] of [
      [roup(1, [2, 2, 2]), 0.038],
      [roup(2, [4, 4]), 0.114],
    ] as const) {
      const assignment = uniformAssignment(quantised, spec);
      const some = sliceDataset(train, 0, 600);
      const recalibrated = recalibrateBatchNorm(network, quantised, assignment, 'activations', some);
      const gained = accuracy(recalibrated, images, spec) - accuracy(quantised, images, spec);
      expect(Math.abs(gained - gain)).toBeLessThan(0.05);
    }
  });

  test.each(
    [EXACT_INT8, roup(0, [5, 3, 1, 0]), roup(1, [4, 4, 4])].map((spec) => [designName(spec), spec] as const),
  )('kernels give the integers of the definition: %s', (_name, spec) => {
    let compared = 0;
    for (const [image, rounded] of [
      [0, 'activations'],
      [1, 'weights'],
    ] as const) {
      const assignment = uniformAssignment(quantised, spec);
      const engine = createEngine(quantised, assignment, rounded);
      const codes = imageCodes(images, image);
      const logits = engine.infer(codes);
      for (const [name, want] of inferReference(quantised, assignment, codes, rounded)) {
        const got = name === 'dense0' ? logits : engine.codesOf(name);
        expect(want.every((value, i) => value === got[i])).toBe(true);
        compared += got.length;
      }
    }
    expect(compared).toBe(2 * 123_979);
  });
});

function accuracy(
  network: QuantisedNetwork,
  images: Dataset,
  spec: MultiplierSpec,
  rounded: RoundedOperand = 'activations',
): number {
  const engine = createEngine(network, uniformAssignment(network, spec), rounded);
  let right = 0;
  for (let i = 0; i < images.images; i++) {
    if (argmax(engine.infer(imageCodes(images, i))) === images.labels[i]) right++;
  }
  return right / images.images;
}

/** Tensors of the reference by name. */
function readReference(path: string): ReadonlyMap<string, Float32Array> {
  const bin = readFileSync(`${path}.bin`);
  const { tensors } = JSON.parse(readFileSync(`${path}.json`, 'utf8')) as {
    tensors: readonly { name: string; offset: number; count: number }[];
  };
  return new Map(
    tensors.map(({ name, offset, count }) => [
      name,
      Float32Array.from({ length: count }, (_, i) => bin.readFloatLE(offset + 4 * i)),
    ]),
  );
}

function withStatistics(network: FloatNetwork, reference: ReadonlyMap<string, Float32Array>): FloatNetwork {
  const tensors = new Map<string, Tensor>(network.tensors);
  const layers = network.layers.map((layer) => {
    if (layer.op !== 'batchNorm') return layer;
    const add = (role: string, theirs: string): string => {
      const data = reference.get(`${layer.name}/${theirs}`)!;
      tensors.set(`${layer.name}/${role}`, { shape: [data.length], data });
      return `${layer.name}/${role}`;
    };
    return { ...layer, mean: add('mean', 'mean_calib'), variance: add('variance', 'var_calib') };
  });
  return { ...network, layers, tensors };
}
