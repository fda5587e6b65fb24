import { expect, test } from 'vitest';
import { fromPattern, toPattern } from '../../src/base/bits.ts';
import { createRng } from '../../src/base/rng.ts';

test('patterns and values of 1 to 32 bits are those of the definition in whole numbers', () => {
  const rng = createRng(4);
  let compared = 0;
  for (let bits = 1; bits <= 32; bits++) {
    const ends = [0, 1, 2 ** (bits - 1) - 1, 2 ** (bits - 1), 2 ** bits - 1];
    for (const pattern of [...ends, ...Array.from({ length: 500 }, () => rng.nextU32())]) {
      for (const signed of [false, true]) {
        const low = BigInt(pattern);
        const want = Number(signed ? BigInt.asIntN(bits, low) : BigInt.asUintN(bits, low));
        expect([bits, signed, pattern, fromPattern(pattern, bits, signed)]).toEqual([
          bits,
          signed,
          pattern,
          want,
        ]);
        const back = Number(BigInt.asUintN(bits, BigInt(want)));
        expect([bits, want, toPattern(want, bits)]).toEqual([bits, want, back]);
        compared += 2;
      }
    }
  }
  expect(compared).toBe(32 * 505 * 4);
});

test('values beyond 32 bits, negative ones and patterns of more bits', () => {
  const rng = createRng(5);
  let compared = 0;
  for (const bits of [1, 8, 31, 32, 33, 40, 48]) {
    for (let i = 0; i < 500; i++) {
      const value = Math.floor((rng.nextFloat() - 0.5) * 2 ** rng.nextInt(1, 52));
      const want = Number(BigInt.asUintN(bits, BigInt(value)));
      expect([bits, value, toPattern(value, bits)]).toEqual([bits, value, want]);
      compared++;
    }
  }
  expect(compared).toBe(3500);
});
