import { badInput } from '../base/errors.ts';
import { lookUpConstraint, lookUpTable, type NldmTable } from '../liberty/lookup-table.ts';
import type { CellModel, LibraryModel, PinModel } from '../liberty/model.ts';
import { CELL_QUANTITIES, type CellComparison, type CellQuantity, type Pair } from './library-comparison.ts';

/** Points of the tables at which cells are compared: input transitions, and loads as shares of the largest one. */
export const SLEWS_NS: readonly number[] = [0.01, 0.02, 0.04, 0.08];
export const LOAD_SHARES: readonly number[] = [1 / 32, 1 / 16, 1 / 8, 1 / 4];
/** Transition of both pins at which setup and hold are compared. */
const CONSTRAINT_SLEW_NS = 0.04;

/**
 * The cells that both libraries have, by name, pin by pin. Of a cell's timing arcs each sense counts with its worst
 * state, as a static timer sees it; of its energies every state counts alike.
 * @throws bad-input when the libraries have no cell in common
 */
export function compareCells(
  ours: LibraryModel,
  other: LibraryModel,
  where: string,
): readonly Omit<CellComparison, 'instances'>[] {
  const shared = [...ours.cells.values()].flatMap((mine) => {
    const theirs = other.cells.get(mine.name);
    return theirs === undefined ? [] : [{ cell: mine.name, figures: compareCell(mine, theirs) }];
  });
  if (shared.length > 0) return shared;
  const names = [...other.cells.keys()];
  throw badInput(
    {
      where,
      wanted: `at least one cell that ${ours.name} has too, e.g. ${[...ours.cells.keys()][0]}`,
      found: `${names.length} others${names.length === 0 ? '' : `, e.g. ${names[0]}`}`,
    },
    'Cells are compared by name: give a library with the names of the NanGate 45 nm Open Cell Library.',
  );
}

type Sums = Map<CellQuantity, { ours: number; other: number; count: number }>;

function compareCell(mine: CellModel, theirs: CellModel): CellComparison['figures'] {
  const sums: Sums = new Map();
  const add = (quantity: CellQuantity, ours: number | undefined, other: number | undefined): void => {
    if (ours === undefined || other === undefined) return;
    const sum = sums.get(quantity) ?? { ours: 0, other: 0, count: 0 };
    sums.set(quantity, { ours: sum.ours + ours, other: sum.other + other, count: sum.count + 1 });
  };
  add('areaUm2', mine.areaUm2, theirs.areaUm2);
  add('leakageNw', mine.leakage.defaultNw, theirs.leakage.defaultNw);
  for (const name of mine.inputs) {
    const [a, b] = [mine.pins.get(name)!, theirs.pins.get(name)];
    if (b === undefined) continue;
    add('pinCapacitanceFf', a.capacitanceFf, b.capacitanceFf);
    if (a.isClock && b.isClock) add('clockPinEnergyFj', idleEnergyFj(a), idleEnergyFj(b));
    for (const edge of ['rise', 'fall'] as const) {
      add('setupNs', constraintNs(a, 'setup_rising', edge), constraintNs(b, 'setup_rising', edge));
      add('holdNs', constraintNs(a, 'hold_rising', edge), constraintNs(b, 'hold_rising', edge));
    }
  }
  for (const name of mine.outputs) {
    const [a, b] = [mine.pins.get(name)!, theirs.pins.get(name)];
    if (b !== undefined) addOutput(add, mine.inputs, a, b);
  }
  return Object.fromEntries(
    CELL_QUANTITIES.flatMap((quantity) => {
      const sum = sums.get(quantity);
      if (sum === undefined) return [];
      const pair: Pair = { ours: sum.ours / sum.count, other: sum.other / sum.count };
      return [[quantity, pair]];
    }),
  );
}

function addOutput(
  add: (quantity: CellQuantity, ours: number | undefined, other: number | undefined) => void,
  inputs: readonly string[],
  mine: PinModel,
  theirs: PinModel,
): void {
  const largestFf = Math.min(mine.maxCapacitanceFf ?? Infinity, theirs.maxCapacitanceFf ?? Infinity);
  if (!Number.isFinite(largestFf)) return;
  for (const input of inputs) {
    for (const slewNs of SLEWS_NS) {
      for (const share of LOAD_SHARES) {
        const at = (table: NldmTable): number => lookUpTable(table, slewNs, share * largestFf);
        for (const edge of ['rise', 'fall'] as const) {
          for (const quantity of ['delayNs', 'transitionNs'] as const) {
            add(
              quantity,
              timingNs(mine, input, edge, quantity, at),
              timingNs(theirs, input, edge, quantity, at),
            );
          }
        }
        add('internalEnergyFj', energyFj(mine, input, at), energyFj(theirs, input, at));
      }
    }
  }
}

/** Mean over the senses of the worst arc of each. */
function timingNs(
  pin: PinModel,
  input: string,
  edge: 'rise' | 'fall',
  quantity: 'delayNs' | 'transitionNs',
  at: (table: NldmTable) => number,
): number | undefined {
  const worst = new Map<string, number>();
  for (const arc of pin.timing) {
    const tables = arc[edge];
    if (arc.relatedPin !== input || tables === undefined) continue;
    worst.set(arc.sense, Math.max(worst.get(arc.sense) ?? -Infinity, at(tables[quantity])));
  }
  return mean([...worst.values()]);
}

/** Mean over the states and over rise and fall. */
function energyFj(pin: PinModel, input: string, at: (table: NldmTable) => number): number | undefined {
  return mean(
    pin.power.flatMap(({ relatedPin, riseFj, fallFj }) =>
      relatedPin === input && riseFj && fallFj ? [(at(riseFj) + at(fallFj)) / 2] : [],
    ),
  );
}

/** Energy of an edge of an input that moves no output, mean over states and edges. */
function idleEnergyFj(pin: PinModel): number | undefined {
  return mean(
    pin.power.flatMap(({ relatedPin, riseFj, fallFj }) =>
      relatedPin === undefined || relatedPin === pin.name
        ? [riseFj, fallFj].flatMap((table) => (table ? [lookUpTable(table, CONSTRAINT_SLEW_NS, 0)] : []))
        : [],
    ),
  );
}

/** The largest over the states. */
function constraintNs(pin: PinModel, type: string, edge: 'rise' | 'fall'): number | undefined {
  const values = pin.constraints.flatMap((arc) => {
    const table = arc.type === type ? arc[edge] : undefined;
    return table === undefined ? [] : [lookUpConstraint(table, CONSTRAINT_SLEW_NS, CONSTRAINT_SLEW_NS)];
  });
  return values.length === 0 ? undefined : Math.max(...values);
}

function mean(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, v) => sum + v, 0) / values.length;
}
