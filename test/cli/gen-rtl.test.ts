import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { specArguments } from '../../src/rtl/spec-arguments.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('gen-rtl');
afterAll(folder.remove);

test('gen-rtl --P 2 --r 4 writes module, filelist and the list of designs', async () => {
  const { code, stdout, stderr } = await runProgram('gen-rtl', ['--P', '2', '--r', '4'], folder.path);
  expect([code, stderr]).toEqual([0, '']);
  expect(stdout.split('\n')).toEqual([
    'out/rtl/mul_roup_s8_p2_r4.v  (MAE 0.582 %)',
    'out/rtl/rtl.json  (list of designs for the next stages)',
    'Next: maxdnn verify compares the Verilog with the golden model.',
  ]);
  const files = ['out/rtl/mul_roup_s8_p2_r4.f', 'out/rtl/mul_roup_s8_p2_r4.v', 'out/rtl/rtl.json'];
  expect(filesBelow(folder.path)).toEqual(files);
  const spec: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
  expect(readFileSync(join(folder.path, files[1]!), 'utf8')).toBe(generateRtl(spec).verilog);
  expect(readFileSync(join(folder.path, files[0]!), 'utf8')).toBe('mul_roup_s8_p2_r4.v\n');
});

test('maxdnn gen-rtl does the same; a second design joins the first in rtl.json', async () => {
  await runProgram('maxdnn', ['gen-rtl', '--P', '2', '--r', '4', '--out', 'two'], folder.path);
  const { code } = await runProgram('maxdnn', ['gen-rtl', '--r', '6,4,2,0', '--out', 'two'], folder.path);
  const set = JSON.parse(readFileSync(join(folder.path, 'two', 'rtl.json'), 'utf8'));
  expect(code).toBe(0);
  expect(set.designs.map(({ design }: { design: string }) => design)).toEqual([
    'mul_roup_s8_p2_r4',
    'mul_roup_s8_p0_r6_4_2_0',
  ]);
});

test('--stdout prints the Verilog and writes nothing; --json is valid JSON with the metrics', async () => {
  const before = filesBelow(folder.path);
  const plain = await runProgram(
    'gen-rtl',
    ['--family', 'booth', '--bits', '7x6', '--unsigned-b', '--stdout'],
    folder.path,
  );
  expect(plain.stdout).toContain('module mul_booth_s7xu6 (');
  const json = await runProgram('gen-rtl', ['--P', '1', '--r=-,3,1,0', '--stdout', '--json'], folder.path);
  const [entry] = JSON.parse(json.stdout);
  expect(entry).toMatchObject({ design: 'mul_roup_s8_p1_r3_1_0', metrics: { pairs: 65536 } });
  expect(filesBelow(folder.path)).toEqual(before);
});

describe('the command in the header makes the same module again', () => {
  const exact: readonly MultiplierSpec[] = [
    { family: 'booth', aBits: 8, bBits: 8, aSigned: false, bSigned: false },
    { family: 'baugh-wooley', aBits: 7, bBits: 5, aSigned: false, bSigned: true },
  ];
  const every = process.env.MAXDNN_FULL === '1' ? 1 : 4;
  const specs = [...CATALOGUE.map(({ spec }) => spec).filter((_, place) => place % every === 0), ...exact];
  test.each(specs.map((spec) => [designName(spec), spec] as const))('%s', async (_name, spec) => {
    const { stdout } = await runProgram('gen-rtl', [...specArguments(spec), '--stdout'], folder.path);
    expect(`${stdout}\n`).toBe(generateRtl(spec).verilog);
    expect(stdout).toContain(`gen-rtl ${specArguments(spec).join(' ')}\n`);
  });
});
