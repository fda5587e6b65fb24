import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { generateAccelerator } from '../../src/accel/generate-accelerator.ts';
import { imageWords, readOutput } from '../../src/accel/memory-words.ts';
import type { AcceleratorProgram } from '../../src/accel/program.ts';
import { buildAccelerator, runAccelerator } from '../../src/accel/simulate.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import type { MixedAssignment } from '../../src/dnn/assignment.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { type Mutant, mutateVerilog } from '../../src/verify/mutate.ts';
import { compileSmall } from './compare-layers.ts';
import { randomCodes } from './random-codes.ts';

/** A network on the array, with the numbers that it should give. */
export interface Trial {
  readonly name: string;
  readonly program: AcceleratorProgram;
  readonly input: Uint8Array;
  readonly wanted: ReadonlyMap<string, Int32Array>;
}

export function trialOf(
  name: string,
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  spec: ArraySpec,
): Trial {
  const program = compileSmall(network, assignment, spec);
  const codes = randomCodes(network, 7);
  const rounded = spec.weightPort === 'b' ? 'activations' : 'weights';
  return {
    name,
    program,
    input: imageWords(codes, network.input, spec),
    wanted: inferReference(network, assignment, codes, rounded),
  };
}

/** One simulation of the accelerator and all mutants of the modules whose files are chosen. */
export async function buildMutants(
  spec: ArraySpec,
  isChosen: (file: string) => boolean,
  outDir: string,
): Promise<{ readonly simulation: string; readonly mutants: readonly Mutant[] }> {
  const mutants: Mutant[] = [];
  const files = generateAccelerator(spec).map(({ name, text }) => {
    if (!isChosen(name)) return { name, text };
    const mutated = mutateVerilog(name, text, mutants.length + 1);
    mutants.push(...mutated.mutants);
    return { name, text: mutated.text };
  });
  return { simulation: await buildAccelerator(files, { outDir, isUnlinted: true }), mutants };
}

/** Numbers that were compared, or what the mutant did wrong. */
export type TrialResult = { readonly compared: number } | { readonly caught: string };

const BASES = { program: 0x10000000, input: 0x40000000, output: 0x80000000, scratch: 0xc0000000 };

/** Runs a trial on a mutant (0: none). @param limit cycles after which it hangs */
export async function runTrial(
  simulation: string,
  trial: Trial,
  mutant: number,
  limit: number,
  cwd: string,
): Promise<TrialResult & { readonly cycles: number }> {
  const { memory, descriptors, spec, image } = trial.program;
  const file = (what: string): string => `${trial.name}-${what}.bin`;
  if (mutant === 0) {
    writeFileAtomic(join(cwd, file('program')), image);
    writeFileAtomic(join(cwd, file('input')), trial.input);
  }
  const run = await runAccelerator(
    simulation,
    {
      program: file('program'),
      program_base: BASES.program,
      descriptors: descriptors.length,
      input: file('input'),
      input_base: BASES.input,
      input_bytes: memory.inputBytes,
      output: file('output'),
      output_base: BASES.output,
      output_bytes: memory.outputBytes,
      ...(memory.scratchBytes > 0 ? { scratch_base: BASES.scratch, scratch_bytes: memory.scratchBytes } : {}),
      limit,
    },
    { cwd, name: trial.name, plusArgs: [`+mutant=${mutant}`], timeoutMs: 60_000 },
  );
  const cycles = run.imageCycles[0] ?? 0;
  if (run.status !== 0) return { caught: `status ${run.status}`, cycles };
  const output = Uint8Array.from(readFileSync(join(cwd, file('output'))));
  let compared = 0;
  for (const location of memory.outputs) {
    const got = readOutput(output, location, spec);
    const want = trial.wanted.get(location.layer)!;
    compared += got.length;
    if (got.some((value, index) => value !== want[index])) return { caught: location.layer, cycles };
  }
  return { compared, cycles };
}
