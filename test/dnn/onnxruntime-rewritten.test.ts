import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import type { FloatNetwork } from '../../src/dnn/network.ts';
import { encodeOnnx } from '../../src/dnn/onnx/export-onnx.ts';
import { importOnnx } from '../../src/dnn/onnx/import-onnx.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import { branchedNetwork } from './onnx-networks.ts';
import { quantiseToQdq } from './onnx-qdq.ts';
import { onnxruntimeTest, rewriteOnnx } from './onnxruntime.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.onnx');

const EMBEDDED = new URL('../../models/synthetic-resnet8.json', import.meta.url).pathname;

/** The network after onnxruntime has read our file and written its own. */
async function rewritten(network: FloatNetwork, level: 'disabled' | 'basic'): Promise<FloatNetwork> {
  const ours = encodeOnnx(network);
  await rewriteOnnx(ours, path, level);
  expect(readFileSync(path).equals(ours)).toBe(false);
  const { scale, zeroPoint } = network.input;
  const imported = importOnnx(path, {
    name: network.name,
    inputScale: { scale, shift: -zeroPoint * scale },
  });
  if (imported.kind !== 'float') throw new Error(imported.kind);
  return imported.network;
}

/** Tensors in the order of their names; onnxruntime has its own. */
function sorted({ tensors, ...rest }: FloatNetwork) {
  return { ...rest, tensors: [...tensors].sort(([a], [b]) => (a < b ? -1 : 1)) };
}

describe('files that onnxruntime writes with the protobuf library of the ONNX project', () => {
  onnxruntimeTest('the same nodes: the same network', async () => {
    const networks = [readFloatNetwork(EMBEDDED), randomNetwork(3), branchedNetwork(3)];
    for (const network of networks) {
      expect(sorted(await rewritten(network, 'disabled'))).toEqual(sorted(network));
    }
    expect(networks.length).toBe(3);
  });

  onnxruntimeTest('batch norms folded by onnxruntime: the same logits', async () => {
    const network = readFloatNetwork(EMBEDDED);
    const images = generateSyntheticImages({ split: 'test', count: 5 });
    const folded = await rewritten(network, 'basic');
    expect(network.layers.filter(({ op }) => op === 'batchNorm').length).toBe(7);
    expect(folded.layers.filter(({ op }) => op === 'batchNorm')).toEqual([]);
    const want = inferFloat(network, images);
    const got = inferFloat(folded, images);
    expect(got.length).toBe(want.length);
    const largest = got.reduce((most, value, i) => Math.max(most, Math.abs(value - want[i]!)), 0);
    expect(largest).toBeLessThan(1e-3);
  });

  onnxruntimeTest('a QDQ model: the same quantised network', async () => {
    const given = branchedNetwork(4);
    const network = { ...given, input: { ...given.input, zeroPoint: 20 } };
    const options = { activations: 'uint8', perChannel: true, quantisesLogits: true } as const;
    const { model } = quantiseToQdq(network, randomImages(network, 4, 4), options);
    const readBack = (): QuantisedNetwork => {
      const imported = importOnnx(path, { inputScale: { scale: 1 / 100, shift: -0.2 } });
      if (imported.kind !== 'quantised') throw new Error(imported.kind);
      // onnxruntime may order branches in another way.
      const layers = [...imported.network.layers].sort((a, b) => (a.name < b.name ? -1 : 1));
      return { ...imported.network, layers };
    };
    writeFileSync(path, model);
    const want = readBack();
    await rewriteOnnx(model, path, 'disabled');
    expect(readFileSync(path).equals(model)).toBe(false);
    expect(readBack()).toEqual(want);
  });
});
