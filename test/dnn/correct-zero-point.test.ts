import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../../src/dnn/assignment.ts';
import { correctZeroPoint } from '../../src/dnn/correct-zero-point.ts';
import { imageCodes, readCifarRecords } from '../../src/dnn/data/dataset.ts';
import { argmax, createEngine } from '../../src/dnn/infer.ts';
import { isWeighted, type QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { importTflite } from '../../src/dnn/tflite/import-tflite.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { DATA_DIR } from '../tool-missing.ts';
import { badInputText } from './error-text.ts';
import { encodeTflite } from './tflite-file.ts';
import { sampleModel } from './tflite-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-zero-'));
afterAll(() => rmSync(folder, { recursive: true }));
const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });

function sample(seed: number): QuantisedNetwork {
  const path = join(folder, 'sample.tflite');
  writeFileSync(path, encodeTflite(sampleModel(seed, true)));
  return importTflite(path).network as QuantisedNetwork;
}

describe('biases corrected for the zero point', () => {
  test.each(['activations', 'weights'] as const)(
    'an image of zeros gives what exact multipliers give, %s rounded',
    (rounded: RoundedOperand) => {
      let compared = 0;
      let moved = 0;
      for (let seed = 1; seed <= 10; seed++) {
        const network = sample(seed);
        const zeros = new Int8Array(9 * 7 * 3).fill(network.input.zeroPoint - 128);
        const approximate = uniformAssignment(network, roup(1, [4, 2, 0]));
        const corrected = correctZeroPoint(network, approximate, rounded);
        const conv = (of: QuantisedNetwork, multipliers: typeof approximate): Int32Array =>
          inferReference(of, multipliers, zeros, rounded).get('conv0')!;
        const want = conv(network, uniformAssignment(network, EXACT_INT8));
        expect(conv(corrected, approximate)).toEqual(want);
        const plain = conv(network, approximate);
        moved += plain.filter((code, i) => code !== want[i]).length;
        compared += want.length;
      }
      expect(compared).toBe(10 * 80);
      // Without the correction it does not.
      expect(moved).toBeGreaterThan(50);
    },
  );

  test('nothing changes under exact multipliers', () => {
    const network = sample(1);
    expect(correctZeroPoint(network, uniformAssignment(network, EXACT_INT8))).toEqual(network);
  });

  test('a layer without a multiplier is refused, and a bias beyond int32', () => {
    const network = sample(1);
    expect(badInputText(() => correctZeroPoint(network, new Map()))).toBe(
      'layer conv0: wanted a multiplier, found none\nName one for every layer.',
    );
    const layers = network.layers.map((layer) =>
      isWeighted(layer) ? { ...layer, bias: layer.bias.map(() => 2 ** 31 - 1) } : layer,
    );
    const crude = uniformAssignment(network, roup(3, [7]));
    expect(badInputText(() => correctZeroPoint({ ...network, layers }, crude))).toMatch(
      /^layer \w+, output channel \d+: wanted a bias within int32, found 2147\d+\nThe multiplier is too far off/,
    );
  });
});

const reason = DATA_DIR === undefined ? ' (skipped: MAXDNN_DATA is not set)' : '';

describe.skipIf(DATA_DIR === undefined)(`ResNet-8 of MLPerf Tiny${reason}`, () => {
  test('perforated activations: 59 of 517 right without, 370 with the correction', () => {
    const network = importTflite(join(DATA_DIR!, 'models/mlperf_tiny_resnet8_int8.tflite'))
      .network as QuantisedNetwork;
    const images = readCifarRecords(join(DATA_DIR!, 'cifar10/test_lossless_517.bin'));
    const assignment = uniformAssignment(network, roup(1, [2, 2, 2]));
    const rightOf = (of: QuantisedNetwork): number => {
      const engine = createEngine(of, assignment);
      return images.labels.filter((label, i) => argmax(engine.infer(imageCodes(images, i))) === label).length;
    };
    expect([rightOf(network), rightOf(correctZeroPoint(network, assignment))]).toEqual([59, 370]);
  });
});
