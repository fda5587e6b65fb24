import { badInput, type Fault, show } from '../base/errors.ts';
import { readInputFile } from '../base/files.ts';
import type { CellModel, FlipFlopModel, LibraryModel } from '../liberty/model.ts';
import { levelise } from './netlist-levels.ts';

/** Net that is always 0 and net that is always 1 in every GateNetlist. */
export const NET_ZERO = 0;
export const NET_ONE = 1;

/** One library cell in a netlist. */
export interface Gate {
  readonly instance: string;
  readonly cell: CellModel;
  /** Net of each input pin, in the order of cell.inputs. */
  readonly inputNets: readonly number[];
  /** Net of each output pin, in the order of cell.outputs; undefined where it is left open. */
  readonly outputNets: readonly (number | undefined)[];
}

/** One edge-triggered cell in a netlist. */
export interface Register extends Gate {
  readonly flipFlop: FlipFlopModel;
}

export interface NetlistPort {
  readonly direction: 'input' | 'output';
  /** Nets from the least to the most significant bit. */
  readonly nets: readonly number[];
}

/** Flat netlist of library cells. Nets are numbers 0 … netCount − 1. */
export interface GateNetlist {
  readonly name: string;
  readonly netCount: number;
  readonly ports: ReadonlyMap<string, NetlistPort>;
  /** Combinational cells, in an order in which every gate comes after the gates that drive it. */
  readonly gates: readonly Gate[];
  /** Edge-triggered cells, in the order of the file; none in a combinational netlist. */
  readonly registers: readonly Register[];
}

/** Reads a file that Yosys wrote with write_json. @throws bad-input as parseNetlist */
export function readNetlist(path: string, library: LibraryModel): GateNetlist {
  return parseNetlist(readInputFile(path, 'a Yosys JSON netlist').toString('utf8'), library, path);
}

/**
 * Netlist of the only module of Yosys JSON text (write_json of a flat design mapped to `library`); modules of
 * library cells, which Yosys lists too, are left out.
 * @throws bad-input for anything that is no such netlist: unknown cells or pins, open or undefined inputs, nets
 *   without or with several drivers, latches and clock gates, combinational loops (loops through registers are
 *   fine); all faults of one kind at once
 */
export function parseNetlist(text: string, library: LibraryModel, where: string): GateNetlist {
  const [name, module] = findDesign(parseJson(text, where), library, where);
  const numberOfBit = new Map<number, number>();
  const faults: Fault[] = [];
  const netOf = (bit: YosysBit, place: string): number => {
    if (bit === '0') return NET_ZERO;
    if (bit === '1') return NET_ONE;
    if (typeof bit !== 'number') {
      faults.push({
        where: `${where}: ${place}`,
        wanted: 'a net, 0 or 1',
        found: `the undefined value ${show(bit)}`,
      });
      return NET_ZERO;
    }
    const known = numberOfBit.get(bit);
    if (known !== undefined) return known;
    const net = numberOfBit.size + 2;
    numberOfBit.set(bit, net);
    return net;
  };
  const ports = new Map<string, NetlistPort>();
  for (const [port, { direction, bits }] of Object.entries(module.ports ?? {})) {
    if (direction !== 'input' && direction !== 'output') {
      faults.push({ where: `${where}: port ${port}`, wanted: 'an input or output', found: show(direction) });
    } else ports.set(port, { direction, nets: bits.map((bit, i) => netOf(bit, `port ${port}[${i}]`)) });
  }
  const cells = Object.entries(module.cells ?? {}).flatMap(([instance, cell]) => {
    const model = library.cells.get(cell.type);
    const place = `${where}: instance ${instance}`;
    if (model === undefined) {
      const reason = library.leftOut.get(cell.type);
      const found =
        reason === undefined ? show(cell.type) : `${show(cell.type)}, which was left out: ${reason}`;
      faults.push({ where: place, wanted: `a cell of library ${library.name}`, found });
      return [];
    }
    return [readGate(instance, model, cell.connections, netOf, place, faults)];
  });
  if (faults.length > 0) {
    throw badInput(
      faults,
      'Map the design to this library with Yosys (flatten; abc -liberty) and write_json again.',
    );
  }
  assertDriven(where, ports, cells, numberOfBit.size + 2);
  const registers = cells.flatMap((cell) => {
    const { flipFlop } = cell.cell;
    return flipFlop === undefined ? [] : [{ ...cell, flipFlop }];
  });
  const gates = levelise(
    cells.filter(({ cell }) => cell.flipFlop === undefined),
    where,
  );
  return { name, netCount: numberOfBit.size + 2, ports, gates, registers };
}

/**
 * Nets of a port.
 * @throws bad-input when the netlist has no such port of that direction
 */
export function portNets(
  netlist: GateNetlist,
  name: string,
  direction: NetlistPort['direction'],
): readonly number[] {
  const port = netlist.ports.get(name);
  if (port?.direction === direction) return port.nets;
  const known = [...netlist.ports].map(([other, { direction: d }]) => `${d} ${other}`).join(', ');
  throw badInput(
    { where: `netlist ${netlist.name}`, wanted: `${direction} port ${show(name)}`, found: `ports ${known}` },
    'Name the ports as the netlist does.',
  );
}

type YosysBit = number | string;

interface YosysModule {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly ports?: Readonly<
    Record<string, { readonly direction: string; readonly bits: readonly YosysBit[] }>
  >;
  readonly cells?: Readonly<
    Record<
      string,
      { readonly type: string; readonly connections: Readonly<Record<string, readonly YosysBit[]>> }
    >
  >;
}

function parseJson(text: string, where: string): Readonly<Record<string, YosysModule>> {
  let modules: unknown;
  let reason = 'JSON without "modules"';
  try {
    modules = (JSON.parse(text) as { modules?: unknown } | null)?.modules;
  } catch (error) {
    reason = `no valid JSON (${(error as Error).message})`;
  }
  if (typeof modules === 'object' && modules !== null) return modules as Record<string, YosysModule>;
  throw badInput(
    { where, wanted: 'a netlist written by Yosys write_json', found: reason },
    'Run the synthesis again.',
  );
}

function findDesign(
  modules: Readonly<Record<string, YosysModule>>,
  library: LibraryModel,
  where: string,
): readonly [string, YosysModule] {
  const isLibraryCell = (name: string): boolean =>
    library.cells.has(name) || 'blackbox' in (modules[name]?.attributes ?? {});
  const designs = Object.entries(modules).filter(([name]) => !isLibraryCell(name));
  if (designs.length === 1) return designs[0]!;
  const found = designs.length === 0 ? 'none' : designs.map(([name]) => name).join(', ');
  throw badInput(
    { where, wanted: 'exactly one design module', found },
    'Flatten the design before write_json.',
  );
}

function readGate(
  instance: string,
  cell: CellModel,
  connections: Readonly<Record<string, readonly YosysBit[]>>,
  netOf: (bit: YosysBit, place: string) => number,
  where: string,
  faults: Fault[],
): Gate {
  if (cell.storage !== 'none' && cell.storage !== 'flip-flop') {
    faults.push({ where, wanted: 'a gate or a flip-flop', found: `${cell.name}, a ${cell.storage}` });
  }
  for (const pin of Object.keys(connections)) {
    if (cell.pins.has(pin)) continue;
    faults.push({
      where,
      wanted: `a pin of ${cell.name} (${[...cell.pins.keys()].join(', ')})`,
      found: show(pin),
    });
  }
  const inputNets = cell.inputs.map((pin) => {
    const bit = connections[pin]?.[0];
    if (bit !== undefined) return netOf(bit, `instance ${instance} (${cell.name}) pin ${pin}`);
    faults.push({ where: `${where} (${cell.name}) pin ${pin}`, wanted: 'a net', found: 'no connection' });
    return NET_ZERO;
  });
  const outputNets = cell.outputs.map((pin) => {
    const bit = connections[pin]?.[0];
    return bit === undefined ? undefined : netOf(bit, `instance ${instance} (${cell.name}) pin ${pin}`);
  });
  return { instance, cell, inputNets, outputNets };
}

/** Every net that is read has exactly one driver: an input port, a constant or a gate. */
function assertDriven(
  where: string,
  ports: ReadonlyMap<string, NetlistPort>,
  gates: readonly Gate[],
  netCount: number,
): void {
  const drivers: string[][] = Array.from({ length: netCount }, () => []);
  const readers: string[][] = Array.from({ length: netCount }, () => []);
  drivers[NET_ZERO]!.push('constant 0');
  drivers[NET_ONE]!.push('constant 1');
  for (const [name, { direction, nets }] of ports) {
    const list = direction === 'input' ? drivers : readers;
    for (const [i, net] of nets.entries()) list[net]!.push(`port ${name}[${i}]`);
  }
  for (const { instance, cell, inputNets, outputNets } of gates) {
    for (const [i, net] of inputNets.entries())
      readers[net]!.push(`${instance} (${cell.name}) pin ${cell.inputs[i]}`);
    for (const [i, net] of outputNets.entries()) {
      if (net !== undefined) drivers[net]!.push(`${instance} (${cell.name}) pin ${cell.outputs[i]}`);
    }
  }
  const faults: Fault[] = [];
  for (let net = 0; net < netCount; net++) {
    if (drivers[net]!.length > 1) {
      faults.push({
        where,
        wanted: 'one driver per net',
        found: `a net driven by ${drivers[net]!.join(' and ')}`,
      });
    } else if (drivers[net]!.length === 0 && readers[net]!.length > 0) {
      faults.push({ where, wanted: 'a driver for every net', found: `none for ${readers[net]!.join(', ')}` });
    }
  }
  if (faults.length > 0)
    throw badInput(faults, 'The netlist is damaged or not flat: run the synthesis again.');
}
