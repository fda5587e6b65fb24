import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import type { ProgressEvent } from '../../src/base/progress.ts';
import { describeEvaluation } from '../../src/cli/describe-evaluation.ts';
import {
  EXACT_INT8,
  type LayerMultiplier,
  type MixedAssignment,
  type MultiplierMixture,
  SKIPPED,
  uniformAssignment,
} from '../../src/dnn/assignment.ts';
import type { Dataset } from '../../src/dnn/data/dataset.ts';
import { infer } from '../../src/dnn/infer.ts';
import { perFilter, skipWeights } from '../../src/dnn/mixture.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { countMultiplications, isWeighted, multiplicationsByLayer } from '../../src/dnn/quantised-network.ts';
import { type EvaluateRequest, evaluateNetwork } from '../../src/explore/evaluate.ts';
import type { Accuracy } from '../../src/explore/evaluation.ts';
import { mcnemarPValue } from '../../src/explore/mcnemar.ts';
import { pairedChange } from '../../src/explore/paired-change.ts';
import { wilsonInterval } from '../../src/explore/wilson-interval.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';
import { uniformEnergies } from './energies.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));
const outPath = join(folder, 'evaluation.json');
const partialPath = `${outPath}.partial.json`;

const floatNetwork = randomNetwork(38);
const images = randomImages(floatNetwork, 61, 12);
const network = quantiseNetwork(floatNetwork, images);

const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });
const named = (...specs: readonly MultiplierSpec[]) =>
  specs.map((spec) => ({ design: designName(spec), spec }));
const BOOTH: MultiplierSpec = { ...EXACT_INT8, family: 'booth' } as MultiplierSpec;

/** Logits computed without any of the code under test, image by image. */
function logitsOf(spec: MultiplierSpec): readonly (readonly number[])[] {
  const logits = infer(network, uniformAssignment(network, spec), images);
  const classes = logits.length / images.images;
  return Array.from({ length: images.images }, (_, i) => [
    ...logits.subarray(i * classes, (i + 1) * classes),
  ]);
}

/** All classes of an image, best first, by a stable sort of all of them. */
function ranking(logits: readonly number[]): readonly number[] {
  return logits.map((_, i) => i).sort((x, y) => logits[y]! - logits[x]!);
}

function predictionsOf(spec: MultiplierSpec): readonly number[] {
  return logitsOf(spec).map((logits) => ranking(logits)[0]!);
}

/** Every figure by its definition, one filter each. */
function accuracyOf(spec: MultiplierSpec, labels: readonly number[]): Accuracy {
  const rankings = logitsOf(spec).map(ranking);
  const all = labels.map((_, image) => image);
  const among = (places: readonly number[]) => ({
    images: places.length,
    correct: places.filter((i) => rankings[i]![0] === labels[i]).length,
    accuracy: places.filter((i) => rankings[i]![0] === labels[i]).length / places.length,
    interval95: wilsonInterval(places.length, places.filter((i) => rankings[i]![0] === labels[i]).length),
  });
  const inTop5 = all.filter((i) => rankings[i]!.slice(0, 5).includes(labels[i]!)).length;
  const classes = rankings[0]!.map((_, label) => label).sort((x, y) => x - y);
  return {
    ...among(all),
    correctTop5: inTop5,
    accuracyTop5: inTop5 / labels.length,
    perClass: [...new Set(labels)]
      .sort((x, y) => x - y)
      .map((label) => ({ label, ...among(all.filter((i) => labels[i] === label)) })),
    confusion: classes.map((label) =>
      classes.map((guess) => all.filter((i) => labels[i] === label && rankings[i]![0] === guess).length),
    ),
  };
}

/** Records what an evaluation reports: which networks it ran and which it took from before. */
function recorder() {
  const ran = new Set<string>();
  const reused = new Set<string>();
  const onProgress = (event: ProgressEvent): void => {
    (event.reused === true ? reused : ran).add(event.note!.split('  ')[0]!);
  };
  return { onProgress, ran, reused };
}

/** Labels: what exact int8 predicts, wrong on every fifth image. */
const exactPredictions = predictionsOf(EXACT_INT8);
const dataset: Dataset = {
  ...images,
  labels: Uint8Array.from(exactPredictions, (prediction, i) =>
    i % 5 === 0 ? (prediction + 1) % 2 : prediction,
  ),
};

function request(specs: readonly MultiplierSpec[], more: Partial<EvaluateRequest> = {}): EvaluateRequest {
  const common = {
    network,
    floatNetwork,
    dataset,
    roundedOperand: 'activations',
    outPath,
    workers: 0,
  } as const;
  return { ...common, designs: named(...specs), ...more };
}

beforeEach(() => {
  rmSync(outPath, { force: true });
  rmSync(partialPath, { force: true });
});

describe('evaluation', () => {
  test('counts right answers, paired changes and energy', async () => {
    const spec = roup(2, [6, 3]);
    const predictions = predictionsOf(spec);
    const labels = [...dataset.labels];
    const right = (all: readonly number[]) => all.filter((prediction, i) => prediction === labels[i]).length;
    const lost = labels.filter(
      (label, i) => exactPredictions[i] === label && predictions[i] !== label,
    ).length;
    const gained = labels.filter(
      (label, i) => exactPredictions[i] !== label && predictions[i] === label,
    ).length;
    expect(lost).toBeGreaterThan(3);
    expect(new Set(exactPredictions).size).toBeGreaterThan(3);
    const energies = uniformEnergies(new Map([[designName(spec), 0.25]]));
    const result = await evaluateNetwork(request([BOOTH, spec], { energies }));
    expect(result).toEqual(JSON.parse(readFileSync(outPath, 'utf8')));
    expect(existsSync(partialPath)).toBe(false);
    expect(result.exact).toMatchObject({
      images: 61,
      correct: right(exactPredictions),
      accuracy: right(exactPredictions) / 61,
    });
    expect(result.float?.images).toBe(61);
    expect(result.network.multiplicationsPerImage).toBe(countMultiplications(network));
    expect(result.rows[0]).toMatchObject({
      design: 'mul_booth_s8',
      changePoints: 0,
      changeHalfWidth95Points: 0,
      lost: 0,
      gained: 0,
      pValue: 1,
    });
    expect(result.rows[0]).not.toHaveProperty('energyPerImageNj');
    expect(result.rows[0]!.energyMissing).toEqual({
      uniform: 'the energy table has no row uniform for mul_booth_s8',
    });
    expect(result.energy).toEqual({ clockNs: 1, role: 'weight-on-b', streams: ['uniform'], baselines: {} });
    const want = pairedChange(61, lost, gained);
    expect(result.rows[1]).toEqual({
      design: designName(spec),
      spec,
      ...accuracyOf(spec, labels),
      changePoints: want.changePoints,
      changeHalfWidth95Points: want.halfWidth95Points,
      lost,
      gained,
      pValue: mcnemarPValue(lost, gained),
      energyPerImageNj: countMultiplications(network) * 0.25e-3,
      energyPerImageNjByStream: { uniform: countMultiplications(network) * 0.25e-3 },
    });
  });

  test('takes up unfinished work and reuses finished rows', async () => {
    const specs = [roup(1, [3, 1, 0]), roup(2, [4, 4]), roup(0, [6, 4, 2, 0])];
    const whole = await evaluateNetwork(request(specs));
    rmSync(outPath);
    const stop = new Error('stopped by the test');
    const stopInThird = ({ note }: ProgressEvent) => {
      if (note!.startsWith(designName(specs[2]!))) throw stop;
    };
    await expect(evaluateNetwork(request(specs, { onProgress: stopInThird }))).rejects.toBe(stop);
    expect(JSON.parse(readFileSync(partialPath, 'utf8')).rows.length).toBe(2);
    const names = specs.map(designName);
    const resumed = recorder();
    expect(await evaluateNetwork(request(specs, { onProgress: resumed.onProgress }))).toEqual(whole);
    expect([...resumed.reused]).toEqual(['float32', names[0], names[1]]);
    expect([...resumed.ran]).toEqual(['exact int8', names[2]]);
    const again = recorder();
    await evaluateNetwork(request(specs, { onProgress: again.onProgress }));
    expect([...again.reused]).toEqual(['float32', 'exact int8', ...names]);
    const other = recorder();
    await evaluateNetwork(request([roup(2, [4, 4]), roup(3, [0])], { onProgress: other.onProgress }));
    expect([...other.reused]).toEqual(['float32', names[1]]);
    expect([...other.ran]).toEqual(['exact int8', 'mul_roup_s8_p3_r0']);
  });

  test('tells progress in images: all of them in the end, with speed and accuracy so far', async () => {
    const events: ProgressEvent[] = [];
    await evaluateNetwork(request([roup(2, [4, 4])], { onProgress: (event) => events.push(event) }));
    expect(events.length).toBeGreaterThanOrEqual(3);
    expect(events.every(({ total, unit }) => total === 3 * 61 && unit === 'images')).toBe(true);
    expect(events.at(-1)!.done).toBe(3 * 61);
    expect(events.at(-1)!.note).toMatch(/^mul_roup_s8_p2_r4 {2}\d+ images\/s {2}\d+\.\d % right$/);
  });

  test('reuses nothing when images, operand or network differ', async () => {
    await evaluateNetwork(request([roup(2, [4, 4])]));
    const seen = recorder();
    const { onProgress } = seen;
    await evaluateNetwork(request([roup(2, [4, 4])], { onProgress, roundedOperand: 'weights' }));
    await evaluateNetwork(
      request([roup(2, [4, 4])], { onProgress, dataset: { ...dataset, sha256: 'other' } }),
    );
    const other = quantiseNetwork(floatNetwork, images, { percentile: 90 });
    await evaluateNetwork(request([roup(2, [4, 4])], { onProgress, network: other }));
    expect([...seen.reused]).toEqual([]);
    expect(seen.ran.size).toBe(3);
  });

  test('multipliers by layer: rows by name, energy of each layer, uniform ones computed once', async () => {
    const [first, ...rest] = multiplicationsByLayer(network).keys();
    const strong = roup(2, [4, 4]);
    const mild = roup(0, [6, 4, 2, 0]);
    const layers = new Map([[first!, mild], ...rest.map((name) => [name, strong] as const)]);
    const uniform = uniformAssignment(network, strong);
    const seen = recorder();
    const energies = uniformEnergies(
      new Map([
        [designName(strong), 0.25],
        [designName(mild), 0.5],
      ]),
    );
    const assignments = [
      { name: 'mine', layers },
      { name: 'flat', layers: uniform },
    ];
    const result = await evaluateNetwork(
      request([strong], { assignments, energies, onProgress: seen.onProgress }),
    );
    expect([...seen.reused]).toEqual(['flat']);
    expect(result.assignments.map(({ name }) => name)).toEqual(['mine', 'flat']);
    expect(result.assignments[0]!.layers).toEqual(Object.fromEntries(layers));
    expect(result.assignments[0]!.functionSha256).not.toBe(result.assignments[1]!.functionSha256);
    const counts = multiplicationsByLayer(network);
    const pj = [...counts].reduce((sum, [name, n]) => sum + n * (name === first ? 0.5 : 0.25), 0);
    expect(result.assignments[0]!.energyPerImageNj).toBeCloseTo(pj / 1000, 9);
    const { design: _d, spec: _s, ...uniformFigures } = result.rows[0]!;
    const { name: _n, layers: _l, functionSha256: _f, ...flatFigures } = result.assignments[1]!;
    expect(flatFigures).toEqual(uniformFigures);
    const logits = infer(network, layers, images);
    const classes = logits.length / 61;
    const correct = Array.from({ length: 61 }, (_, i) =>
      ranking([...logits.subarray(i * classes, (i + 1) * classes)]),
    ).filter((ranked, i) => ranked[0] === dataset.labels[i]).length;
    expect(result.assignments[0]!.correct).toBe(correct);
    const without = await evaluateNetwork(
      request([], { assignments, energies: uniformEnergies(new Map([[designName(strong), 0.25]])) }),
    );
    expect(without.assignments.map((row) => 'energyPerImageNj' in row)).toEqual([false, true]);
  });

  test('several multipliers in one layer: counted, priced weight by weight, found again', async () => {
    const layer = network.layers.filter(isWeighted)[0]!;
    const [mild, strong] = [roup(0, [6, 4, 2, 0]), roup(2, [4, 4])];
    const half = perFilter(layer, [mild, strong], (filter) => filter % 2);
    const mixed = skipWeights(layer, half, (code) => code === layer.weights[0]);
    const layers: MixedAssignment = new Map<string, LayerMultiplier>([
      ...uniformAssignment(network, mild),
      [layer.name, mixed],
    ]);
    const energies = uniformEnergies(
      new Map([
        [designName(mild), 0.5],
        [designName(strong), 0.25],
      ]),
    );
    const assignments = [{ name: 'mixed', layers }];
    const result = await evaluateNetwork(request([], { assignments, energies }));
    const [row] = result.assignments;
    const own = (mixed as MultiplierMixture).index;
    const weights = [0, 1].map((spec) => own.filter((index) => index === spec).length);
    const skippedWeights = own.filter((index) => index === SKIPPED).length;
    expect(Math.min(skippedWeights, ...weights)).toBeGreaterThan(0);
    expect(row!.layers[layer.name]).toEqual({
      multipliers: expect.arrayContaining([
        { spec: mild, weights: weights[0] },
        { spec: strong, weights: weights[1] },
      ]),
      skippedWeights,
    });
    const pixels = multiplicationsByLayer(network).get(layer.name)! / layer.weights.length;
    const others = countMultiplications(network) - pixels * layer.weights.length;
    const pj = pixels * (weights[0]! * 0.5 + weights[1]! * 0.25) + others * 0.5;
    expect(row!.energyPerImageNj).toBeCloseTo(pj / 1000, 9);
    const logits = infer(network, layers, images);
    const classes = logits.length / 61;
    const correct = [...dataset.labels].filter(
      (label, i) => ranking([...logits.subarray(i * classes, (i + 1) * classes)])[0] === label,
    ).length;
    expect(row!.correct).toBe(correct);
    const again = recorder();
    expect(
      await evaluateNetwork(request([], { assignments, energies, onProgress: again.onProgress })),
    ).toEqual(result);
    expect([...again.ran]).toEqual([]);
  });

  test('a network without a float one has no float line', async () => {
    const { floatNetwork: _none, ...rest } = request([BOOTH]);
    const result = await evaluateNetwork(rest);
    expect(result).not.toHaveProperty('float');
    expect(result.exact.images).toBe(61);
  });

  test('float32 goes over the first 1000 images at most; progress ends with all that were to do', async () => {
    const many = randomImages(floatNetwork, 1003, 12);
    const events: { done: number; total: number }[] = [];
    const result = await evaluateNetwork(
      request([BOOTH], { dataset: many, onProgress: ({ done, total }) => events.push({ done, total }) }),
    );
    expect([result.float?.images, result.exact.images]).toEqual([1000, 1003]);
    const total = 1000 + 2 * 1003;
    expect(events.at(-1)).toEqual({ done: total, total });
    expect(describeEvaluation(result)).toMatch(/^float32 .*\(first 1000 images\)$/m);
  });

  test('refuses no images and labels without an output', async () => {
    const none = { ...dataset, images: 0, labels: new Uint8Array(0), pixels: new Uint8Array(0) };
    await expect(evaluateNetwork(request([BOOTH], { dataset: none }))).rejects.toMatchObject({
      code: 'bad-input',
      message: `data set ${dataset.name}: wanted at least one image, found none`,
    });
    const outputs = accuracyOf(BOOTH, [...dataset.labels]).confusion.length;
    const labels = dataset.labels.map((label, i) => (i === 7 ? outputs : i === 9 ? 255 : label));
    await expect(
      evaluateNetwork(request([BOOTH], { dataset: { ...dataset, labels } })),
    ).rejects.toMatchObject({
      code: 'bad-input',
      message: [7, 9]
        .map(
          (image) =>
            `data set ${dataset.name}, image ${image}: wanted a label 0 … ${outputs - 1} (the network has ${outputs} outputs), found ${labels[image]}`,
        )
        .join('\n'),
      hint: '2 of 61 labels are out of range: the data set does not belong to this network.',
    });
  });

  test('a damaged partial file is done again', async () => {
    writeFileSync(partialPath, '{"kind": "evaluation", "rows": [');
    expect((await evaluateNetwork(request([roup(2, [4, 4])]))).rows.length).toBe(1);
  });

  test('refuses no designs, doubled designs and images that do not fit', async () => {
    await expect(evaluateNetwork(request([]))).rejects.toThrow('designs: wanted at least one, found none');
    await expect(evaluateNetwork(request([BOOTH, BOOTH]))).rejects.toThrow(
      'designs: wanted mul_booth_s8 once, found twice',
    );
    await expect(evaluateNetwork(request([BOOTH], { dataset: { ...dataset, width: 1 } }))).rejects.toThrow(
      'wanted images of',
    );
  });

  const unbuilt = !existsSync(shippedFile('dist', 'explore', 'predict-worker.js'));
  describe.skipIf(unbuilt)(`with threads${unbuilt ? ' (skipped: dist/ is not built)' : ''}`, () => {
    test('gives the same as without', async () => {
      const specs = [roup(1, [3, 1, 0]), roup(2, [4, 4])];
      const alone = await evaluateNetwork(request(specs));
      rmSync(outPath);
      expect(await evaluateNetwork(request(specs, { workers: 2 }))).toEqual(alone);
    });

    test('passes on what a thread refuses', async () => {
      const unsigned: MultiplierSpec = { ...EXACT_INT8, family: 'booth', aSigned: false } as MultiplierSpec;
      const run = evaluateNetwork(request([unsigned], { workers: 2 }));
      await expect(run).rejects.toMatchObject({
        code: 'bad-input',
        message: expect.stringContaining('wanted a port a'),
      });
    });
  });
});

describe('paired change', () => {
  test('has the sign and size of the difference', () => {
    expect(pairedChange(200, 10, 4).changePoints).toBeCloseTo(-3, 12);
    expect(pairedChange(200, 4, 10).changePoints).toBeCloseTo(3, 12);
  });

  test('matches the formula worked by hand, and is never certain', () => {
    // b = 10.5, c = 4.5, n = 202: √(15 − 36/202)/202 = 0.0190590…
    expect(pairedChange(200, 10, 4).halfWidth95Points).toBeCloseTo(1.959964 * 1.9059, 3);
    expect(pairedChange(500, 0, 0).halfWidth95Points).toBeCloseTo(195.9963984540054 / 502, 12);
  });
});
