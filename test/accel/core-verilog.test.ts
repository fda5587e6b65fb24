import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { generateCore } from '../../src/accel/generate-core.ts';
import { wordMultiplier } from '../../src/accel/word-multiplier.ts';
import { renderBank } from '../../src/rtl/bank.ts';
import { buildBank, compareBank } from '../../src/verify/bank-run.ts';
import { toolMissing } from '../tool-missing.ts';
import { BOOTH, narrow, roup, SPECS } from './core-specs.ts';

const approved = (name: string) => new URL(`../golden/${name}`, import.meta.url).pathname;

describe('approved renderings in test/golden (vitest -u writes them anew: look at the difference)', () => {
  test.each([
    ['bank', 'maxdnn_core'],
    ['bank', 'maxdnn_element'],
    ['static', 'maxdnn_array'],
    ['static', 'maxdnn_edge'],
    ['dynamic', 'maxdnn_dynamic'],
  ])('%s: %s', async (name, module) => {
    const text = generateCore(SPECS[name]!).find((file) => file.name === `${module}.v`)!.text;
    await expect(text).toMatchFileSnapshot(approved(`${module}.v`));
  });

  test('a multiplier on words', async () => {
    const { name, text } = wordMultiplier(roup(1, 3, 1, 0));
    await expect(text).toMatchFileSnapshot(approved(`word_${name}`));
  });
});

describe.each(Object.entries(SPECS))('Verilog of the core %s', (_name, spec) => {
  test.skipIf(toolMissing('verilator'))('has no warning in Verilator', async () => {
    await inFolder(spec, (files, cwd) =>
      execa('verilator', ['--lint-only', '-Wall', '--top-module', 'maxdnn_core', ...files], { cwd }),
    );
  });

  test.skipIf(toolMissing('iverilog'))('is read by Icarus', async () => {
    const { stderr } = await inFolder(spec, (files, cwd) =>
      execa('iverilog', ['-g2005', '-Wall', '-o', 'core.vvp', '-s', 'maxdnn_core', ...files], { cwd }),
    );
    expect(stderr).toBe('');
  });

  test.skipIf(toolMissing('yosys'))('is read by Yosys, without latches and loose ends', async () => {
    const { stdout } = await inFolder(spec, (files, cwd) =>
      execa(
        'yosys',
        [
          '-p',
          `read_verilog ${files.join(' ')}; hierarchy -check -top maxdnn_core; proc; check -assert; stat`,
        ],
        { cwd },
      ),
    );
    expect(stdout).not.toMatch(/Warning|\$_?dlatch/i);
    expect(stdout).toMatch(/Found and reported 0 problems/);
  });
});

test.skipIf(toolMissing('verilator'))(
  'multipliers on words have the products of the golden model',
  async () => {
    const specs = [
      BOOTH,
      roup(1, 3, 1, 0),
      roup(0, 7, 0, 1, 6),
      roup(2, 4, 4),
      roup(3, 5),
      narrow(5, 6),
      narrow(4, 5, 'a'),
    ];
    const designs = specs.map((spec) => {
      const { name, text } = wordMultiplier(spec);
      return { design: name.slice(0, -2), spec, verilog: text };
    });
    const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-words-'));
    try {
      const program = await buildBank({ designs, verilog: renderBank(designs) }, outDir);
      const verdicts = await compareBank(designs, program, outDir, 1, () => {});
      expect(verdicts.map(({ mismatchCount, pairsCompared }) => [mismatchCount, pairsCompared])).toEqual([
        ...Array(5).fill([0, 65536]),
        [0, 2 ** 11],
        [0, 2 ** 9],
      ]);
    } finally {
      rmSync(outDir, { recursive: true, force: true });
    }
  },
);

/** Runs a tool in a folder that holds the files of a core. */
async function inFolder<T>(
  spec: ArraySpec,
  run: (files: readonly string[], cwd: string) => Promise<T>,
): Promise<T> {
  const cwd = mkdtempSync(join(tmpdir(), 'maxdnn-verilog-'));
  try {
    const files = generateCore(spec);
    for (const { name, text } of files) writeFileSync(join(cwd, name), text);
    return await run(
      files.map(({ name }) => name),
      cwd,
    );
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
