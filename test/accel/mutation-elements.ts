import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { ElementSpec } from '../../src/accel/element.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import { createRng } from '../../src/base/rng.ts';
import { runSimulation } from '../../src/tools/verilator.ts';
import type { Mutant } from '../../src/verify/mutate.ts';
import { BOOTH, narrow, roup } from './core-specs.ts';
import { type BenchElement, buildElements } from './element-bench.ts';
import { type MutationBench, mutateFiles } from './mutation-bench.ts';

const BASE: Omit<ElementSpec, 'elements' | 'multipliers'> = {
  weightPort: 'b',
  accumulatorBits: 24,
  productRegister: false,
  zeroGating: false,
};
const CONFIGURATIONS = [
  BOOTH,
  roup(1, 3, 1, 0),
  roup(2, 4, 4),
  roup(0, 6, 4, 2, 0),
  roup(3, 7),
  roup(0, 0, 1, 0, 5),
];

/** One of each kind; what they give for every pair of operands is compared with the golden model in element.test.ts. */
const KINDS: Readonly<Record<string, ElementSpec>> = {
  static: { ...BASE, elements: 'static', multipliers: [narrow(5, 6)], weightPort: 'a', zeroGating: true },
  bank: {
    ...BASE,
    elements: 'bank',
    multipliers: [BOOTH, roup(1, 3, 1, 0), narrow(5, 6), narrow(4, 5, 'a')],
    productRegister: true,
    zeroGating: true,
  },
  dynamic: { ...BASE, elements: 'dynamic', multipliers: CONFIGURATIONS, accumulatorBits: 32 },
};

/** Pairs of neighbouring elements with their mutants, and the datapath of the dynamic one. */
export async function elementBench(outDir: string): Promise<MutationBench> {
  const dir = join(outDir, 'elements');
  const kinds = Object.keys(KINDS);
  const elements = Object.values(KINDS).map(
    (spec): BenchElement => ({ spec, isPair: true, isWordLevel: true }),
  );
  let mutants: readonly Mutant[] = [];
  const program = await buildElements(elements, dir, {
    isUnlinted: true,
    change: (files) => {
      const mutated = mutateFiles(files, (name) => /^e\d_(element|dynamic)\.v$/.test(name));
      mutants = mutated.mutants.map((mutant) => ({
        ...mutant,
        file: mutant.file.replace(/^e(\d)_(\w+)/, (_, kind: string, what: string) =>
          what === 'dynamic' ? 'maxdnn_dynamic' : `maxdnn_element (${kinds[Number(kind)]})`,
        ),
      }));
      return mutated.files;
    },
  });
  const [stimuli, responses] = [resolve(dir, 'stimuli.bin'), resolve(dir, 'responses.bin')];
  writeFileAtomic(stimuli, new Uint8Array(randomCycles(12_000).buffer));
  return {
    mutants,
    trials: [
      {
        name: 'elements',
        run: async (mutant) => {
          await runSimulation(program, [stimuli, responses, `+mutant=${mutant}`], dir);
          return readFileSync(responses);
        },
      },
    ],
  };
}

/** Everything at random, weight and activation 0 often; a reset now and then. */
function randomCycles(cycles: number): Uint32Array {
  const rng = createRng(3);
  const words = new Uint32Array(4 * cycles);
  const operand = (): number => (rng.nextFloat() < 0.1 ? 0 : rng.nextInt(0, 255));
  let select = 0;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const isReset = cycle < 2 || rng.nextFloat() < 0.003;
    if (cycle % 40 === 0) select = rng.nextInt(0, CONFIGURATIONS.length - 1);
    const controls = rng.nextInt(0, 3) | (rng.nextFloat() < 0.1 ? 4 : 0);
    words[4 * cycle] =
      (isReset ? 0 : 1) |
      ((controls & 1) << 1) |
      ((controls & 2) << 1) |
      ((controls & 4) << 1) |
      (select << 4);
    words[4 * cycle + 1] = operand();
    words[4 * cycle + 2] = operand();
    words[4 * cycle + 3] = rng.nextU32();
  }
  return words;
}
