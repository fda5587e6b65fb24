import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { instantiateKernels } from '../../src/dnn/kernels.ts';
import { prepareRequantise } from '../../src/dnn/prepare-requantise.ts';
import type { QuantisedDense } from '../../src/dnn/quantised-network.ts';
import { fitAddition, fitRescale, type Rescale, rescale } from '../../src/dnn/requantise.ts';
import { divideRounded, fitTfliteRescale, rescaleTflite } from '../../src/dnn/requantise-tflite.ts';

/** The rule in whole numbers of any size: (x·m + 2^(s−1)) >> s. */
function rescaleBig(x: number, { multiplier, shift }: Rescale): number {
  return Number((BigInt(x) * BigInt(multiplier) + (1n << BigInt(shift - 1))) >> BigInt(shift));
}

const EDGES: readonly (readonly [number, Rescale])[] = [2 ** 31 - 1, -(2 ** 31), 1, -1, 0, 3, -3].flatMap(
  (x) =>
    [0, 1, 32768, 65535].flatMap((multiplier) =>
      [1, 2, 15, 16, 31, 46].map((shift) => [x, { multiplier, shift }] as const),
    ),
);

function randomCases(count: number): readonly (readonly [number, Rescale])[] {
  const rng = createRng(1);
  return Array.from({ length: count }, () => [
    rng.nextU32() | 0,
    { multiplier: rng.nextInt(0, 65535), shift: rng.nextInt(1, 46) },
  ]);
}

describe('the rounding rule', () => {
  test('rounds halves towards +∞', () => {
    const half = { multiplier: 1, shift: 1 };
    expect([-3, -2, -1, 0, 1, 2, 3].map((x) => rescale(x, half))).toEqual([-1, -1, 0, 0, 1, 1, 2]);
  });

  test('in float64 equals whole-number arithmetic', () => {
    const cases = [...EDGES, ...randomCases(20_000)];
    const wrong = cases.filter(([x, by]) => rescale(x, by) !== rescaleBig(x, by));
    expect(cases.length).toBe(168 + 20_000);
    expect(wrong).toEqual([]);
  });

  test('in the kernels equals whole-number arithmetic, clamped', () => {
    const cases = [...EDGES, ...randomCases(2_000)];
    const got = cases.map(([x, by]) => kernelCodes(x, by));
    const want = cases.map(([x, by]) => {
      const exact = rescaleBig(x, by);
      const clamp = (low: number, high: number) => Math.min(Math.max(exact, low), high);
      const around = Math.min(Math.max(exact - 5, -128), 127);
      return [clamp(-128, 127), clamp(0, 127), around, clamp(-(2 ** 31), 2 ** 31 - 1)];
    });
    expect(got.length).toBe(2_168);
    expect(got).toEqual(want);
  });
});

test('a fitted rescale is within 2^-16 of its ratio and uses the whole multiplier', () => {
  const rng = createRng(2);
  for (let i = 0; i < 2000; i++) {
    const ratio = 2 ** (rng.nextFloat() * 40 - 26);
    const { multiplier, shift } = fitRescale(ratio);
    expect(multiplier).toBeLessThan(65536);
    expect(multiplier).toBeGreaterThanOrEqual(32768);
    expect(Math.abs(multiplier / 2 ** shift / ratio - 1)).toBeLessThanOrEqual(2 ** -16);
  }
  expect(fitRescale(0.25)).toEqual({ multiplier: 32768, shift: 17 });
  expect(fitRescale(0)).toEqual({ multiplier: 0, shift: 46 });
  expect(fitAddition(1, 0.5)).toEqual({ factors: [32768, 16384], shift: 15 });
  expect(() => fitRescale(40000)).toThrow('cannot be represented');
});

/** Codes of the kernels for one sum in each of 7 channels: int8, rectified, around zero point −5, and int32. */
function kernelCodes(x: number, by: Rescale): readonly number[] {
  const kernels = instantiateKernels();
  const order = [6, 0, 1, 2, 3, 4, 5];
  const accumulators = kernels.allocate(32);
  const out = kernels.allocate(16);
  const logits = kernels.allocate(32);
  const place = {
    kernels,
    to: { height: 1, width: 1, channels: 7 },
    accumulators,
    rowBytes: 32,
    out,
    logits,
  };
  const run = (low: number, high: number, zeroPoint: number, filters: readonly number[]): void => {
    const layer: QuantisedDense = {
      name: 'one',
      op: 'dense',
      inputs: ['input'],
      outputScale: 1,
      weights: new Int8Array(7),
      bias: new Int32Array(7),
      multipliers: Array(7).fill(by.multiplier),
      shifts: Array(7).fill(by.shift),
      weightScales: Array(7).fill(1),
      low,
      high,
      zeroPoint,
    };
    const step = prepareRequantise({ ...place, layer, order: filters });
    new Int32Array(kernels.memory.buffer, accumulators, 8).fill(x);
    step();
  };
  const codes = (low: number, zeroPoint: number, filters: readonly number[]): number => {
    run(low, 127, zeroPoint, filters);
    const values = new Set(new Int8Array(kernels.memory.buffer, out, 7));
    expect(values.size).toBe(1);
    return [...values][0]!;
  };
  const narrow = [codes(-128, 0, order), codes(0, 0, [...order].sort()), codes(-128, -5, order)];
  run(-(2 ** 31), 2 ** 31 - 1, 0, order);
  return [...narrow, new Int32Array(kernels.memory.buffer, logits, 7)[5]!];
}

describe('TensorFlow Lite rounding', () => {
  /** gemmlowp's SaturatingRoundingDoublingHighMul and RoundingDivideByPOT, word by word, in whole numbers of any size. */
  function rescaleBigTflite(x: number, multiplier: number, shift: number): number {
    const left = BigInt(Math.max(-shift, 0));
    const right = BigInt(Math.max(shift, 0));
    const product = BigInt.asIntN(32, BigInt(x) << left) * BigInt(multiplier);
    const nudge = product >= 0n ? 1n << 30n : 1n - (1n << 30n);
    const high = (product + nudge) / (1n << 31n);
    const mask = (1n << right) - 1n;
    const threshold = (mask >> 1n) + (high < 0n ? 1n : 0n);
    return Number((high >> right) + ((high & mask) > threshold ? 1n : 0n));
  }

  const kernels = instantiateKernels();
  const [accumulators, bias, factors, out] = [32, 32, 64, 32].map((bytes) => kernels.allocate(bytes)) as [
    number,
    number,
    number,
    number,
  ];

  const cases = ((): readonly (readonly [number, number, number])[] => {
    const rng = createRng(5);
    const edges = [2 ** 31 - 1, -(2 ** 31), 1, -1, 0, 3, -3, 2 ** 30, -(2 ** 30)].flatMap((x) =>
      [0, 1, 2 ** 30, 2 ** 31 - 1].flatMap((m) => [-30, -1, 0, 1, 2, 15, 31].map((s) => [x, m, s] as const)),
    );
    const random = Array.from({ length: 20_000 }, (): readonly [number, number, number] => [
      (rng.nextU32() | 0) >> rng.nextInt(0, 28),
      rng.nextU32() >>> 1,
      rng.nextInt(-8, 31),
    ]);
    return [...edges, ...random];
  })();

  test('in float64 equals whole-number arithmetic', () => {
    const wrong = cases.filter(([x, m, s]) => rescaleTflite(x, m, s) !== rescaleBigTflite(x, m, s));
    expect(cases.length).toBe(252 + 20_000);
    expect(wrong).toEqual([]);
  });

  test('halves: high product towards +∞, division away from 0', () => {
    expect([-3, -2, -1, 1, 2, 3].map((x) => rescaleTflite(x, 2 ** 30, 0))).toEqual([-1, -1, 0, 1, 1, 2]);
    expect([-6, -2, -1, 1, 2, 6].map((x) => rescaleTflite(2 * x, 2 ** 30, 2))).toEqual([-2, -1, 0, 0, 1, 2]);
    expect([-5, -3, -2, 2, 3, 5].map((sum) => divideRounded(sum, 4))).toEqual([-1, -1, -1, 1, 1, 1]);
  });

  test('in the kernels, with a zero point and clamped', () => {
    let compared = 0;
    for (const [x, multiplier, shift] of cases.slice(0, 6000)) {
      const { buffer } = kernels.memory;
      const views = [accumulators, bias, factors, factors + 32].map((at) => new Int32Array(buffer, at, 8));
      for (const [i, value] of [x - 5, 5, multiplier, shift].entries()) views[i]!.fill(value);
      kernels.run.requantiseAround(accumulators, bias, factors, factors + 32, out, 1, 3, 8, 1, -7, -100, 90);
      const want = Math.min(Math.max(rescaleBigTflite(x, multiplier, shift) - 7, -100), 90);
      expect([...new Int8Array(buffer, out, 3)]).toEqual([want, want, want]);
      compared++;
    }
    expect(compared).toBe(6000);
  });

  test('a fitted multiplier is within 2^-31 of its ratio', () => {
    const rng = createRng(6);
    for (let i = 0; i < 2000; i++) {
      const ratio = 2 ** (rng.nextFloat() * 50 - 30);
      const { multiplier, shift } = fitTfliteRescale(ratio);
      expect(multiplier).toBeGreaterThanOrEqual(2 ** 30);
      expect(multiplier).toBeLessThan(2 ** 31);
      expect(Math.abs(multiplier / 2 ** (31 + shift) / ratio - 1)).toBeLessThanOrEqual(2 ** -31);
    }
    expect(fitTfliteRescale(1)).toEqual({ multiplier: 2 ** 30, shift: -1 });
    expect(fitTfliteRescale(0.25)).toEqual({ multiplier: 2 ** 30, shift: 1 });
    expect(fitTfliteRescale(0)).toEqual({ multiplier: 0, shift: 0 });
  });
});
