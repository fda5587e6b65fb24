import { describe, expect, test } from 'vitest';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { checkQuantisedNetwork } from '../../src/dnn/quantised-network-check.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages } from '../dnn/random-network.ts';
import { compareLayers, compileSmall, smallArray } from './compare-layers.ts';
import { smallNetwork } from './small-network.ts';

const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });
const narrow: MultiplierSpec = {
  family: 'narrow',
  bits: 8,
  aBits: 5,
  bBits: 6,
  architecture: 'baugh-wooley',
};

describe('the golden model gives the integers of the definition in every layer', () => {
  test.each([
    ['4 × 4, one lane', smallArray({ lanes: 1 })],
    ['4 × 4, two lanes', smallArray({ lanes: 2 })],
    ['4 × 4, four lanes', smallArray({ lanes: 4 })],
    ['3 × 5', smallArray({ rows: 3, columns: 5 })],
    ['8 × 2', smallArray({ rows: 8, columns: 2 })],
    ['1 × 1', smallArray({ rows: 1, columns: 1 })],
    ['2 × 16, weights on port a', smallArray({ rows: 2, columns: 16, weightPort: 'a' })],
    ['16 × 16', smallArray({ rows: 16, columns: 16, accumulatorDepth: 64 })],
  ])('%s', (_name, spec) => {
    let compared = 0;
    for (let seed = 1; seed <= 3; seed++) {
      for (const multiplier of [EXACT_INT8, roup(0, [5, 3, 1, 0]), narrow]) {
        const network = smallNetwork(seed, spec.lanes);
        expect(checkQuantisedNetwork(network, 'network')).toEqual([]);
        const assignment = uniformAssignment(network, multiplier);
        const program = compileSmall(
          network,
          assignment,
          { ...spec, multipliers: [multiplier] },
          { skipsPasses: seed !== 2 },
        );
        const codes = imageCodes(randomImages(network, 1, seed), 0);
        for (const transfers of ['before', 'after'] as const) {
          const content = transfers === 'before' ? 165 : 90;
          const result = compareLayers(network, assignment, program, codes, { transfers, content });
          expect(result.different).toEqual([]);
          compared += result.compared;
        }
      }
    }
    expect(compared).toBeGreaterThan(15_000);
  });
});
