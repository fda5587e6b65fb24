import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readAssignment } from '../../src/assign/assignment-file.ts';
import { writeAssignment } from '../../src/assign/write-assignment.ts';
import { createRng } from '../../src/base/rng.ts';
import { applyVariants } from '../../src/dnn/apply-variants.ts';
import { uniformAssignment } from '../../src/dnn/assignment.ts';
import { argmax, infer } from '../../src/dnn/infer.ts';
import type { LayerVariant, NetworkVariant } from '../../src/dnn/layer-variant.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import { type EvaluateRequest, evaluateNetwork } from '../../src/explore/evaluate.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-evaluate-tuned-'));
afterAll(() => rmSync(folder, { recursive: true }));

const floatNetwork = randomNetwork(38);
const images = randomImages(floatNetwork, 61, 12);
const network = quantiseNetwork(floatNetwork, images);
const ROUP = parseDesignName('mul_roup_s8_p2_r4')!;
const rng = createRng(5);

/** Other weights and biases in every layer, finer activations in the last one. */
const variant: NetworkVariant = new Map(
  network.layers.filter(isWeighted).map((layer): readonly [string, LayerVariant] => [
    layer.name,
    {
      multiplier: ROUP,
      weights: layer.weights.map((code) => Math.max(-128, Math.min(127, code + rng.nextInt(-30, 30)))),
      bias: layer.bias.map((code) => code + rng.nextInt(-400, 400)),
      ...(layer.op === 'dense' ? { inputScaleFactor: 0.75 } : {}),
    },
  ]),
);
const layers = uniformAssignment(network, ROUP);
const evaluate = (
  assignments: NonNullable<EvaluateRequest['assignments']>,
  mode: 'fixed' | 'batch' = 'fixed',
) =>
  evaluateNetwork({
    network,
    floatNetwork,
    dataset: images,
    designs: [],
    assignments,
    roundedOperand: 'activations',
    batchNorm: { mode },
    outPath: join(folder, 'evaluation.json'),
    workers: 0,
  });

test('a tuned assignment is evaluated with its constants, as it is read from its file, beside the plain one', async () => {
  const applied = applyVariants(network, variant);
  const logits = infer(applied.network, applied.assignment, images);
  const classes = logits.length / images.images;
  const right = [...images.labels].filter(
    (label, image) => argmax(logits.subarray(image * classes, (image + 1) * classes)) === label,
  ).length;
  writeAssignment(join(folder, 'tuned.json'), { network, variant });
  const tuned = readAssignment(join(folder, 'tuned.json'), network, (name) => parseDesignName(name)!);
  const again = applyVariants(network, tuned.variant);
  expect(infer(again.network, again.assignment, images)).toEqual(logits);

  const { assignments } = await evaluate([tuned, { name: 'plain', layers }]);
  expect(assignments.map(({ name, isTuned }) => [name, isTuned])).toEqual([
    ['tuned', true],
    ['plain', undefined],
  ]);
  expect(assignments[0]!.correct).toBe(right);
  expect(assignments[0]!.confusion).not.toEqual(assignments[1]!.confusion);
  expect(assignments[0]!.functionSha256).not.toBe(assignments[1]!.functionSha256);

  // A row that is known is not evaluated again, under whatever name.
  const reused = await evaluate([{ ...tuned, name: 'other' }]);
  expect(reused.assignments).toEqual([{ ...assignments[0], name: 'other' }]);
});

test('refused: tuned constants under other batch norm statistics', async () => {
  const error = await evaluate([{ name: 'tuned', layers, variant }], 'batch').catch(
    (thrown: unknown) => thrown,
  );
  expect(
    badInputText(() => {
      throw error;
    }),
  ).toBe(
    'assignment tuned: wanted batch norm "fixed" with tuned constants, found "batch"\n' +
      'Tuning has set weights and biases for the stored statistics: leave --batch-norm out.',
  );
});
