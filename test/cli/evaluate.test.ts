import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import type { Dataset } from '../../src/dnn/data/dataset.ts';
import { RECORD_BYTES } from '../../src/dnn/data/dataset.ts';
import { readFloatNetwork, writeFloatNetwork } from '../../src/dnn/float-network-file.ts';
import type { FloatNetwork } from '../../src/dnn/network.ts';
import { writeOnnx } from '../../src/dnn/onnx/export-onnx.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { writeQuantisedNetwork } from '../../src/dnn/quantised-network-file.ts';
import { DATA_DIR } from '../tool-missing.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('evaluate');
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);
const write = (name: string, content: unknown): void =>
  writeFileSync(at(name), content instanceof Uint8Array ? content : JSON.stringify(content));
const evaluate = (...args: readonly string[]) => runProgram('maxdnn', ['evaluate', ...args], folder.path);

const assignment = { kind: 'assignment', formatVersion: 1, default: 'mul_booth_s8' };

describe('evaluate', () => {
  test('one multiplier by name: accuracy, interval, test, classes; progress in images', async () => {
    const { code, stdout, stderr } = await evaluate('--mul', 'mul_roup_s8_p2_r4', '--images', '60');
    expect(code).toBe(0);
    const number = String.raw`\d+\.\d\d`;
    const line = `${number} % +${number} … +${number} +${number} %`;
    expect(stdout).toMatch(/^synthetic-resnet8 on 60 images of .*, activations rounded, batch norm fixed$/m);
    expect(stdout).toMatch(new RegExp(`^float32 +${line}$`, 'm'));
    expect(stdout).toMatch(new RegExp(`^exact int8 +${line}$`, 'm'));
    expect(stdout).toMatch(
      new RegExp(
        `^mul_roup_s8_p2_r4 +${line} +(n\\.s\\. +)?-${number} ± ${number} points, p [=<] 0\\.\\d+$`,
        'm',
      ),
    );
    expect(stdout.match(/^ +\d +6 +\d+\.\d\d %/gm)).toHaveLength(10);
    expect(stdout).toContain('out/evaluate/mul_roup_s8_p2_r4/evaluation.json');
    expect(stderr).toMatch(
      /^evaluate \d+\/180 images {2}ETA .* {2}float32 {2}\d+ images\/s {2}\d+\.\d % right$/m,
    );
    expect(stderr).toMatch(/^evaluate 180\/180 images done in /m);
    expect(filesBelow(at('out'))).toContain('evaluate/mul_roup_s8_p2_r4/evaluation.json');
  });

  test('the first images are left out on demand', async () => {
    const { code, stdout } = await evaluate('--mul', 'mul_booth_s8', '--images', '20', '--skip-images', '14');
    expect(code).toBe(0);
    expect(stdout).toMatch(/^synthetic-resnet8 on 6 images of /m);
  });

  test('another batch norm mode is named, and its results stand beside the others', async () => {
    const args = ['--mul', 'mul_roup_s8_p2_r4', '--images', '20', '--batch-norm', 'batch'];
    const { code, stdout } = await evaluate(...args);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^synthetic-resnet8 on 20 images .*, batch norm batch$/m);
    const { batchNorm } = JSON.parse(
      readFileSync(at('out/evaluate/mul_roup_s8_p2_r4-batch/evaluation.json'), 'utf8'),
    );
    expect(batchNorm).toBe('batch');
    expect(filesBelow(at('out'))).toContain('evaluate/mul_roup_s8_p2_r4/accuracy.html');
  });

  test('a network with equalised channels: quantised so, said so, and its batch norms stay as they are', async () => {
    const work = ['--work', 'equalised'];
    const few = ['--images', '32', ...work];
    const quantised = await runProgram('maxdnn', ['quantise', '--equalise', '0.5', ...few], folder.path);
    expect(quantised.code).toBe(0);
    const { quantisation } = JSON.parse(readFileSync(at('equalised/network/quantised.json'), 'utf8'));
    expect(quantisation.equalise).toBe(0.5);
    const again = await runProgram('maxdnn', ['quantise', '--equalise', '0.25', ...few], folder.path);
    expect(again.stderr).not.toContain('reused');
    expect(
      JSON.parse(readFileSync(at('equalised/network/quantised.json'), 'utf8')).quantisation.equalise,
    ).toBe(0.25);
    const args = ['--mul', 'mul_booth_s8', '--images', '10', ...work];
    expect((await evaluate(...args)).code).toBe(0);
    const { code, stderr } = await evaluate(...args, '--batch-norm', 'batch');
    expect(code).toBe(2);
    expect(stderr).toContain(
      'maxdnn: --batch-norm: wanted fixed, for a network with equalised channels, found equalised/network/quantised.json\n' +
        'Its batch norms are scaled by channel: quantise it without --equalise to measure them again.',
    );
  });

  test('an assignment equals the uniform evaluation where it is uniform, and has the energy of each layer', async () => {
    write('flat.json', { ...assignment, default: 'mul_roup_s8_p2_r4' });
    const flat = await evaluate('--assign', 'flat.json', '--images', '60', '--json');
    expect(flat.code).toBe(0);
    const { assignments } = JSON.parse(flat.stdout);
    const path = at('out/evaluate/mul_roup_s8_p2_r4/evaluation.json');
    const { design: _d, spec: _s, ...figures } = JSON.parse(readFileSync(path, 'utf8')).rows[0];
    expect(assignments).toHaveLength(1);
    const { name, layers, functionSha256: _f, ...own } = assignments[0];
    expect([name, Object.keys(layers).length]).toEqual(['flat', 8]);
    expect(own).toEqual(figures);
  });

  test('an int8 network has no float line; a float one is quantised on the way', async () => {
    const model = ['--model', 'out/network/embedded.quantised.json'];
    const { code, stdout } = await evaluate('--mul', 'mul_booth_s8', '--images', '20', ...model);
    expect([code, stdout.includes('float32')]).toEqual([0, false]);
    expect(stdout).toMatch(/^mul_booth_s8 .* {2}0\.00 points: every answer as good as before$/m);
    const path = shippedFile('models', 'synthetic-resnet8.json');
    writeOnnx(at('same.onnx'), readFloatNetwork(path));
    writeFloatNetwork(at('same.json'), readFloatNetwork(path));
    for (const float of ['same.onnx', 'same.json']) {
      const again = await evaluate('--mul', 'mul_booth_s8', '--images', '20', '--model', float);
      expect([again.code, again.stdout.includes('float32')]).toEqual([0, true]);
      const figures = (text: string): string => /^exact int8 .*$/m.exec(text)![0];
      expect(figures(again.stdout)).toBe(figures(stdout));
      // The second file holds the network of the first, so that its int8 network is taken.
      expect(/^quantise 1\/1 done in .*, all reused$/m.test(again.stderr)).toBe(float === 'same.json');
    }
    expect(filesBelow(at('out/network'))).toEqual(['embedded.quantised.json', 'same.quantised.json']);
  });

  test.skipIf(DATA_DIR === undefined)(
    `the int8 model of MLPerf Tiny on CIFAR-10${DATA_DIR === undefined ? ' (skipped: MAXDNN_DATA is not set)' : ''}`,
    async () => {
      const model = join(DATA_DIR!, 'models', 'mlperf_tiny_resnet8_int8.tflite');
      const images = join(DATA_DIR!, 'cifar10', 'test_lossless_517.bin');
      const args = ['--mul', 'mul_roup_s8_p0_r2', '--model', model, '--dataset', images, '--images', '100'];
      const { code, stdout } = await evaluate(...args, '--json');
      expect(code).toBe(0);
      const { exact, rows, float } = JSON.parse(stdout);
      expect(float).toBeUndefined();
      expect(exact.accuracy).toBeGreaterThan(0.75);
      expect(exact.confusion).toHaveLength(10);
      expect(rows[0].images).toBe(100);
    },
  );

  test.each<[string, readonly string[], string | RegExp]>([
    [
      'both --mul and --assign',
      ['--mul', 'mul_booth_s8', '--assign', 'flat.json'],
      'maxdnn: --assign: wanted no --mul beside it, found --mul mul_booth_s8\n' +
        'An assignment file has a "default" multiplier for the layers that it does not name.',
    ],
    [
      'an unknown layer',
      ['--assign', 'unknown-layer.json'],
      'maxdnn: unknown-layer.json: layers: wanted convolutions and dense layers of synthetic-resnet8: conv0, conv1, conv2, conv3, conv4, conv5, conv6, dense, found "conv9", nearest "conv0"\n' +
        'For example: {"kind": "assignment", "formatVersion": 2, "default": "mul_booth_s8", "layers": {"conv1": "mul_roup_s8_p2_r4"}}',
    ],
    [
      'a model of an unknown kind',
      ['--mul', 'mul_booth_s8', '--model', 'net.pth'],
      'maxdnn: --model: wanted "embedded" or a file that ends in .json, .onnx, .pb, .tflite, found "net.pth"\nConvert the model to one of these.',
    ],
    [
      'two networks',
      ['--mul', 'mul_booth_s8', '--model', 'embedded', '--quantised', 'x.json'],
      'maxdnn: --model: wanted no --quantised beside it, found "embedded"\n' +
        '--model names the network, whatever kind of file it is.',
    ],
    [
      'an empty data set',
      ['--mul', 'mul_booth_s8', '--dataset', 'empty.bin'],
      /^maxdnn: empty\.bin: wanted .*, found an empty file \(0 bytes\)\n/,
    ],
    [
      'labels without an output',
      ['--mul', 'mul_booth_s8', '--dataset', 'labels.bin', '--model', 'two-outputs.json'],
      'maxdnn: data set labels.bin, image 1: wanted a label 0 … 1 (the network has 2 outputs), found 7\n' +
        '1 of 3 labels are out of range: the data set does not belong to this network.',
    ],
    [
      'images of another shape',
      ['--mul', 'mul_booth_s8', '--model', 'other-shape.json', '--images', '2'],
      'maxdnn: data set synthetic-test-2-seed1: wanted images of 8 × 8 × 3 for the network tiny, found 32 × 32 × 3\nGive a data set that fits the network.',
    ],
  ])('%s: told, exit code 2', async (_what, args, message) => {
    write('unknown-layer.json', { ...assignment, layers: { conv9: 'mul_booth_s8' } });
    write('empty.bin', new Uint8Array(0));
    write('labels.bin', records([0, 7, 1]));
    writeTiny('two-outputs.json', 32, 2);
    writeTiny('other-shape.json', 8, 10);
    const { code, stdout, stderr } = await evaluate(...args);
    expect([code, stdout]).toEqual([2, '']);
    const text = stderr.replace(/^(quantise|evaluate) .*\n/gm, '');
    if (message instanceof RegExp) expect(text).toMatch(message);
    else expect(text).toBe(message);
  });
});

/** CIFAR-10 records of grey images with these labels. */
function records(labels: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(labels.length * RECORD_BYTES).fill(128);
  for (const [image, label] of labels.entries()) bytes[image * RECORD_BYTES] = label;
  return bytes;
}

/** A quantised network of one dense layer over the mean colour. */
function writeTiny(name: string, side: number, outputs: number): void {
  const data = Float32Array.from({ length: 3 * outputs }, (_, i) => Math.sin(i + 1));
  const network: FloatNetwork = {
    name: 'tiny',
    input: { height: side, width: side, channels: 3, scale: 1 / 128, zeroPoint: 128 },
    layers: [
      { op: 'globalAveragePool', name: 'pool', inputs: ['input'] },
      { op: 'dense', name: 'dense', inputs: ['pool'], weights: 'w' },
    ],
    tensors: new Map([['w', { shape: [3, outputs], data }]]),
  };
  const size = { height: side, width: side, channels: 3 };
  const pixels = Uint8Array.from({ length: 2 * side * side * 3 }, (_, i) => (37 * i) % 256);
  const images: Dataset = { name: 'x', sha256: 'x', images: 2, ...size, labels: new Uint8Array(2), pixels };
  const quantisation = { percentile: 99.99, calibrationImages: 2 };
  writeQuantisedNetwork(at(name), quantiseNetwork(network, images), quantisation, {});
}
