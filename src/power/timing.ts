import { badInput } from '../base/errors.ts';
import { lookUpTable } from '../liberty/lookup-table.ts';
import type { EdgeTables, TimingArc } from '../liberty/model.ts';
import { type Gate, type GateNetlist, portNets, type Register } from './netlist.ts';

/** Static figures of one netlist, indexed by net. Nets that never change (constants) have −Infinity and 0. */
export interface NetTiming {
  /** Sink pins plus the load of each output port for a rising and a falling edge, fF; no wire load. */
  readonly riseLoadFf: Float64Array;
  readonly fallLoadFf: Float64Array;
  /** Worst transition times of the rising and the falling edge, ns. */
  readonly riseTransitionNs: Float64Array;
  readonly fallTransitionNs: Float64Array;
  /** Latest arrival of the rising and the falling edge after the inputs change and the clock's active edge, ns. */
  readonly riseArrivalNs: Float64Array;
  readonly fallArrivalNs: Float64Array;
}

/** The clock of a netlist with registers: a port whose edges reach all of them at the same time. */
export interface ClockSource {
  readonly port: string;
  /** Transition time of both edges at the clock pins, ns. */
  readonly transitionNs: number;
}

/** Where paths start: at input ports or at the clock pins of registers. */
export type PathStart = 'ports' | 'registers';

/**
 * Loads, and worst transitions and arrivals through the NLDM tables as a static timing analyser propagates them:
 * the maximum over all arcs (whatever their `when`) and over all inputs, rising and falling edges apart. Inputs
 * change with the clock's active edge, at 0; registers begin paths with their clock-to-output arcs. Asynchronous
 * clear and preset begin none.
 * Source: graph-based analysis of OpenSTA (delay calculator "lumped_cap", no wires).
 * @throws bad-input when the netlist has registers and no clock is given, or no such input port
 */
export function propagateTiming(
  netlist: GateNetlist,
  inputTransitionNs: number,
  outputLoadFf: number,
  clock?: ClockSource,
): NetTiming {
  const timing: NetTiming = {
    riseLoadFf: findLoads(netlist, 'riseCapacitanceFf', outputLoadFf),
    fallLoadFf: findLoads(netlist, 'fallCapacitanceFf', outputLoadFf),
    riseTransitionNs: new Float64Array(netlist.netCount),
    fallTransitionNs: new Float64Array(netlist.netCount),
    ...noArrivals(netlist),
  };
  for (const port of netlist.ports.values()) {
    if (port.direction === 'input') startAt(timing, port.nets, inputTransitionNs);
  }
  if (clock !== undefined) startAt(timing, portNets(netlist, clock.port, 'input'), clock.transitionNs);
  if (netlist.registers.length > 0 && clock === undefined) {
    throw badInput(
      {
        where: `netlist ${netlist.name}`,
        wanted: 'the name of its clock port',
        found: `none for ${netlist.registers.length} registers`,
      },
      'Name the clock port.',
    );
  }
  for (const register of netlist.registers) propagateRegister(register, timing);
  for (const gate of netlist.gates) propagateGate(gate, timing);
  return timing;
}

/** The same loads and transitions, but arrivals along paths from `start` only; −Infinity where there is none. */
export function arrivalsFrom(netlist: GateNetlist, timing: NetTiming, start: PathStart): NetTiming {
  const from: NetTiming = { ...timing, ...noArrivals(netlist) };
  if (start === 'registers') {
    for (const { outputNets } of netlist.registers) {
      for (const net of outputNets) {
        if (net === undefined) continue;
        from.riseArrivalNs[net] = timing.riseArrivalNs[net]!;
        from.fallArrivalNs[net] = timing.fallArrivalNs[net]!;
      }
    }
  } else {
    for (const { direction, nets } of netlist.ports.values()) {
      if (direction !== 'input') continue;
      for (const net of nets) {
        from.riseArrivalNs[net] = 0;
        from.fallArrivalNs[net] = 0;
      }
    }
  }
  for (const gate of netlist.gates) propagateGate(gate, from);
  return from;
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
  for (const { cell, inputNets } of [...netlist.gates, ...netlist.registers]) {
    for (const [i, net] of inputNets.entries()) loads[net]! += cell.pins.get(cell.inputs[i]!)![capacitance];
  }
  for (const port of netlist.ports.values()) {
    if (port.direction === 'output') for (const net of port.nets) loads[net]! += outputLoadFf;
  }
  return loads;
}

function noArrivals(netlist: GateNetlist): Pick<NetTiming, 'riseArrivalNs' | 'fallArrivalNs'> {
  const never = (): Float64Array => new Float64Array(netlist.netCount).fill(Number.NEGATIVE_INFINITY);
  return { riseArrivalNs: never(), fallArrivalNs: never() };
}

function startAt(timing: NetTiming, nets: readonly number[], transitionNs: number): void {
  for (const net of nets) {
    timing.riseTransitionNs[net] = transitionNs;
    timing.fallTransitionNs[net] = transitionNs;
    timing.riseArrivalNs[net] = 0;
    timing.fallArrivalNs[net] = 0;
  }
}

/** From the clock's edge to the outputs: arcs of timing_type rising_edge and falling_edge. */
function propagateRegister({ cell, inputNets, outputNets }: Register, timing: NetTiming): void {
  cell.outputs.forEach((pin, index) => {
    const output = outputNets[index];
    if (output === undefined) return;
    for (const arc of cell.pins.get(pin)!.timing) {
      const position = cell.inputs.indexOf(arc.relatedPin);
      const clockRises = arc.type === 'rising_edge';
      if (position < 0 || (!clockRises && arc.type !== 'falling_edge')) continue;
      propagateEdge(arc.rise, clockRises, true, inputNets[position]!, output, timing);
      propagateEdge(arc.fall, clockRises, false, inputNets[position]!, output, timing);
    }
  });
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
  if (arc.sense !== 'negative_unate') {
    propagateEdge(arc.rise, true, true, input, output, timing);
    propagateEdge(arc.fall, false, false, input, output, timing);
  }
  if (arc.sense !== 'positive_unate') {
    propagateEdge(arc.rise, false, true, input, output, timing);
    propagateEdge(arc.fall, true, false, input, output, timing);
  }
}

function propagateEdge(
  edge: EdgeTables | undefined,
  inputRises: boolean,
  outputRises: boolean,
  input: number,
  output: number,
  timing: NetTiming,
): void {
  const start = (inputRises ? timing.riseArrivalNs : timing.fallArrivalNs)[input]!;
  if (edge === undefined || start === Number.NEGATIVE_INFINITY) return;
  const loadFf = (outputRises ? timing.riseLoadFf : timing.fallLoadFf)[output]!;
  const slope = (inputRises ? timing.riseTransitionNs : timing.fallTransitionNs)[input]!;
  const arrivals = outputRises ? timing.riseArrivalNs : timing.fallArrivalNs;
  const transitions = outputRises ? timing.riseTransitionNs : timing.fallTransitionNs;
  arrivals[output] = Math.max(arrivals[output]!, start + lookUpTable(edge.delayNs, slope, loadFf));
  transitions[output] = Math.max(transitions[output]!, lookUpTable(edge.transitionNs, slope, loadFf));
}
