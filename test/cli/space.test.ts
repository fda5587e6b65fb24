import { spawn } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import { spaceFromOptions } from '../../src/cli/space.ts';
import { goldenTable } from '../../src/multiplier/golden.ts';
import { tableBytes } from '../../src/multiplier/table-registry.ts';
import { readEnergyTable } from '../../src/synth/energy-table.ts';
import { toolMissing } from '../tool-missing.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const skip = ['verilator', 'yosys', 'sta', 'berkeley-abc', 'g++', 'make'].some(toolMissing);
const folder = temporaryFolder('space');
afterAll(folder.remove);

describe('options of a space that do not go together', () => {
  test.each([
    [{ P: '3' }, '--P: wanted only with --all, found "3"'],
    [
      { all: true, rtl: 'x.json' },
      '--rtl: wanted not with --all, which generates and verifies its designs, found "x.json"',
    ],
    [
      { all: true, operands: 'x.csv' },
      '--operands: wanted not with --all, which prices uniform operands, found "x.csv"',
    ],
    [{ all: true, family: 'booth' }, '--family: wanted one of roup, narrow, exact, found "booth"'],
    [{ all: true, family: 'exact', order: 'any' }, '--order: wanted only with --family roup, found "any"'],
    [{ all: true, bits: '7' }, '--bits: wanted an even number for --family roup, found 7'],
    [{ all: true, bits: '8', P: '4' }, '--P: wanted an integer 0..3, found 4'],
    [
      { all: true, bits: '16' },
      'ROUP space of 16 bits, r non-increasing: wanted at most 50000 designs, found 735470',
    ],
    [{ all: true, error: 'mean' }, '--error: wanted one of mae, wce, mre, mred, mse, found "mean"'],
  ])('%j are refused', (args, message) => {
    expect(() => spaceFromOptions({ _: [], ...args })).toThrow(message);
  });

  test('end the program with code 2 before any work', async () => {
    const args = ['table', '--all', '--family', 'exact', '--P', '1', '--order', 'any'];
    const { code, stderr } = await runProgram('maxdnn', args, folder.path);
    expect(code).toBe(2);
    expect(stderr).toContain('--P: wanted only with --family roup, found "1"');
    expect(stderr).toContain('--order: wanted only with --family roup, found "any"');
    expect(filesBelow(folder.path)).toEqual([]);
  });
});

test('families: what --all stands for', () => {
  const count = (args: Readonly<Record<string, unknown>>) =>
    spaceFromOptions({ _: [], all: true, ...args })!.specs.length;
  expect([
    count({}),
    count({ order: 'any' }),
    count({ P: '3' }),
    count({ family: 'narrow' }),
    count({ family: 'exact' }),
  ]).toEqual([3 + 144 + 494, 3 + 144 + 4680, 3 + 3 * 7 + 8, 3 + 144, 324]);
  expect(spaceFromOptions({ _: [] })).toBeUndefined();
});

describe.skipIf(skip)('a small space [needs verilator, yosys, sta, abc, g++, make]', () => {
  // 3 exact 4×4, the twins 4×2, 3×2 and 2×2 in three architectures each, and 4 ROUP designs.
  const TABLE = ['table', '--family', 'roup', '--bits', '4', '--P', '1', '--all', '--pairs', '256'] as const;
  const DESIGNS = 3 + 9 + 4;
  const RESULTS = ['energy-table.json', 'energy-table.csv', 'pareto.csv', 'pareto.html', 'pareto.svg'];
  const resultsOf = (work: string) =>
    RESULTS.map((file) => readFileSync(join(folder.path, work, 'space', 'roup', file), 'utf8'));

  test.skipIf(process.env.MAXDNN_FULL !== '1')(
    'killed in the middle of pricing, it goes on there [npm run test:full]',
    { timeout: 300_000 },
    async () => {
      await killAfter([...TABLE, '--work', 'killed'], folder.path, /^table 4\/16/m);
      const codes = goldenTable({ family: 'roup', bits: 8, P: 1, r: [0, 0, 0] });
      const tablePath = join(folder.path, 'mul8s_outside.bin');
      writeFileSync(tablePath, tableBytes(Uint16Array.from(codes)));
      const adding = ['add-multiplier', tablePath, '--work', 'killed'];
      expect((await runProgram('maxdnn', adding, folder.path)).code).toBe(0);
      expect(filesBelow(folder.path).filter((file) => RESULTS.some((name) => file.endsWith(name)))).toEqual(
        [],
      );
      const { code, stdout, stderr } = await runProgram(
        'maxdnn',
        [...TABLE, '--work', 'killed'],
        folder.path,
      );
      expect(code).toBe(0);
      expect(stderr).toMatch(/^verify 16\/16 done in .*, all reused$/m);
      expect(Number(/^table 16\/16 done in .*, (\d+) reused$/m.exec(stderr)?.[1])).toBeGreaterThanOrEqual(4);
      expect(stdout).toMatch(/^Best exact baseline: exact 4×4 /);
      const table = readEnergyTable(join(folder.path, 'killed', 'space', 'roup', 'energy-table.json'));
      expect(table.rows.length).toBe(DESIGNS);
      const csv = resultsOf('killed')[2]!.trimEnd().split('\r\n');
      expect(csv.length).toBe(1 + DESIGNS + 1);
      expect(csv.at(-1)).toMatch(/^mul8s_outside,imported,/);
      expect(resultsOf('killed')[3]).toContain('<h2>References from outside</h2>');
      rmSync(join(folder.path, 'killed', 'multipliers'), { recursive: true });
      expect((await runProgram('maxdnn', [...TABLE, '--work', 'killed'], folder.path)).code).toBe(0);
      expect(resultsOf('killed')[2]!.trimEnd().split('\r\n').length).toBe(1 + DESIGNS);
      expect(filesBelow(folder.path).filter((file) => file.includes('.tmp-'))).toEqual([]);
    },
  );

  test.skipIf(process.env.MAXDNN_FULL !== '1')(
    'and ends with the same bytes as a run that nobody killed [npm run test:full]',
    { timeout: 300_000 },
    async () => {
      expect((await runProgram('maxdnn', [...TABLE, '--work', 'whole'], folder.path)).code).toBe(0);
      expect(resultsOf('whole')).toEqual(resultsOf('killed'));
    },
  );

  test.skipIf(process.env.MAXDNN_FULL !== '1')(
    'exact multipliers: how often each architecture needs least, by signs [npm run test:full]',
    { timeout: 300_000 },
    async () => {
      const args = [
        'table',
        '--family',
        'exact',
        '--bits',
        '4',
        '--all',
        '--pairs',
        '256',
        '--work',
        'exact',
      ];
      const { code, stdout } = await runProgram('maxdnn', args, folder.path);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^36 exact multipliers, 0 miss the clock target; /);
      const wins = [
        ...stdout.matchAll(/^ {2}((?:un)?signed × (?:un)?signed), (with|without) glitches: (.*)$/gm),
      ];
      expect(wins.length).toBe(3 * 2);
      for (const [, , , counts] of wins) {
        expect([...counts!.matchAll(/ (\d+)/g)].reduce((sum, [, count]) => sum + Number(count), 0)).toBe(4);
      }
    },
  );
});

/** Starts maxdnn and ends it with SIGKILL as soon as its progress matches. */
function killAfter(args: readonly string[], cwd: string, progress: RegExp): Promise<void> {
  const program = join(PACKAGE_ROOT, 'dist', 'cli', 'maxdnn.js');
  const child = spawn(process.execPath, [program, ...args], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let text = '';
  return new Promise((resolve, reject) => {
    child.stderr.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (progress.test(text)) child.kill('SIGKILL');
    });
    child.on('error', reject);
    child.on('exit', (code, signal) =>
      signal === 'SIGKILL' ? resolve() : reject(new Error(`not killed: ended with ${code}\n${text}`)),
    );
  });
}
