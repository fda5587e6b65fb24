import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readAssignment } from '../../src/assign/assignment-file.ts';
import { parseLevel } from '../../src/assign/level-text.ts';
import type { NetworkVariant } from '../../src/dnn/layer-variant.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import { compareTunings, TUNING_STEPS } from '../../src/explore/compare-tunings.ts';
import { exploreNetwork } from '../../src/explore/explore.ts';
import { startLocalEvaluator } from '../../src/explore/local-evaluator.ts';
import { polishScales } from '../../src/explore/polish-scales.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { refineVariant } from '../../src/tune/refine.ts';
import { createTuner } from '../../src/tune/tuner.ts';
import { FULL_TUNING } from '../../src/tune/tuning.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';
import { pricedTable } from './priced-table.ts';

const root = mkdtempSync(join(tmpdir(), 'maxdnn-refine-'));
afterAll(() => rmSync(root, { recursive: true }));

const float = randomNetwork(5);
const calibration = randomImages(float, 60, 3);
const others = randomImages(float, 60, 4);
const network = quantiseNetwork(float, calibration);
const setup = { network, images: calibration, roundedOperand: 'activations' } as const;
const names = network.layers.filter(isWeighted).map(({ name }) => name);
const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const plain: NetworkVariant = new Map(names.map((name) => [name, { multiplier: ROUP }]));
const refine = { network, images: calibration, roundedOperand: 'activations', choice: FULL_TUNING } as const;

test('every way of tuning is scored, and together they gain what none has', async () => {
  const evaluator = startLocalEvaluator(setup, { workers: 0 });
  const request = { ...setup, variant: plain, calibration, evaluator, workers: 0, onProgress: () => {} };
  const { results, exact } = await compareTunings({ ...request, test: others });
  expect(results.map(({ name }) => name)).toEqual(TUNING_STEPS.map(({ name }) => name));
  const [untuned] = await evaluator.score([plain]);
  expect(results[0]!.calibration).toEqual(untuned);
  const kl = new Map(results.map(({ name, calibration: score }) => [name, score.klNats]));
  expect(kl.get('bias')).toBeLessThan(kl.get('none')!);
  expect(kl.get('compensated, layer by layer')).toBeLessThan(0.5 * kl.get('none')!);
  expect(kl.get('compensated + scale by KL, layer by layer')).toBeLessThanOrEqual(
    kl.get('compensated + scale, layer by layer')!,
  );
  for (const { test: tested } of results) {
    expect(tested!.correct - exact!.correct).toBe(tested!.gained - tested!.lost);
    expect(tested!.images).toBe(60);
  }
  const name = 'compensated + scale, layer by layer';
  const alone = await compareTunings({ ...request, only: [name] });
  const { test: _, ...same } = results.find((result) => result.name === name)!;
  expect(alone.results).toEqual([same]);
});

test('refining is deterministic, keeps multipliers and scales, and leaves earlier layers alone', () => {
  const scaled = new Map(plain).set(names[1]!, { multiplier: ROUP, inputScaleFactor: 0.7 });
  const whole = refineVariant(refine, scaled);
  expect(refineVariant(refine, scaled)).toEqual(whole);
  expect(whole.get(names[1]!)!.inputScaleFactor).toBe(0.7);
  const later = refineVariant(refine, scaled, 2);
  expect([...later].slice(0, 2)).toEqual([...scaled].slice(0, 2));
  expect(later.get(names[2]!)!.weights).toBeDefined();
});

test('activation scales by KL never end worse than they began', async () => {
  const evaluator = startLocalEvaluator(setup, { workers: 0 });
  const before = refineVariant(refine, plain);
  const [first] = await evaluator.score([before]);
  const { score, variant } = await polishScales(refine, evaluator, before);
  expect(score.klNats).toBeLessThanOrEqual(first!.klNats);
  expect(await evaluator.score([variant])).toEqual([score]);
});

test('an exploration refines points of its front, keeps them in files, and takes them from there', async () => {
  const tuner = createTuner(network, calibration, 'activations', FULL_TUNING);
  let refined = 0;
  const explore = (folder: string) =>
    exploreNetwork({
      network,
      calibration,
      calibrationSeed: 1,
      test: others,
      roundedOperand: 'activations',
      table: pricedTable(),
      stream: 'uniform',
      levels: [parseLevel('llam', 'level')],
      objectives: ['kl', 'energy'],
      architecture: 'any',
      budget: { methods: ['nsga2', 'greedy'], seed: 1, population: 8, generations: 3 },
      tuning: {
        words: { method: 'compensated' },
        variantOf: tuner.variantOf,
        noiseOf: tuner.noiseOf,
        refineWords: { refine: 'layers' },
        refinedPoints: 3,
        refine: async (variant) => {
          refined++;
          return refineVariant(refine, variant);
        },
      },
      startEvaluator: () => startLocalEvaluator(setup, { workers: 0 }),
      workers: 0,
      folder: join(root, folder),
      commandFor: (file) => `maxdnn evaluate --assign ${file.replace(/.*assignments/, 'assignments')}`,
    });
  const { exploration } = await explore('whole');
  expect(refined).toBe(3);
  expect(exploration.tuning).toEqual({ method: 'compensated', refine: 'layers' });
  const own = exploration.points.filter(({ refinedFrom }) => refinedFrom !== undefined);
  expect(own).toHaveLength(3);
  const evaluator = startLocalEvaluator(setup, { workers: 0 });
  for (const point of own) {
    const before = exploration.points.find(({ id }) => id === point.refinedFrom)!;
    expect(point.energyPerImageNjByStream).toEqual(before.energyPerImageNjByStream);
    expect(point.objectives).toEqual([point.calibration.klNats, before.objectives[1]]);
    const path = join(root, 'whole', point.assignmentFile);
    const { variant } = readAssignment(path, network, (name) => parseDesignName(name)!);
    expect(await evaluator.score([variant])).toEqual([point.calibration]);
  }
  const artifact = join(root, 'whole', 'exploration.json');
  const bytes = readFileSync(artifact, 'latin1');
  rmSync(artifact);
  expect(readdirSync(join(root, 'whole', 'refined')).filter((name) => name.endsWith('.json'))).toHaveLength(
    3,
  );
  await explore('whole');
  expect(refined).toBe(3);
  expect(readFileSync(artifact, 'latin1')).toBe(bytes);
  expect(existsSync(join(root, 'whole', 'checkpoints'))).toBe(true);
});
