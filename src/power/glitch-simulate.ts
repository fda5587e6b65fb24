import { createEventQueue } from './event-queue.ts';
import type { GlitchTables } from './glitch-tables.ts';
import { type GateNetlist, NET_ONE, portNets } from './netlist.ts';
import type { MultiplierPorts } from './simulate.ts';
import type { OperandStream } from './stream.ts';

/** What happened while each pair of a stream was applied to the settled netlist. */
export interface GlitchActivity {
  /** Per driver (see GlitchTables): all transitions, those of the settled values, pulses that were swallowed. */
  readonly transitions: Int32Array;
  readonly functional: Int32Array;
  readonly swallowed: Int32Array;
  /** Per driver: edges that begin before the one before them has got all the way. */
  readonly narrow: Int32Array;
  /** Rises and falls per power event, by GlitchTables.counterBase. */
  readonly counters: Int32Array;
  /** What is missing to these edges to be full swings: counters − lostSwings is what costs energy. */
  readonly lostSwings: Float64Array;
  /** Settled pattern of the product port after each pair (its 32 lowest bits). */
  readonly products: Uint32Array;
  /** Longest time that a pair took to settle, fs, and the number of pairs that took longer than the period. */
  readonly settleFs: number;
  readonly pairsLate: number;
}

/**
 * Event-driven simulation with inertial delays. Each pair finds the netlist settled; its operand bits change at one
 * instant. All changes of one instant reach their readers before any gate is evaluated.
 *
 * Inertial rule: a gate output has at most one pending change. It is scheduled when the gate's function takes another
 * value than the output has, after the delay of the input that changed (the smallest one of several that changed at
 * this instant), and withdrawn when the function goes back before it matures: the pulse is swallowed.
 *
 * Ramps: an output moves along straight ramps that take tables.rampFs from rail to rail and cross the middle at the
 * times above. Where a ramp turns round before its end, the edge back starts closer to the middle: it is early, so that
 * narrow pulses shrink from gate to gate, and both edges of the pulse are partial swings. With rampFs 0 every pulse
 * keeps its width and swings fully: the inertial delays of Verilog.
 */
export function simulateGlitches(
  netlist: GateNetlist,
  tables: GlitchTables,
  stream: OperandStream,
  ports: MultiplierPorts,
  vectorPeriodFs: number,
): GlitchActivity {
  const { firstDriver, valueBase, values, pathBase, delaysFs, flipDelaysFs, outputCounter } = tables;
  const { inputCount, hiddenBase, hiddenCounter, firstReader, readerGate, readerMask, driverNet } = tables;
  const { gateCount, driverCount, rampFs } = tables;
  const state = new Int32Array(gateCount);
  const changed = new Int32Array(gateCount);
  const touched = new Int32Array(gateCount);
  const value = new Uint8Array(driverCount);
  const settled = new Uint8Array(driverCount);
  const isPending = new Uint8Array(driverCount);
  const cause = new Int32Array(driverCount);
  const due = new Int32Array(driverCount);
  const transitions = new Int32Array(driverCount);
  const functional = new Int32Array(driverCount);
  const swallowed = new Int32Array(driverCount);
  const narrow = new Int32Array(driverCount);
  const rampStartFs = new Float64Array(driverCount);
  const rampFrom = new Float64Array(driverCount);
  const lostSwings = new Float64Array(tables.counterCount + 1);
  const counters = new Int32Array(tables.counterCount + 1);
  const products = new Uint32Array(stream.a.length);
  const queue = createEventQueue(driverCount, tables.maxDelayFs);
  const operands = [
    { nets: Int32Array.from(portNets(netlist, ports.a, 'input')), patterns: stream.a },
    { nets: Int32Array.from(portNets(netlist, ports.b, 'input')), patterns: stream.b },
  ];
  const readProduct = productReader(netlist, ports.p, driverNet, operands);
  let touchedCount = 0;
  let settleFs = 0;
  let pairsLate = 0;

  const notifyReaders = (net: number): void => {
    for (let r = firstReader[net]!; r < firstReader[net + 1]!; r++) {
      const gate = readerGate[r]!;
      if (changed[gate] === 0) touched[touchedCount++] = gate;
      state[gate]! ^= readerMask[r]!;
      changed[gate]! |= readerMask[r]!;
    }
  };

  /** Several inputs changed at once: the smallest delay that a true condition allows, else the smallest of all. */
  const smallestDelay = (base: number, inputs: number, now: number, changes: number): number => {
    let conditional = 0x7fffffff;
    let any = 0x7fffffff;
    for (let i = 0; i < inputs; i++) {
      if (((changes >> i) & 1) === 0) continue;
      const delay = delaysFs[base + now * inputs + i]!;
      if (delay > 0 && delay < conditional) conditional = delay;
      if (delay < 0 && -delay < any) any = -delay;
    }
    return conditional < 0x7fffffff ? conditional : any;
  };

  /** Several inputs changed at once: applied in pin order, the last that brings the final value is the cause. */
  const findCause = (driver: number, inputs: number, now: number, changes: number): number => {
    const base = valueBase[driver]!;
    const final = values[base + now]!;
    let at = now ^ changes;
    let found = tables.counterCount;
    for (let i = 0; i < inputs; i++) {
      if (((changes >> i) & 1) === 0) continue;
      const after = at ^ (1 << i);
      if (values[base + at] !== final && values[base + after] === final)
        found = outputCounter[pathBase[driver]! + after * inputs + i]!;
      at = after;
    }
    return found;
  };

  /** Ends the ramp of a driver, begins the opposite one and gives the share of its way that the ended one got. */
  const turnRound = (driver: number, startFs: number): number => {
    if (rampFs[driver] === 0) return 1;
    const sinceFs = startFs - rampStartFs[driver]!;
    const from = rampFrom[driver]!;
    const reached = sinceFs <= 0 ? from : Math.min(1, from + sinceFs / rampFs[driver]!);
    rampStartFs[driver] = startFs;
    rampFrom[driver] = 1 - reached;
    return reached;
  };

  /** The function of an output took its other value; a full swing would cross the middle delayFs later. */
  const flip = (driver: number, timeFs: number, delayFs: number, counter: number): void => {
    const startFs = timeFs + delayFs - rampFs[driver]! / 2;
    const reached = turnRound(driver, startFs);
    if (isPending[driver] === 1) {
      isPending[driver] = 0;
      queue.remove(driver);
      swallowed[driver]!++;
      return;
    }
    if (reached < 1) {
      narrow[driver]!++;
      lostSwings[cause[driver]!]! += 1 - reached;
      lostSwings[counter]! += 1 - reached;
    }
    const crossingFs = Math.round(startFs + Math.max(0, reached - 0.5) * rampFs[driver]!);
    isPending[driver] = 1;
    cause[driver] = counter;
    queue.insert(driver, Math.max(timeFs + 1, crossingFs));
  };

  /** The usual case: one input of the gate changed. */
  const evaluateSingle = (gate: number, changes: number, timeFs: number): void => {
    const entry = state[gate]! * inputCount[gate]! + 31 - Math.clz32(changes);
    counters[hiddenCounter[hiddenBase[gate]! + entry]!]!++;
    for (let driver = firstDriver[gate]!; driver < firstDriver[gate + 1]!; driver++) {
      const path = pathBase[driver]! + entry;
      const delay = flipDelaysFs[path]!;
      if (delay === 0) continue;
      flip(driver, timeFs, delay, outputCounter[path]!);
    }
  };

  const evaluateSeveral = (gate: number, changes: number, timeFs: number): void => {
    const now = state[gate]!;
    const inputs = inputCount[gate]!;
    for (let driver = firstDriver[gate]!; driver < firstDriver[gate + 1]!; driver++) {
      const base = valueBase[driver]!;
      if (values[base + now]! === values[base + (now ^ changes)]) continue;
      const delay = smallestDelay(pathBase[driver]!, inputs, now, changes);
      flip(driver, timeFs, delay, findCause(driver, inputs, now, changes));
    }
    for (let i = 0; i < inputs; i++) {
      if ((changes >> i) & 1) counters[hiddenCounter[hiddenBase[gate]! + now * inputs + i]!]!++;
    }
  };

  const evaluateTouched = (timeFs: number): void => {
    for (let t = 0; t < touchedCount; t++) {
      const gate = touched[t]!;
      const changes = changed[gate]!;
      changed[gate] = 0;
      if ((changes & (changes - 1)) === 0) evaluateSingle(gate, changes, timeFs);
      else evaluateSeveral(gate, changes, timeFs);
    }
    touchedCount = 0;
  };

  const applyPair = (pair: number, before: number): void => {
    for (const { nets, patterns } of operands) {
      const flips = patterns[pair]! ^ patterns[before]!;
      for (let bit = 0; bit < nets.length; bit++) if ((flips >>> bit) & 1) notifyReaders(nets[bit]!);
    }
  };

  const settle = (): void => {
    queue.restart();
    rampStartFs.fill(Number.NEGATIVE_INFINITY);
    rampFrom.fill(0);
    evaluateTouched(0);
    for (let count = queue.popEarliest(due); count > 0; count = queue.popEarliest(due)) {
      for (let n = 0; n < count; n++) {
        const driver = due[n]!;
        value[driver]! ^= 1;
        transitions[driver]!++;
        isPending[driver] = 0;
        counters[cause[driver]!]!++;
        notifyReaders(driverNet[driver]!);
      }
      evaluateTouched(queue.nowFs());
    }
  };

  value.set(settleFirst(netlist, tables, operands, state));
  settled.set(value);
  products[0] = readProduct(value, 0);
  for (let pair = 1; pair < products.length; pair++) {
    applyPair(pair, pair - 1);
    settle();
    settleFs = Math.max(settleFs, queue.nowFs());
    if (queue.nowFs() > vectorPeriodFs) pairsLate++;
    for (let driver = 0; driver < driverCount; driver++) {
      if (value[driver] === settled[driver]) continue;
      functional[driver]!++;
      settled[driver] = value[driver]!;
    }
    products[pair] = readProduct(value, pair);
  }
  return { transitions, functional, swallowed, narrow, counters, lostSwings, products, settleFs, pairsLate };
}

interface Operand {
  readonly nets: Int32Array;
  readonly patterns: Uint32Array;
}

/** Values of all drivers for the first pair, gate after gate; also sets the states of all gates. */
function settleFirst(
  netlist: GateNetlist,
  { firstDriver, valueBase, values, driverNet }: GlitchTables,
  operands: readonly Operand[],
  state: Int32Array,
): Uint8Array {
  const netValue = new Uint8Array(netlist.netCount + 1);
  netValue[NET_ONE] = 1;
  for (const { nets, patterns } of operands) {
    for (const [bit, net] of nets.entries()) netValue[net] = (patterns[0]! >>> bit) & 1;
  }
  const value = new Uint8Array(driverNet.length);
  for (const [g, { inputNets }] of netlist.gates.entries()) {
    state[g] = inputNets.reduce((word, net, i) => word | (netValue[net]! << i), 0);
    for (let driver = firstDriver[g]!; driver < firstDriver[g + 1]!; driver++) {
      value[driver] = values[valueBase[driver]! + state[g]!]!;
      netValue[driverNet[driver]!] = value[driver]!;
    }
  }
  return value;
}

/** Reads the 32 lowest bits of a port after a pair: bits of drivers, of the operands themselves and constants. */
function productReader(
  netlist: GateNetlist,
  port: string,
  driverNet: Int32Array,
  operands: readonly Operand[],
): (value: Uint8Array, pair: number) => number {
  const nets = portNets(netlist, port, 'output').slice(0, 32);
  const drivers = Int32Array.from(nets, (net) => driverNet.indexOf(net));
  const ones = nets.reduce((word, net, bit) => (net === NET_ONE ? word | (1 << bit) : word), 0);
  const wires = operands.flatMap((operand) =>
    nets.flatMap((net, bit) => {
      const from = operand.nets.indexOf(net);
      return from < 0 ? [] : [{ patterns: operand.patterns, from, bit }];
    }),
  );
  return (value, pair) => {
    let word = ones;
    for (let bit = 0; bit < drivers.length; bit++) {
      if (drivers[bit]! >= 0) word |= value[drivers[bit]!]! << bit;
    }
    for (const { patterns, from, bit } of wires) word |= ((patterns[pair]! >>> from) & 1) << bit;
    return word >>> 0;
  };
}
