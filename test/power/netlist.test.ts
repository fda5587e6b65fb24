import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { parseNetlist, portNets } from '../../src/power/netlist.ts';
import { smallLibrary } from '../liberty/small-library.ts';

const library = smallLibrary();

type Bits = readonly (number | string)[];
interface Design {
  readonly ports: Record<string, { direction: string; bits: Bits }>;
  readonly cells: Record<string, { type: string; connections: Record<string, Bits> }>;
}

/** y = !(a[1] & !a[0]), listed in the wrong order, as Yosys may. */
const DESIGN: Design = {
  ports: { a: { direction: 'input', bits: [2, 3] }, y: { direction: 'output', bits: [5, '0'] } },
  cells: {
    u_nand: { type: 'NAND', connections: { A: [4], B: [3], Y: [5] } },
    u_inv: { type: 'INV', connections: { A: [2], Y: [4] } },
  },
};

describe('a netlist', () => {
  it('is ordered and its constants are nets', () => {
    const netlist = parse(DESIGN);
    expect(netlist.name).toBe('top');
    expect(netlist.netCount).toBe(2 + 4);
    expect(netlist.gates.map((gate) => gate.instance)).toEqual(['u_inv', 'u_nand']);
    expect(portNets(netlist, 'y', 'output')).toEqual([netlist.gates[1]!.outputNets[0], 0]);
    expect(netlist.gates[1]!.inputNets).toEqual([
      netlist.gates[0]!.outputNets[0],
      portNets(netlist, 'a', 'input')[1],
    ]);
  });

  it('may leave outputs open', () => {
    const netlist = parse({ ...DESIGN, cells: { ...DESIGN.cells, more: cell('INV', { A: [5] }) } });
    expect(netlist.gates[2]!.outputNets).toEqual([undefined]);
  });
});

describe('a bad netlist', () => {
  const withCell = (name: string, type: string, connections: Record<string, Bits>): (() => unknown) => {
    return () => parse({ ...DESIGN, cells: { ...DESIGN.cells, [name]: cell(type, connections) } });
  };
  const text =
    (content: string): (() => unknown) =>
    () =>
      parseNetlist(content, library, 'n.json');

  it.each<[string, () => unknown, string]>([
    [
      'no JSON',
      text('{"modules": {'),
      /^n\.json: wanted a netlist written by Yosys write_json, found no valid JSON \(.*\)$/.source,
    ],
    [
      'other JSON',
      text('[1]'),
      'n.json: wanted a netlist written by Yosys write_json, found JSON without "modules"',
    ],
    ['no module', text('{"modules": {}}'), 'n.json: wanted exactly one design module, found none'],
    [
      'two modules',
      text('{"modules": {"x": {}, "y": {}, "INV": {}}}'),
      'n.json: wanted exactly one design module, found x, y',
    ],
    [
      'an unknown cell',
      withCell('u1', 'NAND9', {}),
      'n.json: instance u1: wanted a cell of library small, found "NAND9"',
    ],
    [
      'an unknown pin',
      withCell('u1', 'INV', { A: [5], Z: [6] }),
      'n.json: instance u1: wanted a pin of INV (A, Y), found "Z"',
    ],
    [
      'an open input',
      withCell('u1', 'NAND', { A: [5], Y: [6] }),
      'n.json: instance u1 (NAND) pin B: wanted a net, found no connection',
    ],
    [
      'an undefined input',
      withCell('u1', 'INV', { A: ['x'], Y: [6] }),
      'n.json: instance u1 (INV) pin A: wanted a net, 0 or 1, found the undefined value "x"',
    ],
    [
      'two drivers',
      withCell('u1', 'INV', { A: [2], Y: [5] }),
      'n.json: wanted one driver per net, found a net driven by u_nand (NAND) pin Y and u1 (INV) pin Y',
    ],
    [
      'no driver',
      withCell('u1', 'INV', { A: [9], Y: [6] }),
      'n.json: wanted a driver for every net, found none for u1 (INV) pin A',
    ],
    [
      'a loop',
      () =>
        parse({
          ...DESIGN,
          cells: { u1: cell('INV', { A: [5], Y: [4] }), u2: cell('NAND', { A: [4], B: [3], Y: [5] }) },
        }),
      'n.json: wanted combinational logic without loops, found the loop u1 (INV) → u2 (NAND) → u1 (INV)',
    ],
  ])('%s', (_name, read, message) => {
    const got = messageOf(read);
    if (message.startsWith('^')) expect(got).toMatch(new RegExp(message));
    else expect(got).toBe(message);
  });

  it('lists all faults at once', () => {
    const cells = { u1: cell('NAND9', {}), u2: cell('INV', { B: [2] }) };
    expect(messageOf(() => parse({ ...DESIGN, cells })).split('\n')).toHaveLength(3);
  });

  it('asks for an existing port', () => {
    expect(messageOf(() => portNets(parse(DESIGN), 'y', 'input'))).toBe(
      'netlist top: wanted input port "y", found ports input a, output y',
    );
  });
});

function cell(type: string, connections: Record<string, Bits>): Design['cells'][string] {
  return { type, connections };
}

function parse(design: Design): ReturnType<typeof parseNetlist> {
  return parseNetlist(
    JSON.stringify({ modules: { top: design, INV: { attributes: { blackbox: '1' } } } }),
    library,
    'n.json',
  );
}

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(MaxdnnError);
    expect((error as MaxdnnError).code).toBe('bad-input');
    return (error as MaxdnnError).message;
  }
  throw new Error('nothing was thrown');
}
