import { badInput, type Fault, show } from '../base/errors.ts';
import { evaluateBoolean } from '../liberty/boolean-expression.ts';
import {
  BLOCK_VECTORS,
  COLUMN_WORDS,
  type Columns,
  createColumns,
  readPatterns,
  wordsPerPattern,
  writePatterns,
} from './columns.ts';
import { outputFunction } from './events.ts';
import { type GateNetlist, portNets } from './netlist.ts';
import { compileRegisters, type RegisterMachine } from './register-states.ts';
import { describeRegister, findClock } from './registers.ts';
import { activityOf, type GateActivity, placeGates, runGates } from './simulate.ts';
import type { NetTiming } from './timing.ts';

/**
 * What happens at the ports of a netlist with registers. Cycle t begins with the active edge of the clock; then the
 * inputs take on their patterns of cycle t, the logic settles, and the next edge stores.
 */
export interface SequentialStimulus {
  readonly cycles: number;
  /**
   * Patterns per cycle of every input port but clock and reset. Ports of more than 32 bits: ⌈bits / 32⌉ words per
   * cycle, the lowest bits first.
   */
  readonly inputs: ReadonlyMap<string, Uint32Array>;
  /** Input port whose edges reach all registers. */
  readonly clock: string;
  /**
   * Reset port: active for RESET_CYCLES cycles before cycle 0, at the inputs of cycle 0, and inactive afterwards;
   * the cycles of the reset are not counted. Without one every register holds 0 in cycle 0.
   */
  readonly reset?: { readonly port: string; readonly inactive: 0 | 1 };
  /** What each register holds in cycle 0, in the order of netlist.registers; instead of a reset. */
  readonly initial?: ArrayLike<number>;
}

/** Cycles for which the reset is active before cycle 0. Registers hold 0 before. */
export const RESET_CYCLES = 8;

export interface RegisterActivity {
  /**
   * How often the register was in state s (RegisterState) in one cycle and in state u in the next: entry
   * s × 2^bits + u. Adds up to cycles − 1.
   */
  readonly pairCounts: Float64Array;
}

export interface SequentialActivity {
  /** In the order of netlist.gates; states over all cycles. */
  readonly gates: readonly GateActivity[];
  /** In the order of netlist.registers. */
  readonly registers: readonly RegisterActivity[];
  /** Patterns of each output port at the end of each cycle, in the form of the inputs. */
  readonly outputs: ReadonlyMap<string, Uint32Array>;
}

/**
 * Zero-delay simulation of a netlist with registers: first what they store, cycle by cycle, then all gates 32 cycles
 * per machine word, with the registers' outputs as known waveforms.
 * @param timing decides the order in which simultaneous input changes reach a gate
 * @throws bad-input when clock, ports and patterns do not fit the netlist
 */
export function simulateSequentialActivity(
  netlist: GateNetlist,
  timing: NetTiming,
  stimulus: SequentialStimulus,
): SequentialActivity {
  findClock(netlist, stimulus.clock);
  checkStimulus(netlist, stimulus);
  const { cycles } = stimulus;
  const machine = compileRegisters(netlist);
  const placed = placeGates(netlist, timing);
  const waves = placeRegisters(netlist);
  const columns = createColumns(netlist.netCount + 1 + netlist.registers.length);
  const outputPorts = [...netlist.ports].filter(([, { direction }]) => direction === 'output');
  const outputs = new Map(
    outputPorts.map(([name, { nets }]) => [name, new Uint32Array(cycles * wordsPerPattern(nets.length))]),
  );
  applyReset(netlist, machine, stimulus);
  if (stimulus.initial !== undefined) machine.stored.set(stimulus.initial);
  for (let start = 0; start < cycles; start += BLOCK_VECTORS) {
    const length = Math.min(BLOCK_VECTORS, cycles - start);
    for (const [name, patterns] of stimulus.inputs) {
      writePatterns(columns, netlist.ports.get(name)!.nets, patterns, start, length);
    }
    if (stimulus.reset !== undefined) {
      const column = netlist.ports.get(stimulus.reset.port)!.nets[0]! * COLUMN_WORDS;
      columns.fill(-stimulus.reset.inactive, column, column + COLUMN_WORDS);
    }
    runRegisters(netlist, machine, stimulus, waves, columns, start, length);
    runGates(placed, columns, length);
    for (const wave of waves) countPairs(wave, columns, start, length);
    for (const [name, { nets }] of outputPorts) {
      readPatterns(columns, nets, outputs.get(name)!, start, length);
    }
  }
  const registers = waves.map(({ pairCounts }) => ({ pairCounts }));
  return { gates: activityOf(placed, cycles), registers, outputs };
}

/** Columns and counters of a register. */
interface RegisterWave {
  /** Column of what it stores. */
  readonly stored: number;
  /** Columns of the data pins and then of what it stores: the bits of a RegisterState. */
  readonly bits: readonly number[];
  /** Column of each output net and whether it is the complement. */
  readonly outputs: readonly { readonly column: number; readonly wordOf: (stored: number) => number }[];
  readonly pairCounts: Float64Array;
}

function placeRegisters(netlist: GateNetlist): readonly RegisterWave[] {
  return netlist.registers.map(({ cell, flipFlop, inputNets, outputNets }, r) => {
    const { dataPins } = describeRegister(cell, flipFlop);
    const stored = (netlist.netCount + 1 + r) * COLUMN_WORDS;
    const outputs = outputNets.flatMap((net, o) => {
      if (net === undefined) return [];
      const expression = outputFunction(cell, o);
      const wordOf = (word: number): number =>
        evaluateBoolean(expression, (pin) => (pin === flipFlop.state ? word : ~word));
      return [{ column: net * COLUMN_WORDS, wordOf }];
    });
    const bits = [...dataPins.map((pin) => inputNets[pin]! * COLUMN_WORDS), stored];
    return { stored, bits, outputs, pairCounts: new Float64Array(4 ** bits.length) };
  });
}

/** Inputs of one cycle to the machine's nets. */
function drivePorts(
  netlist: GateNetlist,
  machine: RegisterMachine,
  stimulus: SequentialStimulus,
  cycle: number,
): void {
  for (const [name, patterns] of stimulus.inputs) {
    const { nets } = netlist.ports.get(name)!;
    const first = cycle * wordsPerPattern(nets.length);
    for (let bit = 0; bit < nets.length; bit++) {
      machine.nets[nets[bit]!] = patterns[first + (bit >> 5)]! >>> (bit & 31);
    }
  }
}

function applyReset(netlist: GateNetlist, machine: RegisterMachine, stimulus: SequentialStimulus): void {
  const { reset } = stimulus;
  if (reset === undefined) return;
  const net = netlist.ports.get(reset.port)!.nets[0]!;
  machine.nets[net] = 1 - reset.inactive;
  drivePorts(netlist, machine, stimulus, 0);
  for (let cycle = 0; cycle < RESET_CYCLES; cycle++) {
    machine.settle();
    machine.clock();
  }
  machine.nets[net] = reset.inactive;
}

/** Waveforms of what the registers store and of the nets they drive, for one block. */
function runRegisters(
  netlist: GateNetlist,
  machine: RegisterMachine,
  stimulus: SequentialStimulus,
  waves: readonly RegisterWave[],
  columns: Columns,
  start: number,
  length: number,
): void {
  const words = Math.ceil(length / 32);
  for (const { stored } of waves) {
    columns[stored] = columns[stored + COLUMN_WORDS - 1]!;
    columns.fill(0, stored + 1, stored + COLUMN_WORDS);
  }
  for (let i = 0; i < length; i++) {
    drivePorts(netlist, machine, stimulus, start + i);
    machine.settle();
    const word = 1 + (i >> 5);
    for (let r = 0; r < waves.length; r++) {
      columns[waves[r]!.stored + word]! |= (machine.stored[r]! & 1) << (i & 31);
    }
    machine.clock();
  }
  const last = (length - 1) & 31;
  for (const { stored, outputs } of waves) {
    if (start === 0) columns[stored] = -(columns[stored + 1]! & 1);
    const end = columns[stored + words]!;
    if (last < 31 && (end >>> last) & 1) columns[stored + words] = end | (-1 << last);
    for (const { column, wordOf } of outputs) {
      for (let w = 0; w <= words; w++) columns[column + w] = wordOf(columns[stored + w]!);
    }
  }
}

const statesOfBlock = new Uint8Array(BLOCK_VECTORS + 1);

function countPairs(
  { bits, pairCounts }: RegisterWave,
  columns: Columns,
  start: number,
  length: number,
): void {
  const states = statesOfBlock;
  states.fill(0, 0, length + 1);
  bits.forEach((column, bit) => {
    states[0]! |= (columns[column]! >>> 31) << bit;
    for (let i = 0; i < length; i++) {
      states[i + 1]! |= ((columns[column + 1 + (i >> 5)]! >>> (i & 31)) & 1) << bit;
    }
  });
  // The very first cycle follows no other.
  for (let i = start === 0 ? 1 : 0; i < length; i++) {
    pairCounts[(states[i]! << bits.length) | states[i + 1]!]!++;
  }
}

function checkStimulus(
  netlist: GateNetlist,
  { cycles, inputs, clock, reset, initial }: SequentialStimulus,
): void {
  const where = `netlist ${netlist.name}`;
  const faults: Fault[] = [];
  if (!Number.isInteger(cycles) || cycles < 2) {
    faults.push({ where: 'stimulus', wanted: 'at least 2 cycles', found: `${cycles}` });
  }
  if (initial !== undefined && (initial.length !== netlist.registers.length || reset !== undefined)) {
    const wanted = `${netlist.registers.length} initial bits and no reset`;
    faults.push({ where: 'stimulus', wanted, found: `${initial.length} bits${reset ? ' and a reset' : ''}` });
  }
  if (reset !== undefined && portNets(netlist, reset.port, 'input').length !== 1) {
    faults.push({ where: `${where} port ${reset.port}`, wanted: 'a reset of 1 bit', found: 'more' });
  }
  for (const [name, { direction, nets }] of netlist.ports) {
    if (direction !== 'input' || name === clock || name === reset?.port) continue;
    const patterns = inputs.get(name);
    const words = wordsPerPattern(nets.length);
    const place = `${where} port ${name}`;
    if (patterns?.length !== cycles * words) {
      const wanted = `${cycles * words} words (${cycles} cycles of ${nets.length} bits)`;
      faults.push({ where: place, wanted, found: patterns === undefined ? 'none' : `${patterns.length}` });
    } else if (nets.length % 32 !== 0) {
      const limit = 2 ** (nets.length % 32);
      const at = patterns.findIndex((word, i) => i % words === words - 1 && word >= limit);
      if (at < 0) continue;
      const found = `${patterns[at]} in cycle ${Math.floor(at / words)}${words > 1 ? ' (highest word)' : ''}`;
      faults.push({ where: place, wanted: `patterns of ${nets.length} bits`, found });
    }
  }
  const known = [...netlist.ports].filter(([, { direction }]) => direction === 'input').map(([name]) => name);
  for (const name of inputs.keys()) {
    const isData = known.includes(name) && name !== clock && name !== reset?.port;
    const wanted = 'patterns of input ports other than clock and reset only';
    if (!isData) faults.push({ where, wanted, found: show(name) });
  }
  if (faults.length > 0) throw badInput(faults, 'Give every input port one pattern per cycle.');
}
