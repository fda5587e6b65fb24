import { expect, test } from 'vitest';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import { designName, type ExactFamily, type MultiplierSpec } from '../../src/multiplier/spec.ts';

/** Compares every spec with what its name stands for; gives how many. */
function countRoundTrips(specs: Iterable<MultiplierSpec>): number {
  let count = 0;
  for (const spec of specs) {
    const back = parseDesignName(designName(spec));
    if (JSON.stringify(sorted(back)) !== JSON.stringify(sorted(spec))) {
      throw new Error(`${designName(spec)} came back as ${JSON.stringify(back)}`);
    }
    count++;
  }
  return count;
}

function sorted(spec: MultiplierSpec | undefined): unknown {
  return Object.entries(spec ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
}

/** Every 8-bit ROUP: 8^4 + 8^3 + 8^2 + 8. */
function* roupSpace(): Generator<MultiplierSpec> {
  for (let P = 0; P < 4; P++) {
    for (let code = 0; code < 8 ** (4 - P); code++) {
      yield {
        family: 'roup',
        bits: 8,
        P,
        r: Array.from({ length: 4 - P }, (_, j) => Math.floor(code / 8 ** j) % 8),
      };
    }
  }
}

function* exactSpace(): Generator<MultiplierSpec> {
  for (const family of ['booth', 'baugh-wooley', 'behavioural'] as ExactFamily[]) {
    for (const [aBits, bBits] of [
      [8, 8],
      [7, 8],
      [16, 4],
    ] as const) {
      for (const aSigned of [true, false]) {
        for (const bSigned of [true, false]) yield { family, aBits, bBits, aSigned, bSigned };
      }
    }
    yield { family: 'narrow', bits: 8, aBits: 5, bBits: 7, architecture: family };
    yield { family: 'narrow', bits: 8, aBits: 5, bBits: 7, unsigned: 'a', architecture: family };
    yield { family: 'narrow', bits: 8, aBits: 5, bBits: 4, unsigned: 'b', architecture: family };
  }
}

test('every name of the catalogue, the 8-bit ROUP space and the exact families stands for its spec', () => {
  expect(countRoundTrips(CATALOGUE.map(({ spec }) => spec))).toBe(19);
  expect(countRoundTrips(roupSpace())).toBe(4680);
  expect(countRoundTrips(exactSpace())).toBe(45);
  expect(designName(parseDesignName('mul_roup_s16_p2_r4')!)).toBe('mul_roup_s16_p2_r4');
});

test('sabotage: a name that loses something is noticed', () => {
  const spec: MultiplierSpec = {
    family: 'table',
    name: 'x',
    operands: 'signed',
    sha256: 'a'.repeat(64),
  };
  expect(() => countRoundTrips([spec])).toThrow('mul_table_s8_x came back as undefined');
});

test('other words are no design names', () => {
  for (const word of [
    '',
    'mul8u_2AC',
    'mul_roup',
    'mul_roup_s8_p2',
    'mul_roup_s8_p2_r4_4',
    'mul_roup_s08_p2_r4',
    'mul_booth_s8x8',
    'mul_booth_s8xs8',
    'mul_table_u8_mul8u_2AC',
  ]) {
    expect([word, parseDesignName(word)]).toEqual([word, undefined]);
  }
});

test('a name of the right form with a number out of range is refused with what is wrong', () => {
  expect(() => parseDesignName('mul_roup_s8_p4_r9')).toThrow(
    'design mul_roup_s8_p4_r9: P: wanted 0..3 for bits=8, found 4\n' +
      'design mul_roup_s8_p4_r9: r: wanted 0..7 for bits=8, found 9',
  );
});
