import { badInput } from '../base/errors.ts';
import {
  BLOCK_VECTORS,
  BLOCK_WORDS,
  COLUMN_WORDS,
  type Columns,
  createColumns,
  readPatterns,
  writePatterns,
} from './columns.ts';
import { countOnes } from './count-ones.ts';
import { type CompiledCell, compileCell } from './kernel.ts';
import { type GateNetlist, portNets } from './netlist.ts';
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
  assertCombinational(netlist);
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
  const placed = placeGates(netlist, timing);
  const columns = createColumns(netlist.netCount + 1);
  const products = wantProducts ? new Uint32Array(pairs) : undefined;
  for (let start = 0; start < pairs; start += BLOCK_VECTORS) {
    const length = Math.min(BLOCK_VECTORS, pairs - start);
    writePatterns(columns, aNets, stream.a, start, length);
    writePatterns(columns, bNets, stream.b, start, length);
    runGates(placed, columns, length);
    if (products !== undefined) readPatterns(columns, pNets, products, start, length);
  }
  return { gates: activityOf(placed, pairs), products };
}

/** The gates of a netlist with their kernels, and where their columns and counters are. */
export interface PlacedGates {
  readonly gates: readonly PlacedGate[];
  readonly counts: Float64Array;
  /** Space for the marks of one gate. */
  readonly hits: Int32Array;
}

interface PlacedGate {
  readonly compiled: CompiledCell;
  readonly columns: Int32Array;
  readonly base: number;
}

/** One kernel per cell and order of arrival. Outputs that are left open get the column behind that of the last net. */
export function placeGates(netlist: GateNetlist, timing: NetTiming): PlacedGates {
  let base = 0;
  let mostCounters = 0;
  const gates = netlist.gates.map(({ cell, inputNets, outputNets }) => {
    const arrivals = inputNets.map((net) => latestArrivalNs(timing, net));
    const order = inputNets.map((_, i) => i).sort((i, j) => compare(arrivals[i]!, arrivals[j]!) || i - j);
    const compiled = compileCell(cell, order);
    const nets = [...inputNets, ...outputNets.map((net) => net ?? netlist.netCount)];
    const placed = { compiled, columns: Int32Array.from(nets, (net) => net * COLUMN_WORDS), base };
    const counters = compiled.stateCounters + 2 * compiled.events.length;
    base += counters;
    mostCounters = Math.max(mostCounters, counters);
    return placed;
  });
  return { gates, counts: new Float64Array(base), hits: new Int32Array(mostCounters * BLOCK_WORDS) };
}

/** Simulates all gates over the `length` vectors in the columns of the ports and registers. */
export function runGates({ gates, counts, hits }: PlacedGates, columns: Columns, length: number): void {
  const words = Math.ceil(length / 32);
  const lastMask = length % 32 === 0 ? -1 : 2 ** (length % 32) - 1;
  for (const { compiled, columns: own, base } of gates) {
    compiled.kernel(columns, own, words, lastMask, hits);
    const counters = compiled.stateCounters + 2 * compiled.events.length;
    for (let n = 0; n < counters; n++) counts[base + n]! += countOnes(hits, n * BLOCK_WORDS, words);
  }
}

/** What each gate did over all `vectors` simulated. */
export function activityOf({ gates, counts }: PlacedGates, vectors: number): readonly GateActivity[] {
  return gates.map(({ compiled, base }) => {
    const { stateCounters, events } = compiled;
    const stateCounts = new Float64Array(stateCounters + 1);
    stateCounts.set(counts.subarray(base, base + stateCounters));
    stateCounts[stateCounters] = vectors - stateCounts.reduce((sum, count) => sum + count, 0);
    const first = base + stateCounters;
    return { compiled, stateCounts, eventCounts: counts.slice(first, first + 2 * events.length) };
  });
}

function compare(left: number, right: number): number {
  return left < right ? -1 : left > right ? 1 : 0;
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
    'For other ports use simulateSequentialPower.',
  );
}

/** @throws bad-input for a netlist with registers */
export function assertCombinational({ name, registers }: GateNetlist): void {
  if (registers.length === 0) return;
  const names = registers.slice(0, 3).map(({ instance, cell }) => `${instance} (${cell.name})`);
  throw badInput(
    {
      where: `netlist ${name}`,
      wanted: 'a combinational netlist',
      found: `${names.join(', ')}${registers.length > 3 ? ` and ${registers.length - 3} more registers` : ''}`,
    },
    'Netlists with a clock: use simulateSequentialPower.',
  );
}
