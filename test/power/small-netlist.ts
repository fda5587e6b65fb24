import type { LibraryModel } from '../../src/liberty/model.ts';
import { type GateNetlist, parseNetlist } from '../../src/power/netlist.ts';
import type { SequentialStimulus } from '../../src/power/sequential-activity.ts';

/** Nets of a port or pin as Yosys numbers them, or constants. */
export type Bits = readonly (number | string)[];

/** Netlist "top" of a file "n.json". */
export function netlistOf(library: LibraryModel, ports: object, cells: object): GateNetlist {
  return parseNetlist(JSON.stringify({ modules: { top: { ports, cells } } }), library, 'n.json');
}

export function input(bits: Bits): object {
  return { direction: 'input', bits };
}

export function output(bits: Bits): object {
  return { direction: 'output', bits };
}

export function cellOf(type: string, connections: Readonly<Record<string, Bits>>): object {
  return { type, connections };
}

/** Patterns per cycle of each port; clock clk_i. */
export function stimulusOf(inputs: Readonly<Record<string, readonly number[]>>): SequentialStimulus {
  const entries = Object.entries(inputs);
  return {
    cycles: entries[0]?.[1].length ?? 0,
    inputs: new Map(entries.map(([name, values]) => [name, Uint32Array.from(values)])),
    clock: 'clk_i',
  };
}
