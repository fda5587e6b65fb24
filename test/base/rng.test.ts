import { expect, test } from 'vitest';
import { bitOf, fromPattern, maxValue, minValue, toPattern } from '../../src/base/bits.ts';
import { createRng, type RngState, restoreRng } from '../../src/base/rng.ts';

test('the same seed gives the same numbers on every machine; another seed gives others', () => {
  const rng = createRng(1);
  const numbers = [rng.nextU32(), rng.nextU32(), rng.nextU32()];
  expect(numbers).toMatchInlineSnapshot(`
    [
      393288148,
      2174103013,
      3814759091,
    ]
  `);
  const again = createRng(1);
  expect([again.nextU32(), again.nextU32(), again.nextU32()]).toEqual(numbers);
  expect(createRng(2).nextU32()).not.toBe(numbers[0]);
});

test('integers cover their range evenly', () => {
  const rng = createRng(7);
  const counts = new Array<number>(16).fill(0);
  for (let i = 0; i < 160_000; i++) counts[rng.nextInt(-8, 7) + 8]!++;
  // Standard deviation of a count is about 97.
  for (const count of counts) expect(Math.abs(count - 10_000)).toBeLessThan(500);
});

test('normal variates have mean 0 and variance 1', () => {
  const rng = createRng(3);
  const values = Array.from({ length: 100_000 }, () => rng.nextGaussian());
  const mean = values.reduce((sum, x) => sum + x, 0) / values.length;
  const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.015);
  expect(Math.abs(variance - 1)).toBeLessThan(0.02);
});

test('a restored generator goes on with the very same numbers, also through JSON', () => {
  let compared = 0;
  for (const taken of [0, 1, 2, 3, 1000]) {
    const rng = createRng(11);
    for (let i = 0; i < taken; i++) rng.nextU32();
    const saved = JSON.parse(JSON.stringify(rng.state())) as RngState;
    const restored = restoreRng(saved);
    expect(restored.state()).toEqual(saved);
    for (let i = 0; i < 100; i++, compared++) {
      expect(restored.nextU32()).toBe(rng.nextU32());
      expect(restored.nextGaussian()).toBe(rng.nextGaussian());
    }
    expect(restored.state()).toEqual(rng.state());
    expect(rng.state()).not.toEqual(saved);
  }
  expect(compared).toBe(500);
});

test('what is no state is refused', () => {
  for (const state of [[0, 0, 0, 0], [1, 2, 3], [1, 2, 3, -1], [1, 2, 3, 2 ** 32], [1, 2, 3, 0.5], null]) {
    expect(() => restoreRng(state as unknown as RngState)).toThrow(
      'state of the random numbers: wanted four integers in 0 … 4294967295, not all 0, found ',
    );
  }
});

test('patterns and values are inverse to each other, for every width up to 10', () => {
  let compared = 0;
  for (let bits = 1; bits <= 10; bits++) {
    for (const signed of [true, false]) {
      for (let value = minValue(bits, signed); value <= maxValue(bits, signed); value++, compared++) {
        const pattern = toPattern(value, bits);
        expect(fromPattern(pattern, bits, signed)).toBe(value);
        const sum = Array.from({ length: bits }, (_, i) => bitOf(value, i) * 2 ** i).reduce(
          (a, b) => a + b,
          0,
        );
        if (sum !== pattern) throw new Error(`bits of ${value}`);
      }
    }
  }
  expect(compared).toBe(2 * (2 ** 11 - 2));
  expect(toPattern(-1, 48)).toBe(2 ** 48 - 1);
});
