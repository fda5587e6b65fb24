import { INPUT_NAME } from '../dnn/network.ts';
import type { LoweredStep } from './lower-network.ts';
import { stageBands } from './stage-bands.ts';
import {
  attach,
  type Home,
  idleStep,
  type StagedStep,
  type StageRequest,
  type TensorTransfer,
} from './staged-step.ts';

export interface StagedNetwork {
  readonly steps: readonly StagedStep[];
  /** Words of every tensor and buffer in the activation memory. */
  readonly words: ReadonlyMap<string, number>;
}

/**
 * All descriptors of a network: the first one loads the image, unless that is read in bands; layers that touch a
 * tensor outside are computed in bands of rows; stores come with the descriptor after the last one that writes.
 */
export function stageNetwork(request: StageRequest): StagedNetwork {
  const { lowered, spilled, stored } = request;
  const words = new Map(
    [...lowered.layouts].filter(([name]) => !spilled.has(name)).map(([name, layout]) => [name, layout.words]),
  );
  const input = lowered.layouts.get(INPUT_NAME)!.words;
  const loadInput: TensorTransfer = {
    kind: 'loadActivations',
    tensor: INPUT_NAME,
    words: input,
    base: 'input',
    offset: 0,
  };
  const steps: StagedStep[] = [idleStep(spilled.has(INPUT_NAME) ? [] : [loadInput])];
  let pending: readonly TensorTransfer[] = [];
  for (const [number, group] of groupsOf(lowered.steps).entries()) {
    const staged = isOutside(group, spilled)
      ? stageBands(request, group, number, words)
      : group.map((step): StagedStep => ({ ...step, transfers: [] }));
    steps.push(...attach(staged, pending));
    const { output } = group[0]!;
    const home = spilled.has(output) ? undefined : stored.get(output);
    pending =
      home === undefined
        ? []
        : [{ kind: 'storeActivations', tensor: output, words: words.get(output)!, ...home }];
  }
  return { steps: [...steps, ...(pending.length > 0 ? [idleStep(pending)] : [])], words };
}

/** Steps that follow each other and write the same tensor. */
function groupsOf(steps: readonly LoweredStep[]): readonly (readonly LoweredStep[])[] {
  const groups: LoweredStep[][] = [];
  for (const step of steps) {
    const last = groups.at(-1);
    if (last !== undefined && last[0]!.output === step.output) last.push(step);
    else groups.push([step]);
  }
  return groups;
}

function isOutside(group: readonly LoweredStep[], spilled: ReadonlyMap<string, Home>): boolean {
  return group.some(({ input, second, output }) =>
    [input, second, output].some((name) => name !== undefined && spilled.has(name)),
  );
}
