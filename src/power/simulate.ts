import { badInput } from '../base/errors.ts';
import { type CompiledCell, compileCell } from './kernel.ts';
import { type GateNetlist, NET_ONE, portNets } from './netlist.ts';
import type { OperandStream } from './stream.ts';
import { latestArrivalNs, type NetTiming } from './timing.ts';

/** Names of the operand and product ports of a netlist. */
export interface MultiplierPorts {
  readonly a: string;
  readonly b: string;
  readonly p: string;
}

/** What one gate did over a stream. */
export interface GateActivity {
  readonly compiled: CompiledCell;
  /** How often the inputs were in each state 0 … 2^k − 1; adds up to the number of pairs. */
  readonly stateCounts: Float64Array;
  /** Rises and falls per entry of compiled.events, alternating. */
  readonly eventCounts: Float64Array;
}

export interface Activity {
  /** In the order of netlist.gates. */
  readonly gates: readonly GateActivity[];
  /** Product pattern at port p of each pair, when asked for. */
  readonly products: Uint32Array | undefined;
}

/**
 * Zero-delay simulation of a netlist over a stream, 32 operand pairs per machine word, with exact counts of cell
 * states and transitions.
 * @param timing decides the order in which simultaneous input changes reach a gate
 * @throws bad-input when the ports do not fit the stream or products of more than 32 bits are asked for
 */
export function simulateActivity(
  netlist: GateNetlist,
  timing: NetTiming,
  stream: OperandStream,
  ports: MultiplierPorts,
  wantProducts: boolean,
): Activity {
  const aNets = operandNets(netlist, ports.a, stream.a);
  const bNets = operandNets(netlist, ports.b, stream.b);
  const pNets = portNets(netlist, ports.p, 'output');
  assertNoOtherInputs(netlist, ports);
  if (wantProducts && pNets.length > 32) {
    throw badInput(
      {
        where: `netlist ${netlist.name} port ${ports.p}`,
        wanted: 'at most 32 bits',
        found: `${pNets.length}`,
      },
      'Ask for power without products.',
    );
  }
  const pairs = stream.a.length;
  const layout = layOut(netlist, timing);
  const words = new Int32Array((netlist.netCount + 1) * COLUMN);
  words.fill(-1, NET_ONE * COLUMN, (NET_ONE + 1) * COLUMN);
  const products = wantProducts ? new Uint32Array(pairs) : undefined;
  for (let start = 0; start < pairs; start += BLOCK_PAIRS) {
    const length = Math.min(BLOCK_PAIRS, pairs - start);
    const count = Math.ceil(length / 32);
    const lastMask = length % 32 === 0 ? -1 : 2 ** (length % 32) - 1;
    writeOperand(words, aNets, stream.a, start, length);
    writeOperand(words, bNets, stream.b, start, length);
    for (const { compiled, columns, base } of layout.gates) {
      compiled.kernel(words, columns, count, lastMask, layout.counts, base);
    }
    if (products !== undefined) readProducts(words, pNets, products, start, length);
  }
  return { gates: layout.gates.map((gate) => activityOf(gate, layout.counts, pairs)), products };
}

const BLOCK_WORDS = 64;
const BLOCK_PAIRS = 32 * BLOCK_WORDS;
/** Words per net: the last word of the block before, then the block. */
const COLUMN = BLOCK_WORDS + 1;

interface PlacedGate {
  readonly compiled: CompiledCell;
  readonly columns: Int32Array;
  readonly base: number;
}

/** One kernel per cell and order of arrival, shared by all gates alike. */
function layOut(
  netlist: GateNetlist,
  timing: NetTiming,
): { gates: readonly PlacedGate[]; counts: Float64Array } {
  const kernels = new Map<string, CompiledCell>();
  let base = 0;
  const gates = netlist.gates.map(({ cell, inputNets, outputNets }) => {
    const arrivals = inputNets.map((net) => latestArrivalNs(timing, net));
    const order = inputNets.map((_, i) => i).sort((i, j) => compare(arrivals[i]!, arrivals[j]!) || i - j);
    const key = `${cell.name} ${order.join(' ')}`;
    const compiled = kernels.get(key) ?? compileCell(cell, order);
    kernels.set(key, compiled);
    const nets = [...inputNets, ...outputNets.map((net) => net ?? netlist.netCount)];
    const placed = { compiled, columns: Int32Array.from(nets, (net) => net * COLUMN), base };
    base += compiled.stateCounters + 2 * compiled.events.length;
    return placed;
  });
  return { gates, counts: new Float64Array(base) };
}

function compare(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0;
}

function activityOf({ compiled, base }: PlacedGate, counts: Float64Array, pairs: number): GateActivity {
  const { stateCounters, events } = compiled;
  const stateCounts = new Float64Array(stateCounters + 1);
  stateCounts.set(counts.subarray(base, base + stateCounters));
  stateCounts[stateCounters] = pairs - stateCounts.reduce((sum, count) => sum + count, 0);
  const first = base + stateCounters;
  return { compiled, stateCounts, eventCounts: counts.slice(first, first + 2 * events.length) };
}

/** Nets of an operand port, wide enough for every pattern of the stream. */
function operandNets(netlist: GateNetlist, name: string, patterns: Uint32Array): readonly number[] {
  const nets = portNets(netlist, name, 'input');
  const largest = patterns.reduce((max, pattern) => Math.max(max, pattern), 0);
  if (largest < 2 ** nets.length) return nets;
  throw badInput(
    {
      where: `netlist ${netlist.name} port ${name}`,
      wanted: `patterns of ${nets.length} bits`,
      found: `${largest}`,
    },
    'Make the operand stream from the spec of this netlist.',
  );
}

function assertNoOtherInputs(netlist: GateNetlist, ports: MultiplierPorts): void {
  const others = [...netlist.ports].filter(([name, { direction }]) => {
    return direction === 'input' && name !== ports.a && name !== ports.b;
  });
  if (others.length === 0) return;
  throw badInput(
    {
      where: `netlist ${netlist.name}`,
      wanted: `no input ports but ${ports.a} and ${ports.b}`,
      found: others.map(([name]) => name).join(', '),
    },
    'Only combinational multipliers can be simulated so far.',
  );
}

/** Writes a block of patterns to the columns of a port; the word before keeps the vector before (at the start: the first). */
function writeOperand(
  words: Int32Array,
  nets: readonly number[],
  patterns: Uint32Array,
  start: number,
  length: number,
): void {
  const before = patterns[Math.max(0, start - 1)]!;
  for (const [bit, net] of nets.entries()) {
    const column = net * COLUMN;
    words[column] = -((before >>> bit) & 1);
    for (let w = 0; w * 32 < length; w++) {
      const first = start + w * 32;
      let word = 0;
      for (let i = 0; i < 32; i++) {
        word |= ((patterns[Math.min(first + i, start + length - 1)]! >>> bit) & 1) << i;
      }
      words[column + 1 + w] = word;
    }
  }
}

function readProducts(
  words: Int32Array,
  nets: readonly number[],
  products: Uint32Array,
  start: number,
  length: number,
): void {
  for (const [bit, net] of nets.entries()) {
    const column = net * COLUMN + 1;
    for (let i = 0; i < length; i++) {
      products[start + i]! |= ((words[column + (i >> 5)]! >>> (i & 31)) & 1) << bit;
    }
  }
}
