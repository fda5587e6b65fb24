import { badInput } from '../base/errors.ts';
import { listPowerEvents, type PowerEvent } from './events.ts';
import { listPathDelays, type PathDelay, tabulateDelays, tabulateFunction } from './glitch-delays.ts';
import type { Gate, GateNetlist } from './netlist.ts';
import type { NetTiming } from './timing.ts';

/**
 * A netlist as flat tables for event-driven simulation. A "driver" is one output of one gate; drivers are numbered
 * gate by gate. All tables of a gate are indexed by the state of its inputs after a change.
 */
export interface GlitchTables {
  readonly gateCount: number;
  readonly driverCount: number;
  /** Number of inputs per gate. */
  readonly inputCount: Int32Array;
  /** First driver of each gate, and one entry more. */
  readonly firstDriver: Int32Array;
  /** Per driver: where its values by state begin in `values`. */
  readonly valueBase: Int32Array;
  readonly values: Uint8Array;
  /** Per driver: where its entries state × inputs + input begin in `delaysFs` and `outputCounter`. */
  readonly pathBase: Int32Array;
  /** tabulateDelays of every driver. */
  readonly delaysFs: Int32Array;
  /** Delay when this input alone changes and the output with it; 0: the output does not change. */
  readonly flipDelaysFs: Int32Array;
  /** Counter of the output event that this input causes when the state becomes this one. */
  readonly outputCounter: Int32Array;
  /** Per gate: where its entries state × inputs + input begin in `hiddenCounter`. */
  readonly hiddenBase: Int32Array;
  /** Counter of the hidden event of this input in this state. */
  readonly hiddenCounter: Int32Array;
  /** Power events of each gate and where their counters begin: rises and falls alternate. */
  readonly events: readonly (readonly PowerEvent[])[];
  readonly counterBase: Int32Array;
  /** Number of counters that mean something; counter number counterCount takes what costs nothing. */
  readonly counterCount: number;
  /** Per net: where its readers begin in `readerGate` and `readerMask`, and one entry more. */
  readonly firstReader: Int32Array;
  readonly readerGate: Int32Array;
  /** Input bits of the reader that the net drives. */
  readonly readerMask: Int32Array;
  /** Net of each driver; netCount for an open output. */
  readonly driverNet: Int32Array;
  /** Time of a full swing of each driver, mean of its two edges, fs; 0 for an open output and inertial delays. */
  readonly rampFs: Int32Array;
  readonly maxDelayFs: number;
}

/**
 * @param swingFactor that of the library; 0 for full swings in no time (inertial delays)
 * @param pathsOf delays of each gate; default: those of the library at the static slews of `timing`
 * @throws bad-input for netlists with flip-flops and for cells without function or delays
 */
export function tabulateNetlist(
  netlist: GateNetlist,
  timing: NetTiming,
  swingFactor: number,
  pathsOf: (gate: Gate) => readonly PathDelay[] = (gate) => listPathDelays(gate, timing),
): GlitchTables {
  if (netlist.registers.length > 0) {
    throw badInput(
      {
        where: `netlist ${netlist.name}`,
        wanted: 'combinational cells only',
        found: `${netlist.registers.length} flip-flops`,
      },
      'Glitches are simulated in combinational netlists only: price the netlist without its registers.',
    );
  }
  const cells = new Map<string, CellTables>();
  const tablesOf = (gate: Gate): CellTables => {
    const known = cells.get(gate.cell.name) ?? tabulateCell(gate);
    cells.set(gate.cell.name, known);
    return known;
  };
  const values: Uint8Array[] = [];
  const delays: Int32Array[] = [];
  const flipDelays: Int32Array[] = [];
  const outputCounters: Int32Array[] = [];
  const hiddenCounters: Int32Array[] = [];
  const events: (readonly PowerEvent[])[] = [];
  const inputCount: number[] = [];
  const driverNet: number[] = [];
  const firstDriver = [0];
  const counterBase: number[] = [];
  const counterCount = netlist.gates.reduce((total, gate) => total + 2 * tablesOf(gate).events.length, 0);
  let firstCounter = 0;
  for (const gate of netlist.gates) {
    const cell = tablesOf(gate);
    const paths = pathsOf(gate);
    inputCount.push(gate.cell.inputs.length);
    events.push(cell.events);
    counterBase.push(firstCounter);
    hiddenCounters.push(numberCounters(cell.hiddenEvent, firstCounter, counterCount));
    gate.cell.outputs.forEach((_, output) => {
      values.push(cell.values[output]!);
      const table = tabulateDelays(gate, output, paths);
      delays.push(table);
      flipDelays.push(table.map((delay, i) => (cell.outputEvent[output]![i]! < 0 ? 0 : Math.abs(delay))));
      outputCounters.push(numberCounters(cell.outputEvent[output]!, firstCounter, counterCount));
      driverNet.push(gate.outputNets[output] ?? netlist.netCount);
    });
    firstDriver.push(driverNet.length);
    firstCounter += 2 * cell.events.length;
  }
  const delaysFs = join(delays);
  return {
    gateCount: netlist.gates.length,
    driverCount: driverNet.length,
    inputCount: Int32Array.from(inputCount),
    firstDriver: Int32Array.from(firstDriver),
    valueBase: basesOf(values),
    values: Uint8Array.from(join(values)),
    pathBase: basesOf(delays),
    delaysFs,
    flipDelaysFs: join(flipDelays),
    outputCounter: join(outputCounters),
    hiddenBase: basesOf(hiddenCounters),
    hiddenCounter: join(hiddenCounters),
    events,
    counterBase: Int32Array.from(counterBase),
    counterCount,
    ...listReaders(netlist),
    driverNet: Int32Array.from(driverNet),
    rampFs: Int32Array.from(driverNet, (net) => {
      if (net === netlist.netCount) return 0;
      const transitionNs = (timing.riseTransitionNs[net]! + timing.fallTransitionNs[net]!) / 2;
      return Math.round(transitionNs * swingFactor * 1e6);
    }),
    maxDelayFs: delaysFs.reduce((max, delay) => Math.max(max, Math.abs(delay)), 0),
  };
}

/** What all gates of one cell share; counters are relative to the gate's first one. */
interface CellTables {
  readonly events: readonly PowerEvent[];
  readonly values: readonly Uint8Array[];
  readonly outputEvent: readonly Int32Array[];
  readonly hiddenEvent: Int32Array;
}

function tabulateCell({ cell }: Gate): CellTables {
  const events = listPowerEvents(cell);
  const values = cell.outputs.map((_, output) => tabulateFunction(cell, output));
  const inputs = cell.inputs.length;
  const tabulate = (find: (state: number, input: number) => number): Int32Array =>
    Int32Array.from({ length: 2 ** inputs * inputs }, (_, i) => find(Math.floor(i / inputs), i % inputs));
  return {
    events,
    values,
    outputEvent: values.map((value, output) =>
      tabulate((state, input) => {
        const bit = 1 << input;
        if (value[state] === value[state ^ bit]) return -1;
        const event = events.findIndex(
          (e) => e.output === output && e.input === input && e.states.includes(state & ~bit),
        );
        return event < 0 ? -1 : 2 * event + (value[state] === 1 ? 0 : 1);
      }),
    ),
    hiddenEvent: tabulate((state, input) => {
      const event = events.findIndex(
        (e) => e.kind === 'hidden' && e.input === input && e.states.includes(state),
      );
      return event < 0 ? -1 : 2 * event + ((state >> input) & 1 ? 0 : 1);
    }),
  };
}

function listReaders(netlist: GateNetlist): Pick<GlitchTables, 'firstReader' | 'readerGate' | 'readerMask'> {
  const masks = Array.from({ length: netlist.netCount + 1 }, () => new Map<number, number>());
  for (const [g, { inputNets }] of netlist.gates.entries()) {
    for (const [i, net] of inputNets.entries()) masks[net]!.set(g, (masks[net]!.get(g) ?? 0) | (1 << i));
  }
  return {
    firstReader: Int32Array.from([0, ...cumulate(masks.map(({ size }) => size))]),
    readerGate: Int32Array.from(masks.flatMap((readers) => [...readers.keys()])),
    readerMask: Int32Array.from(masks.flatMap((readers) => [...readers.values()])),
  };
}

function numberCounters(events: Int32Array, first: number, none: number): Int32Array {
  return events.map((event) => (event < 0 ? none : first + event));
}

function basesOf(parts: readonly { readonly length: number }[]): Int32Array {
  return Int32Array.from([0, ...cumulate(parts.map(({ length }) => length))]);
}

function cumulate(lengths: readonly number[]): number[] {
  let sum = 0;
  return lengths.map((length) => {
    sum += length;
    return sum;
  });
}

function join(parts: readonly (Int32Array | Uint8Array)[]): Int32Array {
  const whole = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
