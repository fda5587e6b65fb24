import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAccelerator } from '../../src/accel/simulate.ts';
import { createRng } from '../../src/base/rng.ts';
import { toolMissing } from '../tool-missing.ts';
import {
  type BenchRun,
  compareMemory,
  runProgram,
  shellWithStandIn,
  TEST_SPEC,
} from './accelerator-bench.ts';
import { plannedFaults } from './faults.ts';
import { MUTANTS, type Mutant, withMutants } from './mutants.ts';
import { randomProgram } from './random-program.ts';

/** Sabotage: each fault in the Verilog is noticed, and by the check that is there for it. */
describe.skipIf(toolMissing('verilator'))('faults in the Verilog of the shell', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-mutants-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));
  let simulation = '';
  beforeAll(async () => {
    simulation = await buildAccelerator(withMutants(shellWithStandIn(TEST_SPEC)), { outDir });
  }, 300_000);

  test('without a fault nothing is noticed', async () => {
    expect(await complaints(simulation, outDir, undefined, 4)).toEqual([]);
  });

  test.each(MUTANTS.filter((_, place) => process.env.MAXDNN_FULL || place % 8 === 0))(
    '$name',
    async (mutant) => {
      const found = await complaints(simulation, outDir, mutant, 12);
      if (mutant.rule === undefined) expect(found.length).toBeGreaterThan(0);
      else expect(found).toContain(mutant.rule);
    },
  );
});

/** What the checks say about random programs, programs with an error response, and programs with a reset. */
async function complaints(
  simulation: string,
  outDir: string,
  mutant: Mutant | undefined,
  seeds: number,
): Promise<readonly string[]> {
  const plusArgs = mutant === undefined ? [] : [`+mutant_${mutant.name}`];
  const found = new Set<string>();
  for (let seed = 1; seed <= seeds; seed++) {
    const program = randomProgram(TEST_SPEC, seed, 4, 1);
    const rng = createRng(seed);
    const memory = { latency: [0, 12], stall: 40, seed, limit: 20_000, after_error: 'soft_reset' };
    const faults = plannedFaults(TEST_SPEC, program, rng.nextFloat);
    const scenarios = [
      {},
      ...faults.map(({ inject }) => ({ inject })),
      { reset: ['soft', rng.nextInt(1, 1500)] },
      { reset: ['soft', rng.nextInt(1, 300)], latency: [20, 300], limit: 100_000 },
      { reset: ['hard', rng.nextInt(1, 1500)] },
    ];
    for (const scenario of scenarios) {
      const run = await runProgram(
        simulation,
        program,
        outDir,
        'mutant',
        { ...memory, ...scenario },
        plusArgs,
      );
      for (const { rule } of run.brokenRules) found.add(rule);
      if (compareMemory(TEST_SPEC, program, run).different > 0) found.add('memory differs');
      if (run.status === 4) found.add('no end');
      if (run.errors.length !== ('inject' in scenario ? 1 : 0)) found.add('errors reported');
      if (!countsAreRight(run)) found.add('counts are wrong');
    }
    // Enough is enough.
    if (mutant !== undefined && (mutant.rule === undefined ? found.size > 0 : found.has(mutant.rule))) break;
  }
  return [...found];
}

function countsAreRight(run: BenchRun): boolean {
  return run.imageCycles.every(
    (cycles, image) =>
      run.counters.filter(([counted]) => counted === image).reduce((sum, counts) => sum + counts[2]!, 0) ===
      cycles,
  );
}
