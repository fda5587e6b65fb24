import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { REGISTERS } from '../../src/accel/registers.ts';
import { buildAccelerator } from '../../src/accel/simulate.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import { createRng } from '../../src/base/rng.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import {
  type BenchRun,
  compareMemory,
  runProgram,
  shellWithStandIn,
  TEST_SPEC,
} from './accelerator-bench.ts';
import { plannedFaults, withDescriptor } from './faults.ts';
import { type MutationBench, mutateFiles, type Trial } from './mutation-bench.ts';
import { randomProgram, type TestDescriptor, type TestProgram } from './random-program.ts';

/** Modules of the shell that are mutated here; shell-mutants.test.ts has faults in the others. */
const CHOSEN = /^maxdnn_(sequencer|transfer_walk)\.v$/;

/** The shell with the mutants of its sequencer and of its address generator, around the stand-in core. */
export async function shellBench(outDir: string): Promise<MutationBench> {
  const { files, mutants } = mutateFiles(shellWithStandIn(TEST_SPEC), (name) => CHOSEN.test(name));
  const simulation = await buildAccelerator(files, { outDir: join(outDir, 'shell'), isUnlinted: true });
  const trials: Trial[] = [];
  for (const { name, program, commands, isRight } of scenarios()) {
    let limit = 100_000;
    trials.push({
      name,
      run: async (mutant) => {
        const all = { seed: 5, ...commands, limit };
        const run = await runProgram(simulation, program, join(outDir, 'shell'), name, all, [
          `+mutant=${mutant}`,
        ]);
        if (mutant === 0) {
          if (!isRight(run)) throw new Error(`${name}: the sound shell does not do this: ${run.text}`);
          limit = 500 + 2 * Math.max(2000, ...run.imageCycles);
        }
        const told = run.text.replaceAll(/ seconds \S+| images_per_s \S+/g, '');
        return Buffer.concat([Buffer.from(`${run.status} ${told}${run.counters}`), run.output, run.scratch]);
      },
    });
  }
  trials.push(registerTrial(simulation, join(outDir, 'shell')));
  return { mutants, trials };
}

/** Every register after a reset and after jobs that end at once, well or with an error. */
function registerTrial(simulation: string, dir: string): Trial {
  const offsets = REGISTERS.filter(({ name }) => !/^counter_(?!first)/.test(name)).map(
    ({ offset }) => offset,
  );
  const readAll = offsets.map((offset) => `r ${offset}`);
  const offsetOf = (wanted: string): number => REGISTERS.find(({ name }) => name === wanted)!.offset;
  const start = (count: number): readonly string[] => [
    `w ${offsetOf('program_base_lo')} ${0x1000} 15`,
    `w ${offsetOf('descriptor_count')} ${count} 15`,
    `w ${offsetOf('control')} 1 15`,
  ];
  const isOver = Array.from({ length: 40 }, () => `r ${offsetOf('status')}`);
  const jobs = [0, 1, 0, 1, 1, 2].flatMap((count) => [...start(count), ...isOver, ...readAll]);
  const accesses = [...readAll, ...jobs];
  return {
    name: 'registers',
    run: async (mutant) => {
      writeFileAtomic(join(dir, 'accesses.txt'), accesses.map((access) => `${access}\n`).join(''));
      const commands = 'accesses accesses.txt\noutput answers.txt\nlatency 1 9\nseed 4\n';
      writeFileAtomic(join(dir, 'registers.commands'), commands);
      const args = ['registers.commands', `+mutant=${mutant}`];
      await runTool({ tool: 'accelerator', program: simulation, args, cwd: dir, timeoutMs: 60_000 });
      return readFileSync(join(dir, 'answers.txt'));
    },
  };
}

interface Scenario {
  readonly name: string;
  readonly program: TestProgram;
  readonly commands: Readonly<Record<string, string | number | readonly (string | number)[]>>;
  readonly isRight: (run: BenchRun) => boolean;
}

function* scenarios(): Iterable<Scenario> {
  for (const seed of [1, 2, 5, 7]) {
    const program = randomProgram(TEST_SPEC, seed, 3 + seed, 1 + (seed % 3));
    const resume = seed === 5 ? 1 : 0;
    const commands = {
      resume,
      wait: seed === 2 ? 'poll' : 'irq',
      latency: [0, 4 * seed - 4],
      stall: 10 * seed - 10,
    };
    yield { name: `jobs-${seed}`, program, commands, isRight: isSound(program, resume) };
  }
  for (const seed of [101, 102, 103]) {
    const program = randomProgram(TEST_SPEC, seed, 3 + (seed % 3), 2);
    const rng = createRng(seed);
    for (const [index, { inject }] of plannedFaults(TEST_SPEC, program, rng.nextFloat).entries()) {
      const after_error = (seed + index) % 2 === 0 ? 'soft_reset' : 'restart';
      const commands = { inject, after_error, latency: [1, 12], stall: 20 };
      yield { name: `error-${seed}-${index}`, program, commands, isRight: isSound(program, 0, 1) };
    }
    for (let index = 0; index < 8; index++) {
      const kind = index % 2 === 0 ? 'soft' : 'hard';
      const moment = rng.nextInt(1, [60, 400, 1200, 900, 30, 700, 400, 1200][index]!);
      const commands = {
        reset: [kind, moment],
        latency: [0, 12],
        stall: 10,
        seed: seed + index,
        bare: 1,
        wait: 'poll',
      };
      yield { name: `reset-${seed}-${index}`, program, commands, isRight: isSound(program) };
    }
  }
  yield* wrongPrograms();
  const program = randomProgram(TEST_SPEC, 104, 3, 1);
  const slow: TestDescriptor = {
    fields: { operation: 2, kernelHeight: 255, kernelWidth: 255 },
    transfers: [],
  };
  yield {
    name: 'reset-slow-core',
    program: withDescriptor(program, 0, slow),
    commands: { reset: ['hard', 120], bare: 1, wait: 'poll' },
    isRight: ({ status, errors }) => status === 0 && errors.length === 0,
  };
}

/** All of memory as it should be, after so many reported errors. */
function isSound(program: TestProgram, resume = 0, errors = 0): (run: BenchRun) => boolean {
  return (run) =>
    run.status === 0 &&
    run.errors.length === errors &&
    compareMemory(TEST_SPEC, program, run, resume).different === 0;
}

/** Transfers that are wrong, or just right, operations that the core refuses, more descriptors than counters. */
function* wrongPrograms(): Iterable<Scenario> {
  const program = randomProgram(TEST_SPEC, 7, 3, 1);
  const { activationWords, weightWords, parameterWords } = TEST_SPEC;
  const good = { kind: 'loadActivations', base: 'program', offset: 0, local: 0, words: 3 } as const;
  const store = { ...good, kind: 'storeActivations', base: 'output' } as const;
  const cases: readonly (readonly [TestDescriptor['transfers'][number], string | undefined])[] = [
    [{ ...good, words: 0 }, 'transfer'],
    [{ ...good, offset: 12 }, 'transfer'],
    [{ ...good, offset: 9 }, 'transfer'],
    [{ ...good, local: activationWords - 2 }, 'transfer'],
    [{ ...good, local: activationWords - 3 }, undefined],
    [{ ...good, kind: 'loadWeights', local: weightWords - 2 }, 'transfer'],
    [{ ...good, kind: 'loadWeights', local: weightWords - 3 }, undefined],
    [{ ...good, kind: 'loadParameters', local: parameterWords - 2 }, 'transfer'],
    [{ ...good, kind: 'loadParameters', local: parameterWords - 3 }, undefined],
    [{ ...store, local: activationWords, words: 1 }, 'transfer'],
    [{ ...store, local: activationWords - 1, words: 1 }, undefined],
    [{ ...good, base: 'scratch', offset: 1 << 20 }, 'load'],
  ];
  for (const [index, [transfer, code]] of cases.entries()) {
    const descriptor = { fields: { operation: 0 }, transfers: [good, good, transfer].slice(2 - (index % 3)) };
    yield {
      name: `transfer-${index}`,
      program: withDescriptor(program, 1, descriptor),
      commands: { latency: [0, 5], stall: 10, after_error: 'restart' },
      isRight: ({ errors }) =>
        errors.every((error) => error.code === code) && errors.length === (code ? 2 : 0),
    };
  }
  for (const [index, transfers] of [[], [{ ...good, words: 100 }]].entries()) {
    yield {
      name: `fault-${index}`,
      program: withDescriptor(program, 1, { fields: { operation: 7 }, transfers }),
      commands: { after_error: 'soft_reset' },
      isRight: ({ errors }) => errors.length === 2 && errors.every(({ code }) => code === 'fault'),
    };
  }
  const many = randomProgram(TEST_SPEC, 3, 262, 1);
  const none: TestDescriptor = { fields: { operation: 0 }, transfers: [] };
  const descriptors = many.descriptors.map(() => none);
  yield {
    name: 'many',
    program: { ...many, descriptors, bytes: new Uint8Array(many.bytes.length) },
    commands: {},
    isRight: ({ status, counters }) => status === 0 && counters.length === 256,
  };
}
