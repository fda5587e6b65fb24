import { MaxdnnError } from '../../src/base/errors.ts';
import { type Mutant, mutateVerilog } from '../../src/verify/mutate.ts';

/** A stimulus for a simulation of mutants. */
export interface Trial {
  readonly name: string;
  /** Everything that can be seen from outside: equal for a mutant that is not noticed. */
  readonly run: (mutant: number) => Promise<Buffer>;
}

/** A simulation that is any of its mutants, and what should notice them, the quickest trial first. */
export interface MutationBench {
  readonly mutants: readonly Mutant[];
  readonly trials: readonly Trial[];
}

/** Mutates the modules that are chosen; the mutants are numbered from 1. */
export function mutateFiles<File extends { readonly name: string; readonly text: string }>(
  files: readonly File[],
  isChosen: (file: string) => boolean,
): { readonly files: readonly File[]; readonly mutants: readonly Mutant[] } {
  const mutants: Mutant[] = [];
  const changed = files.map((file) => {
    if (!isChosen(file.name)) return file;
    const mutated = mutateVerilog(file.name, file.text, mutants.length + 1);
    mutants.push(...mutated.mutants);
    return { ...file, text: mutated.text };
  });
  return { files: changed, mutants };
}

/** Those of the mutants that no trial tells from the sound text (mutant 0), which runs first. */
export async function survivorsOf(
  { trials }: MutationBench,
  mutants: readonly Mutant[],
): Promise<readonly Mutant[]> {
  const sound = new Map<Trial, Buffer>();
  for (const trial of trials) sound.set(trial, await trial.run(0));
  const survivors: Mutant[] = [];
  for (const mutant of mutants) {
    let isCaught = false;
    for (const trial of trials) {
      isCaught = await differs(trial, mutant, sound.get(trial)!);
      if (isCaught) break;
    }
    if (!isCaught) survivors.push(mutant);
  }
  return survivors;
}

async function differs(trial: Trial, { number }: Mutant, sound: Buffer): Promise<boolean> {
  try {
    return !sound.equals(await trial.run(number));
  } catch (error) {
    // The simulation gave up: too many cycles, an answer that nobody asked for, outputs that do not settle.
    if (error instanceof MaxdnnError && error.code === 'tool-failed') return true;
    throw error;
  }
}
