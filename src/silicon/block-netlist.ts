import type { LibraryModel } from '../liberty/model.ts';
import { type GateNetlist, parseNetlist } from '../power/netlist.ts';
import type { AcceleratorModule, YosysBit } from './modules.ts';

/** A signal of the RTL: a path below the instance and its bits. */
export interface BlockSignal {
  readonly name: string;
  readonly width: number;
}

/** Where the first state of a register is found. */
interface StateBit {
  /** Place in `states`, and bit of it; undefined where no name of the RTL was left. */
  readonly signal?: number;
  readonly bit: number;
  /** The cell holds the complement. */
  readonly isInverted: boolean;
}

/**
 * The cells of a module itself as a netlist of its own: whatever other modules and memories in it drive is an input,
 * whatever they read an output, all under the names that the RTL has for them, so that a simulation of the RTL tells
 * what to drive, what to expect, and what the registers hold at first.
 */
export interface BlockNetlist {
  readonly module: string;
  readonly netlist: GateNetlist;
  /** Input ports of the netlist but the clock. */
  readonly inputs: readonly BlockSignal[];
  readonly outputs: readonly BlockSignal[];
  /** Signals that the registers are named after. */
  readonly states: readonly BlockSignal[];
  /** In the order of netlist.registers. */
  readonly stateBits: readonly StateBit[];
}

export const CLOCK = 'clk_i';

/** @throws as parseNetlist */
export function blockNetlist(module: AcceleratorModule, library: LibraryModel, where: string): BlockNetlist {
  const { source, name } = module;
  const clock = source.ports[CLOCK]?.bits[0];
  const ports: Record<string, { direction: string; bits: readonly YosysBit[] }> = { ...source.ports };
  for (const { instance, cell } of innerCells(module, library)) {
    for (const [pin, bits] of Object.entries(cell.connections)) {
      const direction = cell.port_directions?.[pin] ?? (pin.endsWith('_i') ? 'input' : 'output');
      const isWhole = bits.length > 0 && bits.every((bit) => bit !== 'x' && bit !== 'z');
      if (!isWhole || (clock !== undefined && bits.includes(clock))) continue;
      if (direction === 'output' && bits.some((bit) => typeof bit !== 'number')) continue;
      ports[`${instance}.${pin}`] = { direction: direction === 'output' ? 'input' : 'output', bits };
    }
  }
  const cells = Object.fromEntries(
    Object.entries(source.cells).filter(([, { type }]) => library.cells.has(type)),
  );
  const text = JSON.stringify({ modules: { [name]: { attributes: { top: 1 }, ports, cells } } });
  const netlist = parseNetlist(text, library, where);
  const signals = [...netlist.ports].map(([port, { direction, nets }]) => ({
    name: port,
    direction,
    width: nets.length,
  }));
  const named = registerNames(module, netlist);
  return {
    module: name,
    netlist,
    inputs: signals.filter(({ name: port, direction }) => direction === 'input' && port !== CLOCK),
    outputs: signals.filter(({ direction }) => direction === 'output'),
    ...named,
  };
}

function innerCells({ source }: AcceleratorModule, library: LibraryModel) {
  return Object.entries(source.cells)
    .filter(([, { type }]) => !library.cells.has(type))
    .map(([instance, cell]) => ({ instance, cell }));
}

/** Names that the RTL has for what the registers hold; Yosys keeps them on the nets. */
function registerNames({ source }: AcceleratorModule, netlist: GateNetlist) {
  const nameOf = new Map<YosysBit, { signal: string; bit: number }>();
  for (const [signal, { hide_name: isHidden, bits, offset = 0 }] of Object.entries(source.netnames)) {
    if (isHidden !== 0) continue;
    for (const [index, bit] of bits.entries()) {
      if (typeof bit === 'number' && !nameOf.has(bit)) nameOf.set(bit, { signal, bit: index + offset });
    }
  }
  const places = new Map<string, number>();
  const states: BlockSignal[] = [];
  const stateBits = netlist.registers.map(({ instance, cell, flipFlop }): StateBit => {
    const { connections } = source.cells[instance]!;
    for (const output of cell.outputs) {
      const found = nameOf.get(connections[output]?.[0] ?? '');
      if (found === undefined) continue;
      const known = places.get(found.signal) ?? states.length;
      if (known === states.length) {
        places.set(found.signal, known);
        const { bits, offset = 0 } = source.netnames[found.signal]!;
        states.push({ name: found.signal, width: bits.length + offset });
      }
      const read = cell.pins.get(output)?.function;
      const isInverted = !(read?.kind === 'pin' && read.name === flipFlop.state);
      return { signal: known, bit: found.bit, isInverted };
    }
    return { bit: 0, isInverted: false };
  });
  return { states, stateBits };
}
