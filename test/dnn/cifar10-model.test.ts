import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { readDataset } from '../../src/dnn/data/read-dataset.ts';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { type FloatNetwork, floatNetworkDigest } from '../../src/dnn/network.ts';
import { importOnnx } from '../../src/dnn/onnx/import-onnx.ts';
import { DATA_DIR } from '../tool-missing.ts';

const network = readFloatNetwork(shippedFile('models', 'cifar10-resnet8.json'));
const log = readFileSync(shippedFile('models', 'cifar10-resnet8.train.log'), 'utf8');

/** Correct answers among the images that the log of the training names. */
const CORRECT = 440;

test('the ONNX file holds the same network', () => {
  const imported = importOnnx(shippedFile('models', 'cifar10-resnet8.onnx'));
  expect(imported.kind).toBe('float');
  expect(floatNetworkDigest(imported.network as FloatNetwork)).toBe(floatNetworkDigest(network));
  expect(network.layers.filter(({ op }) => op === 'conv2d').length).toBe(7);
});

test('sabotage: one changed weight is another network', () => {
  const tensors = new Map(network.tensors);
  const [name, kernel] = [...tensors][0]!;
  const data = kernel.data.slice();
  data[5] = data[5]! + 1e-6;
  tensors.set(name, { ...kernel, data });
  expect(floatNetworkDigest({ ...network, tensors })).not.toBe(floatNetworkDigest(network));
});

const testSet = join(DATA_DIR ?? '', 'cifar10', 'test_lossless_517.bin');
const missing = DATA_DIR === undefined || !existsSync(testSet);

describe.skipIf(missing)(`on 517 test images${missing ? ' [skipped: no MAXDNN_DATA]' : ''}`, () => {
  test('the accuracy is the one of the log, which is that of PyTorch and of numpy', () => {
    const dataset = readDataset(testSet);
    const logits = inferFloat(network, dataset);
    let correct = 0;
    for (let image = 0; image < dataset.images; image++) {
      const row = logits.subarray(image * 10, (image + 1) * 10);
      if (row.indexOf(Math.max(...row)) === dataset.labels[image]) correct++;
    }
    expect(dataset.images).toBe(517);
    expect(correct).toBe(CORRECT);
    expect(log).toContain(`written files read back in numpy: test accuracy ${(CORRECT / 517).toFixed(4)}, `);
  });
});
