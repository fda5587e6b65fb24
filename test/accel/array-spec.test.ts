import { describe, expect, test } from 'vitest';
import { defaultArray, headerWords, NAMED_ARRAYS } from '../../src/accel/array-spec.ts';
import { parseArraySpec } from '../../src/accel/parse-array-spec.ts';
import { EXIT_CODES, type MaxdnnError } from '../../src/base/errors.ts';
import { EXACT_INT8 } from '../../src/dnn/assignment.ts';
import { badInputText } from '../dnn/error-text.ts';

const size = { rows: 16, columns: 16 };
const roup = { family: 'roup', bits: 8, P: 1, r: 2 };
const faults = (value: unknown): readonly string[] =>
  badInputText(() => parseArraySpec(value, 'array.json'))
    .split('\n')
    .slice(0, -1);

describe('array specs', () => {
  test('what is left out gets a default', () => {
    expect(parseArraySpec(size, 'x')).toEqual(defaultArray(16, 16));
    expect(parseArraySpec({ rows: 6, columns: 9 }, 'x').lanes).toBe(1);
    expect(parseArraySpec({ ...size, multipliers: [roup] }, 'x').multipliers).toEqual([
      { family: 'roup', bits: 8, P: 1, r: [2, 2, 2] },
    ]);
    expect(Object.keys(NAMED_ARRAYS)).toEqual(['4x4', '8x8', '16x16']);
  });

  test('named configurations are valid', () => {
    for (const named of Object.values(NAMED_ARRAYS)) {
      expect(parseArraySpec(named, 'x')).toEqual(defaultArray(named.rows, named.columns));
    }
  });

  test('the header of a pass has selects only where elements have a choice', () => {
    expect(headerWords(defaultArray(4, 4))).toBe(1);
    expect(headerWords({ ...defaultArray(16, 16), elements: 'bank' })).toBe(2);
    expect(headerWords({ ...defaultArray(16, 4), elements: 'dynamic' })).toBe(5);
  });
});

describe('faults name value, wish and place', () => {
  test.each<[string, object, readonly string[]]>([
    ['no rows', { rows: 0, columns: 16 }, ['array.json: rows: wanted at least 1, found 0']],
    ['too many columns', { rows: 1, columns: 65 }, ['array.json: columns: wanted at most 64, found 65']],
    ['an unknown field', { ...size, depth: 3 }, ['array.json: wanted no other fields, found field "depth"']],
    [
      'depth and lanes',
      { rows: 6, columns: 4, accumulatorDepth: 48, lanes: 3 },
      [
        'array.json: accumulatorDepth: wanted a power of two, found 48',
        'array.json: lanes: wanted a power of two, found 3',
        'array.json: lanes: wanted a divisor of 6 rows and 4 columns (1 always is), found 3',
      ],
    ],
    [
      'memories',
      { ...size, weightWords: 33, parameterWords: 7 },
      [
        'array.json: parameterWords: wanted at least 8: two filter tiles, found 7',
        'array.json: weightWords: wanted at least 34: two passes, found 33',
      ],
    ],
    [
      'a multiplier twice',
      { ...size, elements: 'bank', multipliers: [roup, { ...roup, r: [2, 2, 2] }] },
      ['array.json: multipliers[1]: wanted a multiplier not named before, found mul_roup_s8_p1_r2'],
    ],
    [
      'no classes',
      { ...size, multipliers: [roup, EXACT_INT8] },
      [
        'array.json: classes: wanted the multiplier of each row or column, for static elements with 2 multipliers, found none',
      ],
    ],
    [
      'classes of another length',
      { ...size, multipliers: [roup, EXACT_INT8], classes: { by: 'row', multiplierOf: [0, 2] } },
      [
        'array.json: classes.multiplierOf: wanted 16 numbers, one per row, found 2',
        'array.json: classes.multiplierOf[1]: wanted 0 … 1, found 2',
      ],
    ],
    [
      'classes of a bank',
      { ...size, elements: 'bank', classes: { by: 'row', multiplierOf: [] } },
      ['array.json: classes: wanted none but for static elements with several multipliers, found classes'],
    ],
    [
      'a truth table',
      { ...size, multipliers: [{ family: 'table', name: 'x', operands: 'signed', sha256: 'a'.repeat(64) }] },
      [
        'array.json: multipliers[0]: wanted a multiplier with a circuit (a truth table has none), found mul_table_s8_x',
      ],
    ],
    [
      'wide ports',
      { ...size, multipliers: [{ family: 'roup', bits: 10, P: 0, r: 0 }] },
      ['array.json: multipliers[0]: wanted ports of at most 8 bits, found mul_roup_s10_p0_r0'],
    ],
    [
      'narrow ports of wider operands',
      {
        ...size,
        multipliers: [{ family: 'narrow', bits: 10, aBits: 8, bBits: 8, architecture: 'booth' }],
      },
      [
        'array.json: multipliers[0]: wanted a narrow multiplier of 8-bit operands, found mul_narrow_s10_a8_b8_booth',
      ],
    ],
  ])('%s', (_name, value, wanted) => {
    expect(faults(value)).toEqual(wanted);
  });

  test('they are bad input: exit code 2', () => {
    try {
      parseArraySpec({ rows: 0, columns: 0 }, 'x');
      throw new Error('nothing was thrown');
    } catch (error) {
      expect(EXIT_CODES[(error as MaxdnnError).code]).toBe(2);
    }
  });
});
