import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { createRng } from '../../src/base/rng.ts';
import { errorMetrics } from '../../src/multiplier/error-metrics.ts';
import {
  compileOperandProduct,
  goldenTable,
  int8ProductTable,
  isBilinear,
  operandProduct,
} from '../../src/multiplier/golden.ts';
import { designName, type MultiplierSpec, operandRange, portShape } from '../../src/multiplier/spec.ts';
import { registryEntries, tableProducts } from '../../src/multiplier/table-registry.ts';
import { loadTruthTable, type TableOptions } from '../../src/multiplier/truth-table.ts';
import { generateRtl } from '../../src/rtl/generate.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-table-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Seeded random products, so that every index and both signs are told apart. */
function randomFile(name: string): { readonly path: string; readonly bytes: Buffer } {
  const rng = createRng(7);
  const bytes = Buffer.alloc(131072);
  for (let index = 0; index < 65536; index++) bytes.writeUInt16LE(rng.nextInt(0, 65535), 2 * index);
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return { path, bytes };
}

/** Counts the operand pairs, and those where any reading of the spec differs from `want`. */
function compareReadings(spec: MultiplierSpec, want: (a: number, b: number) => number) {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  const golden = goldenTable(spec);
  const compiled = compileOperandProduct(spec);
  const int8 = aMin < 0 ? int8ProductTable(spec) : undefined;
  let pairs = 0;
  let differences = 0;
  for (let a = aMin; a <= aMax; a++) {
    for (let b = bMin; b <= bMax; b++, pairs++) {
      const product = want(a, b);
      const readings = [
        golden[(a & 255) * 256 + (b & 255)],
        compiled(a, b),
        operandProduct(spec, a, b),
        int8 === undefined ? product : int8[(a + 128) * 256 + b + 128],
      ];
      if (readings.some((reading) => reading !== product)) differences++;
    }
  }
  return { pairs, differences };
}

describe('every reading of a table gives the product that stands in the file', () => {
  const { path, bytes } = randomFile('random.bin');
  const at = (a: number, b: number): number => 2 * ((a & 255) * 256 + (b & 255));

  test('unsigned', () => {
    const spec = loadTruthTable(path, { signed: false });
    const want = (a: number, b: number): number => bytes.readUInt16LE(at(a, b));
    expect(compareReadings(spec, want)).toEqual({ pairs: 65536, differences: 0 });
    expect(operandRange(spec)).toEqual({ aMin: 0, aMax: 255, bMin: 0, bMax: 255 });
    expect(compareReadings(spec, (a, b) => (a === 3 && b === 5 ? -1 : want(a, b))).differences).toBe(1);
  });

  test('signed', () => {
    const spec = loadTruthTable(path, { signed: true });
    const want = (a: number, b: number): number => bytes.readInt16LE(at(a, b));
    expect(compareReadings(spec, want)).toEqual({ pairs: 65536, differences: 0 });
    expect(operandRange(spec)).toEqual({ aMin: -128, aMax: 127, bMin: -128, bMax: 127 });
  });

  test('sign-magnitude: |a|·|b| through the unsigned table, negated when one operand is negative', () => {
    const spec = loadTruthTable(path, { signed: false, wrap: 'sign-magnitude' });
    const want = (a: number, b: number): number => {
      const magnitude = bytes.readUInt16LE(2 * (Math.abs(a) * 256 + Math.abs(b)));
      return a < 0 !== b < 0 ? -magnitude : magnitude;
    };
    expect(compareReadings(spec, want)).toEqual({ pairs: 65536, differences: 0 });
    expect(portShape(spec)).toEqual({ aBits: 8, bBits: 8, pBits: 16, aSigned: true, bSigned: true });
  });

  test('the spec names the file by its SHA-256; the contents can be sent to another thread', () => {
    const spec = loadTruthTable(path, { signed: false, name: 'mine' });
    const digest = createHash('sha256').update(bytes).digest('hex');
    expect(spec).toEqual({ family: 'table', name: 'mine', operands: 'unsigned', sha256: digest });
    const entries = structuredClone(registryEntries()).filter(({ sha256 }) => sha256 === digest);
    expect(entries.length).toBe(1);
    expect(Buffer.from(entries[0]!.codes.buffer).equals(bytes)).toBe(true);
    expect(isBilinear(spec)).toBe(false);
  });
});

test.each<[string, TableOptions, string]>([
  ['mul8u_2AC.bin', {}, 'mul_table_u8_mul8u_2AC'],
  ['mul8s_1KV8.bin', {}, 'mul_table_s8_mul8s_1KV8'],
  ['mul8u_2AC.bin', { wrap: 'sign-magnitude' }, 'mul_table_sm8_mul8u_2AC'],
  ['mul_roup_s8_p2_r4.bin', { name: 'again' }, 'mul_table_s8_again'],
  ['mul_booth_u8.bin', {}, 'mul_table_u8_mul_booth_u8'],
  ['mul_table_sm8_x.bin', {}, 'mul_table_s8_mul_table_sm8_x'],
  ['table.bin', { signed: false, name: 'T' }, 'mul_table_u8_T'],
])('%s with %j is design %s', (file, options, design) => {
  expect(designName(loadTruthTable(randomFile(file).path, options))).toBe(design);
});

describe('what cannot be used is refused', () => {
  const { path } = randomFile('mul8u_X.bin');
  const short = join(folder, 'short.bin');
  writeFileSync(short, Buffer.alloc(65536));
  const empty = join(folder, 'empty.bin');
  writeFileSync(empty, '');
  const plain = randomFile('plain.bin').path;
  const signed = randomFile('mul8s_Y.bin').path;
  test.each<[string, string, TableOptions, string]>([
    [
      'wrong size',
      short,
      { signed: true },
      `${short}: wanted a truth table of 131072 bytes (65536 × uint16, little-endian), found 65536 bytes`,
    ],
    ['empty', empty, {}, `${empty}: wanted a truth table, found an empty file (0 bytes)`],
    [
      'missing',
      join(folder, 'none.bin'),
      {},
      `${join(folder, 'none.bin')}: wanted a truth table, found no readable file (ENOENT)`,
    ],
    [
      'a name that tells nothing',
      plain,
      {},
      `${plain}: wanted a name that tells whether it is signed (mul8s…, mul8u…), or an option, found "plain"`,
    ],
    [
      'an unsigned name said to be signed',
      path,
      { signed: true },
      `${path}: wanted unsigned products, as the name "mul8u_X" says, found signed`,
    ],
    [
      'a name that contradicts the file',
      path,
      { name: 'mul8s_X' },
      `${path}: wanted unsigned products, as the name "mul8u_X" says, found signed`,
    ],
    [
      'a signed table to be wrapped',
      signed,
      { wrap: 'sign-magnitude' },
      `${signed}: wanted an unsigned table for --wrap sign-magnitude, found a signed one`,
    ],
    [
      'a name that is no word',
      path,
      { name: 'a-b' },
      'name of a multiplier: wanted 1 to 64 letters, digits and underscores, found "a-b"',
    ],
  ])('%s', (_what, file, options, message) => {
    expect(messageOf(() => loadTruthTable(file, options))).toBe(message);
  });

  test('unsigned operands do not hold int8', () => {
    expect(messageOf(() => int8ProductTable(loadTruthTable(path)))).toBe(
      'multiplier mul_table_u8_mul8u_X: wanted operands that hold int8, -128 … 127, found a 0 … 255, b 0 … 255',
    );
  });

  test('a spec whose table is not in memory', () => {
    const sha256 = '0123456789ab'.padEnd(64, '0');
    const spec = { family: 'table', name: 'gone', operands: 'signed', sha256 } as const;
    const message = 'multiplier gone: wanted the truth table with sha256 0123456789ab… in memory, found none';
    expect(messageOf(() => tableProducts(spec))).toBe(message);
    expect(messageOf(() => errorMetrics(spec))).toBe(message);
  });

  test('Verilog of a table', () => {
    expect(messageOf(() => generateRtl(loadTruthTable(path)))).toBe(
      'mul_table_u8_mul8u_X: wanted a multiplier whose circuit is known, found a truth table',
    );
  });
});

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (error instanceof MaxdnnError && error.code === 'bad-input') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}
