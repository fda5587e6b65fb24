import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { fromPattern, toPattern } from '../../src/base/bits.ts';
import { sha256 } from '../../src/base/files.ts';
import { createRng } from '../../src/base/rng.ts';
import { operandProduct, portProduct } from '../../src/multiplier/golden.ts';
import { type MultiplierSpec, portShape } from '../../src/multiplier/spec.ts';
import { layerSource, OPERAND_ROLES, type RecordedPairs } from '../../src/power/layer-stream.ts';
import { csvSource, readOperandCsv, specsForOperands } from '../../src/power/operand-csv.ts';
import { badInputText } from '../dnn/error-text.ts';

const exact = (aBits: number, bBits: number, aSigned = true, bSigned = true): MultiplierSpec => ({
  family: 'booth',
  aBits,
  bBits,
  aSigned,
  bSigned,
});
const NARROW: MultiplierSpec = { family: 'narrow', bits: 8, aBits: 4, bBits: 6, architecture: 'booth' };
const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };

const pairs: RecordedPairs = {
  kind: 'layer-stream',
  layer: 'conv1',
  activations: Int8Array.from([0, 127, 5, 100]),
  weights: Int8Array.from([-128, 127, -1, 3]),
};

describe('recorded pairs as patterns', () => {
  test('the weight on port b', () => {
    const source = layerSource(pairs, 'weight-on-b');
    expect(source.identity).toEqual({ kind: 'layer-stream', layer: 'conv1', role: 'weight-on-b' });
    const stream = source.streamFor(exact(8, 8))!;
    expect([...stream.a]).toEqual([0, 127, 5, 100]);
    expect([...stream.b]).toEqual([128, 127, 255, 3]);
    const bytes = new Uint8Array(Uint32Array.from([0, 127, 5, 100, 128, 127, 255, 3]).buffer);
    expect(stream.sha256).toBe(sha256(bytes));
  });

  test('the activation on port b: the same pairs with the ports exchanged', () => {
    const stream = layerSource(pairs, 'activation-on-b').streamFor(exact(8, 8))!;
    expect([...stream.b]).toEqual([0, 127, 5, 100]);
    expect([...stream.a]).toEqual([128, 127, 255, 3]);
  });

  test('wider ports extend the sign, narrow ones get rounded codes', () => {
    expect([...layerSource(pairs, 'weight-on-b').streamFor(exact(16, 16))!.b]).toEqual([
      0xff80, 127, 0xffff, 3,
    ]);
    const narrow = layerSource(pairs, 'weight-on-b').streamFor(NARROW)!;
    expect([...narrow.a]).toEqual([0, 7, 0, 6]); // 127/16 saturates at 7, 5/16 → 0, 100/16 = 6.25 → 6
    expect([...narrow.b]).toEqual([32, 31, 0, 1]); // −128/4 = −32, 127/4 saturates at 31, −1/4 → 0, 3/4 → 1
  });

  test('ports that cannot hold an operand get no stream', () => {
    const fits = (spec: MultiplierSpec, role: (typeof OPERAND_ROLES)[number], own = pairs) =>
      layerSource(own, role).streamFor(spec) !== undefined;
    expect(fits(exact(8, 8, false, true), 'weight-on-b')).toBe(true);
    expect(fits(exact(7, 8, false, true), 'weight-on-b')).toBe(true);
    expect(fits(exact(6, 8, false, true), 'weight-on-b')).toBe(false);
    expect(fits(exact(8, 8, false, true), 'activation-on-b')).toBe(false);
    expect(fits(exact(8, 7), 'weight-on-b')).toBe(false);
    const signed = { ...pairs, activations: Int8Array.from([0, -1, 5, 100]) };
    expect(fits(exact(8, 8, false, true), 'weight-on-b', signed)).toBe(false);
    expect(fits(exact(8, 8), 'weight-on-b', signed)).toBe(true);
  });

  test('patterns and golden model together give the products of the network', () => {
    const rng = createRng(5);
    const draw = () => Int8Array.from({ length: 2000 }, () => rng.nextInt(-128, 127));
    const random = { ...pairs, activations: draw(), weights: draw() };
    let compared = 0;
    for (const role of OPERAND_ROLES) {
      for (const spec of [exact(8, 8), NARROW, ROUP]) {
        const { aBits, bBits, aSigned, bSigned } = portShape(spec);
        const { a, b } = layerSource(random, role).streamFor(spec)!;
        const scale = spec.family === 'narrow' ? 2 ** (16 - spec.aBits - spec.bBits) : 1;
        for (let i = 0; i < a.length; i++) {
          const [left, right] =
            role === 'weight-on-b'
              ? [random.activations[i]!, random.weights[i]!]
              : [random.weights[i]!, random.activations[i]!];
          const product = portProduct(
            spec,
            fromPattern(a[i]!, aBits, aSigned),
            fromPattern(b[i]!, bBits, bSigned),
          );
          if (product * scale !== operandProduct(spec, left, right)) throw new Error(`${role} ${i}`);
          compared += 1;
        }
      }
    }
    expect(compared).toBe(2 * 3 * 2000);
  });
});

describe('operand pairs of the user', () => {
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-csv-'));
  afterAll(() => rmSync(folder, { recursive: true }));
  const path = join(folder, 'mine.csv');
  const read = (text: string) => {
    writeFileSync(path, text);
    return readOperandCsv(path);
  };

  test('are read in their order, with a byte order mark, spaces and other line ends', () => {
    const file = read('\uFEFFa, b\r\n-128,127\r\n +3 , -4\r\n0,0\r\n\r\n');
    expect([...file.a]).toEqual([-128, 3, 0]);
    expect([...file.b]).toEqual([127, -4, 0]);
    const stream = csvSource(file).streamFor(exact(8, 8))!;
    expect([...stream.a]).toEqual([-128, 3, 0].map((value) => toPattern(value, 8)));
    expect(csvSource(file).identity).toEqual({ kind: 'file' });
    expect(file.sha256).toBe(sha256('\uFEFFa, b\r\n-128,127\r\n +3 , -4\r\n0,0\r\n\r\n'));
  });

  test.each([
    ['no header', '1,2\n3,4\n5,6\n', /mine\.csv, line 1: wanted the header a,b, found "1,2"/],
    ['one pair', 'a,b\n1,2\n', /wanted at least 2 operand pairs, found 1/],
    [
      'a fraction',
      'a,b\n1,2\n1.5,2\n',
      /line 3: wanted two integers within 32 bits, such as -3,100, found "1\.5,2"/,
    ],
    ['three columns', 'a,b\n1,2\n1,2,3\n', /line 3: wanted two integers/],
    [
      'a line without values',
      'a,b\n1,2\n\n3,4\n',
      /line 3: wanted two integers within 32 bits, such as -3,100, found ""/,
    ],
    ['a value beyond 32 bits', 'a,b\n1,2\n3000000000,4\n', /line 3: wanted two integers within 32 bits/],
    ['an empty file', '', /wanted a CSV file of operand pairs, found an empty file/],
  ])('refused: %s', (_what, text, wanted) => {
    expect(badInputText(() => read(text))).toMatch(wanted);
  });

  test('refused: values out of range for every design, each with its first line', () => {
    const file = read('a,b\n100,-5\n130,2\n-7,200\n');
    expect(badInputText(() => specsForOperands(file, [exact(8, 8), exact(8, 8, false, true)]))).toBe(
      [
        `${path}, line 3: wanted operands of mul_booth_s8, a -128 … 127 and b -128 … 127, found a = 130, b = 2`,
        `${path}, line 4: wanted operands of mul_booth_u8xs8, a 0 … 255 and b -128 … 127, found a = -7, b = 200`,
        'The operand file has values out of range for every design: give values that fit the ports.',
      ].join('\n'),
    );
    const wide = exact(10, 10);
    expect(specsForOperands(file, [exact(8, 8), wide])).toEqual([wide]);
    expect(csvSource(file).streamFor(exact(8, 8))).toBeUndefined();
  });
});
