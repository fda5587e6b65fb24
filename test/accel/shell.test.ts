import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { OPERATIONS } from '../../src/accel/descriptor.ts';
import { COUNTER_SLOTS } from '../../src/accel/registers.ts';
import { buildAccelerator } from '../../src/accel/simulate.ts';
import { createRng } from '../../src/base/rng.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { toolMissing } from '../tool-missing.ts';
import { compareMemory, runProgram, shellWithStandIn, TEST_SPEC } from './accelerator-bench.ts';
import { plannedFaults, withDescriptor } from './faults.ts';
import { randomProgram, type TestDescriptor, type TestTransfer } from './random-program.ts';
import { expectedAnswers } from './register-accesses.ts';

const FACTOR = process.env.MAXDNN_FULL === '1' ? 20 : 1;
const CLEAN = { status: 0, brokenRules: [], refusedBeats: 0 };

/** Memory that answers fast, slow, steadily or haltingly. */
function memoryOf(seed: number) {
  return {
    latency: seed % 4 === 0 ? [0, 0] : [seed % 5, 5 + (seed % 40)],
    stall: seed % 4 === 0 ? 0 : (13 * seed) % 80,
    seed,
    wait: seed % 2 === 0 ? 'irq' : 'poll',
  };
}

describe.skipIf(toolMissing('verilator'))('shell with a stand-in core in Verilator', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-shell-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));
  let simulation = '';
  beforeAll(async () => {
    simulation = await buildAccelerator(shellWithStandIn(TEST_SPEC), { outDir });
  }, 300_000);

  test('memory and counts are exact for random programs, jobs back to back', async () => {
    let [compared, counted, jobs] = [0, 0, 0];
    for (let seed = 1; seed <= 40 * FACTOR; seed++) {
      const program = randomProgram(TEST_SPEC, seed, 2 + (seed % 7), 1 + (seed % 3));
      const resume = seed % 5 === 0 ? 1 : 0;
      const run = await runProgram(simulation, program, outDir, 'random', { ...memoryOf(seed), resume });
      const result = compareMemory(TEST_SPEC, program, run, resume);
      expect({ seed, ...run, ...result }).toMatchObject({ ...CLEAN, errors: [], different: 0 });
      expect(run.imageCycles).toHaveLength(program.inputs.length);
      compared += result.compared;
      jobs += run.imageCycles.length;
      run.imageCycles.forEach((cycles, image) => {
        const own = run.counters.filter(([counted]) => counted === image);
        expect(own.map(([, descriptor]) => descriptor)).toEqual(
          program.descriptors.map((_, index) => index).slice(image === 0 ? 0 : resume),
        );
        expect(own.reduce((sum, counts) => sum + counts[2]!, 0)).toBe(cycles);
        for (const [, index, all, active, stallWeights, stallDrain, waitTransfers, waitCompute] of own) {
          const {
            operation,
            fillWords = 0,
            kernelHeight = 0,
            kernelWidth = 0,
          } = program.descriptors[index!]!.fields;
          expect([active, stallWeights, stallDrain]).toEqual([fillWords, kernelHeight, kernelWidth]);
          expect(waitTransfers! + waitCompute!).toBeLessThanOrEqual(all!);
          if (OPERATIONS[operation] === 'none') expect(waitCompute).toBe(0);
          counted += 1;
        }
      });
    }
    expect(compared).toBeGreaterThan(100_000 * FACTOR);
    expect(counted).toBeGreaterThan(300 * FACTOR);
    expect(jobs).toBeGreaterThan(60 * FACTOR);
  });

  test('error responses: status, interrupt and address are right, the next job is clean', async () => {
    const seen = { fetch: 0, load: 0, store: 0 };
    for (let seed = 1; seed <= 12 * FACTOR; seed++) {
      const rng = createRng(seed);
      const program = randomProgram(TEST_SPEC, 100 + seed, 3 + (seed % 5), 2);
      for (const { inject, code, descriptor, address } of plannedFaults(TEST_SPEC, program, rng.nextFloat)) {
        const after_error = rng.nextFloat() < 0.5 ? 'soft_reset' : 'restart';
        const commands = { ...memoryOf(seed), inject, after_error };
        const run = await runProgram(simulation, program, outDir, 'fault', commands);
        const result = compareMemory(TEST_SPEC, program, run);
        expect({ seed, inject, ...run, ...result }).toMatchObject({
          ...CLEAN,
          errors: [{ image: 0, code, descriptor, address, isInterrupted: true }],
          different: 0,
        });
        expect(result.compared).toBeGreaterThan(200);
        expect(run.imageCycles).toHaveLength(2);
        seen[code] += 1;
      }
    }
    expect(Math.min(...Object.values(seen))).toBeGreaterThanOrEqual(6 * FACTOR);
  });

  test('transfers that are wrong and operations that the core refuses end the job', async () => {
    const program = randomProgram(TEST_SPEC, 7, 3, 1);
    const { activationWords, weightWords, parameterWords } = TEST_SPEC;
    const good: TestTransfer = { kind: 'loadActivations', base: 'program', offset: 0, local: 0, words: 3 };
    const wrong: readonly TestTransfer[] = [
      { ...good, words: 0 },
      { ...good, offset: 12 },
      { ...good, local: activationWords - 2 },
      { ...good, kind: 'loadWeights', local: weightWords - 2 },
      { ...good, kind: 'loadParameters', local: parameterWords - 2 },
      { ...good, kind: 'storeActivations', base: 'output', local: activationWords, words: 1 },
    ];
    const cases: readonly (readonly [TestDescriptor, string, number])[] = [
      ...wrong.map(
        (transfer, index) =>
          [
            { fields: { operation: 0 }, transfers: [good, good, transfer].slice(2 - (index % 3)) },
            'transfer',
            index % 3,
          ] as const,
      ),
      [{ fields: { operation: 7 }, transfers: [] }, 'fault', 0],
      [{ fields: { operation: 7 }, transfers: [{ ...good, words: 100 }] }, 'fault', 0],
      [
        {
          fields: { operation: 4, fillWords: 200 },
          transfers: [{ ...good, base: 'scratch', offset: 1 << 20 }],
        },
        'load',
        Number('0x0040000008') + (1 << 20),
      ],
    ];
    for (const [descriptor, code, address] of cases) {
      const run = await runProgram(
        simulation,
        withDescriptor(program, 1, descriptor),
        outDir,
        'wrong',
        memoryOf(5),
      );
      expect({ descriptor, ...run }).toMatchObject({
        status: 2,
        brokenRules: [],
        errors: [{ image: 0, code, descriptor: 1, address, isInterrupted: true }],
      });
      expect(run.refusedBeats > 0).toBe(code === 'load');
    }
  });

  test('hard and soft reset in mid-flight leave a clean state', async () => {
    const cutShort = { hard: 0, soft: 0 };
    for (let seed = 1; seed <= 16 * FACTOR; seed++) {
      const kind = seed % 2 === 0 ? 'hard' : 'soft';
      const program = randomProgram(TEST_SPEC, 200 + seed, 2 + (seed % 5), 2);
      const whole = await runProgram(simulation, program, outDir, 'whole', memoryOf(seed));
      const after = createRng(seed).nextInt(1, whole.imageCycles[0]!);
      const run = await runProgram(simulation, program, outDir, 'reset', {
        ...memoryOf(seed),
        reset: [kind, after],
      });
      const result = compareMemory(TEST_SPEC, program, run);
      expect({ seed, kind, after, ...run, ...result }).toMatchObject({ ...CLEAN, errors: [], different: 0 });
      expect(result.compared).toBeGreaterThan(200);
      expect(run.imageCycles).toHaveLength(2);
      if (run.bursts > whole.bursts) cutShort[kind] += 1;
    }
    expect(Math.min(cutShort.hard, cutShort.soft)).toBeGreaterThanOrEqual(6 * FACTOR);
  });

  test('counts of more descriptors than there are slots: the first ones are kept', async () => {
    const none: TestDescriptor = { fields: { operation: 0 }, transfers: [] };
    const program = randomProgram(TEST_SPEC, 3, COUNTER_SLOTS + 20, 1);
    const bytes = new Uint8Array(program.bytes.length);
    const empty = { ...program, bytes, descriptors: program.descriptors.map(() => none) };
    const run = await runProgram(simulation, empty, outDir, 'many');
    expect(run).toMatchObject({ ...CLEAN, errors: [] });
    expect(run.counters).toHaveLength(COUNTER_SLOTS);
    expect(run.counters.every(([, , cycles]) => cycles! > 32 && cycles! < 80)).toBe(true);
    expect(run.output.every((byte) => byte === 0xa5)).toBe(true);
  });

  test('registers answer as the C header says', async () => {
    const accesses = expectedAnswers(TEST_SPEC);
    expect(accesses.length).toBeGreaterThan(150);
    writeFileSync(join(outDir, 'accesses.txt'), accesses.map(({ access }) => `${access}\n`).join(''));
    for (let seed = 1; seed <= 3 * FACTOR; seed++) {
      const commands = `accesses accesses.txt\noutput answers.txt\nlatency 400 400\nseed ${seed}\n`;
      writeFileSync(join(outDir, 'registers.commands'), commands);
      const args = ['registers.commands'];
      await runTool({ tool: 'accelerator', program: simulation, args, cwd: outDir, timeoutMs: 60_000 });
      const answers = readFileSync(join(outDir, 'answers.txt'), 'utf8').trimEnd().split('\n');
      expect(answers.map((answer, k) => `${accesses[k]?.access}: ${answer}`)).toEqual(
        accesses.map(({ access, answer }) => `${access}: ${answer}`),
      );
    }
  });
});
