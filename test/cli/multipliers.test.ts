import { copyFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import type { CommandArguments } from '../../src/cli/command.ts';
import { addMultiplier } from '../../src/cli/commands/add-multiplier.ts';
import { exportTableCommand } from '../../src/cli/commands/export-table.ts';
import { list } from '../../src/cli/commands/list.ts';
import { resolveMultiplier } from '../../src/cli/resolve-multiplier.ts';
import { workspaceOf } from '../../src/cli/workspace.ts';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { goldenTable, operandProduct } from '../../src/multiplier/golden.ts';
import { designName } from '../../src/multiplier/spec.ts';
import { tableBytes } from '../../src/multiplier/table-registry.ts';
import { toolMissing } from '../tool-missing.ts';
import { runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('multipliers');
afterAll(folder.remove);

const context = { onProgress: () => {} };
const fresh = (name: string): string => join(folder.path, name);
const argsOf = (work: string, words: readonly string[], options: object = {}): CommandArguments => ({
  work,
  ...options,
  _: words,
});

/** An exact unsigned table but for one product, 3 · 5 = 16. */
function writeTable(path: string): string {
  const spec = { family: 'booth', aBits: 8, bBits: 8, aSigned: false, bSigned: false } as const;
  const codes = Uint16Array.from(goldenTable(spec));
  codes[3 * 256 + 5]! += 1;
  writeFileSync(path, tableBytes(codes));
  return path;
}

const table = writeTable(fresh('mul8u_mine.bin'));

test('an added truth table is listed, found by name and design name, and gives its products', async () => {
  const work = fresh('work');
  const place = workspaceOf({ work, _: [] });
  const added = await addMultiplier.run(argsOf(work, [table]), context);
  expect(added.text.split('\n')).toEqual([
    'mul8u_mine  (design mul_table_u8_mul8u_mine, unsigned operands)',
    'MAE 2.33e-8 %  WCE 0.00153 %  MRE 0.000103 %  EP 0.00153 %  over all 65536 operand pairs',
    'Use it by its name, e.g. --mul mul8u_mine; maxdnn list shows it.',
  ]);
  expect(readFileSync(join(work, 'multipliers', 'mul8u_mine.bin')).equals(readFileSync(table))).toBe(true);
  await addMultiplier.run(argsOf(work, [table], { name: 'wrapped', wrap: 'sign-magnitude' }), context);

  const { text, value } = await list.run(argsOf(work, []), context);
  expect((value as readonly unknown[]).length).toBe(CATALOGUE.length + 2);
  expect(text.split('\n').slice(-2)).toEqual([
    'mul_table_u8_mul8u_mine   0.0000    0.002     0.00  mul8u_mine: truth table mul8u_mine.bin',
    'mul_table_sm8_wrapped     0.0000    0.002     0.00  wrapped: truth table mul8u_mine.bin, sign put back',
  ]);

  const names = ['mul8u_mine', 'mul_table_u8_mul8u_mine', 'wrapped', 'mul_table_sm8_wrapped'];
  const specs = names.map((name) => resolveMultiplier(name, place));
  expect(specs.map(designName)).toEqual([names[1], names[1], names[3], names[3]]);
  expect(specs.map((spec) => operandProduct(spec, 3, 5))).toEqual([16, 16, 16, 16]);
  expect(operandProduct(specs[2]!, -3, 5)).toBe(-16);
});

test('every design name of the catalogue is resolved, also without a work folder; a spec file too', () => {
  const place = workspaceOf({ work: fresh('nowhere'), _: [] });
  const names = [...CATALOGUE.map(({ spec }) => designName(spec)), 'mul_roup_s16_p1_r5_4_3_2_1_0_0'];
  expect(names.map((name) => designName(resolveMultiplier(name, place)))).toEqual(names);
  expect(names.length).toBe(20);
  const file = fresh('spec.json');
  writeFileSync(file, '{"family": "roup", "bits": 8, "P": 2, "r": 4}');
  expect(designName(resolveMultiplier(file, place))).toBe('mul_roup_s8_p2_r4');
});

test('the same again is no fault; another one of the same name is, unless --replace', async () => {
  const work = fresh('again');
  await addMultiplier.run(argsOf(work, [table]), context);
  await addMultiplier.run(argsOf(work, [table]), context);
  mkdirSync(fresh('other'));
  const other = fresh('other/mul8u_mine.bin');
  const codes = new Uint16Array(65536);
  writeFileSync(other, tableBytes(codes));
  const path = join(work, 'multipliers', 'mul8u_mine.json');
  expect(await messageOf(() => addMultiplier.run(argsOf(work, [other]), context))).toMatch(
    new RegExp(
      `^${path}: wanted no other multiplier named mul8u_mine, found one with unsigned operands, sha256 [0-9a-f]{12}…$`,
    ),
  );
  await addMultiplier.run(argsOf(work, [other], { replace: true }), context);
  expect(operandProduct(resolveMultiplier('mul8u_mine', workspaceOf({ work, _: [] })), 3, 5)).toBe(0);
});

test.skipIf(toolMissing('cc'))(
  'a C model is added by the name of its function [skipped without cc]',
  async () => {
    const work = fresh('c');
    const path = fresh('model.c');
    const head = '// MAE% = 0.097 %\n// WCE = 255\n// WCRE% = 80 %\n// PDK45_PWR = 0.3 mW\n';
    writeFileSync(path, `${head}unsigned mul8u_or(unsigned a, unsigned b) { return a * (b | 1); }\n`);
    const { value, text } = await addMultiplier.run(argsOf(work, [path]), context);
    expect(value).toMatchObject({
      spec: { family: 'table', name: 'mul8u_or', operands: 'unsigned' },
      source: { kind: 'c-model', file: 'model.c', function: 'mul8u_or' },
      tools: { cc: expect.stringMatching(/^\d/) },
      metrics: { pairs: 65536, epPercent: (100 * 128 * 255) / 65536, wceAbs: 255 },
    });
    expect(text.split('\n')[2]).toBe(
      'Figures in its head: 2 of 3 agree to the printed digits; WCRE% 80 is 50.000',
    );
    expect(operandProduct(resolveMultiplier('mul8u_or', workspaceOf({ work, _: [] })), 7, 4)).toBe(35);
  },
);

test('export-table writes both files; what it writes can be added again under another name', async () => {
  const work = fresh('export');
  const exported = await exportTableCommand.run(
    argsOf(work, [], { family: 'roup', P: '2', r: '4' }),
    context,
  );
  const bin = join(work, 'tables', 'mul_roup_s8_p2_r4.bin');
  expect(exported.text.split('\n')).toEqual([
    `${bin}  (65536 × int16, little-endian, index a·256 + b)`,
    `${join(work, 'tables', 'mul_roup_s8_p2_r4.h')}  (C: the function mul_roup_s8_p2_r4 and its table)`,
  ]);
  expect(await messageOf(() => addMultiplier.run(argsOf(work, [bin]), context))).toBe(
    'name of a multiplier: wanted none that names a built-in design, found "mul_roup_s8_p2_r4"',
  );
  await addMultiplier.run(argsOf(work, [bin], { name: 'back' }), context);
  const out = fresh('out');
  await exportTableCommand.run(argsOf(work, [], { mul: 'back', out, family: 'roup' }), context);
  expect(readFileSync(join(out, 'mul_table_s8_back.bin')).equals(readFileSync(bin))).toBe(true);
  expect(
    await messageOf(() => exportTableCommand.run(argsOf(work, [], { mul: 'back', P: '2' }), context)),
  ).toBe('--P: wanted not beside --mul, found "2"');
});

describe('what cannot be added or found is refused', () => {
  const work = fresh('refused');
  const place = workspaceOf({ work, _: [] });
  test.each<[string, readonly string[], object, string]>([
    ['no file', [], {}, 'add-multiplier: wanted one file, found none'],
    ['two files', ['a.bin', 'b.bin'], {}, 'add-multiplier: wanted one file, found ["a.bin","b.bin"]'],
    [
      'both signs',
      [table],
      { signed: true, unsigned: true },
      '--signed: wanted no --unsigned beside it, found --unsigned',
    ],
    ['another wrapping', [table], { wrap: 'offset' }, '--wrap: wanted one of sign-magnitude, found "offset"'],
    [
      'another kind of file',
      ['model.v'],
      {},
      'model.v: wanted a truth table (.bin) or a C model (.c), found ".v"',
    ],
    [
      'a function of a truth table',
      [table],
      { function: 'f' },
      '--function: wanted a C model, found "mul8u_mine.bin"',
    ],
    [
      'the name of a built-in design',
      [table],
      { name: 'mul_booth_u8' },
      'name of a multiplier: wanted none that names a built-in design, found "mul_booth_u8"',
    ],
  ])('%s', async (_what, words, options, message) => {
    expect(await messageOf(() => addMultiplier.run(argsOf(work, words, options), context))).toBe(message);
  });

  test('a name that stands for nothing', async () => {
    expect(await messageOf(() => resolveMultiplier('mitchell', place))).toBe(
      '--mul: wanted a design name such as mul_roup_s8_p2_r4, one of the added multipliers (none yet), or a spec file (.json), found "mitchell", nearest mul_roup_s8_p0_r2',
    );
  });

  test('spec files with none, several or a table that nobody loaded', async () => {
    const roup = { family: 'roup', bits: 8, P: 2, r: 4 };
    const gone = { family: 'table', name: 'gone', operands: 'signed', sha256: 'cd'.repeat(32) };
    const file = fresh('specs.json');
    const found: string[] = [];
    for (const value of [[], [roup, roup], gone]) {
      writeFileSync(file, JSON.stringify(value));
      found.push(await messageOf(() => resolveMultiplier(file, place)));
    }
    expect(found).toEqual([
      `${file}: wanted one multiplier spec, found none`,
      `${file}: wanted one multiplier spec, found 2`,
      'multiplier gone: wanted the truth table with sha256 cdcdcdcdcdcd… in memory, found none',
    ]);
  });

  test('a store whose table was changed afterwards', async () => {
    const damaged = fresh('damaged');
    await addMultiplier.run(argsOf(damaged, [table]), context);
    const path = join(damaged, 'multipliers', 'mul8u_mine.bin');
    const bytes = readFileSync(path);
    bytes[0] = 1;
    writeFileSync(path, bytes);
    const found = await messageOf(() =>
      resolveMultiplier('mul8u_mine', workspaceOf({ work: damaged, _: [] })),
    );
    expect(found).toMatch(
      /mul8u_mine\.bin: wanted the table with sha256 [0-9a-f]{12}…, found sha256 [0-9a-f]{12}…$/,
    );
    copyFileSync(table, path);
    expect(resolveMultiplier('mul8u_mine', workspaceOf({ work: damaged, _: [] })).family).toBe('table');
  });
});

test('the built program ends with status 2 and one clear error, and stores nothing', async () => {
  const short = fresh('mul8s_short.bin');
  writeFileSync(short, Buffer.alloc(10));
  const added = await runProgram('maxdnn', ['add-multiplier', short, '--work', 'cli'], folder.path);
  expect([added.code, added.stdout, added.stderr.split('\n')]).toEqual([
    2,
    '',
    [
      `maxdnn: ${short}: wanted a truth table of 131072 bytes (65536 × uint16, little-endian), found 10 bytes`,
      'Only 8×8 bit tables with 16-bit products are read: products of a·256 + b, both operands as bytes.',
    ],
  ]);
  expect(existsSync(fresh('cli'))).toBe(false);
  const exported = await runProgram('maxdnn', ['export-table', '--mul', table], folder.path);
  expect([exported.code, exported.stderr.split('\n')[1]]).toEqual([
    2,
    `Add it first: maxdnn add-multiplier ${table}`,
  ]);
});

async function messageOf(action: () => unknown): Promise<string> {
  try {
    await action();
  } catch (error) {
    if (error instanceof MaxdnnError && error.code === 'bad-input') return error.message;
    throw error;
  }
  throw new Error('nothing was refused');
}
