import { spawn } from 'node:child_process';
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import { toolMissing } from '../tool-missing.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const skip = ['verilator', 'yosys', 'sta', 'berkeley-abc', 'g++', 'make'].some(toolMissing);

describe.skipIf(skip)('the whole chain on two designs [needs verilator, yosys, sta, abc, g++, make]', () => {
  const folder = temporaryFolder('run');
  const at = (...parts: readonly string[]): string => join(folder.path, ...parts);
  const PRICING = ['--pairs', '512', '--clock-ns', '1,2'] as const;
  const RUN = ['run', '--rtl', 'out/rtl/rtl.json', '--images', '40', ...PRICING] as const;
  beforeAll(async () => {
    const specs = [
      { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true },
      { family: 'roup', bits: 8, P: 2, r: [2, 0] },
    ];
    writeFileSync(at('specs.json'), JSON.stringify(specs));
    expect((await runProgram('gen-rtl', ['--spec', 'specs.json'], folder.path)).code).toBe(0);
  });
  afterAll(folder.remove);

  test('killed in the middle, it goes on where it was and ends with the table and the report', async () => {
    await killAfter(RUN, folder.path, /^table 1\/4/m);
    expect(filesBelow(at('out'))).not.toContain('table/energy-table.json');
    const { code, stdout, stderr } = await runProgram('maxdnn', RUN, folder.path);
    expect(code).toBe(0);
    expect(stderr).toMatch(/^verify 2\/2 done in .*, all reused$/m);
    expect(stderr).toMatch(/^table 4\/4 done in .*, [123] reused$/m);
    for (const design of ['mul_booth_s8', 'mul_roup_s8_p2_r2_0']) {
      expect(stdout).toMatch(new RegExp(`^${design}\\b.*\\d`, 'm'));
    }
    expect(stdout).toMatch(/^Report: out\/report\/report\.html /m);
    expect(readFileSync(at('out', 'report', 'report.html'), 'utf8')).toContain('mul_roup_s8_p2_r2_0');
    const page = readFileSync(at('out', 'report', 'report.html'), 'utf8');
    expect(page).toContain('<h2>Energy on the operands of the network</h2>');
    expect(page).toContain('<h2>Area, delay and energy by clock target</h2>');
    expect(filesBelow(folder.path).filter((file) => file.includes('.tmp-'))).toEqual([]);
  });

  test('run again it reuses everything and gives the same bytes', async () => {
    const before = readFileSync(at('out', 'report', 'report.csv'));
    const { code, stderr } = await runProgram('maxdnn', RUN, folder.path);
    expect(code).toBe(0);
    const ends = stderr.split('\n').filter((line) => / done in /.test(line));
    expect(ends.map((line) => line.replace(/ \d.*,/, ''))).toEqual([
      'quantise all reused',
      'record all reused',
      'verify all reused',
      'table all reused',
      'elements all reused',
      'evaluate all reused',
    ]);
    expect(readFileSync(at('out', 'report', 'report.csv')).equals(before)).toBe(true);
  });

  test('each stage is usable alone on the artifacts, with --json', async () => {
    for (const verb of ['quantise', 'record', 'verify', 'synth', 'table', 'report']) {
      const pricing = ['synth', 'table'].includes(verb) ? PRICING : [];
      const { code, stdout } = await runProgram('maxdnn', [verb, ...pricing, '--json'], folder.path);
      expect([verb, code]).toEqual([verb, 0]);
      expect(Object.keys(JSON.parse(stdout)).length).toBeGreaterThan(0);
    }
    const evaluate = await runProgram('maxdnn', ['evaluate', '--images', '40', '--json'], folder.path);
    const { rows, exact } = JSON.parse(evaluate.stdout);
    expect(exact.images).toBe(40);
    expect(rows.length).toBe(2);
    for (const { energyPerImageNjByStream: energyNj } of rows) {
      expect(Object.keys(energyNj)).toEqual(['uniform', 'layer-iid', 'layer-stream']);
      expect(energyNj['layer-stream']).toBeGreaterThan(0);
      expect(energyNj['layer-stream']).toBeLessThan(energyNj['layer-iid']);
      expect(energyNj['layer-iid']).toBeLessThan(energyNj.uniform);
    }
  });

  test('a wrong gate stops the chain: exit code 1, mismatches named, nothing priced', async () => {
    const file = at('out', 'rtl', 'mul_roup_s8_p2_r2_0.v');
    const honest = readFileSync(file, 'utf8');
    const wrong = honest.replace(/(wire s1_\d+_\d = \S+) \^/, '$1 |');
    expect(wrong).not.toBe(honest);
    writeFileSync(file, wrong);
    for (const done of ['network', 'operands'])
      cpSync(at('out', done), at('other', done), { recursive: true });
    const { code, stdout, stderr } = await runProgram('maxdnn', [...RUN, '--work', 'other'], folder.path);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(
      /^maxdnn: mul_roup_s8_p2_r2_0: \d+ of 65536 products differ from the golden model$/m,
    );
    expect(stderr).toMatch(/^ {2}a=-?\d+ b=-?\d+ want=-?\d+ got=-?\d+$/m);
    expect(filesBelow(at('other')).filter((name) => name.startsWith('table/'))).toEqual([]);
  });
});

test('without any external tool the chain does what it can, then says what is missing: exit code 3', async () => {
  const folder = temporaryFolder('no-tools');
  await runProgram('gen-rtl', ['--P', '2', '--r', '2,0'], folder.path);
  const args = ['run', '--rtl', 'out/rtl/rtl.json', '--images', '10'];
  const { code, stdout, stderr } = await runProgram('maxdnn', args, folder.path, { PATH: '/nonexistent' });
  expect(code).toBe(3);
  expect(stdout).toMatch(/^mul_roup_s8_p2_r2_0 +\d+\.\d\d % /m);
  expect(stdout).toContain('Not done, because a tool is missing: energy table and report.');
  expect(stderr).toMatch(/^maxdnn: verilator: program "verilator" is not installed$/m);
  expect(filesBelow(join(folder.path, 'out')).filter((file) => /^(table|report)\//.test(file))).toEqual([]);
  folder.remove();
});

/** Starts the program and kills it (SIGKILL) as soon as its standard error matches. */
function killAfter(args: readonly string[], cwd: string, pattern: RegExp): Promise<void> {
  const program = join(PACKAGE_ROOT, 'dist', 'cli', 'maxdnn.js');
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
    let text = '';
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (pattern.test(text)) child.kill('SIGKILL');
    });
    child.on('exit', (code, signal) => {
      if (signal === 'SIGKILL') resolve();
      else reject(new Error(`ended by itself with code ${code}:\n${text}`));
    });
  });
}
