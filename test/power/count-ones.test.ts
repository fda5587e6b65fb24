import { describe, expect, it } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { countOnes } from '../../src/power/count-ones.ts';

const rng = createRng(3);
const words = Int32Array.from({ length: 200 }, (_, i) => {
  return i % 50 === 0 ? -1 : rng.nextInt(-(2 ** 31), 2 ** 31 - 1);
});

function countBitByBit(start: number, length: number): number {
  return words
    .slice(start, start + length)
    .reduce((sum, word) => sum + (word >>> 0).toString(2).replaceAll('0', '').length, 0);
}

describe('ones in words', () => {
  it.each([0, 1, 7, 8, 9, 16, 63, 64, 100])('%d words, wherever they begin', (length) => {
    const starts = [0, 1, 5, 99];
    expect(starts.map((start) => countOnes(words, start, length))).toEqual(
      starts.map((start) => countBitByBit(start, length)),
    );
  });

  it('all ones and all zeros', () => {
    expect(countOnes(new Int32Array(64).fill(-1), 0, 64)).toBe(2048);
    expect(countOnes(new Int32Array(64), 0, 64)).toBe(0);
  });
});
