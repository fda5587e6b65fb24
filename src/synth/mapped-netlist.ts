import { MaxdnnError } from '../base/errors.ts';
import type { BlifGate, BlifModel } from './blif.ts';
import type { SynthesisLibrary, TieCell } from './library-files.ts';

/** A net number (from 2) or a constant. */
export type Bit = number | '0' | '1';

/** A flat netlist of library cells, ready to be written. */
export interface MappedNetlist {
  readonly moduleName: string;
  readonly ports: readonly MappedPort[];
  readonly cells: readonly MappedCell[];
}

export interface MappedPort {
  readonly name: string;
  readonly direction: 'input' | 'output';
  /** From the least to the most significant bit. */
  readonly bits: readonly Bit[];
}

export interface MappedCell {
  readonly instance: string;
  readonly cell: string;
  readonly pins: readonly (readonly [pin: string, bit: Bit])[];
}

type TieCells = Pick<SynthesisLibrary, 'tieHigh' | 'tieLow'>;

/**
 * Netlist of a mapped BLIF model. Ports are put together from their bits (`a_i[0]`, `a_i[1]` …), nets and instances
 * are numbered in the order of the file, all constants of one value come from one tie cell where the library has it.
 * @throws tool-failed when something is left that is no library cell
 */
export function netlistOf(model: BlifModel, library: TieCells): MappedNetlist {
  const source = findSources(model, library);
  const numbers = new Map<string, number>();
  const bitOf = (net: string): Bit => {
    const driver = source(net);
    if (driver === '0' || driver === '1') return driver;
    const known = numbers.get(driver);
    if (known !== undefined) return known;
    numbers.set(driver, numbers.size + 2);
    return numbers.size + 1;
  };
  const ports = [...groupPorts(model.inputs, 'input', bitOf), ...groupPorts(model.outputs, 'output', bitOf)];
  const isLogic = ({ cell }: BlifGate): boolean => constantOf(cell, library) === undefined;
  const cells = model.gates.filter(isLogic).map(
    ({ cell, pins }, index): MappedCell => ({
      instance: `u_${index}`,
      cell,
      pins: [...pins].map(([pin, net]): [string, Bit] => [pin, bitOf(net)]),
    }),
  );
  return tieConstants({ moduleName: model.name, ports, cells }, library, numbers.size + 2);
}

/** The netlist as Yosys JSON (write_json). */
export function netlistJson({ moduleName, ports, cells }: MappedNetlist): string {
  const module = {
    attributes: { top: '00000000000000000000000000000001' },
    ports: Object.fromEntries(ports.map(({ name, direction, bits }) => [name, { direction, bits }])),
    cells: Object.fromEntries(
      cells.map(({ instance, cell, pins }) => [
        instance,
        {
          hide_name: 0,
          type: cell,
          parameters: {},
          attributes: {},
          connections: Object.fromEntries(pins.map(([pin, bit]) => [pin, [bit]])),
        },
      ]),
    ),
    netnames: Object.fromEntries(
      ports.map(({ name, bits }) => [name, { hide_name: 0, bits, attributes: {} }]),
    ),
  };
  return `${JSON.stringify({ creator: 'maxdnn', modules: { [moduleName]: module } }, undefined, 1)}\n`;
}

/** The netlist as Verilog: instances with named connections, one net per wire. */
export function netlistVerilog({ moduleName, ports, cells }: MappedNetlist): string {
  const names = new Map<Bit, string>([
    ['0', "1'b0"],
    ['1', "1'b1"],
  ]);
  const assigns: string[] = [];
  for (const { name, bits } of ports) {
    for (const [index, bit] of bits.entries()) {
      const port = bits.length === 1 ? name : `${name}[${index}]`;
      const known = names.get(bit);
      if (known === undefined) names.set(bit, port);
      else assigns.push(`  assign ${port} = ${known};`);
    }
  }
  const wires: string[] = [];
  const nameOf = (bit: Bit): string => {
    const known = names.get(bit);
    if (known !== undefined) return known;
    const name = `n_${bit}`;
    names.set(bit, name);
    wires.push(`  wire ${name};`);
    return name;
  };
  const instances = cells.map(
    ({ instance, cell, pins }) =>
      `  ${cell} ${instance} (${pins.map(([pin, bit]) => `.${pin}(${nameOf(bit)})`).join(', ')});`,
  );
  const declarations = ports.map(({ name, direction, bits }) => {
    const range = bits.length === 1 ? '' : `[${bits.length - 1}:0] `;
    return `  ${direction} ${range}${name};`;
  });
  const list = ports.map(({ name }) => name).join(', ');
  return [
    `module ${moduleName}(${list});`,
    ...declarations,
    ...wires,
    ...instances,
    ...assigns,
    'endmodule',
    '',
  ].join('\n');
}

/** Value of a cell that drives a constant: abc's own `_const0_` and `_const1_`, or the library's tie cells. */
function constantOf(cell: string, { tieHigh, tieLow }: TieCells): '0' | '1' | undefined {
  if (cell === '_const0_' || cell === tieLow?.cell) return '0';
  return cell === '_const1_' || cell === tieHigh?.cell ? '1' : undefined;
}

/** Follows constants and second names of nets (.names) to what drives a net; any other .names was not mapped. */
function findSources({ name, gates, tables }: BlifModel, library: TieCells): (net: string) => string {
  const sources = new Map<string, string>();
  for (const { cell, pins } of gates) {
    const value = constantOf(cell, library);
    if (value !== undefined) for (const net of pins.values()) sources.set(net, value);
  }
  for (const { output, inputs, cover } of tables) {
    const isAlias = inputs.length === 1 && cover.length === 1 && cover[0] === '1 1';
    if (!isAlias && inputs.length > 0) {
      throw new MaxdnnError(
        'tool-failed',
        `${name}: abc left logic at net ${output} that is no library cell`,
        {
          hint: 'Does the library have the basic gates? See map.log in the run folder.',
        },
      );
    }
    sources.set(output, isAlias ? inputs[0]! : cover[0] === '1' ? '1' : '0');
  }
  const source = (net: string): string => {
    const next = sources.get(net);
    return next === undefined || next === '0' || next === '1' ? (next ?? net) : source(next);
  };
  return source;
}

function groupPorts(
  names: readonly string[],
  direction: MappedPort['direction'],
  bitOf: (net: string) => Bit,
): MappedPort[] {
  const groups = new Map<string, Bit[]>();
  for (const name of names) {
    const [, base, index] = /^(.*?)(?:\[(\d+)\])?$/.exec(name)!;
    const bits = groups.get(base!) ?? [];
    groups.set(base!, bits);
    bits[Number(index ?? 0)] = bitOf(name);
  }
  return [...groups].map(([name, bits]) => ({ name, direction, bits }));
}

/** Replaces constants at pins and ports by the output of one tie cell per value, where the library has one. */
function tieConstants(netlist: MappedNetlist, { tieHigh, tieLow }: TieCells, freeNet: number): MappedNetlist {
  const ties: MappedCell[] = [];
  const nets = new Map<Bit, Bit>();
  const tie = (bit: Bit): Bit => {
    const cell: TieCell | undefined = bit === '1' ? tieHigh : bit === '0' ? tieLow : undefined;
    if (cell === undefined) return bit;
    const net = nets.get(bit) ?? freeNet + nets.size;
    if (!nets.has(bit)) {
      nets.set(bit, net);
      ties.push({ instance: `u_tie${bit}`, cell: cell.cell, pins: [[cell.pin, net]] });
    }
    return net;
  };
  const ports = netlist.ports.map((port) => ({ ...port, bits: port.bits.map(tie) }));
  const cells = netlist.cells.map((cell) => ({
    ...cell,
    pins: cell.pins.map(([pin, bit]): [string, Bit] => [pin, tie(bit)]),
  }));
  return { moduleName: netlist.moduleName, ports, cells: [...cells, ...ties] };
}
