import { describe, expect, test } from 'vitest';
import { fromPattern } from '../../src/base/bits.ts';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import {
  bilinearTerms,
  boothDigit,
  compileOperandProduct,
  goldenTable,
  isBilinear,
  operandProduct,
  portProduct,
  roundHalfUp,
} from '../../src/multiplier/golden.ts';
import {
  designName,
  exactTwin,
  isUniform,
  type MultiplierSpec,
  operandRange,
  portShape,
} from '../../src/multiplier/spec.ts';

const exact = (aBits: number, bBits: number, aSigned: boolean, bSigned: boolean): MultiplierSpec => ({
  family: 'booth',
  aBits,
  bBits,
  aSigned,
  bSigned,
});

function forAllOperands(spec: MultiplierSpec, visit: (a: number, b: number) => void): number {
  const range = operandRange(spec);
  let pairs = 0;
  for (let a = range.aMin; a <= range.aMax; a++) {
    for (let b = range.bMin; b <= range.bMax; b++, pairs++) visit(a, b);
  }
  return pairs;
}

function countDifferences(
  spec: MultiplierSpec,
  f: (a: number, b: number) => number,
  g: (a: number, b: number) => number,
) {
  let differences = 0;
  const pairs = forAllOperands(spec, (a, b) => {
    if (f(a, b) !== g(a, b)) differences++;
  });
  return { pairs, differences };
}

test('Booth digits of every byte sum to the byte', () => {
  let values = 0;
  for (let b = -128; b < 128; b++, values++) {
    expect([0, 1, 2, 3].reduce((sum, j) => sum + boothDigit(b, j) * 4 ** j, 0)).toBe(b);
  }
  expect(values).toBe(256);
});

test('rounding is half-up, also for negative values, and may leave the operand range', () => {
  expect([-128, -3, -2, -1, 0, 1, 2, 5, 6, 127].map((a) => roundHalfUp(a, 2))).toEqual([
    -128, -4, 0, 0, 0, 0, 4, 4, 8, 128,
  ]);
  expect(roundHalfUp(-77, 0)).toBe(-77);
});

describe('exact specs give a * b', () => {
  test.each([
    [8, 8, true, true],
    [8, 8, false, false],
    [8, 8, true, false],
    [7, 5, false, true],
    [3, 8, true, true],
  ])('%i×%i signed %s %s', (aBits, bBits, aSigned, bSigned) => {
    const spec = exact(aBits, bBits, aSigned, bSigned);
    const table = goldenTable(spec);
    let compared = 0;
    table.forEach((product, index) => {
      const a = fromPattern(index >>> bBits, aBits, aSigned);
      const b = fromPattern(index & (2 ** bBits - 1), bBits, bSigned);
      if (product !== a * b) throw new Error(`${a} * ${b} gave ${product}`);
      compared++;
    });
    expect(compared).toBe(2 ** (aBits + bBits));
  });

  test('ROUP without perforation and rounding', () => {
    const spec: MultiplierSpec = { family: 'roup', bits: 8, P: 0, r: [0, 0, 0, 0] };
    const result = countDifferences(
      spec,
      (a, b) => portProduct(spec, a, b),
      (a, b) => a * b,
    );
    expect(result).toEqual({ pairs: 65536, differences: 0 });
  });
});

describe.each(CATALOGUE.map(({ spec }) => [designName(spec), spec] as const))('%s', (_name, spec) => {
  test('the table, the bilinear terms and the compiled product equal the definition', () => {
    const { aBits, bBits, aSigned, bSigned } = portShape(spec);
    const table = goldenTable(spec);
    let compared = 0;
    table.forEach((product, index) => {
      const a = fromPattern(index >>> bBits, aBits, aSigned);
      const b = fromPattern(index & (2 ** bBits - 1), bBits, bSigned);
      if (product !== portProduct(spec, a, b)) throw new Error(`table differs at ${a}, ${b}`);
      compared++;
    });
    expect(compared).toBe(2 ** (aBits + bBits));

    const { aMin, bMin } = operandRange(spec);
    if (!isBilinear(spec)) throw new Error('the catalogue holds no truth tables');
    const terms = bilinearTerms(spec);
    const bilinear = (a: number, b: number) =>
      terms.reduce((sum, t) => sum + t.a[a - aMin]! * t.b[b - bMin]!, 0);
    const definition = (a: number, b: number) => operandProduct(spec, a, b);
    expect(countDifferences(spec, bilinear, definition)).toEqual({ pairs: 65536, differences: 0 });
    expect(countDifferences(spec, compileOperandProduct(spec), definition)).toEqual({
      pairs: 65536,
      differences: 0,
    });
  });
});

test('a uniform ROUP is operand quantisation; its narrow twin differs only where rounding saturates', () => {
  const uniform = CATALOGUE.map((e) => e.spec).filter(
    (s) => s.family === 'roup' && isUniform(s) && exactTwin(s) !== undefined,
  );
  expect(uniform.length).toBeGreaterThanOrEqual(4);
  for (const spec of uniform) {
    if (spec.family !== 'roup') continue;
    const r = spec.r[0]!;
    const quantised = (a: number, b: number) => roundHalfUp(a, r) * roundHalfUp(b, 2 * spec.P);
    expect(countDifferences(spec, (a, b) => portProduct(spec, a, b), quantised)).toEqual({
      pairs: 65536,
      differences: 0,
    });

    const twin = exactTwin(spec)!;
    const saturates = (a: number, b: number) => roundHalfUp(a, r) > 127 || roundHalfUp(b, 2 * spec.P) > 127;
    let equalWhereFree = 0;
    forAllOperands(spec, (a, b) => {
      if (saturates(a, b)) return;
      if (operandProduct(twin, a, b) !== portProduct(spec, a, b))
        throw new Error(`${designName(twin)} differs at ${a}, ${b}`);
      equalWhereFree++;
    });
    expect(equalWhereFree).toBeGreaterThan(50_000);
  }
});

test('narrow with an operand that is never negative: its top bits without the sign, all pairs', () => {
  const clip = (value: number, high: number): number => Math.min(value, high);
  let compared = 0;
  for (let aBits = 2; aBits <= 7; aBits++) {
    const spec: MultiplierSpec = {
      family: 'narrow',
      bits: 8,
      aBits,
      bBits: 5,
      unsigned: 'a',
      architecture: 'booth',
    };
    expect(portShape(spec)).toEqual({ aBits, bBits: 5, pBits: aBits + 5, aSigned: false, bSigned: true });
    const step = 2 ** (7 - aBits);
    expect(operandRange(spec)).toEqual({ aMin: 0, aMax: 127, bMin: -128, bMax: 127 });
    forAllOperands(spec, (a, b) => {
      const rounded = clip(Math.floor(a / step + 0.5), 2 ** aBits - 1) * step;
      const want = rounded * clip(Math.floor(b / 8 + 0.5), 15) * 8;
      if (operandProduct(spec, a, b) !== want) throw new Error(`${designName(spec)} differs at ${a}, ${b}`);
      compared++;
    });
  }
  expect(compared).toBe(6 * 128 * 256);
});

test('catalogue: at least 12 designs, three exact baselines, P = 0..3, uniform and asymmetric r, a twin for every uniform ROUP', () => {
  const specs = CATALOGUE.map((entry) => entry.spec);
  const names = specs.map(designName);
  expect(new Set(names).size).toBe(names.length);
  expect(names.length).toBeGreaterThanOrEqual(12);
  expect(names.slice(0, 3)).toEqual(['mul_booth_s8', 'mul_baugh_wooley_s8', 'mul_behavioural_s8']);
  const roup = specs.filter((spec) => spec.family === 'roup');
  expect(new Set(roup.map((spec) => spec.P))).toEqual(new Set([0, 1, 2, 3]));
  expect(roup.some((spec) => !isUniform(spec))).toBe(true);
  for (const spec of roup) {
    const twin = exactTwin(spec);
    if (twin !== undefined) expect(names).toContain(designName(twin));
  }
});
