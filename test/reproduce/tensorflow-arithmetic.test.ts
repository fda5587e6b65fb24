import { expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import {
  createQuantiser,
  dequantisedValues,
  quantisedRange,
  requantiseSums,
  usedRange,
  zeroCode,
} from '../../src/reproduce/alwann/tensorflow-arithmetic.ts';

/** The 64-bit product of the kernel, as it is. */
function requantiseBig(sum: number, from: readonly [number, number], to: readonly [number, number]): number {
  const f = Math.fround;
  const scale = BigInt(Math.trunc((255 * 65536 * f(from[1] - from[0])) / f(to[1] - to[0])));
  const offset = BigInt(Math.trunc((65536 * (to[0] * 255)) / f(to[1] - to[0])));
  const code = (((BigInt(sum) * scale) >> 32n) - offset + 32768n) >> 16n;
  return Number(code < 0n ? 0n : code > 255n ? 255n : code);
}

test.each([
  ['more sums than different ones', 20_000, 3000],
  ['fewer sums than different ones', 20_000, 5_000_000],
  ['sums over all of int32', 20_000, 2 ** 31 - 1],
])('requantises %s as 64-bit integers do', (_case, count, largest) => {
  const rng = createRng(5);
  const step = 0.000123;
  const [min, max] = [Math.fround(-step * 2 ** 31), Math.fround(step * 2 ** 31)];
  const sums = Int32Array.from({ length: count }, () => rng.nextInt(-largest, largest));
  const range = usedRange(sums, { min, max });
  const codes = requantiseSums(sums, { min, max }, range);
  expect(codes.length).toBe(count);
  let wrong = 0;
  for (const [i, code] of codes.entries()) {
    if (code !== requantiseBig(sums[i]!, [min, max], [range.min, range.max])) wrong++;
  }
  expect(wrong).toBe(0);
  expect(new Set(codes).size).toBe(256);
});

test('zero has a code of its own, and that code is exactly zero', () => {
  const rng = createRng(9);
  let compared = 0;
  for (let round = 0; round < 2000; round++) {
    const range = quantisedRange(Math.fround(-rng.nextFloat() * 5), Math.fround(rng.nextFloat() * 7));
    const zero = zeroCode(range);
    expect(dequantisedValues(range)[zero]).toBe(0);
    expect(createQuantiser(range)(0)).toBe(zero);
    compared++;
  }
  expect(compared).toBe(2000);
});

test('ranges start at zero or below and are never empty', () => {
  expect(quantisedRange(2, 3)).toEqual({ min: 0, max: 3 });
  expect(quantisedRange(0, 0)).toEqual({ min: 0, max: Math.fround(0.01) });
  expect(quantisedRange(-4, -3.99)).toEqual({ min: -4, max: Math.fround(-4 + Math.fround(0.04)) });
  expect(usedRange(Int32Array.of(3, 9), { min: -8, max: 8 }).min).toBe(0);
});

test('halves are rounded away from zero, before the offset', () => {
  const toCode = createQuantiser({ min: -1, max: 254 });
  expect([0.5, 1.5, 2.5, -0.5].map(toCode)).toEqual([2, 3, 4, 0]);
});
