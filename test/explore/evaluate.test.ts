import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import type { Dataset } from '../../src/dnn/dataset.ts';
import { argmax, infer } from '../../src/dnn/infer.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { countMultiplications } from '../../src/dnn/quantised-network.ts';
import { type EvaluateRequest, evaluateUniform } from '../../src/explore/evaluate.ts';
import { pairedChange } from '../../src/explore/paired-change.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

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

/** Predictions counted without any of the code under test. */
function predictionsOf(spec: MultiplierSpec): readonly number[] {
  const logits = infer(network, uniformAssignment(network, spec), images);
  const classes = logits.length / images.images;
  return Array.from({ length: images.images }, (_, i) =>
    argmax(logits.subarray(i * classes, (i + 1) * classes)),
  );
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

describe('uniform evaluation', () => {
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
    const energyPjPerDesign = new Map([[designName(spec), 0.25]]);
    const result = await evaluateUniform(request([BOOTH, spec], { energyPjPerDesign }));
    expect(result).toEqual(JSON.parse(readFileSync(outPath, 'utf8')));
    expect(existsSync(partialPath)).toBe(false);
    expect(result.exact).toEqual({
      images: 61,
      correct: right(exactPredictions),
      accuracy: right(exactPredictions) / 61,
    });
    expect(result.float.images).toBe(61);
    expect(result.network.multiplicationsPerImage).toBe(countMultiplications(network));
    expect(result.rows[0]).toMatchObject({
      design: 'mul_booth_s8',
      changePoints: 0,
      changeHalfWidth95Points: 0,
    });
    expect(result.rows[0]).not.toHaveProperty('energyPerImageNj');
    const want = pairedChange(61, lost, gained);
    expect(result.rows[1]).toEqual({
      design: designName(spec),
      spec,
      images: 61,
      correct: right(predictions),
      accuracy: right(predictions) / 61,
      changePoints: want.changePoints,
      changeHalfWidth95Points: want.halfWidth95Points,
      energyPerImageNj: countMultiplications(network) * 0.25e-3,
    });
  });

  test('takes up unfinished work and reuses finished rows', async () => {
    const specs = [roup(1, [3, 1, 0]), roup(2, [4, 4]), roup(0, [6, 4, 2, 0])];
    const whole = await evaluateUniform(request(specs));
    rmSync(outPath);
    const stop = new Error('stopped by the test');
    const stopAfterTwo = ({ done }: { done: number }) => {
      if (done === 2) throw stop;
    };
    await expect(evaluateUniform(request(specs, { onProgress: stopAfterTwo }))).rejects.toBe(stop);
    expect(JSON.parse(readFileSync(partialPath, 'utf8')).rows.length).toBe(2);
    const reused: boolean[] = [];
    const onProgress = (event: { reused?: boolean }): void => void reused.push(event.reused === true);
    expect(await evaluateUniform(request(specs, { onProgress }))).toEqual(whole);
    expect(reused).toEqual([true, true, false]);
    await evaluateUniform(request([roup(2, [4, 4]), roup(3, [0])], { onProgress }));
    expect(reused.slice(3)).toEqual([true, false]);
  });

  test('reuses nothing when images, operand or network differ', async () => {
    await evaluateUniform(request([roup(2, [4, 4])]));
    const reused: boolean[] = [];
    const onProgress = (event: { reused?: boolean }): void => void reused.push(event.reused === true);
    await evaluateUniform(request([roup(2, [4, 4])], { onProgress, roundedOperand: 'weights' }));
    await evaluateUniform(
      request([roup(2, [4, 4])], { onProgress, dataset: { ...dataset, sha256: 'other' } }),
    );
    const other = quantiseNetwork(floatNetwork, images, { percentile: 90 });
    await evaluateUniform(request([roup(2, [4, 4])], { onProgress, network: other }));
    expect(reused).toEqual([false, false, false]);
  });

  test('a damaged partial file is done again', async () => {
    writeFileSync(partialPath, '{"kind": "evaluation", "rows": [');
    expect((await evaluateUniform(request([roup(2, [4, 4])]))).rows.length).toBe(1);
  });

  test('refuses no designs, doubled designs and images that do not fit', async () => {
    await expect(evaluateUniform(request([]))).rejects.toThrow('designs: wanted at least one, found none');
    await expect(evaluateUniform(request([BOOTH, BOOTH]))).rejects.toThrow(
      'designs: wanted mul_booth_s8 once, found twice',
    );
    await expect(evaluateUniform(request([BOOTH], { dataset: { ...dataset, width: 1 } }))).rejects.toThrow(
      'wanted images of',
    );
  });

  const unbuilt = !existsSync(shippedFile('dist', 'explore', 'predict-worker.js'));
  describe.skipIf(unbuilt)(`with threads${unbuilt ? ' (skipped: dist/ is not built)' : ''}`, () => {
    test('gives the same as without', async () => {
      const specs = [roup(1, [3, 1, 0]), roup(2, [4, 4])];
      const alone = await evaluateUniform(request(specs));
      rmSync(outPath);
      expect(await evaluateUniform(request(specs, { workers: 2 }))).toEqual(alone);
    });

    test('passes on what a thread refuses', async () => {
      const unsigned: MultiplierSpec = { ...EXACT_INT8, family: 'booth', aSigned: false } as MultiplierSpec;
      const run = evaluateUniform(request([unsigned], { workers: 2 }));
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
    expect(pairedChange(500, 0, 0).halfWidth95Points).toBeCloseTo((195.9964 * 1) / 502, 9);
  });
});
