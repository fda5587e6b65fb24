import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { Mutant } from '../../src/verify/mutate.ts';
import { toolMissing } from '../tool-missing.ts';
import { type MutationBench, survivorsOf } from './mutation-bench.ts';
import { coreBench } from './mutation-core.ts';
import { elementBench } from './mutation-elements.ts';
import { shellBench } from './mutation-shell.ts';
import { SURVIVORS } from './mutation-survivors.ts';

const IS_FULL = process.env.MAXDNN_FULL === '1';
/** Of the mutants in the ordinary run, one in so many. */
const STEP = 25;

const BENCHES: readonly (readonly [string, number, (outDir: string) => Promise<MutationBench>])[] = [
  ['elements', 300, elementBench],
  ['core', 900, coreBench],
  ['shell', 250, shellBench],
];

/** Mutation testing: no small change of the Verilog goes unnoticed, but for those that SURVIVORS explains. */
describe.skipIf(toolMissing('verilator'))('mutants of the accelerator', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-mutation-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));

  // Each bench is a Verilator build of its own: the ordinary run has the elements alone.
  test.concurrent.each(IS_FULL ? BENCHES : BENCHES.slice(0, 1))(
    '%s: each is noticed or explained',
    async (name, least, build) => {
      const bench = await build(outDir);
      const tried = bench.mutants.filter((_, index) => IS_FULL || index % STEP === 0);
      const survivors = await survivorsOf(bench, tried);
      if (IS_FULL) console.log(`${name}: ${countsByModule(tried, survivors)}`);
      expect(survivors.filter((mutant) => !isExplained(mutant))).toEqual([]);
      // An explanation of a mutant that is noticed is wrong or stale.
      const noticed = tried.filter((mutant) => !survivors.includes(mutant));
      expect(noticed.filter(isExplained)).toEqual([]);
      expect(bench.mutants.length).toBeGreaterThanOrEqual(least);
      expect(tried.length - survivors.length).toBeGreaterThan((IS_FULL ? 0.9 : 0.7) * tried.length);
      const files = new Set(bench.mutants.map(({ file }) => file));
      for (const entry of SURVIVORS.filter(({ file }) => files.has(file))) {
        for (const line of entry.lines) {
          const isThere = bench.mutants.some((mutant) => mutant.line === line && isSame(mutant, entry));
          expect({ ...entry, line, isThere }).toMatchObject({ isThere: true });
        }
      }
    },
    IS_FULL ? 3_600_000 : 300_000,
  );
});

type Place = Pick<Mutant, 'file' | 'original' | 'mutated'>;

function isSame(one: Place, other: Place): boolean {
  return one.file === other.file && one.original === other.original && one.mutated === other.mutated;
}

function isExplained(mutant: Mutant): boolean {
  return SURVIVORS.some((entry) => isSame(mutant, entry) && entry.lines.includes(mutant.line));
}

function countsByModule(tried: readonly Mutant[], survivors: readonly Mutant[]): string {
  const files = [...new Set(tried.map(({ file }) => file))];
  const count = (list: readonly Mutant[], own: string): number =>
    list.filter(({ file }) => file === own).length;
  const rows = files.map((file) => `${file} ${count(tried, file)} (${count(survivors, file)} survive)`);
  return `${tried.length} mutants, ${survivors.length} survive; ${rows.join(', ')}`;
}
