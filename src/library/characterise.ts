import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { measureCapacitance, type PinCapacitance } from './capacitance.ts';
import type { Cell } from './cell.ts';
import { measureLeakage, type StateLeakage } from './leakage.ts';
import { measureConstraint } from './measure-constraint.ts';
import { type FlipFlopMeasurement, measureFlipFlop } from './measure-flip-flop.ts';
import { type Arc, measureGate, type Table } from './measure-gate.ts';
import { measureReset, type ResetMeasurement } from './measure-reset.ts';
import { sensitisations } from './states.ts';

/** Setup and hold of D for its rising and falling edge, ns, [slew of D][slew of CK]. */
export interface DataConstraints {
  readonly setupRise: Table;
  readonly setupFall: Table;
  readonly holdRise: Table;
  readonly holdFall: Table;
}

/** Recovery and removal of the rising (inactive) edge of the reset, ns, [slew of RN][slew of CK]. */
export interface ResetConstraints {
  readonly recovery: Table;
  readonly removal: Table;
}

/** Everything that was measured about one cell. */
export interface CellMeasurement {
  readonly cell: Cell;
  readonly leakage: readonly StateLeakage[];
  readonly capacitance: ReadonlyMap<string, PinCapacitance>;
  /** Combinational arcs; empty for a flip-flop. */
  readonly arcs: readonly Arc[];
  readonly flipFlop?: FlipFlopMeasurement & { readonly constraints: DataConstraints };
  readonly reset?: ResetMeasurement & { readonly constraints: ResetConstraints };
}

/**
 * Measures cells with ngspice, several at a time.
 * @param runFolder decks, logs and raw files land here
 * @throws tool-missing, tool-failed; internal when a cell does not do what its transistors say at switch level
 */
export async function characterise(
  cells: readonly Cell[],
  runFolder: string,
  processes = 2,
  onProgress: OnProgress = ignoreProgress,
): Promise<CellMeasurement[]> {
  const results = new Map<Cell, CellMeasurement>();
  // Large cells first, so that no process is left alone with one at the end.
  const waiting = [...cells].sort((a, b) => b.transistors.length - a.transistors.length);
  const work = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      results.set(cell, await measureCell(cell, runFolder));
      onProgress({ stage: 'characterise', done: results.size, total: cells.length, note: cell.name });
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return cells.map((cell) => results.get(cell)!);
}

async function measureCell(cell: Cell, runFolder: string): Promise<CellMeasurement> {
  const leakage = await measureLeakage(cell, runFolder);
  if (cell.inputs.length === 0) return { cell, leakage, capacitance: new Map(), arcs: [] };
  const capacitance = await measureCapacitance(cell, runFolder);
  if (cell.flipFlop !== undefined) {
    const constraints = await measureDataConstraints(cell, runFolder);
    const measured = await measureFlipFlop(cell, leakage, runFolder);
    const flipFlop = { ...measured, constraints };
    if (cell.flipFlop.resetBar === undefined) return { cell, leakage, capacitance, arcs: [], flipFlop };
    const resetConstraints = await measureResetConstraints(cell, cell.flipFlop.resetBar, runFolder);
    const reset = { ...(await measureReset(cell, leakage, runFolder)), constraints: resetConstraints };
    return { cell, leakage, capacitance, arcs: [], flipFlop, reset };
  }
  const arcs: Arc[] = [];
  for (const way of sensitisations(cell)) arcs.push(...(await measureGate(cell, way, leakage, runFolder)));
  return { cell, leakage, capacitance, arcs };
}

async function measureDataConstraints(cell: Cell, runFolder: string): Promise<DataConstraints> {
  const setup = (to: 0 | 1): Promise<number[][]> => {
    const from = (1 - to) as 0 | 1;
    return measureConstraint(cell, { pin: 'D', to, side: 'before', data: to, from, captured: to }, runFolder);
  };
  const hold = (to: 0 | 1): Promise<number[][]> => {
    const captured = (1 - to) as 0 | 1;
    return measureConstraint(
      cell,
      { pin: 'D', to, side: 'after', data: captured, from: to, captured },
      runFolder,
    );
  };
  return {
    setupRise: await setup(1),
    setupFall: await setup(0),
    holdRise: await hold(1),
    holdFall: await hold(0),
  };
}

/** With D = 1 and Q = 0: how long before the clock RN must rise for a 1, how long after it for none. */
async function measureResetConstraints(
  cell: Cell,
  pin: string,
  runFolder: string,
): Promise<ResetConstraints> {
  const edge = { pin, to: 1, data: 1, from: 0 } as const;
  return {
    recovery: await measureConstraint(cell, { ...edge, side: 'before', captured: 1 }, runFolder),
    removal: await measureConstraint(cell, { ...edge, side: 'after', captured: 0 }, runFolder),
  };
}
