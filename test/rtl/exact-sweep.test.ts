import { expect, test } from 'vitest';
import { exactSpace, narrowSpace } from '../../src/multiplier/space.ts';
import { designName } from '../../src/multiplier/spec.ts';
import { buildCells } from '../../src/rtl/build-cells.ts';
import { compareAllPairs } from './all-pairs.ts';

test('exact m×n, m and n from 3 to 8, all architectures, signed and signed × unsigned: cells equal golden', () => {
  let pairs = 0;
  const wrong = exactSpace(3, 8).filter((spec) => {
    const compared = compareAllPairs(buildCells(spec), spec);
    pairs += compared.pairs;
    return compared.differences > 0;
  });
  expect(wrong.map(designName)).toEqual([]);
  expect(pairs).toBe(9 * (8 + 16 + 32 + 64 + 128 + 256) ** 2);
});

test('narrow m×n, m and n from 2 to 8, all architectures: cells equal golden', () => {
  let pairs = 0;
  const wrong = narrowSpace(8).filter((spec) => {
    const compared = compareAllPairs(buildCells(spec), spec);
    pairs += compared.pairs;
    return compared.differences > 0;
  });
  expect(wrong.map(designName)).toEqual([]);
  expect(pairs).toBe(3 * ((4 + 8 + 16 + 32 + 64 + 128 + 256) ** 2 - 65536));
});
