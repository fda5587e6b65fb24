import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { Bench } from './bench.ts';
import { measureCapacitance, type PinCapacitance } from './capacitance.ts';
import type { Cell } from './cell.ts';
import { measureLeakage, type StateLeakage } from './leakage.ts';
import { measureConstraint } from './measure-constraint.ts';
import { type FlipFlopMeasurement, measureFlipFlop } from './measure-flip-flop.ts';
import { type Arc, measureGate, type Table } from './measure-gate.ts';
import { measurePulseWidth } from './measure-pulse-width.ts';
import { measureReset, type ResetMeasurement } from './measure-reset.ts';
import { sensitisations } from './states.ts';

/** Setup and hold of D for its rising and falling edge, ns, [slew of D][slew of CK]. */
export interface DataConstraints {
  readonly setupRise: Table;
  readonly setupFall: Table;
  readonly holdRise: Table;
  readonly holdFall: Table;
}

/** Smallest widths of a clock pulse, ns; the worse of capturing a 0 and a 1. */
export interface ClockPulses {
  readonly high: number;
  readonly low: number;
}

/** Recovery and removal of the rising (inactive) edge of the reset, ns, [slew of RN][slew of CK]. */
export interface ResetConstraints {
  readonly recovery: Table;
  readonly removal: Table;
  /** Smallest width of a reset pulse, ns. */
  readonly pulse: number;
}

/** Everything that was measured about one cell. */
export interface CellMeasurement {
  readonly cell: Cell;
  readonly leakage: readonly StateLeakage[];
  readonly capacitance: ReadonlyMap<string, PinCapacitance>;
  /** Combinational arcs; empty for a flip-flop. */
  readonly arcs: readonly Arc[];
  readonly flipFlop?: FlipFlopMeasurement & {
    readonly constraints: DataConstraints;
    readonly pulses: ClockPulses;
  };
  readonly reset?: ResetMeasurement & { readonly constraints: ResetConstraints };
}

/**
 * Measures cells with ngspice, several at a time.
 * @throws tool-missing, tool-failed; internal when a cell does not do what its transistors say at switch level
 */
export async function characterise(
  cells: readonly Cell[],
  bench: Bench,
  processes = 2,
  onProgress: OnProgress = ignoreProgress,
): Promise<CellMeasurement[]> {
  const results = new Map<Cell, CellMeasurement>();
  // Large cells first, so that no process is left alone with one at the end.
  const waiting = [...cells].sort((a, b) => b.transistors.length - a.transistors.length);
  const work = async (): Promise<void> => {
    for (let cell = waiting.shift(); cell !== undefined; cell = waiting.shift()) {
      results.set(cell, await measureCell(cell, bench));
      onProgress({ stage: 'characterise', done: results.size, total: cells.length, note: cell.name });
    }
  };
  await Promise.all(Array.from({ length: processes }, work));
  return cells.map((cell) => results.get(cell)!);
}

async function measureCell(cell: Cell, bench: Bench): Promise<CellMeasurement> {
  const leakage = await measureLeakage(cell, bench);
  if (cell.inputs.length === 0) return { cell, leakage, capacitance: new Map(), arcs: [] };
  const capacitance = await measureCapacitance(cell, bench);
  if (cell.flipFlop !== undefined) {
    const constraints = await measureDataConstraints(cell, bench);
    const measured = await measureFlipFlop(cell, leakage, bench);
    const flipFlop = { ...measured, constraints, pulses: await measureClockPulses(cell, bench) };
    if (cell.flipFlop.resetBar === undefined) return { cell, leakage, capacitance, arcs: [], flipFlop };
    const resetConstraints = await measureResetConstraints(cell, cell.flipFlop.resetBar, bench);
    const reset = { ...(await measureReset(cell, leakage, bench)), constraints: resetConstraints };
    return { cell, leakage, capacitance, arcs: [], flipFlop, reset };
  }
  const arcs: Arc[] = [];
  for (const way of sensitisations(cell)) arcs.push(...(await measureGate(cell, way, leakage, bench)));
  return { cell, leakage, capacitance, arcs };
}

async function measureDataConstraints(cell: Cell, bench: Bench): Promise<DataConstraints> {
  const setup = (to: 0 | 1): Promise<number[][]> => {
    const from = (1 - to) as 0 | 1;
    return measureConstraint(cell, { pin: 'D', to, side: 'before', data: to, from, captured: to }, bench);
  };
  const hold = (to: 0 | 1): Promise<number[][]> => {
    const captured = (1 - to) as 0 | 1;
    return measureConstraint(
      cell,
      { pin: 'D', to, side: 'after', data: captured, from: to, captured },
      bench,
    );
  };
  return {
    setupRise: await setup(1),
    setupFall: await setup(0),
    holdRise: await hold(1),
    holdFall: await hold(0),
  };
}

async function measureClockPulses(cell: Cell, bench: Bench): Promise<ClockPulses> {
  const pin = cell.flipFlop!.clock;
  const worst = async (level: 0 | 1): Promise<number> =>
    Math.max(
      await measurePulseWidth(cell, { pin, level, data: 1, from: 0 }, bench),
      await measurePulseWidth(cell, { pin, level, data: 0, from: 1 }, bench),
    );
  return { high: await worst(1), low: await worst(0) };
}

/** With D = 1 and Q = 0: how long before the clock RN must rise for a 1, how long after it for none. */
async function measureResetConstraints(cell: Cell, pin: string, bench: Bench): Promise<ResetConstraints> {
  const edge = { pin, to: 1, data: 1, from: 0 } as const;
  return {
    recovery: await measureConstraint(cell, { ...edge, side: 'before', captured: 1 }, bench),
    removal: await measureConstraint(cell, { ...edge, side: 'after', captured: 0 }, bench),
    pulse: await measurePulseWidth(cell, { pin, level: 0, data: 0, from: 1 }, bench),
  };
}
