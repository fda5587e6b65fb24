import { lookUpTable } from '../liberty/lookup-table.ts';
import type { PowerArc } from '../liberty/model.ts';
import { arcsIn, holds, leakageByState, outputFunction } from './events.ts';
import type { Register } from './netlist.ts';
import type { InstancePower } from './power.ts';
import { describeRegister, fullState, type RegisterCell, type RegisterState } from './registers.ts';
import type { RegisterActivity } from './sequential-activity.ts';
import { latestArrivalNs, type NetTiming, powerLoadFf } from './timing.ts';

export interface RegisterPower extends InstancePower {
  /** Part of internalUw: the internal_power tables of the clock pin. */
  readonly clockPinUw: number;
  /** Output transitions for which the library has no internal energy. */
  readonly transitionsWithoutEnergy: number;
}

/** The clock as far as one register is concerned. */
export interface ClockWave {
  readonly periodNs: number;
  /** Time for which the clock stays at the level of the active edge. */
  readonly activeNs: number;
}

/**
 * Power of a register from its pairs of states in consecutive cycles, averaged over these. In each cycle:
 * the active edge costs the clock pin's energy (`when`: data and stored value before the edge), and the energy of the
 * outputs' tables for the clock pin if they change; data pins then change, before the inactive edge if they arrive
 * before it, else after it; the inactive edge costs the clock pin's energy again.
 * An output that changes while clear or preset is active was changed by these pins.
 */
export function powerOfRegister(
  register: Register,
  { pairCounts }: RegisterActivity,
  timing: NetTiming,
  clock: ClockWave,
  voltageV: number,
): RegisterPower {
  const described = describeRegister(register.cell, register.flipFlop);
  const bits = described.dataPins.length + 1;
  const context: Context = { register, described, timing, clock, leakageNw: leakageByState(register.cell) };
  const sum = { clockFj: 0, otherFj: 0, switchedFf: 0, leakageNw: 0, transitions: 0, silent: 0 };
  let cycles = 0;
  pairCounts.forEach((count, pair) => {
    if (count === 0) return;
    const cycle = costOfCycle(context, pair >> bits, pair & (2 ** bits - 1));
    cycles += count;
    for (const key of Object.keys(sum) as (keyof typeof sum)[]) sum[key] += count * cycle[key];
  });
  const perCycle = 1 / (cycles * clock.periodNs);
  const clockPinUw = sum.clockFj * perCycle;
  const internalUw = clockPinUw + sum.otherFj * perCycle;
  const switchingUw = 0.5 * sum.switchedFf * voltageV ** 2 * perCycle;
  const leakageUw = sum.leakageNw / cycles / 1000;
  return {
    instance: register.instance,
    cell: register.cell.name,
    internalUw,
    switchingUw,
    leakageUw,
    totalUw: internalUw + switchingUw + leakageUw,
    transitions: sum.transitions,
    clockPinUw,
    transitionsWithoutEnergy: sum.silent,
  };
}

interface Context {
  readonly register: Register;
  readonly described: RegisterCell;
  readonly timing: NetTiming;
  readonly clock: ClockWave;
  readonly leakageNw: Float64Array;
}

interface CycleCost {
  clockFj: number;
  otherFj: number;
  /** Loads of the outputs that change. */
  switchedFf: number;
  /** Mean over the cycle. */
  leakageNw: number;
  transitions: number;
  /** Output transitions without a table. */
  silent: number;
}

/** What a cycle costs that begins in state `before` (at its edge) and settles in state `after`. */
function costOfCycle(context: Context, before: RegisterState, after: RegisterState): CycleCost {
  const { register, described, timing, clock } = context;
  const { cell, dataPins, clockPin, activeRises } = described;
  const isEarly = dataPins.map((pin) => latestArrivalNs(timing, register.inputNets[pin]!) <= clock.activeNs);
  const stored = 1 << dataPins.length;
  const earlyBits = isEarly.reduce((mask, early, i) => mask | (early ? 1 << i : 0), stored);
  const middle = (after & earlyBits) | (before & ~earlyBits);
  const cost: CycleCost = {
    clockFj: 0,
    otherFj: 0,
    switchedFf: 0,
    leakageNw: meanLeakageNw(context, middle, after),
    transitions: 0,
    silent: 0,
  };

  const edge = [fullState(described, before, 'active')];
  cost.clockFj += energyFj(context, powerOf(described, clockPin), edge, clockPin, activeRises, 0);
  const fallBack = [fullState(described, middle, 'inactive')];
  cost.clockFj += energyFj(context, powerOf(described, clockPin), fallBack, clockPin, !activeRises, 0);

  const cause = outputCause(described, before, after);
  if (((before ^ after) & stored) !== 0) addOutputs(context, cost, before, after, cause);
  dataPins.forEach((pin, i) => {
    const changes = ((before ^ after) >> i) & 1;
    if (changes === 0 || (pin === cause && ((before ^ after) & stored) !== 0)) return;
    const state = isEarly[i]
      ? fullState(described, middle, 'active')
      : fullState(described, after, 'inactive');
    const rises = ((after >> i) & 1) === 1;
    cost.otherFj += energyFj(context, cell.pins.get(cell.inputs[pin]!)!.power, [state], pin, rises, 0);
  });
  return cost;
}

/** The input that changes what is stored: the clock, unless clear or preset is active afterwards. */
function outputCause(described: RegisterCell, before: RegisterState, after: RegisterState): number {
  const { cell, flipFlop, asyncPins, dataPins, clockPin } = described;
  const state = fullState(described, after, 'active');
  const isForced = [flipFlop.clear, flipFlop.preset].some(
    (expression) => expression !== undefined && holds(cell, expression, state),
  );
  if (!isForced) return clockPin;
  const changed = asyncPins.find((pin) => ((before ^ after) >> dataPins.indexOf(pin)) & 1);
  return changed ?? clockPin;
}

function addOutputs(
  context: Context,
  cost: CycleCost,
  before: RegisterState,
  after: RegisterState,
  cause: number,
): void {
  const { register, described, timing } = context;
  const { cell, clockPin, dataPins, activeRises } = described;
  const stored = 1 << dataPins.length;
  // The clock stores what the data pins held before they change; clear and preset act with their new values.
  const from = cause === clockPin ? before : (after & ~stored) | (before & stored);
  const to = cause === clockPin ? (before & ~stored) | (after & stored) : after;
  const states = [
    fullState(described, from, cause === clockPin ? 'inactive' : 'active'),
    fullState(described, to, 'active'),
  ];
  const causeRises = cause === clockPin ? activeRises : ((after >> dataPins.indexOf(cause)) & 1) === 1;
  const name = cell.inputs[cause]!;
  cell.outputs.forEach((pin, o) => {
    const expression = outputFunction(cell, o);
    const rises = holds(cell, expression, states[1]!);
    if (holds(cell, expression, states[0]!) === rises) return;
    const net = register.outputNets[o];
    const loadFf = net === undefined ? 0 : powerLoadFf(timing, net);
    const arcs = cell.pins
      .get(pin)!
      .power.filter(({ relatedPin }) => relatedPin === undefined || relatedPin === name);
    cost.transitions++;
    cost.switchedFf += loadFf;
    if (arcsIn(cell, arcs, states).length === 0) cost.silent++;
    cost.otherFj += energyFj(context, arcs, states, cause, causeRises, loadFf, rises);
  });
}

/**
 * Energy of the groups among `arcs` that apply in `states`, at the transition time of the edge of `input`.
 * @param rises edge of the pin that owns the tables; by default that of the input
 */
function energyFj(
  { register, described, timing }: Context,
  arcs: readonly PowerArc[],
  states: readonly number[],
  input: number,
  inputRises: boolean,
  loadFf: number,
  rises = inputRises,
): number {
  const net = register.inputNets[input]!;
  const transitionNs = (inputRises ? timing.riseTransitionNs : timing.fallTransitionNs)[net]!;
  return arcsIn(described.cell, arcs, states).reduce((sum, arc) => {
    const table = rises ? arc.riseFj : arc.fallFj;
    return table === undefined ? sum : sum + lookUpTable(table, transitionNs, loadFf);
  }, 0);
}

function powerOf({ cell }: RegisterCell, pin: number): readonly PowerArc[] {
  return cell.pins.get(cell.inputs[pin]!)!.power;
}

/** Active phase with the early pins' new values, inactive phase with all. */
function meanLeakageNw(context: Context, middle: RegisterState, after: RegisterState): number {
  const { described, clock, leakageNw } = context;
  const share = clock.activeNs / clock.periodNs;
  return (
    share * leakageNw[fullState(described, middle, 'active')]! +
    (1 - share) * leakageNw[fullState(described, after, 'inactive')]!
  );
}
