import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { printBoolean } from '../../src/liberty/boolean-expression.ts';
import { readNetNames } from '../../src/power/net-names.ts';
import { parseNetlist } from '../../src/power/netlist.ts';
import { countNetActivity, writeSaif } from '../../src/power/saif.ts';
import { simulateActivity } from '../../src/power/simulate.ts';
import { makeStream } from '../../src/power/stream.ts';
import { propagateTiming } from '../../src/power/timing.ts';
import { type ActivityFile, writeOperandVcd, writeVcd } from '../../src/power/vcd.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { smallLibrary } from '../liberty/small-library.ts';
import { toolMissing } from '../tool-missing.ts';
import { cellOf, input, output } from './small-netlist.ts';
import { countTransitions, readDump, valueAt } from './vcd-reader.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-interchange-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** 2 × 2 bit multiplier; its product bit 3 is a carry, one net has an escaped name and one a bit of a vector. */
const TEXT = JSON.stringify({
  modules: {
    top: {
      ports: { a: input([2, 3]), b: input([4, 5]), p: output([10, 14, 16, 17]) },
      cells: {
        n00: cellOf('NAND', { A: [2], B: [4], Y: [6] }),
        n10: cellOf('NAND', { A: [3], B: [4], Y: [7] }),
        n01: cellOf('NAND', { A: [2], B: [5], Y: [8] }),
        n11: cellOf('NAND', { A: [3], B: [5], Y: [9] }),
        i00: cellOf('INV', { A: [6], Y: [10] }),
        i10: cellOf('INV', { A: [7], Y: [11] }),
        i01: cellOf('INV', { A: [8], Y: [12] }),
        i11: cellOf('INV', { A: [9], Y: [13] }),
        add1: cellOf('ADD', { A: [11], B: [12], C: ['0'], S: [14], CO: [15] }),
        'add.2': cellOf('ADD', { A: [13], B: [15], C: ['0'], S: [16], CO: [17] }),
      },
      netnames: {
        p: { bits: [10, 14, 16, 17] },
        carry: { bits: [15] },
        'row.0': { bits: [10, 11], offset: 4 },
        row1: { bits: [12, 13] },
      },
    },
  },
});
const PORTS = { a: 'a', b: 'b', p: 'p' };
const PERIOD_PS = 1250;

const library = smallLibrary();
const netlist = parseNetlist(TEXT, library, 'n.json');
const rng = createRng(5);
const draw = (): Uint32Array => Uint32Array.from({ length: 100 }, () => rng.nextInt(0, 3));
const stream = makeStream('random', draw(), draw());
const file: ActivityFile = {
  netlist,
  names: readNetNames(TEXT, netlist, 'n.json'),
  stream,
  ports: PORTS,
  vectorPeriodNs: PERIOD_PS / 1000,
};

/** Transitions of each output pin, "instance/pin", as the power simulation counts them. */
function simulatedTransitions(): Map<string, number> {
  const { gates } = simulateActivity(netlist, propagateTiming(netlist, 0.02, 4), stream, PORTS, false);
  return new Map(
    gates.flatMap(({ compiled, eventCounts }, g) => {
      const { instance, cell } = netlist.gates[g]!;
      return cell.outputs.map((pin, o) => {
        const counts = compiled.events.map((event, e) =>
          event.output === o ? eventCounts[2 * e]! + eventCounts[2 * e + 1]! : 0,
        );
        return [`${instance}/${pin}`, counts.reduce((sum, count) => sum + count, 0)] as const;
      });
    }),
  );
}

describe('value change dump', () => {
  const path = join(folder, 'top.vcd');
  writeVcd(path, file);
  const dump = readDump(readFileSync(path, 'utf8'));
  const variable = (name: string) => dump.variables.get(name)!;

  it('has the transitions of the power simulation on every output pin', () => {
    let compared = 0;
    for (const [pin, want] of simulatedTransitions()) {
      const name = pin.replace('add.2', '\\add.2');
      expect(countTransitions(variable(`top/${name}`)), pin).toBe(want);
      compared++;
    }
    expect(compared).toBe(12);
  });

  it('has the operands and products of every pair', () => {
    for (let i = 0; i < 100; i++) {
      const at = (port: string, range: string): number =>
        Number.parseInt(valueAt(variable(`top/${port}${range}`), i * PERIOD_PS), 2);
      expect([at('a', '[1:0]'), at('b', '[1:0]')]).toEqual([stream.a[i], stream.b[i]]);
      expect(at('p', '[3:0]')).toBe(stream.a[i]! * stream.b[i]!);
    }
    expect(dump).toMatchObject({ timescale: '1ps', lastTime: 100 * PERIOD_PS });
  });

  it('names nets as the netlist does: plain, escaped, bits of vectors', () => {
    const inner = [...dump.variables.keys()].filter((name) => name.split('/').length === 2);
    expect(inner).toEqual([
      ...['a[1:0]', 'b[1:0]', 'p[3:0]'].map((name) => `top/${name}`),
      ...['carry', '\\row.0[4]', '\\row.0[5]', 'row1[0]', 'row1[1]'].map((name) => `top/${name}`),
    ]);
    expect(variable('top/\\row.0[5]')).toBe(variable('top/i10/Y'));
  });

  it('is written whole, and twice the same', () => {
    const again = join(folder, 'again.vcd');
    writeVcd(again, file);
    expect(readFileSync(again)).toEqual(readFileSync(path));
    const bad = { ...file, ports: { ...PORTS, p: 'q' } };
    expect(() => writeVcd(join(folder, 'bad.vcd'), bad)).toThrow('wanted output port "q"');
    expect(readdirSync(folder).filter((name) => name.includes('bad'))).toEqual([]);
  });

  it('sabotage: another gate is noticed', () => {
    const index = netlist.gates.findIndex(({ instance }) => instance === 'n10');
    const gates = netlist.gates.with(index, { ...netlist.gates[index]!, cell: library.cells.get('XOR')! });
    const other = join(folder, 'other.vcd');
    writeVcd(other, { ...file, netlist: { ...netlist, gates } });
    const wrong = readDump(readFileSync(other, 'utf8')).variables.get('top/n10/Y')!;
    expect(countTransitions(wrong)).not.toBe(simulatedTransitions().get('n10/Y'));
  });

  it('can hold operands and products alone', () => {
    const operands = join(folder, 'operands.vcd');
    const patterns = stream.a.map((a, i) => a * stream.b[i]!);
    const bits = { aBits: 2, bBits: 2, product: { bits: 4, patterns } };
    writeOperandVcd(operands, { module: 'top', stream, vectorPeriodNs: 0.001234, ports: PORTS, ...bits });
    const { timescale, variables, lastTime } = readDump(readFileSync(operands, 'utf8'));
    expect([...variables.keys()]).toEqual(['top/a[1:0]', 'top/b[1:0]', 'top/p[3:0]']);
    const product = variables.get('top/p[3:0]')!;
    const read = Array.from(patterns, (_, i) => Number.parseInt(valueAt(product, i * 1234), 2));
    expect([timescale, lastTime]).toEqual(['1fs', 123_400]);
    expect(read).toEqual(Array.from(patterns));
    expect(() => writeVcd(operands, { ...file, vectorPeriodNs: 1.0000001 })).toThrow(
      'vector period: wanted a whole number of fs above 0, found 1.0000001 ns',
    );
  });
});

describe('SAIF', () => {
  const path = join(folder, 'top.saif');
  writeSaif(path, file);
  const text = readFileSync(path, 'utf8');
  const lines = [...text.matchAll(/^\((\S+) \(T0 (\d+)\) \(T1 (\d+)\) \(TX 0\) \(TC (\d+)\) \(IG 0\)\)$/gm)];

  it('has balanced parentheses and its header', () => {
    const count = (character: string): number => text.split(character).length - 1;
    expect(count('(')).toBe(count(')'));
    expect(text).toContain('(SAIFVERSION "2.0")\n(DIRECTION "backward")\n(DESIGN "top")\n');
    expect(text).toContain(
      `(TIMESCALE 1 ps)\n(DURATION ${100 * PERIOD_PS})\n(INSTANCE top\n(NET\n(a\\[0\\] (T0 `,
    );
    expect(text).toContain('(INSTANCE add\\.2\n(NET\n(A (T0 ');
  });

  it('agrees with the dump: transitions and time at 1 of every net', () => {
    const dumpPath = join(folder, 'saif.vcd');
    writeVcd(dumpPath, file);
    const { variables } = readDump(readFileSync(dumpPath, 'utf8'));
    const activity = countNetActivity(file);
    let compared = 0;
    for (const { instance, cell, inputNets, outputNets } of netlist.gates) {
      const pins = [...cell.inputs, ...cell.outputs];
      [...inputNets, ...outputNets].forEach((net, i) => {
        const name = instance.replace('add.2', '\\add.2');
        const variable = variables.get(`top/${name}/${pins[i]}`)!;
        const ones = Array.from({ length: 100 }, (_, pair) => Number(valueAt(variable, pair * PERIOD_PS)));
        const onePairs = ones.reduce((sum, bit) => sum + bit, 0);
        expect(activity[net!]).toEqual({
          zeroPairs: 100 - onePairs,
          onePairs,
          transitions: countTransitions(variable),
        });
        compared++;
      });
    }
    expect(compared).toBe(4 * 3 + 4 * 2 + 2 * 5);
  });

  it('adds up to the duration on every line', () => {
    expect(lines).toHaveLength(8 + 5 + 30);
    for (const [, , t0, t1] of lines) expect(Number(t0) + Number(t1)).toBe(100 * PERIOD_PS);
    expect(lines.reduce((sum, [, , , , tc]) => sum + Number(tc), 0)).toBeGreaterThan(500);
  });
});

const missing = ['iverilog', 'vvp'].filter(toolMissing);

it.skipIf(missing.length > 0)(
  `agrees with Icarus on every net${missing.length > 0 ? ` [skipped: no ${missing.join(', ')}]` : ''}`,
  async () => {
    writeFileSync(join(folder, 'model.v'), printModel());
    const call = { cwd: folder, timeoutMs: 60_000 };
    const args = ['-g2005', '-o', 'model.vvp', 'model.v'];
    await runTool({ ...call, tool: 'iverilog', program: 'iverilog', args });
    await runTool({ ...call, tool: 'vvp', program: 'vvp', args: ['-n', 'model.vvp'] });
    const icarus = readDump(readFileSync(join(folder, 'icarus.vcd'), 'utf8')).variables;
    const path = join(folder, 'compare.vcd');
    writeVcd(path, file);
    const own = readDump(readFileSync(path, 'utf8')).variables;
    let compared = 0;
    for (const [name, variable] of own) {
      if (name.split('/').length !== 3) continue;
      const theirs = icarus.get(`bench/${name.replace('\\add.2', 'add_2')}`)!;
      expect(countTransitions(variable), name).toBe(countTransitions(theirs));
      compared++;
    }
    expect(compared).toBe(30);
  },
);

/** The netlist with its cells' functions, and a bench that applies the stream. */
function printModel(): string {
  const cells = new Set(netlist.gates.map(({ cell }) => cell));
  const modules = [...cells].map((cell) => {
    const assigns = cell.outputs.map(
      (pin) => `assign ${pin} = ${printBoolean(cell.pins.get(pin)!.function!, (name) => name)};`,
    );
    return [
      `module ${cell.name}(${[...cell.inputs.map((p) => `input ${p}`), ...cell.outputs.map((p) => `output ${p}`)].join(', ')});`,
      ...assigns,
      'endmodule',
    ].join('\n');
  });
  const instances = netlist.gates.map(({ instance, cell, inputNets, outputNets }) => {
    const pins = [...cell.inputs, ...cell.outputs];
    const connections = [...inputNets, ...outputNets].map((net, i) => `.${pins[i]}(n[${net}])`);
    return `${cell.name} ${instance.replace('.', '_')}(${connections.join(', ')});`;
  });
  const bits = (port: string): string =>
    netlist.ports
      .get(port)!
      .nets.map((net) => `n[${net}]`)
      .reverse()
      .join(', ');
  const applied = Array.from(stream.a, (a, i) => `a = ${a}; b = ${stream.b[i]}; #1250;`);
  return [
    '`timescale 1ps/1ps',
    ...modules,
    'module top(input [1:0] a, input [1:0] b, output [3:0] p);',
    `wire [${netlist.netCount - 1}:0] n; assign n[1:0] = 2'b10; assign {${bits('a')}} = a; assign {${bits('b')}} = b; assign p = {${bits('p')}};`,
    ...instances,
    'endmodule',
    'module bench; reg [1:0] a, b; wire [3:0] p; top top(a, b, p);',
    'initial begin $dumpfile("icarus.vcd"); $dumpvars(0, bench);',
    ...applied,
    '$finish; end',
    'endmodule',
  ].join('\n');
}
