import { expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';

test('every catalogue spec passes unchanged', () => {
  for (const { spec } of CATALOGUE)
    expect(parseSpec(JSON.parse(JSON.stringify(spec)), 'catalogue')).toEqual(spec);
  expect(CATALOGUE.length).toBeGreaterThanOrEqual(12);
});

test('one r means the same for every kept partial product', () => {
  expect(parseSpec({ family: 'roup', bits: 8, P: 2, r: 4 }, 'spec')).toEqual({
    family: 'roup',
    bits: 8,
    P: 2,
    r: [4, 4],
  });
});

// Whole error texts; several faults are reported at once.
test.each<[string, unknown, string[]]>([
  ['no object', 3, ['spec: wanted a JSON object, found 3']],
  ['null', null, ['spec: wanted a JSON object, found null']],
  [
    'no family',
    {},
    ['spec: family: wanted one of roup, booth, baugh-wooley, behavioural, narrow, table, found nothing'],
  ],
  [
    'unknown family',
    { family: 'mitchell' },
    ['spec: family: wanted one of roup, booth, baugh-wooley, behavioural, narrow, table, found "mitchell"'],
  ],
  [
    'missing fields',
    { family: 'roup' },
    [
      'spec: wanted field "bits", found none',
      'spec: wanted field "P", found none',
      'spec: wanted field "r", found none',
    ],
  ],
  [
    'odd N, negative P, wrong type of r',
    { family: 'roup', bits: 7, P: -1, r: 'x' },
    [
      'spec: bits: wanted an even number, found 7',
      'spec: P: wanted at least 0, found -1',
      'spec: r: wanted an integer or a list of integers, found "x"',
    ],
  ],
  ['negative r', { family: 'roup', bits: 8, P: 2, r: [-1, 4] }, ['spec: r[0]: wanted at least 0, found -1']],
  [
    'r and P beyond the width',
    { family: 'roup', bits: 8, P: 4, r: 9 },
    ['spec: P: wanted 0..3 for bits=8, found 4', 'spec: r: wanted 0..7 for bits=8, found 9'],
  ],
  [
    'r list of the wrong length',
    { family: 'roup', bits: 8, P: 1, r: [1, 2] },
    [
      'spec: r: wanted 3 entries, one per kept partial product j=1..3 (bits=8, P=1), or one number for all, found 2 entries',
    ],
  ],
  [
    'fraction in r',
    { family: 'roup', bits: 8, P: 2, r: [1.5, 2] },
    ['spec: r[0]: wanted an integer, found 1.5'],
  ],
  ['too wide', { family: 'roup', bits: 26, P: 0, r: 0 }, ['spec: bits: wanted at most 24, found 26']],
  [
    'unknown field',
    { family: 'roup', bits: 8, P: 1, r: 1, rounding: 2 },
    ['spec: wanted no other fields, found field "rounding"'],
  ],
  [
    'exact: width and sign',
    { family: 'booth', aBits: 1, bBits: 8, aSigned: 1, bSigned: true },
    ['spec: aBits: wanted at least 2, found 1', 'spec: aSigned: wanted true or false, found 1'],
  ],
  [
    'narrow wider than what it replaces',
    { family: 'narrow', bits: 8, aBits: 9, bBits: 3, architecture: 'wallace' },
    [
      'spec: architecture: wanted one of booth, baugh-wooley, behavioural, found "wallace"',
      'spec: aBits: wanted at most bits=8, found 9',
    ],
  ],
  [
    'narrow: an operand without sign has a bit less',
    { family: 'narrow', bits: 8, aBits: 8, bBits: 3, unsigned: 'a', architecture: 'booth' },
    ['spec: aBits: wanted at most 7: bits=8 without the sign of an operand that is never negative, found 8'],
  ],
  [
    'table: name, operands and digest',
    { family: 'table', name: 'a-b', operands: 'both', sha256: '12' },
    [
      'spec: name: wanted a text that matches ^\\w{1,64}$, found "a-b"',
      'spec: operands: wanted one of signed, unsigned, sign-magnitude, found "both"',
      'spec: sha256: wanted a SHA-256 in hex, found "12"',
    ],
  ],
])('%s', (_name, value, lines) => {
  let caught: unknown;
  try {
    parseSpec(value, 'spec');
  } catch (error) {
    caught = error;
  }
  expect(caught).toBeInstanceOf(MaxdnnError);
  expect((caught as MaxdnnError).code).toBe('bad-input');
  expect((caught as MaxdnnError).message.split('\n')).toEqual(lines);
  expect((caught as MaxdnnError).hint).toContain('Ranges: bits even 4..24');
});
