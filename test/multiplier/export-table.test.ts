import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { type ExportedTable, exportTable } from '../../src/multiplier/export-table.ts';
import { int8ProductTable, operandProduct } from '../../src/multiplier/golden.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { loadTruthTable, registerTruthTable } from '../../src/multiplier/truth-table.ts';
import { tabulateCModel } from '../../src/verify/tabulate-c-model.ts';
import { temporaryFolder } from '../cli/command-line.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';

const folder = temporaryFolder('export');
afterAll(folder.remove);
const noCompiler = toolMissing('cc');

const UNSIGNED: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: false, bSigned: false };

/** Writes both files of an export. */
function write({ design, bin, header }: ExportedTable): { readonly bin: string; readonly header: string } {
  const paths = { bin: join(folder.path, `${design}.bin`), header: join(folder.path, `${design}.h`) };
  writeFileSync(paths.bin, bin);
  writeFileSync(paths.header, header);
  return paths;
}

/** Equal length and contents; toEqual takes seconds for arrays of this size. */
function isSame(x: Uint8Array | Int32Array, y: Uint8Array | Int32Array): boolean {
  const bytes = (z: ArrayBufferView): Buffer => Buffer.from(z.buffer, z.byteOffset, z.byteLength);
  return bytes(x).equals(bytes(y));
}

test('out and in again is the same multiplier, for the catalogue and an unsigned one', () => {
  let compared = 0;
  for (const spec of [...CATALOGUE.map((entry) => entry.spec), UNSIGNED]) {
    const exported = exportTable(spec);
    const back = loadTruthTable(write(exported).bin);
    expect(designName(back)).toBe(`mul_table_${exported.signed ? 's' : 'u'}8_${designName(spec)}`);
    if (exported.signed) expect(isSame(int8ProductTable(back), int8ProductTable(spec))).toBe(true);
    else expect(operandProduct(back, 255, 254)).toBe(255 * 254);
    expect(isSame(exportTable(back).bin, exported.bin)).toBe(true);
    compared++;
  }
  expect(compared).toBe(20);
});

test('sabotage: one product that is off by one is noticed', () => {
  const exported = exportTable(CATALOGUE[3]!.spec);
  const bin = exported.bin.slice();
  bin[2 * 12345]! ^= 1;
  const back = loadTruthTable(write({ ...exported, bin }).bin);
  expect(isSame(int8ProductTable(back), int8ProductTable(CATALOGUE[3]!.spec))).toBe(false);
  expect(isSame(exportTable(back).bin, exported.bin)).toBe(false);
});

test.skipIf(DATA_DIR === undefined)(
  'tables of EvoApproxLib go in and out unchanged [skipped without MAXDNN_DATA]',
  () => {
    const files = ['mul8u_2AC', 'mul8s_1KR6', 'mul8u_ZFB', 'mul8s_1L1G'].map((name) =>
      join(DATA_DIR!, 'evoapprox', `${name}.bin`),
    );
    for (const file of files) {
      expect(isSame(exportTable(loadTruthTable(file)).bin, readFileSync(file))).toBe(true);
    }
    expect(files.length).toBe(4);
  },
);

describe.skipIf(noCompiler)(`the C header${noCompiler ? ' [skipped: no C compiler]' : ''}`, () => {
  const random = registerTruthTable(
    Uint16Array.from({ length: 65536 }, (_, i) => (i * 40503) & 0xffff),
    'mixed',
    'signed',
  );
  test.each([CATALOGUE[8]!.spec, UNSIGNED, random].map((spec) => [designName(spec), spec] as const))(
    '%s: compiles without a warning, and its function gives the same products',
    async (design, spec) => {
      const exported = exportTable(spec);
      const { header } = write(exported);
      const program = join(folder.path, `${design}.out`);
      const use = `#include "${header}"\nint main(void) { return ${design}(0, 0) == 0 ? 0 : 0; }\n`;
      writeFileSync(`${program}.c`, use);
      const compile = ['-std=c99', '-Wall', '-Wextra', '-Werror', '-pedantic', '-o', program, `${program}.c`];
      expect((await execa('cc', compile, { reject: false, all: true })).all).toBe('');
      // As a C model it is read by its function, not by its file.
      const model = join(folder.path, `${design}.c`);
      writeFileSync(model, exported.header);
      const { spec: back, function: called } = await tabulateCModel(model, {}, join(folder.path, design));
      expect(called).toBe(design);
      expect(isSame(exportTable(back).bin, exported.bin)).toBe(true);
    },
  );
});

test('the head of the header says what it is', () => {
  const { header } = exportTable({ family: 'roup', bits: 8, P: 2, r: [4, 4] });
  expect(header.split('\n').slice(1, 5)).toEqual([
    expect.stringMatching(/^ \* mul_roup_s8_p2_r4: 8x8 bit multiplier as a table, written by maxdnn \S+$/),
    ' * Spec:     {"P":2,"bits":8,"family":"roup","r":[4,4]}',
    ' * Operands: int8_t; products int16_t, index a * 256 + b (bytes of the operands)',
    ' * Error:    MAE 0.5821 %, WCE 3.027 % (of 2^16), MRE 24.45 %, over all 65536 operand pairs',
  ]);
});

test('what does not fit the form is refused', () => {
  expect(() => exportTable({ family: 'roup', bits: 10, P: 0, r: [0, 0, 0, 0, 0] })).toThrow(
    'mul_roup_s10_p0_r0: wanted 8 bit operands, both signed or both unsigned, found a -512 … 511, b -512 … 511',
  );
  expect(() => exportTable({ ...UNSIGNED, aSigned: true } as MultiplierSpec)).toThrow(
    'mul_booth_s8xu8: wanted 8 bit operands, both signed or both unsigned, found a -128 … 127, b 0 … 255',
  );
  const large = registerTruthTable(new Uint16Array(65536).fill(40000), 'large', 'sign-magnitude');
  expect(() => exportTable(large)).toThrow(
    'mul_table_sm8_large(0, 0): wanted a product within -32768 … 32767, found 40000',
  );
});
