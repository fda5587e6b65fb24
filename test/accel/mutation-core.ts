import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { runSimulation } from '../../src/tools/verilator.ts';
import type { Mutant } from '../../src/verify/mutate.ts';
import { buildCore, coreSession } from './core-bench.ts';
import { type MutationBench, mutateFiles, type Trial } from './mutation-bench.ts';
import { SESSIONS } from './mutation-sessions.ts';
import { type CoreSession, SPEC } from './session-parts.ts';

/** Modules of the core that are mutated here; the elements have a bench of their own. */
const CHOSEN =
  /^maxdnn_(core|edge|operand_map|accumulator|collect|control|drain|issue|lane|loader|requantise|vector|walker|window|writer)\.v$/;

/** The core with its mutants, driven by hand-made descriptors. */
export async function coreBench(outDir: string): Promise<MutationBench> {
  let mutants: readonly Mutant[] = [];
  const change: NonNullable<Parameters<typeof buildCore>[2]>['change'] = (files) => {
    const mutated = mutateFiles(files, (name) => CHOSEN.test(name));
    mutants = mutated.mutants;
    return mutated.files;
  };
  const program = await buildCore(SPEC, join(outDir, 'core'), { isUnlinted: true, change });
  const trials: Trial[] = [];
  for (const session of SESSIONS) trials.push(await coreTrial(program, outDir, session));
  return { mutants, trials };
}

async function coreTrial(program: string, outDir: string, { name, fill }: CoreSession): Promise<Trial> {
  const dir = join(outDir, `core-${name}`);
  mkdirSync(dir, { recursive: true });
  const session = coreSession(SPEC);
  const check = fill(session);
  const answers = await session.execute(program, dir);
  check(answers);
  const limit = 5000 + Math.ceil(1.2 * answers.cycles);
  const answerFile = resolve(dir, 'mutant.bin');
  return {
    name,
    run: async (mutant) => {
      rmSync(answerFile, { force: true });
      const args = [resolve(dir, 'commands.bin'), answerFile, '1', String(limit), `+mutant=${mutant}`];
      await runSimulation(program, args, dir);
      return readFileSync(answerFile);
    },
  };
}
