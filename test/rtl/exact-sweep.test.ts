import { expect, test } from 'vitest';
import { exactSpace, narrowSpace } from '../../src/multiplier/space.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { buildCells } from '../../src/rtl/build-cells.ts';
import { compareAllPairs } from './all-pairs.ts';

/** Operand pairs of m×n, m and n from 3 to 8. */
const PAIRS_3_TO_8 = (8 + 16 + 32 + 64 + 128 + 256) ** 2;

test('structural m×n, m and n from 3 to 8, signed and signed × unsigned: cells equal golden on all pairs', () => {
  const specs = exactSpace(3, 8).filter(({ family }) => family !== 'behavioural');
  expect(sweep(specs)).toEqual({ designs: 216, pairs: 6 * PAIRS_3_TO_8, wrong: [] });
});

test('narrow m×n, m and n from 2 to 8, structural: cells equal golden on all pairs', () => {
  const specs = narrowSpace(8).filter(({ architecture }) => architecture !== 'behavioural');
  const pairs = 2 * ((4 + 8 + 16 + 32 + 64 + 128 + 256) ** 2 - 65536);
  expect(sweep(specs)).toEqual({ designs: 96, pairs, wrong: [] });
});

test('narrow signed × unsigned, 2 to 7 unsigned bits, structural: cells equal golden on all pairs', () => {
  const specs = (['a', 'b'] as const)
    .flatMap((port) => narrowSpace(8, 2, port))
    .filter(({ architecture }) => architecture !== 'behavioural');
  const pairs = 4 * (4 + 8 + 16 + 32 + 64 + 128) * (4 + 8 + 16 + 32 + 64 + 128 + 256);
  expect(sweep(specs)).toEqual({ designs: 168, pairs, wrong: [] });
});

test.skipIf(process.env.MAXDNN_FULL !== '1')('behavioural ones likewise [npm run test:full]', () => {
  const specs = exactSpace(3, 8).filter(({ family }) => family === 'behavioural');
  expect(sweep(specs)).toEqual({ designs: 108, pairs: 3 * PAIRS_3_TO_8, wrong: [] });
});

test('sabotage: a design held against the golden model of another sign is noticed', () => {
  const shape = { family: 'booth', aBits: 5, bBits: 4, aSigned: true } as const;
  const list = buildCells({ ...shape, bSigned: false });
  expect(compareAllPairs(list, { ...shape, bSigned: true })).toEqual({ pairs: 512, differences: 248 });
});

function sweep(specs: readonly MultiplierSpec[]): { designs: number; pairs: number; wrong: string[] } {
  let pairs = 0;
  const wrong = specs.filter((spec) => {
    const compared = compareAllPairs(buildCells(spec), spec);
    pairs += compared.pairs;
    return compared.differences > 0;
  });
  return { designs: specs.length, pairs, wrong: wrong.map(designName) };
}
