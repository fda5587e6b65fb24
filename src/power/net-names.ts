import { badInput } from '../base/errors.ts';
import type { GateNetlist } from './netlist.ts';

/** A name by which a netlist's text calls a net; a net can have several. */
export interface NetName {
  readonly name: string;
  /** Present for one bit of a vector. */
  readonly bit?: number;
  readonly net: number;
}

/**
 * Names of the nets in the Yosys JSON text that a netlist was parsed from, ports left out, in the order of the file.
 * Nets that no gate, register or port has are left out too.
 * @throws bad-input when the text has no module of the netlist's name
 */
export function readNetNames(text: string, netlist: GateNetlist, where: string): readonly NetName[] {
  const module = (JSON.parse(text) as { modules: Readonly<Record<string, NamedModule>> }).modules[
    netlist.name
  ];
  if (module === undefined) {
    throw badInput(
      { where, wanted: `module ${netlist.name}`, found: 'none' },
      'Give the text that the netlist was read from.',
    );
  }
  const netOfBit = new Map<number | string, number>();
  for (const [port, { nets }] of netlist.ports) {
    module.ports[port]?.bits.forEach((bit, i) => {
      netOfBit.set(bit, nets[i]!);
    });
  }
  for (const { instance, cell, inputNets, outputNets } of [...netlist.gates, ...netlist.registers]) {
    const pins = [...cell.inputs, ...cell.outputs];
    [...inputNets, ...outputNets].forEach((net, i) => {
      const bit = module.cells[instance]?.connections[pins[i]!]?.[0];
      if (bit !== undefined && net !== undefined) netOfBit.set(bit, net);
    });
  }
  return Object.entries(module.netnames ?? {}).flatMap(([name, { bits, offset = 0 }]) => {
    if (netlist.ports.has(name)) return [];
    return bits.flatMap((bit, i) => {
      const net = typeof bit === 'number' ? netOfBit.get(bit) : undefined;
      if (net === undefined) return [];
      return [bits.length === 1 ? { name, net } : { name, bit: offset + i, net }];
    });
  });
}

interface NamedModule {
  readonly ports: Readonly<Record<string, { readonly bits: readonly (number | string)[] }>>;
  readonly cells: Readonly<
    Record<string, { readonly connections: Readonly<Record<string, readonly (number | string)[]>> }>
  >;
  readonly netnames?: Readonly<
    Record<string, { readonly bits: readonly (number | string)[]; readonly offset?: number }>
  >;
}
