import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { operandProduct } from '../../src/multiplier/golden.ts';
import { designName, operandRange, type TableSpec } from '../../src/multiplier/spec.ts';
import { type CModelOptions, tabulateCModel } from '../../src/verify/tabulate-c-model.ts';
import { toolMissing } from '../tool-missing.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-c-model-'));
afterAll(() => rmSync(folder, { recursive: true }));
const noCompiler = toolMissing('cc') && toolMissing('gcc') && toolMissing('clang');

let builds = 0;
function tabulate(file: string, source: string, options: CModelOptions = {}) {
  const path = join(folder, file);
  writeFileSync(path, source);
  return tabulateCModel(path, options, join(folder, `build-${builds++}`));
}

/** Bitwise two's complement product as EvoApproxLib's circuits compute it: single bits of a, b, no arithmetic. */
const BITWISE = `
  uint64_t p = 0;
  for (int i = 0; i < 8; i++)
    for (int j = 0; j < 8; j++)
      if (((a >> i) & 1) && ((b >> j) & 1)) p += ((i == 7) != (j == 7) ? -1ULL : 1ULL) << (i + j);
`;
const EXACT = (a: number, b: number): number => a * b;
/** Not symmetric, so that the order of the operands shows. */
const SKEWED = (a: number, b: number): number => a * (b - (b & 1));

/** Compares all products with a definition. */
function compare(spec: TableSpec, want: (a: number, b: number) => number) {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  let pairs = 0;
  let differences = 0;
  for (let a = aMin; a <= aMax; a++) {
    for (let b = bMin; b <= bMax; b++, pairs++) if (operandProduct(spec, a, b) !== want(a, b)) differences++;
  }
  return { pairs, differences };
}

describe.skipIf(noCompiler)(`C models${noCompiler ? ' [skipped: no C compiler]' : ''}`, () => {
  test.each<[string, string, string, CModelOptions, string, (a: number, b: number) => number]>([
    [
      'uint16_t (uint8_t, uint8_t)',
      'mul8u_A.c',
      '#include <stdint.h>\nuint16_t mul8u_A(const uint8_t A, const uint8_t B) { return A * (B & ~1); }',
      {},
      'mul_table_u8_mul8u_A',
      SKEWED,
    ],
    [
      'int16_t (int8_t, int8_t), with a main of its own, called as its types say',
      'model.c',
      '#include <stdint.h>\n#include <stdio.h>\nint16_t f(int8_t a, int8_t b) { puts("called"); return a * (b - (b & 1)); }\nint main(void) { return f(1, 2); }',
      {},
      'mul_table_s8_f',
      SKEWED,
    ],
    [
      'a signed one declared with uint8_t and uint16_t',
      'mul8s_B.c',
      `#include <stdint.h>\nuint16_t mul8s_B(uint8_t a, uint8_t b) {${BITWISE} return p; }`,
      {},
      'mul_table_s8_mul8s_B',
      EXACT,
    ],
    [
      'a signed one declared with uint64_t, product of 16 bits; the user says so',
      'plain.c',
      `#include <stdint.h>\nuint64_t plain(const uint64_t a, const uint64_t b) {${BITWISE} return p & 0xFFFF; }`,
      { signed: true, name: 'mine' },
      'mul_table_s8_mine',
      EXACT,
    ],
    [
      'the same with the product sign-extended to 64 bits',
      'mul8s_C.c',
      `#include <stdint.h>\nuint64_t mul8s_C(const uint64_t a, const uint64_t b) {${BITWISE} return p; }`,
      {},
      'mul_table_s8_mul8s_C',
      EXACT,
    ],
    [
      'a signed one that looks its bytes up',
      'mul8s_D.c',
      '#include <stdlib.h>\nunsigned mul8s_D(unsigned a, unsigned b) { if (a > 255 || b > 255) abort(); return (signed char)a * (signed char)b; }',
      {},
      'mul_table_s8_mul8s_D',
      EXACT,
    ],
    [
      'int (int, int), signed',
      'f.c',
      'int f(int a, int b) { return a * b; }',
      { signed: true },
      'mul_table_s8_f',
      EXACT,
    ],
    [
      'int (int, int), unsigned, put behind a sign',
      'g.c',
      'int g(int a, int b) { return a * b; }',
      { signed: false, wrap: 'sign-magnitude' },
      'mul_table_sm8_g',
      EXACT,
    ],
    [
      'one function of several, a static one in an included file',
      'several.c',
      '#include "other.h"\nint f(int a, int b) { return 0; }\nunsigned g(unsigned a, unsigned b) { return h(a, b); }',
      { function: 'g' },
      'mul_table_u8_g',
      SKEWED,
    ],
  ])('%s', async (_what, file, source, options, design, want) => {
    writeFileSync(join(folder, 'other.h'), 'static int h(int a, int b) { return a * (b - (b & 1)); }\n');
    const { spec } = await tabulate(file, source, options);
    expect(designName(spec)).toBe(design);
    expect(compare(spec, want)).toEqual({ pairs: 65536, differences: 0 });
  });

  test('sabotage: a model that drops the last bit of b, or has its operands exchanged, is noticed', async () => {
    const source = 'unsigned mul8u_S(unsigned a, unsigned b) { return a * (b & ~1u); }';
    const { spec } = await tabulate('mul8u_S.c', source);
    expect(compare(spec, SKEWED)).toEqual({ pairs: 65536, differences: 0 });
    expect(compare(spec, EXACT).differences).toBe(128 * 255);
    expect(compare(spec, (a, b) => SKEWED(b, a)).differences).toBeGreaterThan(10_000);
  });

  test.each<[string, string, string, CModelOptions, RegExp]>([
    [
      'does not compile',
      'broken.c',
      'unsigned broken(unsigned a, unsigned b) { return c; }',
      {},
      /^\S+\/broken\.c: wanted C that compiles, found cc ended with status 1\n[\s\S]*model\.c:1:\d+: error: .c. undeclared/,
    ],
    [
      'crashes',
      'crash.c',
      '#include <stdlib.h>\nunsigned crash(unsigned a, unsigned b) { if (a == 200) abort(); return 0; }',
      {},
      /^\S+\/crash\.c: wanted crash to return for every operand pair, found C model was ended by SIGABRT$/,
    ],
    [
      'gives a product that is too wide',
      'wide.c',
      'unsigned wide(unsigned a, unsigned b) { return a * b + 511; }',
      {},
      /^\S+\/wide\.c: wide\(255, 255\): wanted a product of 16 bits, 0 … 65535, found 65536$/,
    ],
    [
      'gives a signed product that is too wide',
      'mul8s_wide.c',
      'int mul8s_wide(int a, int b) { return a == 127 && b == -128 ? -32769 : 0; }',
      {},
      /^\S+\/mul8s_wide\.c: mul8s_wide\(127, -128\): wanted a product of 16 bits, -32768 … 32767, found -32769$/,
    ],
    [
      'depends on the bits above a byte',
      'mul8s_depends.c',
      'unsigned mul8s_depends(unsigned a, unsigned b) { return (a * b) & 0xFFFF; }',
      {},
      /^\S+\/mul8s_depends\.c: mul8s_depends: wanted the same products whether negative operands reach unsigned zero- or sign-extended, found \d+ pairs that differ$/,
    ],
    [
      'takes int8_t and is said to be unsigned',
      'bytes.c',
      '#include <stdint.h>\nint bytes(int8_t a, int8_t b) { return a * b; }',
      { signed: false },
      /^\S+\/bytes\.c: wanted operands of bytes that hold 0 … 255, found int8_t, int8_t$/,
    ],
    [
      'takes int and does not say whether it is signed',
      'unclear.c',
      'int unclear(int a, int b) { return a * b; }',
      {},
      /^\S+\/unclear\.c: wanted a name that tells whether it is signed \(mul8s…, mul8u…\), or an option, found "unclear"$/,
    ],
  ])('refused: one that %s', async (_what, file, source, options, message) => {
    const error = await tabulate(file, source, options).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(MaxdnnError);
    expect((error as MaxdnnError).code).toBe('bad-input');
    expect((error as MaxdnnError).message).toMatch(message);
  });
});

test('without a compiler: said, with what it is for and how to get one', async () => {
  const path = process.env.PATH;
  process.env.PATH = folder;
  vi.resetModules(); // a compiler that was found before is remembered
  try {
    const { tabulateCModel: tabulateAnew } = await import('../../src/verify/tabulate-c-model.ts');
    const file = join(folder, 'mul8u_E.c');
    writeFileSync(file, 'unsigned mul8u_E(unsigned a, unsigned b) { return a * b; }');
    await expect(tabulateAnew(file, {}, join(folder, 'none'))).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'cc: program "cc" or "gcc" or "clang" is not installed',
      hint: 'Without it: no C models as multipliers (add-multiplier FILE.c). On Debian: apt-get install gcc',
    });
  } finally {
    process.env.PATH = path;
  }
});
