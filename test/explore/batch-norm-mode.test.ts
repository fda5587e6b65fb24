import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { sliceDataset } from '../../src/dnn/data/dataset.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { recalibrateBatchNorm } from '../../src/dnn/recalibrate-batch-norm.ts';
import type { BatchNormChoice } from '../../src/explore/batch-norm-mode.ts';
import { evaluateNetwork } from '../../src/explore/evaluate.ts';
import { predict } from '../../src/explore/predict.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-batch-norm-'));
afterAll(() => rmSync(folder, { recursive: true }));

const COARSE: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [5, 5, 5] };
const floatNetwork = randomNetwork(38);
const train = randomImages(floatNetwork, 40, 3);
const images = randomImages(floatNetwork, 61, 12);
const network = quantiseNetwork(floatNetwork, train);

/** Labels that make every image's exact answer under the given network right. */
function labelsOf(net: typeof network, spec: MultiplierSpec): Uint8Array {
  const job = {
    network: net,
    assignment: uniformAssignment(net, spec),
    roundedOperand: 'activations',
  } as const;
  const { ranked, ranks } = predict(job, images);
  return Uint8Array.from({ length: images.images }, (_, i) => ranked[i * ranks]!);
}

let files = 0;
const evaluate = (batchNorm: BatchNormChoice, labels: Uint8Array, float = true) =>
  evaluateNetwork({
    network,
    ...(float ? { floatNetwork } : {}),
    dataset: { ...images, labels },
    designs: [{ design: 'coarse', spec: COARSE }],
    roundedOperand: 'activations',
    batchNorm,
    outPath: join(folder, `${files++}.json`),
    workers: 0,
  });

describe('batch norm modes of an evaluation', () => {
  const recalibrate = (spec: MultiplierSpec, on: typeof train) =>
    recalibrateBatchNorm(floatNetwork, network, uniformAssignment(network, spec), 'activations', on);

  test('each evaluates the network of its name, and says which', async () => {
    for (const [choice, coarse] of [
      [{ mode: 'fixed' }, network],
      [{ mode: 'recalibrated', images: train }, recalibrate(COARSE, train)],
      [{ mode: 'batch' }, recalibrate(COARSE, images)],
    ] as const) {
      const result = await evaluate(choice, labelsOf(coarse, COARSE));
      expect(result.batchNorm).toBe(choice.mode);
      expect(result.rows[0]!.correct).toBe(61);
      expect(result.batchNormImages?.images).toBe(choice.mode === 'recalibrated' ? 40 : undefined);
    }
  });

  test('the exact network is recalibrated too', async () => {
    const labels = labelsOf(recalibrate(EXACT_INT8, train), EXACT_INT8);
    expect((await evaluate({ mode: 'recalibrated', images: train }, labels)).exact.correct).toBe(61);
  });

  test('results of another mode or other training images are not reused, those of the same are', async () => {
    const labels = labelsOf(network, COARSE);
    const outPath = join(folder, 'shared.json');
    const few = sliceDataset(train, 0, 2);
    let ran = 0;
    const run = async (batchNorm: BatchNormChoice) => {
      ran = 0;
      const result = await evaluateNetwork({
        network,
        floatNetwork,
        dataset: { ...images, labels },
        designs: [{ design: 'coarse', spec: COARSE }],
        roundedOperand: 'activations',
        batchNorm,
        outPath,
        workers: 0,
        onProgress: ({ reused }) => {
          if (!reused) ran++;
        },
      });
      return [result.rows[0]!.correct === 61, result.batchNormImages?.images, ran > 0];
    };
    expect(await run({ mode: 'fixed' })).toEqual([true, undefined, true]);
    expect(await run({ mode: 'recalibrated', images: train })).toEqual([false, 40, true]);
    expect(await run({ mode: 'recalibrated', images: few })).toEqual([false, 2, true]);
    expect(await run({ mode: 'recalibrated', images: few })).toEqual([false, 2, false]);
  });

  test('an int8 model without its float network has only "fixed"', async () => {
    await expect(evaluate({ mode: 'batch' }, labelsOf(network, COARSE), false)).rejects.toMatchObject({
      code: 'bad-input',
      message:
        'batch norm "batch": wanted the float network with its batch norms, found only the int8 network random 38',
      hint: 'An int8 model has its batch norms folded in for good: use "fixed".',
    });
  });
});
