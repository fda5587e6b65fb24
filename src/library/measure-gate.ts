import { MaxdnnError } from '../base/errors.ts';
import { simulate } from '../tools/ngspice.ts';
import { LOAD_SHARES, loadsOf, SLEWS_NS } from './axes.ts';
import type { Bench } from './bench.ts';
import type { Cell } from './cell.ts';
import type { StateLeakage } from './leakage.ts';
import { conditionOf, type Sensitisation, type State } from './states.ts';
import { type EdgeResponse, measureTransient, type TransientPlan, transientDeck } from './transient.ts';

/** One 7×7 table, [slew][load]. */
export type Table = readonly (readonly number[])[];

/** Delay, transition time (ns) and energy (fJ) of one output edge. */
export interface EdgeTables {
  readonly delayNs: Table;
  readonly transitionNs: Table;
  readonly energyFj: Table;
}

/** One output answering one input in one state of the other inputs. */
export interface Arc {
  readonly input: string;
  readonly output: string;
  readonly others: State;
  /** True when the output rises with the input. */
  readonly positive: boolean;
  readonly rise: EdgeTables;
  readonly fall: EdgeTables;
}

/** Measures all arcs that one sensitisation makes, in one transient. */
export async function measureGate(
  cell: Cell,
  way: Sensitisation,
  leakage: readonly StateLeakage[],
  { corner, runFolder }: Bench,
): Promise<Arc[]> {
  const plan: TransientPlan = {
    corner,
    cell,
    initial: { ...way.others, [way.pin]: 0 },
    edges: SLEWS_NS.flatMap((slewNs) => [
      { pin: way.pin, to: 1 as const, slewNs },
      { pin: way.pin, to: 0 as const, slewNs },
    ]),
    loadsFf: LOAD_SHARES.map((_, j) => cell.outputs.map((o) => loadsOf(o)[j]!)),
  };
  const name = [cell.name, way.pin, ...Object.values(way.others)].join('-');
  const responses = measureTransient(plan, await simulate(transientDeck(plan), runFolder, name));
  const leak = (level: 0 | 1): number => {
    const wanted = conditionOf(
      Object.fromEntries(cell.inputs.map((p) => [p, p === way.pin ? level : way.others[p]!])),
    );
    return leakage.find((l) => conditionOf(l.state) === wanted)!.supplyNw;
  };
  const changed = Object.keys(way.outputs);
  return changed.map((output) => {
    const positive = way.outputs[output] === 1;
    const tables = (outputTo: 0 | 1): EdgeTables => {
      const pinTo = (positive ? outputTo : 1 - outputTo) as 0 | 1;
      const rows = responses.filter((r) => r.edge.to === pinTo);
      const cells = rows.map((row) => row.copies.map((copy) => copy.outputs.get(output)));
      if (cells.some((row) => row.some((c) => c?.to !== outputTo))) {
        throw new MaxdnnError(
          'internal',
          `${name}: ${output} did not go to ${outputTo} as its transistors say`,
        );
      }
      return {
        delayNs: cells.map((row) => row.map((c) => c!.delayNs)),
        transitionNs: cells.map((row) => row.map((c) => c!.transitionNs)),
        energyFj: rows.map((row) => switchingEnergyFj(row, leak, changed.length)),
      };
    };
    return { input: way.pin, output, others: way.others, positive, rise: tables(1), fall: tables(0) };
  });
}

/** Energy per load without leakage, split evenly over the outputs that changed. 1 nW·ns = 1e-3 fJ. */
function switchingEnergyFj(row: EdgeResponse, leak: (level: 0 | 1) => number, outputs: number): number[] {
  const before = leak((1 - row.edge.to) as 0 | 1) * row.beforeNs;
  const after = leak(row.edge.to) * row.afterNs;
  return row.copies.map((copy) => (copy.energyFj - (before + after) * 1e-3) / outputs);
}
