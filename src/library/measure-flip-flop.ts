import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import { ALL_LOADS, averageFj, type Step, walkPerSlew } from './flip-flop-walk.ts';
import type { StateLeakage } from './leakage.ts';
import type { EdgeTables } from './measure-gate.ts';
import type { State } from './states.ts';

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
 * Walk from CK = D = Q = 0 back to it through every edge of CK and D in every state (R: pin rises, F: falls).
 */
const WALK = (
  'D R,D F,D R,CK R,D F,D R,CK F,CK R,CK F,D F,D R,CK R,D F,CK F,' + 'CK R,D R,D F,CK F,CK R,D R,CK F,D F'
).split(',');

/** Captures a 1, then a 0. */
const CAPTURES = 'D R,CK R,CK F,D F,CK R'.split(',');

/** Clock-to-output tables and the energy of all edges that change no output; reset inactive. */
export async function measureFlipFlop(
  cell: Cell,
  leakage: readonly StateLeakage[],
  bench: Bench,
): Promise<FlipFlopMeasurement> {
  const start = { D: 0, CK: 0, RN: 1, Q: 0 } as const;
  const everyState = await walkPerSlew(cell, WALK, start, [0], leakage, bench);
  const captures = await walkPerSlew(cell, CAPTURES, start, ALL_LOADS, leakage, bench);
  return {
    arcs: clockArcs(cell, captures, everyState.map(idleRiseFj)),
    hidden: hiddenEnergies(everyState),
  };
}

/** The energy of a capturing clock edge without that of an idle one, half for Q and half for QN. */
function clockArcs(cell: Cell, bySlew: readonly Step[][], idleFj: readonly number[]): ClockArc[] {
  return cell.outputs.map(({ name }) => {
    const tables = (to: 0 | 1): EdgeTables => {
      const rows = bySlew.map((steps) => steps.find((step) => step.copies[0]!.outputs.get(name)?.to === to)!);
      return {
        delayNs: rows.map((row) => row.copies.map((copy) => copy.outputs.get(name)!.delayNs)),
        transitionNs: rows.map((row) => row.copies.map((copy) => copy.outputs.get(name)!.transitionNs)),
        energyFj: rows.map((row, s) => row.copies.map((copy) => (copy.energyFj - idleFj[s]!) / 2)),
      };
    };
    return { output: name, rise: tables(1), fall: tables(0) };
  });
}

/** Mean energy of a rising clock that changes nothing, fJ. */
function idleRiseFj(steps: readonly Step[]): number {
  return averageFj(steps.filter((s) => s.edge.pin === 'CK' && s.edge.to === 1 && s.state.D === s.state.Q));
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
            return averageFj(
              steps.filter(
                (s) =>
                  s.edge.pin === pin && s.edge.to === to && s.state[otherPin] === other && s.state.Q === Q,
              ),
            );
          });
        return { pin, state: { [otherPin]: other, Q }, riseFj: energies(1), fallFj: energies(0) };
      }),
    ),
  );
}
