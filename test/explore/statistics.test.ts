import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import {
  countAccuracy,
  joinPredictions,
  type Predictions,
  predictedClass,
  rankClasses,
} from '../../src/explore/classification.ts';
import { mcnemarPValue } from '../../src/explore/mcnemar.ts';
import { comparePaired } from '../../src/explore/paired-change.ts';
import { NORMAL_QUANTILE_975, wilsonInterval } from '../../src/explore/wilson-interval.ts';

describe('Wilson interval', () => {
  // Source: R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in Medicine 17,
  // 1998, Table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i as published', (correct, images, low, high) => {
    const interval = wilsonInterval(images, correct);
    expect(interval.low).toBeCloseTo(low, 4);
    expect(interval.high).toBeCloseTo(high, 4);
  });

  test('its ends are where the score test turns', () => {
    let compared = 0;
    for (const images of [1, 2, 7, 50, 1000, 10_000]) {
      for (let step = 0; step <= 10; step++) {
        const correct = Math.round((images * step) / 10);
        const share = correct / images;
        const { low, high } = wilsonInterval(images, correct);
        const score = (p: number): number => Math.abs(share - p) / Math.sqrt((p * (1 - p)) / images);
        if (low > 0) expect(score(low)).toBeCloseTo(NORMAL_QUANTILE_975, 6);
        if (high < 1) expect(score(high)).toBeCloseTo(NORMAL_QUANTILE_975, 6);
        expect(low <= share && share <= high && low >= 0 && high <= 1).toBe(true);
        compared++;
      }
    }
    expect(compared).toBe(66);
  });

  test('the quantile leaves 2.5 % above it', () => {
    let above = 0;
    const step = 1e-4;
    for (let x = NORMAL_QUANTILE_975 + step / 2; x < 12; x += step) {
      above += (step * Math.exp((-x * x) / 2)) / Math.sqrt(2 * Math.PI);
    }
    expect(above).toBeCloseTo(0.025, 9);
  });
});

describe('exact McNemar test', () => {
  // Source: P. Armitage, G. Berry, "Statistical Methods in Medical Research", 1994, p. 127 (two culture media; two-sided
  // P = 0.0129); M. Fay, "Exact McNemar's test and matching confidence intervals" (R package exact2x2; p = 0.06543).
  test.each([
    [12, 2, 0.0129],
    [2, 9, 0.0654],
  ])('%i and %i discordant as published', (lost, gained, pValue) => {
    expect(mcnemarPValue(lost, gained)).toBeCloseTo(pValue, 4);
  });

  test('equals the count over all ways in which the coins can fall', () => {
    let compared = 0;
    for (let discordant = 0; discordant <= 14; discordant++) {
      for (let lost = 0; lost <= discordant; lost++) {
        const unevenness = Math.abs(2 * lost - discordant);
        let asUneven = 0;
        for (let fall = 0; fall < 2 ** discordant; fall++) {
          let heads = 0;
          for (let bits = fall; bits > 0; bits >>= 1) heads += bits & 1;
          if (Math.abs(2 * heads - discordant) >= unevenness) asUneven++;
        }
        expect(mcnemarPValue(lost, discordant - lost)).toBeCloseTo(asUneven / 2 ** discordant, 12);
        compared++;
      }
    }
    expect(compared).toBe(120);
  });

  test('stays right for many images: near the normal approximation, symmetric, falling, never above 1', () => {
    // Φ(−(|b − c| − 1)/√(b + c)) · 2 for 5200 and 4800: z = 3.99, P = 6.6e-5 (normal tables)
    expect(mcnemarPValue(5200, 4800)).toBeGreaterThan(6.4e-5);
    expect(mcnemarPValue(5200, 4800)).toBeLessThan(6.8e-5);
    expect(mcnemarPValue(5000, 5001)).toBeLessThanOrEqual(1);
    expect(mcnemarPValue(0, 0)).toBe(1);
    expect(mcnemarPValue(1, 0)).toBe(1);
    expect(mcnemarPValue(30, 0)).toBeCloseTo(2 ** -29, 15);
    expect(mcnemarPValue(0, 5000)).toBe(0);
    let before = 1;
    for (let lost = 100; lost <= 200; lost++) {
      const pValue = mcnemarPValue(lost, 100);
      expect(pValue).toBeLessThanOrEqual(before);
      expect(pValue).toBe(mcnemarPValue(100, lost));
      before = pValue;
    }
  });

  test('raises false alarms in at most 5 % of seeded coin series', () => {
    const rng = createRng(5);
    const series = 4000;
    let alarms = 0;
    for (let i = 0; i < series; i++) {
      let lost = 0;
      for (let coin = 0; coin < 60; coin++) lost += rng.nextInt(0, 1);
      if (mcnemarPValue(lost, 60 - lost) < 0.05) alarms++;
    }
    expect(alarms / series).toBeGreaterThan(0.015);
    expect(alarms / series).toBeLessThanOrEqual(0.05);
  });
});

/** Predictions and labels of random networks; each class is missing now and then. */
function randomCase(seed: number) {
  const rng = createRng(seed);
  const classes = rng.nextInt(2, 12);
  const images = rng.nextInt(1, 60);
  const ranks = Math.min(5, classes);
  const logits = Array.from({ length: images }, () =>
    Int32Array.from({ length: classes }, () => rng.nextInt(-3, 3)),
  );
  const ranked = Uint16Array.from(logits.flatMap((row) => rankClasses(row, ranks)));
  const predictions: Predictions = { classes, ranks, ranked };
  const labels = Uint8Array.from({ length: images }, () => rng.nextInt(0, classes - 1));
  return { classes, images, logits, predictions, labels };
}

describe('counting', () => {
  test('rankings equal a full stable sort', () => {
    let compared = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const { logits, predictions } = randomCase(seed);
      for (const [image, row] of logits.entries()) {
        const sorted = [...row.keys()].sort((x, y) => row[y]! - row[x]!).slice(0, predictions.ranks);
        const start = image * predictions.ranks;
        expect([...predictions.ranked.subarray(start, start + predictions.ranks)]).toEqual(sorted);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(2000);
  });

  test('confusion matrix, classes and top 5 equal their definitions', () => {
    let compared = 0;
    for (let seed = 1; seed <= 100; seed++) {
      const { classes, images, predictions, labels } = randomCase(seed);
      const accuracy = countAccuracy(predictions, labels);
      const places = [...labels.keys()];
      for (let label = 0; label < classes; label++) {
        for (let guess = 0; guess < classes; guess++) {
          const want = places.filter(
            (i) => labels[i] === label && predictedClass(predictions, i) === guess,
          ).length;
          expect(accuracy.confusion[label]![guess]).toBe(want);
          compared++;
        }
        const own = places.filter((i) => labels[i] === label);
        const right = own.filter((i) => predictedClass(predictions, i) === label).length;
        const want =
          own.length === 0
            ? []
            : [
                {
                  label,
                  images: own.length,
                  correct: right,
                  accuracy: right / own.length,
                  interval95: wilsonInterval(own.length, right),
                },
              ];
        expect(accuracy.perClass.filter((entry) => entry.label === label)).toEqual(want);
      }
      const { ranks, ranked } = predictions;
      const among = places.filter((i) => [...ranked.slice(i * ranks, (i + 1) * ranks)].includes(labels[i]!));
      expect([accuracy.correctTop5, accuracy.images]).toEqual([among.length, images]);
      expect(accuracy.correct).toBe(
        places.filter((i) => predictedClass(predictions, i) === labels[i]).length,
      );
    }
    expect(compared).toBeGreaterThan(4000);
  });

  test('sabotage: one changed prediction changes matrix, accuracy and test', () => {
    const { predictions, labels } = randomCase(7);
    const image = [...labels.keys()].find((i) => predictedClass(predictions, i) === labels[i])!;
    const ranked = predictions.ranked.slice();
    const start = image * predictions.ranks;
    [ranked[start], ranked[start + 1]] = [ranked[start + 1]!, ranked[start]!];
    const changed = { ...predictions, ranked };
    const before = countAccuracy(predictions, labels);
    const after = countAccuracy(changed, labels);
    expect(after.correct).toBe(before.correct - 1);
    expect(after.confusion).not.toEqual(before.confusion);
    expect(comparePaired(changed, predictions, labels)).toMatchObject({ lost: 1, gained: 0, pValue: 1 });
    expect(comparePaired(predictions, predictions, labels)).toMatchObject({ lost: 0, gained: 0, pValue: 1 });
  });

  test('parts of a data set join in order', () => {
    const { predictions } = randomCase(11);
    const { ranks, ranked } = predictions;
    const parts = [ranked.slice(0, 3 * ranks), ranked.slice(3 * ranks, 4 * ranks), ranked.slice(4 * ranks)];
    expect(joinPredictions(parts.map((part) => ({ ...predictions, ranked: part })))).toEqual(predictions);
  });
});
