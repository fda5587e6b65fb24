import { expect, test } from 'vitest';
import { errorMetrics } from '../../src/multiplier/error-metrics.ts';
import type { RoupSpec } from '../../src/multiplier/spec.ts';

const roup = (bits: number, P: number, r: number | number[]): RoupSpec => ({
  family: 'roup',
  bits,
  P,
  r: Array.isArray(r) ? r : new Array<number>(bits / 2 - P).fill(r),
});

// Published figures, DESIGN §3: N = 8, exhaustive.
test.each([
  [0, [5, 3, 1, 0], 0.0255, 0.125, 2.42],
  [0, [6, 4, 2, 0], 0.0489, 0.25, 4.18],
  [0, [7, 5, 3, 1], 0.1178, 0.656, 8.21],
  [1, [0, 0, 0], 0.0977, 0.391, 4.49],
  [1, [3, 1, 0], 0.104, 0.467, 5.52],
  [1, [2, 2, 2], 0.1506, 0.775, 7.89],
  [2, [0, 0], 0.3906, 1.56, 14.7],
])('N=8 P=%i r=%j has the published MAE, WCE and MRE', (P, r, mae, wce, mre) => {
  const metrics = errorMetrics(roup(8, P, r));
  expect(metrics.pairs).toBe(65536);
  expect(metrics.exhaustive).toBe(true);
  expect(Math.abs(metrics.maePercent - mae)).toBeLessThan(0.00006);
  expect(Math.abs(metrics.wcePercent / wce - 1)).toBeLessThan(0.004);
  expect(Math.abs(metrics.mrePercent / mre - 1)).toBeLessThan(0.004);
});

// Published figures, DESIGN §3: N = 16.
test.each([
  [2, 4, 0.2307],
  [1, 2, 0.065],
  [1, 4, 0.151],
  [2, 2, 0.1525],
  [3, 4, 0.5295],
  [3, 6, 0.796],
  [4, 6, 1.783],
])('N=16 P=%i r=%i has the published MRED', (P, r, mred) => {
  const metrics = errorMetrics(roup(16, P, r));
  expect(metrics.pairs).toBeGreaterThanOrEqual(1_000_000);
  expect(metrics.exhaustive).toBe(false);
  // Sampled here and there: the spread of the mean over 2^22 pairs is about 1 %.
  expect(Math.abs(metrics.mredPercent / mred - 1)).toBeLessThan(0.015);
});

test('an exact multiplier has no error at all', () => {
  const metrics = errorMetrics({ family: 'booth', aBits: 8, bBits: 7, aSigned: true, bSigned: false });
  expect(metrics).toMatchObject({
    pairs: 32768,
    maeAbs: 0,
    wceAbs: 0,
    mrePercent: 0,
    mse: 0,
    epPercent: 0,
    biasAbs: 0,
    pred2Percent: 100,
  });
});
