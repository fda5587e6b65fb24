import { describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import {
  baselineSpace,
  exactSpace,
  narrowSpace,
  type RoundingOrder,
  roupSpace,
  roupSpaceSize,
  twinSpace,
} from '../../src/multiplier/space.ts';
import { designName, isUniform, type RoupSpec } from '../../src/multiplier/spec.ts';

const names = (specs: Parameters<typeof designName>[0][]) => new Set(specs.map(designName));

describe('ROUP space', () => {
  test('N = 8: 494 designs whose r never increases, 4680 in all, each once; N = 4 and 6 by brute force', () => {
    const expected: readonly (readonly [number, RoundingOrder, number])[] = [
      [8, 'non-increasing', 494],
      [8, 'any', 4680],
      [4, 'non-increasing', bruteForce(4, true)],
      [4, 'any', bruteForce(4, false)],
      [6, 'non-increasing', bruteForce(6, true)],
      [6, 'any', bruteForce(6, false)],
    ];
    for (const [bits, order, count] of expected) {
      const specs = roupSpace({ bits, order });
      expect([specs.length, names([...specs]).size, roupSpaceSize({ bits, order })]).toEqual([
        count,
        count,
        count,
      ]);
    }
    expect(roupSpaceSize({ bits: 16, order: 'non-increasing' })).toBe(735_470);
  });

  test('one perforation is its part of the whole', () => {
    const whole = roupSpace({ bits: 8, order: 'non-increasing' });
    const parts = [0, 1, 2, 3].map((P) => roupSpace({ bits: 8, order: 'non-increasing', P }));
    expect(parts.map((part) => part.length)).toEqual([330, 120, 36, 8]);
    expect(parts.flat()).toEqual(whole);
  });

  test('what is too large or out of range is refused in words', () => {
    const refuse = (make: () => unknown): string => {
      try {
        make();
      } catch (error) {
        if (error instanceof MaxdnnError && error.code === 'bad-input') return error.message;
      }
      return 'accepted';
    };
    expect(refuse(() => roupSpace({ bits: 16, order: 'non-increasing' }))).toBe(
      'ROUP space of 16 bits, r non-increasing: wanted at most 50000 designs, found 735470',
    );
    expect(refuse(() => roupSpace({ bits: 8, order: 'any', P: 4 }))).toBe(
      'P: wanted 0..3 for bits=8, found 4',
    );
    expect(roupSpace({ bits: 16, order: 'non-increasing', P: 6 }).length).toBe(136);
  });
});

describe('exact spaces', () => {
  test('counts follow the closed formulae, no name twice', () => {
    const exact = exactSpace(3, 8);
    expect([exact.length, names([...exact]).size]).toEqual([3 * 3 * 36, 324]);
    const narrow = narrowSpace(8);
    expect([narrow.length, names([...narrow]).size]).toEqual([3 * 48, 144]);
    expect(narrow.filter(({ aBits, bBits }) => aBits === 8 && bBits === 8)).toEqual([]);
    expect(baselineSpace(8).map(designName)).toEqual([
      'mul_booth_s8',
      'mul_baugh_wooley_s8',
      'mul_behavioural_s8',
    ]);
  });

  test('every uniform ROUP with operands of 2 bits or more has its twin three times in the narrow space', () => {
    const space = roupSpace({ bits: 8, order: 'non-increasing' });
    const twins = twinSpace(space);
    const uniform = space.filter((spec: RoupSpec) => isUniform(spec));
    // r = 7 leaves one bit of a; P = 0 with r = 0 is exact itself.
    const expected = uniform.filter(({ P, r }) => r[0]! < 7 && !(P === 0 && r[0] === 0)).length;
    expect([uniform.length, expected, twins.length]).toEqual([32, 27, 81]);
    const narrow = names([...narrowSpace(8)]);
    expect([...names([...twins])].filter((name) => !narrow.has(name))).toEqual([]);
  });
});

/** Designs of the space counted by going through all vectors. */
function bruteForce(bits: number, nonIncreasing: boolean): number {
  let count = 0;
  for (let P = 0; P < bits / 2; P++) {
    const kept = bits / 2 - P;
    for (let code = 0; code < bits ** kept; code++) {
      const r = Array.from({ length: kept }, (_, row) => Math.floor(code / bits ** row) % bits);
      if (!nonIncreasing || r.every((value, row) => row === 0 || value <= r[row - 1]!)) count++;
    }
  }
  return count;
}
