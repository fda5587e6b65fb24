import { lookUpTable } from '../liberty/lookup-table.ts';
import type { EdgeTables, TimingArc } from '../liberty/model.ts';
import type { Gate, GateNetlist } from './netlist.ts';

/** Static figures of one netlist, indexed by net. Nets that never change (constants) have −Infinity and 0. */
export interface NetTiming {
  /** Sink pins plus the load of each output port for a rising and a falling edge, fF; no wire load. */
  readonly riseLoadFf: Float64Array;
  readonly fallLoadFf: Float64Array;
  /** Worst transition times of the rising and the falling edge, ns. */
  readonly riseTransitionNs: Float64Array;
  readonly fallTransitionNs: Float64Array;
  /** Latest arrival of the rising and the falling edge after the operands change, ns. */
  readonly riseArrivalNs: Float64Array;
  readonly fallArrivalNs: Float64Array;
}

/**
 * Loads, and worst transitions and arrivals through the NLDM tables as a static timing analyser propagates them:
 * the maximum over all arcs (whatever their `when`) and over all inputs, rising and falling edges apart.
 * Source: graph-based analysis of OpenSTA (delay calculator "lumped_cap", no wires).
 */
export function propagateTiming(
  netlist: GateNetlist,
  inputTransitionNs: number,
  outputLoadFf: number,
): NetTiming {
  const filled = (value: number): Float64Array => new Float64Array(netlist.netCount).fill(value);
  const timing: NetTiming = {
    riseLoadFf: findLoads(netlist, 'riseCapacitanceFf', outputLoadFf),
    fallLoadFf: findLoads(netlist, 'fallCapacitanceFf', outputLoadFf),
    riseTransitionNs: filled(0),
    fallTransitionNs: filled(0),
    riseArrivalNs: filled(Number.NEGATIVE_INFINITY),
    fallArrivalNs: filled(Number.NEGATIVE_INFINITY),
  };
  for (const port of netlist.ports.values()) {
    if (port.direction !== 'input') continue;
    for (const net of port.nets) {
      timing.riseTransitionNs[net] = inputTransitionNs;
      timing.fallTransitionNs[net] = inputTransitionNs;
      timing.riseArrivalNs[net] = 0;
      timing.fallArrivalNs[net] = 0;
    }
  }
  for (const gate of netlist.gates) propagateGate(gate, timing);
  return timing;
}

/** Load that energy is reckoned with: the larger of the loads of the two edges, fF (as OpenSTA does). */
export function powerLoadFf(timing: NetTiming, net: number): number {
  return Math.max(timing.riseLoadFf[net]!, timing.fallLoadFf[net]!);
}

/** Latest arrival over both edges, ns. */
export function latestArrivalNs(timing: NetTiming, net: number): number {
  return Math.max(timing.riseArrivalNs[net]!, timing.fallArrivalNs[net]!);
}

function findLoads(
  netlist: GateNetlist,
  capacitance: 'riseCapacitanceFf' | 'fallCapacitanceFf',
  outputLoadFf: number,
): Float64Array {
  const loads = new Float64Array(netlist.netCount);
  for (const { cell, inputNets } of netlist.gates) {
    for (const [i, net] of inputNets.entries()) loads[net]! += cell.pins.get(cell.inputs[i]!)![capacitance];
  }
  for (const port of netlist.ports.values()) {
    if (port.direction === 'output') for (const net of port.nets) loads[net]! += outputLoadFf;
  }
  return loads;
}

function propagateGate(gate: Gate, timing: NetTiming): void {
  gate.cell.outputs.forEach((pin, index) => {
    const output = gate.outputNets[index];
    if (output === undefined) return;
    for (const arc of gate.cell.pins.get(pin)!.timing) {
      const position = gate.cell.inputs.indexOf(arc.relatedPin);
      if (position >= 0) propagateArc(arc, gate.inputNets[position]!, output, timing);
    }
  });
}

function propagateArc(arc: TimingArc, input: number, output: number, timing: NetTiming): void {
  const { riseTransitionNs, fallTransitionNs, riseArrivalNs, fallArrivalNs } = timing;
  const visit = (edge: EdgeTables | undefined, inputRises: boolean, outputRises: boolean): void => {
    const start = (inputRises ? riseArrivalNs : fallArrivalNs)[input]!;
    if (edge === undefined || start === Number.NEGATIVE_INFINITY) return;
    const loadFf = (outputRises ? timing.riseLoadFf : timing.fallLoadFf)[output]!;
    const slope = (inputRises ? riseTransitionNs : fallTransitionNs)[input]!;
    const arrivals = outputRises ? riseArrivalNs : fallArrivalNs;
    const transitions = outputRises ? riseTransitionNs : fallTransitionNs;
    arrivals[output] = Math.max(arrivals[output]!, start + lookUpTable(edge.delayNs, slope, loadFf));
    transitions[output] = Math.max(transitions[output]!, lookUpTable(edge.transitionNs, slope, loadFf));
  };
  if (arc.sense !== 'negative_unate') {
    visit(arc.rise, true, true);
    visit(arc.fall, false, false);
  }
  if (arc.sense !== 'positive_unate') {
    visit(arc.rise, false, true);
    visit(arc.fall, true, false);
  }
}
