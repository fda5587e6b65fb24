import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { evaluate } from '../../src/cli/commands/evaluate.ts';
import { importModel } from '../../src/cli/commands/import.ts';
import { quantise } from '../../src/cli/commands/quantise.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { isImportedNetwork, readQuantisedNetwork } from '../../src/dnn/quantised-network-file.ts';
import { importTflite } from '../../src/dnn/tflite/import-tflite.ts';
import { CODE, encodeTflite, type ModelSketch, TYPE } from '../dnn/tflite-file.ts';
import { sampleModel } from '../dnn/tflite-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-import-'));
afterAll(() => rmSync(folder, { recursive: true }));
const int8 = join(folder, 'int8.tflite');
const float = join(folder, 'float.tflite');
writeFileSync(int8, encodeTflite(sampleModel(1, true)));
writeFileSync(float, encodeTflite(sampleModel(1, false)));

const run = (...words: readonly string[]) => {
  const args: Record<string, unknown> & { _: string[] } = { _: [words[0]!], work: join(folder, 'out') };
  for (let i = 1; i < words.length; i += 2) args[words[i]!.slice(2)] = words[i + 1];
  return importModel.run(args, { onProgress: () => {} });
};

describe('maxdnn import MODEL.tflite', () => {
  test('an int8 model becomes the quantised network of the work folder, the same when read again', async () => {
    const { text, value } = await run(int8);
    const path = join(folder, 'out', 'network', 'quantised.json');
    expect(text).toBe(`int8: 13 layers, int8 as in the model, 13490 multiplications per image\n${path}`);
    expect(value).toMatchObject({ path, name: 'int8', multiplications: 2160 + 960 + 960 + 8640 + 720 + 50 });
    expect(readQuantisedNetwork(path)).toEqual(importTflite(int8).network);
    expect(isImportedNetwork(path)).toBe(true);
  });

  test('a file with both kinds of origin is refused', async () => {
    await run(int8);
    const path = join(folder, 'out', 'network', 'quantised.json');
    const file = JSON.parse(readFileSync(path, 'utf8'));
    writeFileSync(path, JSON.stringify({ ...file, quantisation: { importedFrom: 'elsewhere' } }));
    expect(() => readQuantisedNetwork(path)).toThrow(/quantisation.*: wanted /);
  });

  test('a float model becomes the float network of the work folder', async () => {
    const { text } = await run(float, '--input-scale', '1,0');
    const path = join(folder, 'out', 'network', 'float.json');
    expect(text).toBe(`float: 18 layers\n${path}`);
    expect(readFloatNetwork(path).input).toMatchObject({ scale: 1, zeroPoint: 0 });
    const assumed = await run(float);
    expect(assumed.text).toBe(
      'float: 18 layers\npixels taken as u8/128 − 1, because a TensorFlow Lite model of float32 does not say ' +
        `(--input-scale SCALE,SHIFT)\n${path}`,
    );
  });

  test('the latest import is the model of the work folder', async () => {
    const quantised = join(folder, 'out', 'network', 'quantised.json');
    await run(int8);
    await run(float);
    expect(isImportedNetwork(quantised)).toBe(false);
    await run(int8);
    expect(isImportedNetwork(quantised)).toBe(true);
    const args = { _: [], work: join(folder, 'out') };
    await expect(quantise.run(args, { onProgress: () => {} })).rejects.toThrow(
      `${quantised}: wanted no imported int8 network, found one`,
    );
  });

  test('evaluate takes the int8 network alone, whatever float network is there', async () => {
    await run(float);
    writeFileSync(int8, encodeTflite(thumbnailModel()));
    await run(int8);
    const args = { _: [], work: join(folder, 'out'), mul: 'mul_booth_s8', images: '12' };
    const { text, value } = await evaluate.run(args, { onProgress: () => {} });
    expect(text).toMatch(/^int8 on 12 images of /);
    expect(text).not.toContain('float32');
    expect(value).toMatchObject({ network: { multiplicationsPerImage: 4 * 4 * 4 * 192 + 40 } });
  });

  test.each(['1', '0,1', '-1,0', 'a,b', '1,2,3', '1e999,0', '1,,'])(
    '--input-scale %s is refused',
    async (text) => {
      await expect(run(float, '--input-scale', text)).rejects.toThrow(
        `--input-scale: wanted SCALE,SHIFT with SCALE above 0, found ${JSON.stringify(text)}`,
      );
    },
  );

  test('another ending is refused', async () => {
    await expect(run(join(folder, 'net.pth'))).rejects.toThrow(
      /^import: wanted a file that ends in \.onnx, \.pb, \.tflite, found ".*net\.pth"$/,
    );
  });
});

/** 32 × 32 × 3 → conv 8 × 8, stride 8, 4 channels → mean → 10 classes. */
function thumbnailModel(): ModelSketch {
  const at = { type: TYPE.int8, scales: [1 / 16], zeroPoints: [-128] };
  const codes = (count: number): Int8Array =>
    Int8Array.from({ length: count }, (_, i) => ((i * 37) % 255) - 127);
  return {
    tensors: [
      { name: 'image', shape: [1, 32, 32, 3], ...at },
      { name: 'w', shape: [4, 8, 8, 3], type: TYPE.int8, content: codes(768), scales: [1 / 512] },
      { name: 'maps', shape: [1, 4, 4, 4], ...at },
      { name: 'axes', shape: [2], type: TYPE.int32, content: Int32Array.of(1, 2) },
      { name: 'mean', shape: [1, 4], ...at },
      { name: 'v', shape: [10, 4], type: TYPE.int8, content: codes(40), scales: [1 / 64] },
      { name: 'logits', shape: [1, 10], ...at },
    ],
    operators: [
      {
        code: CODE.conv,
        inputs: [0, 1, -1],
        outputs: [2],
        options: {
          type: 1,
          fields: [
            [0, 1, 1],
            [1, 4, 8],
            [2, 4, 8],
            [4, 4, 1],
            [5, 4, 1],
          ],
        },
      },
      { code: CODE.mean, inputs: [2, 3], outputs: [4] },
      { code: CODE.fullyConnected, inputs: [4, 5, -1], outputs: [6] },
    ],
    inputs: [0],
    outputs: [6],
  };
}
