import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildAccelerator } from '../../src/accel/simulate.ts';
import { toolMissing } from '../tool-missing.ts';
import { compareMemory, runProgram, shellWithStandIn, TEST_SPEC } from './accelerator-bench.ts';
import { randomProgram } from './random-program.ts';

const SEEDS = process.env.MAXDNN_FULL === '1' ? 400 : 40;

describe.skipIf(toolMissing('verilator'))('shell with a stand-in core in Verilator', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-shell-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));
  let simulation = '';
  beforeAll(async () => {
    simulation = await buildAccelerator(shellWithStandIn(TEST_SPEC), { outDir });
  }, 300_000);

  test(`memory is exact for ${SEEDS} random programs with random latency and back-pressure`, async () => {
    let compared = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const program = randomProgram(TEST_SPEC, seed, 2 + (seed % 7), 1 + (seed % 3));
      const run = await runProgram(simulation, program, outDir, `seed-${seed}`, {
        latency: seed % 4 === 0 ? [0, 0] : [seed % 5, 5 + (seed % 40)],
        stall: seed % 4 === 0 ? 0 : (13 * seed) % 80,
        seed,
        wait: seed % 2 === 0 ? 'irq' : 'poll',
      });
      expect({ seed, ...run, ...compareMemory(TEST_SPEC, program, run) }).toMatchObject({
        status: 0,
        errors: [],
        brokenRules: [],
        refusedBeats: 0,
        different: 0,
      });
      expect(run.imageCycles).toHaveLength(program.inputs.length);
      compared += compareMemory(TEST_SPEC, program, run).compared;
    }
    console.log(compared);
  });
});
