import { MaxdnnError } from '../base/errors.ts';
import { simulate } from '../tools/ngspice.ts';
import { LOAD_SHARES, loadsOf, SLEWS_NS } from './axes.ts';
import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import type { StateLeakage } from './leakage.ts';
import { conditionOf } from './states.ts';
import {
  type CopyResponse,
  type InputEdge,
  measureTransient,
  type TransientPlan,
  transientDeck,
} from './transient.ts';

/** Levels of a flip-flop's pins; RN stays 1 for one without a reset. */
export interface WalkState {
  readonly D: 0 | 1;
  readonly CK: 0 | 1;
  readonly RN: 0 | 1;
  readonly Q: 0 | 1;
}

/** One edge of a walk with the state before it and the answers of all copies, leakage taken off their energies. */
export interface Step {
  readonly edge: InputEdge;
  readonly state: WalkState;
  readonly copies: readonly CopyResponse[];
}

/**
 * Walks a flip-flop through a sequence of edges such as "CK R" (CK rises) or "RN F", once per input slew.
 * @param loads indices of the points of the load axis at which a copy of the cell walks along
 * @throws internal when its outputs do not do what a rising-edge flip-flop with an active-low reset does
 */
export async function walkPerSlew(
  cell: Cell,
  walk: readonly string[],
  start: WalkState,
  loads: readonly number[],
  leakage: readonly StateLeakage[],
  { corner, runFolder }: Bench,
): Promise<Step[][]> {
  const bySlew: Step[][] = [];
  for (const [s, slewNs] of SLEWS_NS.entries()) {
    const plan: TransientPlan = {
      corner,
      cell,
      initial: Object.fromEntries(cell.inputs.map((pin) => [pin, start[pin as keyof WalkState]])),
      initialQ: start.Q,
      edges: walk.map((step) => ({ pin: step.split(' ')[0]!, to: step.endsWith('R') ? 1 : 0, slewNs })),
      loadsFf: loads.map((j) => cell.outputs.map((o) => loadsOf(o)[j]!)),
    };
    const waves = await simulate(transientDeck(plan), runFolder, `${cell.name}-walk${walk.length}-${s}`);
    bySlew.push(follow(plan, start, measureTransient(plan, waves), leakage));
  }
  return bySlew;
}

/** Every point of the load axis. */
export const ALL_LOADS: readonly number[] = LOAD_SHARES.map((_, j) => j);

/** Mean energy over steps and copies, fJ. */
export function averageFj(steps: readonly Step[]): number {
  const energies = steps.flatMap((step) => step.copies.map((copy) => copy.energyFj));
  if (energies.length === 0) throw new MaxdnnError('internal', 'the walk misses a state of the flip-flop');
  return energies.reduce((sum, e) => sum + e, 0) / energies.length;
}

function follow(
  plan: TransientPlan,
  start: WalkState,
  responses: ReturnType<typeof measureTransient>,
  leakage: readonly StateLeakage[],
): Step[] {
  const leakNw = (state: WalkState): number => {
    const wanted = conditionOf(
      Object.fromEntries([...plan.cell.inputs, 'Q'].map((p) => [p, state[p as keyof WalkState]])),
    );
    return leakage.find((l) => conditionOf(l.state) === wanted)!.supplyNw;
  };
  let after = start;
  return responses.map((response) => {
    const before = after;
    const { pin, to } = response.edge;
    const captured = pin === 'CK' && to === 1 ? before.D : before.Q;
    after = { ...before, [pin]: to };
    after = { ...after, Q: after.RN === 0 ? 0 : captured };
    const leakFj = (leakNw(before) * response.beforeNs + leakNw(after) * response.afterNs) * 1e-3;
    const moves = after.Q === before.Q ? 0 : 2;
    if (
      response.copies.some(
        (c) => c.outputs.size !== moves || (moves > 0 && c.outputs.get('Q')?.to !== after.Q),
      )
    ) {
      const where = conditionOf({ ...before });
      throw new MaxdnnError(
        'internal',
        `${plan.cell.name}: ${pin} to ${to} in ${where} did not take Q to ${after.Q}`,
      );
    }
    const copies = response.copies.map((copy) => ({ ...copy, energyFj: copy.energyFj - leakFj }));
    return { edge: response.edge, state: before, copies };
  });
}
