import { MaxdnnError } from '../base/errors.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { type GlitchActivity, simulateGlitches } from './glitch-simulate.ts';
import { type GlitchTables, tabulateNetlist } from './glitch-tables.ts';
import { type GateNetlist, portNets } from './netlist.ts';
import { energyFj, eventLoadFf, type PowerConditions, type PowerReport, simulatePower } from './power.ts';
import type { MultiplierPorts } from './simulate.ts';
import type { OperandStream } from './stream.ts';
import { type NetTiming, propagateTiming } from './timing.ts';

/** What glitches add to the zero-delay figures of a design or of one instance. Energies are means per operation. */
export interface GlitchFigures {
  /** Without glitches, as simulatePower reports it. */
  readonly zeroDelayPj: number;
  /** With glitches. */
  readonly energyPj: number;
  /** energyPj − zeroDelayPj; of one instance it may be below 0, where a glitch has moved the cause of a transition. */
  readonly glitchPj: number;
  /** Output transitions over the stream that the settled values need, and all that occur. */
  readonly transitionsFunctional: number;
  readonly transitionsTotal: number;
  /** transitionsTotal / transitionsFunctional; 1 without transitions, infinite where all are glitches. */
  readonly glitchFactor: number;
  /** Edges that begin before the one before them has got all the way: counted above, with the energy of their swing. */
  readonly pulsesNarrow: number;
  /** Pulses shorter than the gate's delay: not counted above, and without energy in this model. */
  readonly pulsesSwallowed: number;
}

export interface InstanceGlitches extends GlitchFigures {
  readonly instance: string;
  readonly cell: string;
}

/**
 * "ramp": outputs move along straight ramps, so that narrow pulses shrink and swing partly. "inertial": the delays of
 * Verilog; every pulse that passes keeps its width and swings fully.
 */
export type PulseModel = 'ramp' | 'inertial';

export interface GlitchOptions {
  /** Default: a_i, b_i, p_o. */
  readonly ports?: MultiplierPorts;
  /** Default: "ramp", which is closer to transistors. */
  readonly pulses?: PulseModel;
}

export interface GlitchReport extends GlitchFigures {
  readonly pulses: PulseModel;
  readonly conditions: PowerConditions;
  /** Parts of energyPj. Leakage is that of the settled states. */
  readonly internalPj: number;
  readonly switchingPj: number;
  readonly leakagePj: number;
  /** The same stream at zero delay. */
  readonly zeroDelay: PowerReport;
  /** Longest time that an operand pair of the stream took to settle. */
  readonly settleNs: number;
  /**
   * Operand pairs that took longer than conditions.vectorPeriodNs. They are simulated until they have settled, so that
   * every product is right: the energies then belong to a clock that is slow enough.
   */
  readonly pairsLate: number;
  /** Pairs whose settled product was compared with that of the zero-delay simulation; all were equal. */
  readonly productsCompared: number;
  /** In topological order. */
  readonly instances: readonly InstanceGlitches[];
}

/**
 * Energy of a combinational multiplier over an operand stream with glitches: event-driven simulation with
 * NLDM delays at static slews, beside the zero-delay figure of the same stream. Rules and limits: docs/power.md.
 * @throws bad-input as simulatePower, for netlists with flip-flops and for cells without timing arcs; internal when
 *   a settled value differs from the zero-delay simulation
 */
export function simulateGlitchPower(
  netlist: GateNetlist,
  library: LibraryModel,
  stream: OperandStream,
  conditions: PowerConditions,
  options: GlitchOptions = {},
): GlitchReport {
  const { vectorPeriodNs, inputTransitionNs, outputLoadFf } = conditions;
  const ports = options.ports ?? { a: 'a_i', b: 'b_i', p: 'p_o' };
  const products = netlist.ports.has(ports.p) && portNets(netlist, ports.p, 'output').length <= 32;
  const zeroDelay = simulatePower(netlist, library, stream, conditions, { ports, products });
  const timing = propagateTiming(netlist, inputTransitionNs, outputLoadFf);
  const pulses = options.pulses ?? 'ramp';
  const tables = tabulateNetlist(netlist, timing, pulses === 'ramp' ? library.swingFactor : 0);
  const activity = simulateGlitches(netlist, tables, stream, ports, vectorPeriodNs * 1e6);
  const productsCompared = assertSettled(netlist, tables, activity, zeroDelay);
  const operations = stream.a.length - 1;
  const dynamic = netlist.gates.map((_, g) =>
    dynamicOfGate(netlist, tables, activity, timing, library.voltageV, g),
  );
  const toPj = vectorPeriodNs / 1000;
  const instances = zeroDelay.instances.map((settled, g) => {
    const { internalFj, switchingFj } = dynamic[g]!;
    const energyPj = (internalFj + switchingFj) / operations / 1000 + settled.leakageUw * toPj;
    const zeroDelayPj = settled.totalUw * toPj;
    const transitionsTotal = sumOfGate(tables, activity.transitions, g);
    return {
      instance: settled.instance,
      cell: settled.cell,
      zeroDelayPj,
      energyPj,
      glitchPj: energyPj - zeroDelayPj,
      transitionsFunctional: settled.transitions,
      transitionsTotal,
      glitchFactor: ratio(transitionsTotal, settled.transitions),
      pulsesNarrow: sumOfGate(tables, activity.narrow, g),
      pulsesSwallowed: sumOfGate(tables, activity.swallowed, g),
    };
  });
  const internalPj = sum(dynamic.map(({ internalFj }) => internalFj)) / operations / 1000;
  const switchingPj = sum(dynamic.map(({ switchingFj }) => switchingFj)) / operations / 1000;
  const energyPj = internalPj + switchingPj + zeroDelay.leakagePj;
  const transitionsFunctional = sum(instances.map((instance) => instance.transitionsFunctional));
  const transitionsTotal = sum(instances.map((instance) => instance.transitionsTotal));
  return {
    zeroDelayPj: zeroDelay.energyPj,
    energyPj,
    glitchPj: energyPj - zeroDelay.energyPj,
    transitionsFunctional,
    transitionsTotal,
    pulsesNarrow: sum(instances.map(({ pulsesNarrow }) => pulsesNarrow)),
    pulsesSwallowed: sum(instances.map(({ pulsesSwallowed }) => pulsesSwallowed)),
    pulses,
    conditions,
    internalPj,
    switchingPj,
    leakagePj: zeroDelay.leakagePj,
    glitchFactor: ratio(transitionsTotal, transitionsFunctional),
    zeroDelay,
    settleNs: activity.settleFs / 1e6,
    pairsLate: activity.pairsLate,
    productsCompared,
    instances,
  };
}

/**
 * Compares what the netlist settled to with the zero-delay simulation: the product of every pair (ports of at most 32
 * bits) and the settled transitions of every gate. Gives the number of products compared.
 * @throws internal naming the first difference
 */
export function assertSettled(
  netlist: GateNetlist,
  tables: GlitchTables,
  activity: GlitchActivity,
  zeroDelay: PowerReport,
): number {
  const wanted = zeroDelay.products ?? new Uint32Array(0);
  const pair = wanted.findIndex((product, i) => product !== activity.products[i]);
  const gate = zeroDelay.instances.findIndex(
    ({ transitions }, g) => transitions !== sumOfGate(tables, activity.functional, g),
  );
  if (pair < 0 && gate < 0) return wanted.length;
  const what =
    pair >= 0
      ? `pair ${pair} settles to ${activity.products[pair]} instead of ${wanted[pair]}`
      : `${netlist.gates[gate]!.instance} settles otherwise`;
  throw new MaxdnnError('internal', `netlist ${netlist.name}: with delays ${what}`);
}

function dynamicOfGate(
  netlist: GateNetlist,
  tables: GlitchTables,
  activity: GlitchActivity,
  timing: NetTiming,
  voltageV: number,
  g: number,
): { readonly internalFj: number; readonly switchingFj: number } {
  const gate = netlist.gates[g]!;
  let internalFj = 0;
  let switchingFj = 0;
  for (const [e, event] of tables.events[g]!.entries()) {
    const loadFf = eventLoadFf(gate, event, timing);
    for (const rises of [true, false]) {
      const counter = tables.counterBase[g]! + 2 * e + (rises ? 0 : 1);
      const swings = activity.counters[counter]! - activity.lostSwings[counter]!;
      if (swings === 0) continue;
      internalFj += swings * energyFj(gate, event, rises, timing, loadFf);
      if (event.kind === 'output') switchingFj += swings * 0.5 * loadFf * voltageV ** 2;
    }
  }
  return { internalFj, switchingFj };
}

function ratio(total: number, functional: number): number {
  return total === 0 ? 1 : total / functional;
}

/** Sum of a per-driver figure over the outputs of one gate. */
function sumOfGate({ firstDriver }: GlitchTables, perDriver: Int32Array, gate: number): number {
  return perDriver.subarray(firstDriver[gate]!, firstDriver[gate + 1]!).reduce((total, n) => total + n, 0);
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
