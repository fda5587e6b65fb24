import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { createRng } from '../../src/base/rng.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty } from '../../src/liberty/read-liberty.ts';
import { type Gate, type GateNetlist, readNetlist } from '../../src/power/netlist.ts';
import {
  RESET_CYCLES,
  type SequentialActivity,
  type SequentialStimulus,
  simulateSequentialActivity,
} from '../../src/power/sequential-activity.ts';
import { propagateTiming } from '../../src/power/timing.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { toolMissing } from '../tool-missing.ts';

/** Multiply-accumulate with registers of both kinds, a loop through registers, and a port of more than 32 bits. */
const RTL = `module mac (input clk_i, input rst_ni, input clear_i, input signed [3:0] a_i, input signed [3:0] b_i,
  output reg signed [39:0] sum_o, output [3:0] parity_o);
  reg signed [3:0] a_q, b_q;
  always @(posedge clk_i) begin a_q <= a_i; b_q <= b_i; end
  always @(posedge clk_i or negedge rst_ni)
    if (!rst_ni) sum_o <= 0;
    else if (clear_i) sum_o <= 40'sh7fffffff0;
    else sum_o <= sum_o + a_q * b_q;
  assign parity_o = a_i ^ b_q;
endmodule
`;
/** More than one block of 2048 and no multiple of 32. */
const CYCLES = 2500;
const missing = ['yosys', 'iverilog', 'vvp'].filter(toolMissing);

describe.skipIf(missing.length > 0)(
  `registers against Icarus${missing.length > 0 ? ` (skipped: no ${missing.join(', ')})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'maxdnn-sequential-'));
    const library = readLiberty(shippedFile('synth', 'maxdnn45_typ.lib'));
    const stimulus = randomStimulus();
    let netlist: GateNetlist;
    let icarus: readonly string[];

    beforeAll(async () => {
      await mapDesign(folder);
      netlist = readNetlist(join(folder, 'mac.json'), library);
      icarus = await runIcarus(folder, netlist, stimulus);
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('every cell output changes as often', () => {
      expect(
        netlist.registers.map(({ cell }) => cell.name).filter((name) => /^DFF_/.test(name)),
      ).toHaveLength(8);
      expect(netlist.registers).toHaveLength(48);
      const counts = transitionsOf(netlist, simulate(netlist, library, stimulus));
      const want = transitionsOfLines(icarus);
      expect(counts).toEqual(want);
      expect(want.length).toBeGreaterThan(200);
      expect(want.filter((count) => count > 0).length).toBeGreaterThan(150);
    });

    it('the outputs are those of the arithmetic', () => {
      const { outputs } = simulate(netlist, library, stimulus);
      const want = accumulate(stimulus);
      const words = outputs.get('sum_o')!;
      const got = Array.from({ length: CYCLES }, (_, t) => words[2 * t]! + words[2 * t + 1]! * 2 ** 32);
      expect(got).toEqual(want);
      expect(new Set(want).size).toBeGreaterThan(500);
      expect(Math.max(...want)).toBeGreaterThan(2 ** 39);
    });

    it('notices one gate of another type', () => {
      const at = netlist.gates.findIndex(({ cell }) => cell.name === 'XNOR2_X1' || cell.name === 'XOR2_X1');
      const gate = netlist.gates[at]!;
      const other = library.cells.get(gate.cell.name === 'XOR2_X1' ? 'XNOR2_X1' : 'XOR2_X1')!;
      const changed = { ...netlist, gates: netlist.gates.with(at, { ...gate, cell: other }) };
      const counts = transitionsOf(changed, simulate(changed, library, stimulus));
      expect(counts).not.toEqual(transitionsOfLines(icarus));
    });
  },
);

function simulate(
  netlist: GateNetlist,
  library: LibraryModel,
  stimulus: SequentialStimulus,
): SequentialActivity {
  expect(library.cells.size).toBeGreaterThan(50);
  const timing = propagateTiming(netlist, 0.02, 4, { port: 'clk_i', transitionNs: 0.02 });
  return simulateSequentialActivity(netlist, timing, stimulus);
}

async function mapDesign(folder: string): Promise<void> {
  const liberty = shippedFile('synth', 'maxdnn45_typ.lib');
  writeFileAtomic(join(folder, 'mac.v'), RTL);
  const commands = [
    'read_verilog mac.v',
    'synth -flatten -top mac',
    `dfflibmap -liberty ${liberty}`,
    `abc -liberty ${liberty}`,
    'opt_clean -purge',
    'write_json mac.json',
    'write_verilog -noattr -noexpr -norename mapped.v',
    'design -reset',
    `read_liberty ${liberty}`,
    'write_verilog -noattr cells.v',
  ];
  await runTool({
    tool: 'yosys',
    program: 'yosys',
    args: ['-q', '-p', commands.join('; ')],
    cwd: folder,
    timeoutMs: 120_000,
  });
}

function randomStimulus(): SequentialStimulus {
  const rng = createRng(7);
  const column = (max: number): Uint32Array =>
    Uint32Array.from({ length: CYCLES }, () => rng.nextInt(0, max));
  const clear = column(200).map((value) => (value === 0 ? 1 : 0));
  return {
    cycles: CYCLES,
    inputs: new Map([
      ['a_i', column(15)],
      ['b_i', column(15)],
      ['clear_i', clear],
    ]),
    clock: 'clk_i',
    reset: { port: 'rst_ni', inactive: 1 },
  };
}

/** One line per cycle with the value of every cell output at its end, in the order of outputPins. */
async function runIcarus(
  folder: string,
  netlist: GateNetlist,
  { inputs }: SequentialStimulus,
): Promise<readonly string[]> {
  const pins = outputPins(netlist).map(({ gate, pin }) => `dut.\\${gate.instance} .${pin}`);
  const rows = Array.from({ length: CYCLES }, (_, t) => {
    const [a, b, clear] = ['a_i', 'b_i', 'clear_i'].map((name) => inputs.get(name)![t]!);
    return ((clear! << 8) | (b! << 4) | a!).toString(16);
  });
  writeFileAtomic(join(folder, 'stimulus.hex'), `${rows.join('\n')}\n`);
  const bench = `module bench;
  reg clk = 0, rst_n = 0; reg [8:0] rows [0:${CYCLES - 1}]; reg [8:0] row; integer t, file;
  mac dut (.clk_i(clk), .rst_ni(rst_n), .clear_i(row[8]), .b_i(row[7:4]), .a_i(row[3:0]), .sum_o(), .parity_o());
  initial begin
    $readmemh("stimulus.hex", rows);
    file = $fopen("values.txt");
    row = rows[0];
    for (t = 0; t < ${RESET_CYCLES}; t = t + 1) begin #5 clk = 1; #5 clk = 0; end
    for (t = 0; t < ${CYCLES}; t = t + 1) begin
      #1 rst_n = 1; row = rows[t];
      #4 $fdisplay(file, "%b", {${pins.join(', ')}});
      clk = 0; #4 clk = 1;
    end
    $finish;
  end
endmodule
`;
  writeFileAtomic(join(folder, 'bench.v'), bench);
  const run = (program: string, args: readonly string[]): Promise<unknown> =>
    runTool({ tool: 'icarus', program, args, cwd: folder, timeoutMs: 120_000 });
  await run('iverilog', ['-o', 'bench.vvp', 'bench.v', 'mapped.v', 'cells.v']);
  await run('vvp', ['bench.vvp']);
  return readFileSync(join(folder, 'values.txt'), 'utf8').trim().split('\n');
}

/** Connected outputs of all gates, then of all registers. */
function outputPins(netlist: GateNetlist): { gate: Gate; pin: string; output: number }[] {
  return [...netlist.gates, ...netlist.registers].flatMap((gate) =>
    gate.cell.outputs.flatMap((pin, output) =>
      gate.outputNets[output] === undefined ? [] : [{ gate, pin, output }],
    ),
  );
}

function transitionsOfLines(lines: readonly string[]): number[] {
  expect(lines).toHaveLength(CYCLES);
  expect(lines.join('')).toMatch(/^[01]+$/);
  return Array.from(lines[0]!, (_, i) =>
    lines.reduce((sum, line, t) => sum + (t > 0 && line[i] !== lines[t - 1]![i] ? 1 : 0), 0),
  );
}

function transitionsOf(netlist: GateNetlist, activity: SequentialActivity): number[] {
  const ofGates = netlist.gates.flatMap((gate, g) => {
    const { compiled, eventCounts } = activity.gates[g]!;
    return gate.cell.outputs.flatMap((_, output) => {
      if (gate.outputNets[output] === undefined) return [];
      return compiled.events.reduce(
        (sum, event, e) =>
          event.output === output ? sum + eventCounts[2 * e]! + eventCounts[2 * e + 1]! : sum,
        0,
      );
    });
  });
  const ofRegisters = netlist.registers.flatMap(({ outputNets }, r) => {
    const { pairCounts } = activity.registers[r]!;
    const bits = Math.log2(pairCounts.length) / 2;
    const changes = pairCounts.reduce((sum, count, pair) => {
      const changed = ((pair >> bits) ^ pair) & (1 << (bits - 1));
      return changed === 0 ? sum : sum + count;
    }, 0);
    return outputNets.filter((net) => net !== undefined).map(() => changes);
  });
  return [...ofGates, ...ofRegisters];
}

/** Sum in each cycle as an unsigned pattern of 40 bits. */
function accumulate({ inputs }: SequentialStimulus): number[] {
  const signed = (pattern: number): number => (pattern << 28) >> 28;
  const sums: number[] = [];
  let state = { sum: 0, a: 0, b: 0 };
  const step = (t: number): typeof state => ({
    sum: inputs.get('clear_i')![t] === 1 ? 0x7fffffff0 : state.sum + state.a * state.b,
    a: signed(inputs.get('a_i')![t]!),
    b: signed(inputs.get('b_i')![t]!),
  });
  // In the last cycle of the reset a and b are stored, the sum is kept at 0.
  state = { ...step(0), sum: 0 };
  for (let t = 0; t < CYCLES; t++) {
    sums.push(state.sum < 0 ? state.sum + 2 ** 40 : state.sum);
    state = step(t);
  }
  return sums;
}
