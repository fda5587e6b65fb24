import { badInput } from '../base/errors.ts';
import { lookUpTable } from '../liberty/lookup-table.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { leakageByState, type PowerEvent } from './events.ts';
import type { Gate, GateNetlist } from './netlist.ts';
import {
  assertCombinational,
  type GateActivity,
  type MultiplierPorts,
  simulateActivity,
} from './simulate.ts';
import type { OperandStream } from './stream.ts';
import { latestArrivalNs, type NetTiming, powerLoadFf, propagateTiming } from './timing.ts';

/**
 * Part of what every stored energy, and every netlist chosen by its energy, follows from. Raise when a change of the
 * Liberty reader or of the simulations, glitches included, changes a figure.
 */
export const POWER_ENGINE_VERSION = 4;

export interface PowerConditions {
  /** Time between operand pairs. */
  readonly vectorPeriodNs: number;
  /** Transition time at the input ports, between the library's slew thresholds. */
  readonly inputTransitionNs: number;
  /** Load of each output port bit; wires have none. */
  readonly outputLoadFf: number;
}

export interface PowerOptions {
  /** Default: a_i, b_i, p_o. */
  readonly ports?: MultiplierPorts;
  /** Also return the product of each pair (ports of at most 32 bits). */
  readonly products?: boolean;
}

/** Mean power in µW over the stream. Energy per operation in fJ = power in µW × vectorPeriodNs. */
export interface PowerFigures {
  /** Inside the cells, from the internal_power tables. */
  readonly internalUw: number;
  /** ½·C·V² of nets driven by cells; nets driven by input ports are charged to their drivers outside. */
  readonly switchingUw: number;
  readonly leakageUw: number;
  readonly totalUw: number;
}

export interface InstancePower extends PowerFigures {
  readonly instance: string;
  readonly cell: string;
  /** Transitions of all outputs over the stream. */
  readonly transitions: number;
}

export interface PowerReport extends PowerFigures {
  readonly operandPairs: number;
  readonly streamSha256: string;
  readonly conditions: PowerConditions;
  /** Mean energy per operation: power × vector period. */
  readonly internalPj: number;
  readonly switchingPj: number;
  readonly leakagePj: number;
  readonly energyPj: number;
  /** Latest arrival at the product port; 0 when it is constant. */
  readonly arrivalNs: number;
  /** In topological order. */
  readonly instances: readonly InstancePower[];
  /** Output transitions for which the library has no internal energy at all; they are counted as 0. */
  readonly transitionsWithoutEnergy: number;
  /** Product pattern of each pair, when asked for. */
  readonly products?: Uint32Array;
}

/**
 * Power of a combinational multiplier over an operand stream: zero-delay simulation (no glitches), exact counts of
 * transitions per cause and state, energies from the library at the statically propagated transition times.
 * The stream's n pairs make n − 1 operations; dynamic energy is averaged over these, leakage over the n states.
 * How it is modelled and how it compares with OpenSTA: docs/power.md.
 * @throws bad-input when the stream has fewer than 2 pairs, the ports do not fit, or a cell has no function
 */
export function simulatePower(
  netlist: GateNetlist,
  library: LibraryModel,
  stream: OperandStream,
  conditions: PowerConditions,
  options: PowerOptions = {},
): PowerReport {
  const { vectorPeriodNs, inputTransitionNs, outputLoadFf } = conditions;
  assertCombinational(netlist);
  checkPowerConditions({ vectorPeriodNs, inputTransitionNs, outputLoadFf });
  const operandPairs = stream.a.length;
  if (operandPairs < 2 || stream.b.length !== operandPairs) {
    throw badInput(
      {
        where: `operand stream ${stream.name}`,
        wanted: 'at least 2 pairs',
        found: `${operandPairs} a and ${stream.b.length} b`,
      },
      'One pair alone causes no transition.',
    );
  }
  const ports = options.ports ?? { a: 'a_i', b: 'b_i', p: 'p_o' };
  const timing = propagateTiming(netlist, inputTransitionNs, outputLoadFf);
  const activity = simulateActivity(netlist, timing, stream, ports, options.products ?? false);
  const instances = netlist.gates.map((gate, i) =>
    powerOfGate(gate, activity.gates[i]!, timing, library.voltageV, vectorPeriodNs, operandPairs),
  );
  const total = sumFigures(instances);
  const toPj = vectorPeriodNs / 1000;
  const arrivals = netlist.ports.get(ports.p)!.nets.map((net) => latestArrivalNs(timing, net));
  return {
    ...total,
    operandPairs,
    streamSha256: stream.sha256,
    conditions,
    internalPj: total.internalUw * toPj,
    switchingPj: total.switchingUw * toPj,
    leakagePj: total.leakageUw * toPj,
    energyPj: total.totalUw * toPj,
    arrivalNs: Math.max(0, ...arrivals),
    instances,
    transitionsWithoutEnergy: activity.gates.reduce((sum, gate) => sum + countWithoutEnergy(gate), 0),
    ...(activity.products === undefined ? {} : { products: activity.products }),
  };
}

/** Power of one gate from its activity over `vectors` vectors, `periodNs` apart. */
export function powerOfGate(
  gate: Gate,
  activity: GateActivity,
  timing: NetTiming,
  voltageV: number,
  periodNs: number,
  vectors: number,
): InstancePower {
  const { compiled, eventCounts, stateCounts } = activity;
  let internalFj = 0;
  let switchingFj = 0;
  let transitions = 0;
  compiled.events.forEach((event, e) => {
    const loadFf = eventLoadFf(gate, event, timing);
    for (const rises of [true, false]) {
      const count = eventCounts[2 * e + (rises ? 0 : 1)]!;
      if (count === 0) continue;
      internalFj += count * energyFj(gate, event, rises, timing, loadFf);
      if (event.kind === 'hidden') continue;
      transitions += count;
      switchingFj += count * 0.5 * loadFf * voltageV ** 2;
    }
  });
  const leakageNw =
    leakageByState(gate.cell).reduce((sum, nw, state) => sum + nw * stateCounts[state]!, 0) / vectors;
  const perOperation = 1 / ((vectors - 1) * periodNs);
  const internalUw = internalFj * perOperation;
  const switchingUw = switchingFj * perOperation;
  const leakageUw = leakageNw / 1000;
  return {
    instance: gate.instance,
    cell: gate.cell.name,
    internalUw,
    switchingUw,
    leakageUw,
    totalUw: internalUw + switchingUw + leakageUw,
    transitions,
  };
}

/** Energy of one event whose pin (the output, or the input of a hidden event) rises or falls. */
export function energyFj(
  gate: Gate,
  event: PowerEvent,
  rises: boolean,
  timing: NetTiming,
  loadFf: number,
): number {
  const inputRises = rises === event.positive;
  const net = gate.inputNets[event.input]!;
  const transitionNs = (inputRises ? timing.riseTransitionNs : timing.fallTransitionNs)[net]!;
  return event.arcs.reduce((sum, arc) => {
    const table = rises ? arc.riseFj : arc.fallFj;
    return table === undefined ? sum : sum + lookUpTable(table, transitionNs, loadFf);
  }, 0);
}

/** Load of the output that changes, fF; 0 for hidden events and open outputs. */
export function eventLoadFf(gate: Gate, event: PowerEvent, timing: NetTiming): number {
  const net = event.kind === 'output' ? gate.outputNets[event.output] : undefined;
  return net === undefined ? 0 : powerLoadFf(timing, net);
}

/** Output transitions for which the library has no table. */
export function countWithoutEnergy({ compiled, eventCounts }: GateActivity): number {
  return compiled.events.reduce(
    (sum, event, e) => (event.arcs.length > 0 ? sum : sum + eventCounts[2 * e]! + eventCounts[2 * e + 1]!),
    0,
  );
}

export function sumFigures(instances: readonly InstancePower[]): PowerFigures {
  const sum = (key: keyof PowerFigures): number =>
    instances.reduce((total, instance) => total + instance[key], 0);
  return {
    internalUw: sum('internalUw'),
    switchingUw: sum('switchingUw'),
    leakageUw: sum('leakageUw'),
    totalUw: sum('totalUw'),
  };
}

/**
 * Checks times and loads: finite, and at least 0, or above 0 where the name says period.
 * @throws bad-input listing all that are not
 */
export function checkPowerConditions(conditions: Readonly<Record<string, number>>): void {
  const faults = Object.entries(conditions).flatMap(([name, value]) => {
    const isPeriod = /period/i.test(name);
    if (Number.isFinite(value) && (isPeriod ? value > 0 : value >= 0)) return [];
    return [{ where: name, wanted: isPeriod ? 'a number above 0' : 'a number ≥ 0', found: `${value}` }];
  });
  if (faults.length > 0) throw badInput(faults, 'Correct the power conditions.');
}
