import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { type FloatNetwork, floatNetworkDigest } from '../../src/dnn/network.ts';
import { writeOnnx } from '../../src/dnn/onnx/export-onnx.ts';
import { importOnnx } from '../../src/dnn/onnx/import-onnx.ts';
import { badInputText } from './error-text.ts';
import { branchedNetwork } from './onnx-networks.ts';
import { randomNetwork } from './random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.onnx');

/** The network after a way through an ONNX file. */
function throughFile(network: FloatNetwork): FloatNetwork {
  writeOnnx(path, network);
  const imported = importOnnx(path, { name: network.name });
  if (imported.kind !== 'float') throw new Error(imported.kind);
  return imported.network;
}

describe('export and import give the same network', () => {
  test('the embedded ResNet-8', () => {
    const network = readFloatNetwork(
      new URL('../../models/synthetic-resnet8.json', import.meta.url).pathname,
    );
    expect(throughFile(network)).toEqual(network);
    expect(floatNetworkDigest(throughFile(network))).toBe(floatNetworkDigest(network));
  });

  test('random networks: every operator, names and numbers', () => {
    const operators = new Set<string>();
    for (let seed = 1; seed <= 20; seed++) {
      for (const network of [randomNetwork(seed), branchedNetwork(seed)]) {
        const imported = throughFile(network);
        // Tensors come back in the order of the layers.
        expect(imported).toEqual(network);
        for (const { op } of network.layers) operators.add(op);
      }
    }
    expect([...operators].sort()).toEqual([
      'add',
      'averagePool',
      'batchNorm',
      'clip',
      'concat',
      'conv2d',
      'dense',
      'globalAveragePool',
      'maxPool',
      'pad',
      'padChannels',
      'relu',
    ]);
  });

  test('the same bytes every time', () => {
    const network = randomNetwork(1);
    writeOnnx(path, network);
    const first = readFileSync(path);
    writeOnnx(path, throughFile(network));
    expect(readFileSync(path).equals(first)).toBe(true);
  });

  test('sabotage: one number is noticed', () => {
    const network = randomNetwork(2);
    const [name, { shape, data }] = [...network.tensors][0]!;
    const changed = { shape, data: data.map((value, i) => (i === 0 ? value + 1e-6 : value)) };
    const tensors = new Map([...network.tensors, [name, changed] as const]);
    expect(throughFile({ ...network, tensors })).not.toEqual(network);
  });
});

test('a batch norm without statistics is not exported', () => {
  expect(badInputText(() => writeOnnx(path, randomNetwork(1, false)))).toBe(
    'batch norm bn: wanted mean and variance, found none\n' +
      'Calibrate it first: maxdnn import with training images as calibration set.',
  );
});
