import { MaxdnnError } from '../base/errors.ts';
import { simulate } from '../tools/ngspice.ts';
import { LOAD_SHARES, loadsOf, SLEWS_NS } from './axes.ts';
import type { Cell } from './cell.ts';
import type { StateLeakage } from './leakage.ts';
import type { EdgeTables } from './measure-gate.ts';
import { conditionOf, type State } from './states.ts';
import {
  type CopyResponse,
  type InputEdge,
  measureTransient,
  type TransientPlan,
  transientDeck,
} from './transient.ts';

/** Energy of an input edge that changes no output, fJ per input slew. */
export interface HiddenEnergy {
  readonly pin: string;
  /** Levels of the other of CK and D, and of Q, before the edge. */
  readonly state: State;
  readonly riseFj: readonly number[];
  readonly fallFj: readonly number[];
}

/** Rise and fall of an output after a rising clock. */
export interface ClockArc {
  readonly output: string;
  readonly rise: EdgeTables;
  readonly fall: EdgeTables;
}

/** What a walk through all states of a flip-flop gives. */
export interface FlipFlopMeasurement {
  readonly arcs: readonly ClockArc[];
  readonly hidden: readonly HiddenEnergy[];
}

/**
 * Walk from CK = D = Q = 0 back to it through every edge of CK and D in every state (R: pin rises, F: falls). The two
 * clock edges that change Q are the fourth and the fifteenth.
 */
const WALK = [
  'D R', 'D F', 'D R', 'CK R', 'D F', 'D R', 'CK F', 'CK R', 'CK F', 'D F', 'D R', 'CK R', 'D F', 'CK F', 'CK R',
  'D R', 'D F', 'CK F', 'CK R', 'D R', 'CK F', 'D F',
]; // biome-ignore format: one line per half of the walk

/** Clock-to-output tables and the energy of all edges that change no output; reset inactive. */
export async function measureFlipFlop(
  cell: Cell,
  leakage: readonly StateLeakage[],
  runFolder: string,
): Promise<FlipFlopMeasurement> {
  const inactive: State = cell.flipFlop?.resetBar === undefined ? {} : { [cell.flipFlop.resetBar]: 1 };
  const steps = SLEWS_NS.map((slewNs) =>
    WALK.map((step): InputEdge => ({ pin: step.split(' ')[0]!, to: step.endsWith('R') ? 1 : 0, slewNs })),
  );
  const bySlew: Step[][] = [];
  for (const [s, edges] of steps.entries()) {
    const plan: TransientPlan = {
      cell,
      initial: { ...inactive, D: 0, CK: 0 },
      initialQ: 0,
      edges,
      loadsFf: LOAD_SHARES.map((_, j) => cell.outputs.map((o) => loadsOf(o)[j]!)),
    };
    const waves = await simulate(transientDeck(plan), runFolder, `${cell.name}-clock-${s}`);
    bySlew.push(followWalk(plan, measureTransient(plan, waves), inactive, leakage));
  }
  return { arcs: clockArcs(cell, bySlew), hidden: hiddenEnergies(bySlew) };
}

/** One edge of the walk with the state before it and the energies of all copies, leakage taken off. */
interface Step {
  readonly edge: InputEdge;
  readonly state: { readonly D: 0 | 1; readonly CK: 0 | 1; readonly Q: 0 | 1 };
  readonly copies: readonly CopyResponse[];
}

function followWalk(
  plan: TransientPlan,
  responses: ReturnType<typeof measureTransient>,
  inactive: State,
  leakage: readonly StateLeakage[],
): Step[] {
  const leak = (state: Step['state']): number => {
    const wanted = conditionOf(
      Object.fromEntries([...plan.cell.inputs, 'Q'].map((p) => [p, { ...inactive, ...state }[p as 'Q']])),
    );
    return leakage.find((l) => conditionOf(l.state) === wanted)!.supplyNw;
  };
  let state: Step['state'] = { D: 0, CK: 0, Q: 0 };
  return responses.map((response) => {
    const before = state;
    const { pin, to } = response.edge;
    const captures = pin === 'CK' && to === 1;
    state = { ...before, [pin]: to, Q: captures ? before.D : before.Q };
    const leakFj = (leak(before) * response.beforeNs + leak(state) * response.afterNs) * 1e-3;
    const copies = response.copies.map((copy) => ({ ...copy, energyFj: copy.energyFj - leakFj }));
    const moves = state.Q === before.Q ? 0 : 2;
    if (copies.some((copy) => copy.outputs.size !== moves)) {
      throw new MaxdnnError(
        'internal',
        `${plan.cell.name}: ${pin} to ${to} in ${conditionOf(before)} moved other than ${moves} outputs`,
      );
    }
    return { edge: response.edge, state: before, copies };
  });
}

/** The energy of a capturing clock edge without that of an idle one, half for Q and half for QN. */
function clockArcs(cell: Cell, bySlew: readonly Step[][]): ClockArc[] {
  return cell.outputs.map(({ name }) => {
    const tables = (to: 0 | 1): EdgeTables => {
      const rows = bySlew.map((steps) => steps.find((step) => step.copies[0]!.outputs.get(name)?.to === to)!);
      return {
        delayNs: rows.map((row) => row.copies.map((copy) => copy.outputs.get(name)!.delayNs)),
        transitionNs: rows.map((row) => row.copies.map((copy) => copy.outputs.get(name)!.transitionNs)),
        energyFj: rows.map((row, s) =>
          row.copies.map((copy) => (copy.energyFj - idleRiseFj(bySlew[s]!)) / 2),
        ),
      };
    };
    return { output: name, rise: tables(1), fall: tables(0) };
  });
}

/** Mean energy of a rising clock that changes nothing, fJ. */
function idleRiseFj(steps: readonly Step[]): number {
  return mean(
    steps.filter((s) => s.edge.pin === 'CK' && s.edge.to === 1 && s.state.D === s.state.Q).map(energyFj),
  );
}

/** Per pin and state; a capturing clock edge counts as an idle one here, the rest stands with the outputs. */
function hiddenEnergies(bySlew: readonly Step[][]): HiddenEnergy[] {
  const levels = [0, 1] as const;
  return (['D', 'CK'] as const).flatMap((pin) =>
    levels.flatMap((other) =>
      levels.map((Q): HiddenEnergy => {
        const otherPin = pin === 'D' ? 'CK' : 'D';
        const energies = (to: 0 | 1): number[] =>
          bySlew.map((steps) => {
            if (pin === 'CK' && to === 1 && other !== Q) return idleRiseFj(steps);
            return mean(
              steps
                .filter(
                  (s) =>
                    s.edge.pin === pin && s.edge.to === to && s.state[otherPin] === other && s.state.Q === Q,
                )
                .map(energyFj),
            );
          });
        return { pin, state: { [otherPin]: other, Q }, riseFj: energies(1), fallFj: energies(0) };
      }),
    ),
  );
}

function energyFj(step: Step): number {
  return mean(step.copies.map((copy) => copy.energyFj));
}

function mean(values: readonly number[]): number {
  if (values.length === 0) throw new MaxdnnError('internal', 'flip-flop walk misses a state');
  return values.reduce((sum, v) => sum + v, 0) / values.length;
}
