import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { printBoolean } from '../../src/liberty/boolean-expression.ts';
import type { CellModel } from '../../src/liberty/model.ts';
import type { PathDelay } from '../../src/power/glitch-delays.ts';
import type { Gate, GateNetlist } from '../../src/power/netlist.ts';
import { type PrintedPath, printPaths } from '../../src/power/sdf.ts';
import type { OperandStream } from '../../src/power/stream.ts';
import { runTool } from '../../src/tools/run-tool.ts';

export interface IcarusRun {
  readonly netlist: GateNetlist;
  readonly stream: OperandStream;
  readonly ports: { readonly a: string; readonly b: string; readonly p: string };
  readonly periodPs: number;
  /** Folder for the model, the operands and the log. */
  readonly folder: string;
  readonly delays: IcarusDelays;
}

/**
 * "specify": delays of each gate, printed into a specify block of its own. "assign": one rise and one fall delay per
 * output (those of its first path) as the delay of a continuous assignment. "sdf": a text that Icarus reads.
 */
export type IcarusDelays =
  | { readonly kind: 'specify' | 'assign'; readonly pathsOf: (gate: Gate) => readonly PathDelay[] }
  | { readonly kind: 'sdf'; readonly text: string };

export interface IcarusResult {
  /** Transitions of each net after the first pair has settled. */
  readonly transitions: Int32Array;
  readonly products: Uint32Array;
  /** All that Icarus printed but the counts. */
  readonly messages: string;
}

/**
 * Simulates a netlist with specify path delays in Icarus Verilog, one pair per period, and counts the transitions of
 * every net that a gate drives. Nothing of the event-driven engine is used but its list of delays.
 */
export async function runIcarus(run: IcarusRun): Promise<IcarusResult> {
  const { netlist, stream, folder, delays } = run;
  const pairs = stream.a.length;
  const hex = (patterns: Uint32Array): string => Array.from(patterns, (word) => word.toString(16)).join('\n');
  writeFileSync(join(folder, 'a.hex'), hex(stream.a));
  writeFileSync(join(folder, 'b.hex'), hex(stream.b));
  if (delays.kind === 'sdf') writeFileSync(join(folder, 'netlist.sdf'), delays.text);
  const driven = netlist.gates.flatMap(({ outputNets }) => outputNets.filter((net) => net !== undefined));
  writeFileSync(join(folder, 'model.v'), [...printModules(run), ...printBench(run, driven)].join('\n'));
  const base = { cwd: folder, timeoutMs: 300_000 };
  const flags = ['-g2005', '-gspecify', '-Wall', '-Wno-timescale', '-s', 'bench'];
  const compiled = await runTool({
    ...base,
    tool: 'iverilog',
    program: 'iverilog',
    args: [...flags, '-o', 'model.vvp', 'model.v'],
  });
  const { text } = await runTool({ ...base, tool: 'vvp', program: 'vvp', args: ['-n', 'model.vvp'] });
  const products = [...text.matchAll(/^P (\w+)$/gm)].map(([, word]) => Number.parseInt(word!, 16));
  const transitions = new Int32Array(netlist.netCount);
  const counts = [...text.matchAll(/^N (\d+) +(\d+)$/gm)];
  for (const [, net, count] of counts) transitions[Number(net)] = Number(count);
  if (products.length !== pairs || counts.length !== driven.length) throw new Error(`Icarus: ${text}`);
  const messages = compiled.text + text.replaceAll(/^[PN] .*$/gm, '').trim();
  return { transitions, products: Uint32Array.from(products), messages };
}

/** One module per gate with its own delays, or one per cell with delays for the SDF to overwrite. */
function printModules({ netlist, delays }: IcarusRun): string[] {
  if (delays.kind === 'sdf') {
    const cells = new Map(netlist.gates.map((gate) => [gate.cell.name, gate.cell]));
    return [...cells.values()].map((cell) => {
      const paths = cell.outputs.flatMap((pin) =>
        cell.inputs.map((input) => `(${input} => ${pin}) = (0, 0);`),
      );
      return printModule(cell, cell.name, () => '', paths);
    });
  }
  return netlist.gates.map((gate, g) => {
    const { cell } = gate;
    const paths = delays.pathsOf(gate).flatMap((path) => printPaths(cell, path));
    const name = `${cell.name}_${g}`;
    if (delays.kind === 'specify') return printModule(cell, name, () => '', paths.map(printSpecifyPath));
    const delayOf = (pin: string): string => {
      const path = paths.find(({ output }) => output === pin);
      return path === undefined ? '' : `#(${path.risePs}, ${path.fallPs}) `;
    };
    return printModule(cell, name, delayOf, []);
  });
}

function printSpecifyPath({ condition, edge, input, output, risePs, fallPs }: PrintedPath): string {
  const guard = condition === '' ? '' : `if (${condition}) `;
  const path = edge === undefined ? `${input} => ${output}` : `${edge} ${input} => (${output} : 1'b0)`;
  return `${guard}(${path}) = (${risePs ?? fallPs}, ${fallPs ?? risePs});`;
}

function printModule(
  cell: CellModel,
  name: string,
  delayOf: (pin: string) => string,
  paths: readonly string[],
): string {
  const ports = [...cell.inputs.map((pin) => `input ${pin}`), ...cell.outputs.map((pin) => `output ${pin}`)];
  const assigns = cell.outputs.map((pin) => {
    const expression = printBoolean(cell.pins.get(pin)!.function!, (other) => other);
    return `assign ${delayOf(pin)}${pin} = ${expression === '-1' ? "1'b1" : expression};`;
  });
  return [
    `\`timescale 1ps/1fs\nmodule ${name}(${ports.join(', ')});`,
    ...assigns,
    ...(paths.length === 0 ? [] : ['specify', ...paths, 'endspecify']),
    'endmodule\n',
  ].join('\n');
}

function printBench(run: IcarusRun, driven: readonly number[]): string[] {
  const { netlist, stream, ports, periodPs, delays } = run;
  const portOf = (name: string): readonly number[] => netlist.ports.get(name)!.nets;
  const aNets = portOf(ports.a);
  const bNets = portOf(ports.b);
  const bits = (nets: readonly number[]): string => `{${[...nets].reverse().map(netName).join(', ')}}`;
  const pairs = stream.a.length;
  return [
    '`timescale 1ps/1fs\nmodule bench;',
    `reg [31:0] as [0:${pairs - 1}]; reg [31:0] bs [0:${pairs - 1}];`,
    `reg [${aNets.length - 1}:0] a; reg [${bNets.length - 1}:0] b; reg counting; integer k;`,
    `wire n0 = 1'b0, n1 = 1'b1;`,
    ...driven.map((net) => `wire n${net}; integer c${net};`),
    ...aNets.map((net, bit) => `wire n${net} = a[${bit}];`),
    ...bNets.map((net, bit) => `wire n${net} = b[${bit}];`),
    `wire [${portOf(ports.p).length - 1}:0] p = ${bits(portOf(ports.p))};`,
    ...netlist.gates.map(({ instance, cell, inputNets, outputNets }, g) => {
      const connections = [
        ...cell.inputs.map((pin, i) => `.${pin}(n${inputNets[i]})`),
        ...cell.outputs.map((pin, i) => `.${pin}(${netName(outputNets[i])})`),
      ];
      const module = delays.kind === 'sdf' ? cell.name : `${cell.name}_${g}`;
      return `${module} \\${instance} (${connections.join(', ')});`;
    }),
    ...driven.map((net) => `always @(n${net}) if (counting) c${net} = c${net} + 1;`),
    'initial begin',
    ...(delays.kind === 'sdf' ? ['$sdf_annotate("netlist.sdf", bench);'] : []),
    ...driven.map((net) => `c${net} = 0;`),
    'counting = 0; $readmemh("a.hex", as); $readmemh("b.hex", bs);',
    `for (k = 0; k < ${pairs}; k = k + 1) begin`,
    `  a = as[k]; b = bs[k]; #${periodPs} $display("P %h", p); counting = 1;`,
    'end',
    ...driven.map((net) => `$display("N ${net} %0d", c${net});`),
    '$finish;',
    'end',
    'endmodule\n',
  ];
}

function netName(net: number | undefined): string {
  return net === undefined ? '' : `n${net}`;
}
