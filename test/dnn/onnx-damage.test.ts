import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { createRng } from '../../src/base/rng.ts';
import { encodeOnnx } from '../../src/dnn/onnx/export-onnx.ts';
import { importOnnx } from '../../src/dnn/onnx/import-onnx.ts';
import { badInputText } from './error-text.ts';
import { encodeModel } from './onnx-model.ts';
import { branchedNetwork } from './onnx-networks.ts';
import { quantiseToQdq } from './onnx-qdq.ts';
import { SMALL_MODEL } from './onnx-small-model.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-onnx-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.onnx');

test('a model that is cut off anywhere is refused, with its path', () => {
  const whole = encodeModel(SMALL_MODEL);
  let refused = 0;
  for (let length = 0; length < whole.length; length += 3) {
    writeFileSync(path, whole.subarray(0, length));
    expect(badInputText(() => importOnnx(path))).toContain(path);
    refused++;
  }
  expect(refused).toBeGreaterThan(200);
});

test('bytes changed at random give a network or one clear error', () => {
  const images = randomImages(branchedNetwork(1), 1, 1);
  const qdq = { activations: 'uint8', perChannel: true, quantisesLogits: true } as const;
  const models = [
    encodeModel(SMALL_MODEL),
    encodeOnnx(randomNetwork(1)),
    encodeOnnx(branchedNetwork(1)),
    quantiseToQdq(
      { ...branchedNetwork(1), input: { ...branchedNetwork(1).input, zeroPoint: 20 } },
      images,
      qdq,
    ).model,
  ];
  const rng = createRng(11);
  const seen = { accepted: 0, refused: 0 };
  for (const model of models) {
    for (let i = 0; i < 200; i++) {
      const bytes = Uint8Array.from(model);
      for (let k = rng.nextInt(1, 3); k > 0; k--)
        bytes[rng.nextInt(0, bytes.length - 1)] = rng.nextInt(0, 255);
      writeFileSync(path, bytes);
      try {
        importOnnx(path);
        seen.accepted++;
      } catch (error) {
        if (!(error instanceof MaxdnnError && error.code === 'bad-input')) throw error;
        seen.refused++;
      }
    }
  }
  expect(seen.accepted + seen.refused).toBe(800);
  expect(seen.refused).toBeGreaterThan(150);
});
