import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { buildAccelerator } from '../../src/accel/simulate.ts';
import { toolMissing } from '../tool-missing.ts';
import { compareMemory, runProgram, shellWithStandIn, TEST_SPEC } from './accelerator-bench.ts';
import { randomProgram } from './random-program.ts';

const NEAR = {
  program_base: '0x00010f78',
  input_base: '0x20001fe8',
  output_base: '0xf0000ff0',
  scratch_base: '0x40000008',
};

/** Words of one beat and of sixteen, addresses of 32 and 64 bits, programs near the end of the address space. */
const SHAPES: readonly (readonly [ArraySpec, Readonly<Record<string, string>>])[] = [
  [{ ...TEST_SPEC, rows: 3, columns: 7, lanes: 1, addressBits: 32 }, NEAR],
  [
    { ...TEST_SPEC, rows: 64, columns: 33, lanes: 16, addressBits: 64, parameterWords: 24 },
    { ...NEAR, output_base: '0xffffffff00000ff0', program_base: '0x8000000000000ff8' },
  ],
];

describe.skipIf(process.env.MAXDNN_FULL !== '1' || toolMissing('verilator'))(
  'other shapes [MAXDNN_FULL]',
  () => {
    const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-shapes-'));
    afterAll(() => rmSync(outDir, { recursive: true, force: true }));

    test.each(SHAPES)('exact memory and a trace: shape %#', async (spec, addresses) => {
      const simulation = await buildAccelerator(shellWithStandIn(spec), { outDir, trace: true });
      let compared = 0;
      for (let seed = 1; seed <= 30; seed++) {
        const program = randomProgram(spec, seed, 5, 2);
        const trace = seed === 1 ? { trace: 'trace.fst' } : {};
        const memory = { latency: [0, seed], stall: 2 * seed, seed };
        const run = await runProgram(simulation, program, outDir, 'shape', {
          ...addresses,
          ...memory,
          ...trace,
        });
        const result = compareMemory(spec, program, run);
        expect({ seed, ...run, ...result }).toMatchObject({
          status: 0,
          brokenRules: [],
          refusedBeats: 0,
          errors: [],
          different: 0,
        });
        compared += result.compared;
      }
      expect(compared).toBeGreaterThan(50_000);
      expect(readFileSync(join(outDir, 'shape', 'trace.fst')).length).toBeGreaterThan(1000);
    });
  },
);
