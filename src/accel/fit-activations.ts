import { badInput } from '../base/errors.ts';
import { INPUT_NAME } from '../dnn/network.ts';
import { type Allocation, allocate, type Lifetime } from './allocate.ts';
import { type ArraySpec, externalBytes } from './array-spec.ts';
import type { LoweredNetwork } from './lower-network.ts';
import { type StagedNetwork, stageNetwork } from './stage-network.ts';
import type { Home } from './staged-step.ts';

export interface FittedNetwork extends StagedNetwork, Allocation {
  readonly scratchBytes: number;
}

/** Parts of the activation memory that the buffers of bands may take, the first that leads to a fit; 0: one row. */
const BUDGETS = [1 / 2, 1 / 4, 1 / 8, 1 / 16, 0];

/**
 * All descriptors of a network within the activation memory. Where its tensors do not fit, the largest ones live
 * outside and are computed in bands, as many of them as it takes.
 * @param offsets bytes from the output base of the tensors that are stored
 * @throws bad-input with the smallest activationWords that works
 */
export function fitActivations(
  lowered: LoweredNetwork,
  offsets: ReadonlyMap<string, number>,
  spec: ArraySpec,
  usesBands: boolean,
): FittedNetwork {
  const wordBytes = externalBytes(spec.rows);
  const stored = new Map(
    [...offsets].map(([name, offset]): [string, Home] => [name, { base: 'output', offset }]),
  );
  const largest = [...lowered.layouts]
    .filter(([, { isWide }]) => !isWide)
    .sort(([, a], [, b]) => b.words - a.words)
    .map(([name]) => name);
  let least = Number.POSITIVE_INFINITY;
  for (let count = 0; count <= (usesBands ? largest.length : 0); count++) {
    const { spilled, scratchBytes } = homesOf(largest.slice(0, count), lowered, stored, wordBytes);
    for (const budget of count === 0 ? [0] : BUDGETS) {
      const words = budget * spec.activationWords;
      const staged = stageNetwork({ lowered, spilled, stored, budget: words, wordBytes });
      const allocation = allocate(lifetimes(staged));
      if (allocation.used <= spec.activationWords) return { ...staged, ...allocation, scratchBytes };
      least = Math.min(least, allocation.used);
    }
  }
  throw badInput(
    { where: 'activation memory', wanted: `at least ${least} words`, found: `${spec.activationWords}` },
    `The maps of the network${usesBands ? ', in bands,' : ''} need activationWords ${least} (--activation-words).`,
  );
}

/** Where tensors outside live: the image at the input base, what is stored anyway there, the rest in scratch. */
function homesOf(
  names: readonly string[],
  { layouts }: LoweredNetwork,
  stored: ReadonlyMap<string, Home>,
  wordBytes: number,
): { readonly spilled: ReadonlyMap<string, Home>; readonly scratchBytes: number } {
  const spilled = new Map<string, Home>();
  let scratchBytes = 0;
  for (const name of names) {
    const home = name === INPUT_NAME ? ({ base: 'input', offset: 0 } as const) : stored.get(name);
    spilled.set(name, home ?? { base: 'scratch', offset: scratchBytes });
    if (home === undefined) scratchBytes += layouts.get(name)!.words * wordBytes;
  }
  return { spilled, scratchBytes };
}

/** A tensor or buffer takes its words from the first descriptor that touches it to the last one. */
function lifetimes({ steps, words }: StagedNetwork): readonly Lifetime[] {
  const spans = new Map<string, { first: number; last: number }>();
  for (const [at, { input, second, output, transfers }] of steps.entries()) {
    for (const name of [input, second, output, ...transfers.map(({ tensor }) => tensor)]) {
      if (name === undefined) continue;
      const span = spans.get(name);
      if (span === undefined) spans.set(name, { first: at, last: at });
      else span.last = at;
    }
  }
  return [...spans].map(([name, span]) => ({ name, words: words.get(name) ?? 0, ...span }));
}
