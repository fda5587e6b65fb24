import { evaluateBoolean } from '../../src/liberty/boolean-expression.ts';
import { lookUpTable } from '../../src/liberty/lookup-table.ts';
import type { CellModel, PowerArc } from '../../src/liberty/model.ts';
import type { Gate, GateNetlist } from '../../src/power/netlist.ts';
import type { GateActivity } from '../../src/power/simulate.ts';
import type { OperandStream } from '../../src/power/stream.ts';
import { type NetTiming, powerLoadFf } from '../../src/power/timing.ts';

/** Mean value and transitions per vector of each net. */
export interface NetStatistics {
  readonly duty: Float64Array;
  readonly density: Float64Array;
}

/** One vector after the other, by interpreting the Liberty functions: shares nothing with the compiled kernels. */
export function simulateSlowly(netlist: GateNetlist, stream: OperandStream): NetStatistics {
  const value = new Int32Array(netlist.netCount);
  const before = new Int32Array(netlist.netCount);
  const ones = new Float64Array(netlist.netCount);
  const changes = new Float64Array(netlist.netCount);
  value[1] = -1;
  for (let t = 0; t < stream.a.length; t++) {
    drive(value, netlist.ports.get('a')!.nets, stream.a[t]!);
    drive(value, netlist.ports.get('b')!.nets, stream.b[t]!);
    for (const { cell, inputNets, outputNets } of netlist.gates) {
      cell.outputs.forEach((pin, o) => {
        const word = evaluateBoolean(
          cell.pins.get(pin)!.function!,
          (name) => value[inputNets[cell.inputs.indexOf(name)]!]!,
        );
        value[outputNets[o]!] = word;
      });
    }
    for (let net = 0; net < value.length; net++) {
      if (t > 0 && value[net] !== before[net]) changes[net]!++;
      ones[net]! -= value[net]!;
    }
    before.set(value);
  }
  return {
    duty: ones.map((count) => count / stream.a.length),
    density: changes.map((count) => count / (stream.a.length - 1)),
  };
}

/**
 * Internal power in µW at 1 ns per vector of a gate by OpenSTA's rule: every internal_power group of an output gets
 * the share density(related pin) × P(output depends on that pin) of the output's transitions, inputs taken as
 * independent. `when` has no part in the share, so a pin with three groups counts three times; with `honourWhen` the
 * probability is that of "depends on the pin and `when` holds".
 * Source: OpenSTA 3, power/Power.cc, findOutputInternalPower and findInputDuty.
 */
export function internalByProbability(
  gate: Gate,
  statistics: NetStatistics,
  timing: NetTiming,
  honourWhen: boolean,
): number {
  const { cell, inputNets, outputNets } = gate;
  let powerUw = 0;
  cell.outputs.forEach((pin, o) => {
    const net = outputNets[o]!;
    const arcs = cell.pins.get(pin)!.power;
    const shares = arcs.map((arc) => {
      const net = inputNets[cell.inputs.indexOf(arc.relatedPin!)]!;
      return statistics.density[net]! * dependence(gate, pin, arc, statistics, honourWhen);
    });
    const sum = shares.reduce((total, share) => total + share, 0);
    if (sum === 0) return;
    arcs.forEach((arc, i) => {
      powerUw += (shares[i]! / sum) * statistics.density[net]! * meanEnergyFj(gate, pin, arc, net, timing);
    });
  });
  return powerUw;
}

/** Internal power in µW at 1 ns per vector with the counted causes, but OpenSTA's mean of rise and fall for each. */
export function internalByCause(
  gate: Gate,
  activity: GateActivity,
  timing: NetTiming,
  pairs: number,
): number {
  let energyFj = 0;
  activity.compiled.events.forEach((event, e) => {
    const count = activity.eventCounts[2 * e]! + activity.eventCounts[2 * e + 1]!;
    const relatedPin = gate.cell.inputs[event.input]!;
    const pin = gate.cell.outputs[event.output]!;
    for (const arc of event.arcs) {
      energyFj +=
        count * meanEnergyFj(gate, pin, { ...arc, relatedPin }, gate.outputNets[event.output]!, timing);
    }
  });
  return energyFj / (pairs - 1);
}

function drive(value: Int32Array, nets: readonly number[], pattern: number): void {
  nets.forEach((net, bit) => {
    value[net] = -((pattern >>> bit) & 1);
  });
}

/** Probability that the output depends on the related pin (and `when` holds), inputs independent. */
function dependence(
  gate: Gate,
  pin: string,
  arc: PowerArc,
  statistics: NetStatistics,
  honourWhen: boolean,
): number {
  const { cell } = gate;
  const output = cell.pins.get(pin)!.function!;
  const own = cell.inputs.indexOf(arc.relatedPin!);
  let sum = 0;
  for (let state = 0; state < 2 ** cell.inputs.length; state++) {
    if ((state >> own) & 1) continue;
    const wordOf = stateWords(cell, state);
    if (evaluateBoolean(output, wordOf) === evaluateBoolean(output, stateWords(cell, state | (1 << own))))
      continue;
    if (honourWhen && arc.when !== undefined && evaluateBoolean(arc.when, wordOf) === 0) continue;
    sum += gate.inputNets.reduce((product, net, i) => {
      const duty = statistics.duty[net]!;
      return i === own ? product : product * ((state >> i) & 1 ? duty : 1 - duty);
    }, 1);
  }
  return sum;
}

function meanEnergyFj(gate: Gate, pin: string, arc: PowerArc, outputNet: number, timing: NetTiming): number {
  const { cell, inputNets } = gate;
  const net = inputNets[cell.inputs.indexOf(arc.relatedPin!)]!;
  const sense = cell.pins.get(pin)!.timing.find((other) => other.relatedPin === arc.relatedPin)!.sense;
  const [rise, fall] = [timing.riseTransitionNs[net]!, timing.fallTransitionNs[net]!];
  const [forRise, forFall] = sense === 'negative_unate' ? [fall, rise] : [rise, fall];
  const loadFf = powerLoadFf(timing, outputNet);
  return (lookUpTable(arc.riseFj!, forRise, loadFf) + lookUpTable(arc.fallFj!, forFall, loadFf)) / 2;
}

function stateWords(cell: CellModel, state: number): (pin: string) => number {
  return (pin) => -((state >> cell.inputs.indexOf(pin)) & 1);
}
