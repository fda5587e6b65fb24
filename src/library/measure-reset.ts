import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import { ALL_LOADS, averageFj, type Step, walkPerSlew } from './flip-flop-walk.ts';
import type { StateLeakage } from './leakage.ts';
import type { HiddenEnergy } from './measure-flip-flop.ts';
import type { EdgeTables } from './measure-gate.ts';

/** What a falling reset does to the outputs, and what its edges cost when they do nothing. */
export interface ResetMeasurement {
  /** Q falls, QN rises; worst over both levels of the clock, energies their mean. */
  readonly arcs: ReadonlyMap<string, EdgeTables>;
  readonly hidden: readonly HiddenEnergy[];
}

/** From CK = Q = 0, D = RN = 1: set, reset, then idle edges of RN with CK high; the same with CK low. */
const WALK = 'CK R,RN F,RN R,RN F,RN R,CK F,CK R,CK F,RN F,RN R,RN F,RN R'.split(',');

export async function measureReset(
  cell: Cell,
  leakage: readonly StateLeakage[],
  bench: Bench,
): Promise<ResetMeasurement> {
  const bySlew = await walkPerSlew(cell, WALK, { D: 1, CK: 0, RN: 1, Q: 0 }, ALL_LOADS, leakage, bench);
  const resets = bySlew.map((steps) =>
    steps.filter((s) => s.edge.pin === 'RN' && s.edge.to === 0 && s.state.Q === 1),
  );
  const table = (value: (steps: readonly Step[], copy: number) => number): number[][] =>
    resets.map((steps) => steps[0]!.copies.map((_, j) => value(steps, j)));
  const worst = (output: string, quantity: 'delayNs' | 'transitionNs'): number[][] =>
    table((steps, j) => Math.max(...steps.map((s) => s.copies[j]!.outputs.get(output)![quantity])));
  const energyFj = table(
    (steps, j) => steps.reduce((sum, s) => sum + s.copies[j]!.energyFj, 0) / steps.length / 2,
  );
  const arcs = cell.outputs.map(
    ({ name }) =>
      [
        name,
        { delayNs: worst(name, 'delayNs'), transitionNs: worst(name, 'transitionNs'), energyFj },
      ] as const,
  );
  const idle = (steps: readonly Step[], CK: 0 | 1, to: 0 | 1): number =>
    averageFj(
      steps.filter((s) => s.edge.pin === 'RN' && s.edge.to === to && s.state.CK === CK && s.state.Q === 0),
    );
  const hidden = ([0, 1] as const).map(
    (CK): HiddenEnergy => ({
      pin: 'RN',
      state: { CK, Q: 0 },
      riseFj: bySlew.map((steps) => idle(steps, CK, 1)),
      fallFj: bySlew.map((steps) => idle(steps, CK, 0)),
    }),
  );
  return { arcs: new Map(arcs), hidden };
}
