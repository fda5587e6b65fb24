import { type BooleanExpression, evaluateBoolean, pinsOf } from '../../src/liberty/boolean-expression.ts';
import { lookUpTable, type NldmTable } from '../../src/liberty/lookup-table.ts';
import type { CellModel, PowerArc } from '../../src/liberty/model.ts';
import type { Register } from '../../src/power/netlist.ts';
import type { RegisterActivity } from '../../src/power/sequential-activity.ts';
import { type NetTiming, powerLoadFf } from '../../src/power/timing.ts';

/** How states are weighted: OpenSTA's way, or step by step the way it really is. */
export interface RegisterRule {
  /** Pins that D's energy groups see the clock at; OpenSTA: high for half of the time. */
  readonly clockHighForData: number;
  /** True: the probability of `when` from the real joint states; false: pins taken as independent (OpenSTA). */
  readonly jointStates: boolean;
}

export const OPENSTA_RULE: RegisterRule = { clockHighForData: 0.5, jointStates: false };

/**
 * Internal power in µW of a D flip-flop (pins D, CK, maybe RN held at 1, Q, QN) by OpenSTA's rule: every input pin
 * costs density × Σ P(when) × mean of rise and fall; every output density × mean of rise and fall of its CK tables.
 * Source: OpenSTA 3, power/Power.cc, findInputInternalPower and findOutputInternalPower.
 */
export function registerInternalByRule(
  register: Register,
  activity: RegisterActivity,
  timing: NetTiming,
  periodNs: number,
  rule: RegisterRule,
): number {
  const { cell, inputNets, outputNets } = register;
  const states = statesOf(register, activity);
  let energyFj = 0;
  cell.inputs.forEach((name, i) => {
    const pin = cell.pins.get(name)!;
    const perCycle = name === 'CK' ? 2 : states.changes.get(name)!;
    const high = name === 'D' ? rule.clockHighForData : 0.5;
    for (const arc of pin.power) {
      const share = arc.when === undefined ? 1 : probability(cell, arc.when, states, high, rule.jointStates);
      energyFj += perCycle * share * meanFj(arc, timing, inputNets[i]!, 0);
    }
  });
  const clockNet = inputNets[cell.inputs.indexOf('CK')]!;
  cell.outputs.forEach((name, o) => {
    const loadFf = powerLoadFf(timing, outputNets[o]!);
    for (const arc of cell.pins.get(name)!.power) {
      if (arc.relatedPin === 'CK')
        energyFj += states.changes.get('Q')! * meanFj(arc, timing, clockNet, loadFf);
    }
  });
  return energyFj / periodNs;
}

interface States {
  /** Changes per cycle of each pin. */
  readonly changes: ReadonlyMap<string, number>;
  /** Values of D, Q, … in each cycle and how often they are so. */
  readonly joint: readonly { readonly pins: ReadonlyMap<string, number>; readonly share: number }[];
}

function statesOf({ cell }: Register, { pairCounts }: RegisterActivity): States {
  const names = [...cell.inputs.filter((name) => name !== 'CK'), 'Q'];
  const bits = names.length;
  const cycles = pairCounts.reduce((sum, count) => sum + count, 0);
  const changes = new Map(names.map((name) => [name, 0]));
  const joint: { pins: ReadonlyMap<string, number>; share: number }[] = [];
  pairCounts.forEach((count, pair) => {
    if (count === 0) return;
    const share = count / cycles;
    const [before, after] = [pair >> bits, pair & (2 ** bits - 1)];
    names.forEach((name, i) => {
      if ((((before ^ after) >> i) & 1) === 1) changes.set(name, changes.get(name)! + share);
    });
    const pins = new Map(names.map((name, i) => [name, (after >> i) & 1]));
    joint.push({ pins: pins.set('QN', 1 - pins.get('Q')!), share });
  });
  return { changes, joint };
}

function probability(
  cell: CellModel,
  when: BooleanExpression,
  states: States,
  clockHigh: number,
  jointStates: boolean,
): number {
  const isTrue = (pins: ReadonlyMap<string, number>, clock: number): boolean =>
    evaluateBoolean(when, (name) => -(name === 'CK' ? clock : pins.get(name)!)) !== 0;
  const overClock = (pins: ReadonlyMap<string, number>): number =>
    (isTrue(pins, 1) ? clockHigh : 0) + (isTrue(pins, 0) ? 1 - clockHigh : 0);
  if (jointStates) return states.joint.reduce((sum, { pins, share }) => sum + share * overClock(pins), 0);
  const names = pinsOf(when).filter((name) => name !== 'CK');
  const duty = (name: string): number =>
    states.joint.reduce((sum, { pins, share }) => sum + share * pins.get(name)!, 0);
  if (names.some((name) => !cell.pins.has(name))) throw new Error(`no pins ${names}`);
  let sum = 0;
  for (let state = 0; state < 2 ** names.length; state++) {
    const pins = new Map(names.map((name, i) => [name, (state >> i) & 1]));
    const share = names.reduce(
      (product, name) => product * (pins.get(name) === 1 ? duty(name) : 1 - duty(name)),
      1,
    );
    sum += share * overClock(pins);
  }
  return sum;
}

/** Mean of the two edges; the output's edge is looked up at the clock's transition time, equal for both edges. */
function meanFj(arc: PowerArc, timing: NetTiming, net: number, loadFf: number): number {
  const at = (table: NldmTable | undefined, transitionNs: number): number =>
    table === undefined ? 0 : lookUpTable(table, transitionNs, loadFf);
  return (at(arc.riseFj, timing.riseTransitionNs[net]!) + at(arc.fallFj, timing.fallTransitionNs[net]!)) / 2;
}
