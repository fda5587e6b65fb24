import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { createRng } from '../../src/base/rng.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty, readLibertyText } from '../../src/liberty/read-liberty.ts';
import { type GateNetlist, readNetlist } from '../../src/power/netlist.ts';
import type { PowerFigures } from '../../src/power/power.ts';
import { type SequentialStimulus, simulateSequentialActivity } from '../../src/power/sequential-activity.ts';
import { type SequentialPowerReport, simulateSequentialPower } from '../../src/power/sequential-power.ts';
import { propagateTiming } from '../../src/power/timing.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';
import { mapMac } from './mac-design.ts';
import { OPENSTA_RULE, registerInternalByRule } from './opensta-register-rule.ts';

const CYCLES = 4000;
const PERIOD_NS = 2;
const CONDITIONS = {
  clockPeriodNs: PERIOD_NS,
  clockTransitionNs: 0.02,
  inputTransitionNs: 0.02,
  outputLoadFf: 4,
};
/** An OpenSTA that has read_vcd (2.4 or later; Debian's 2.0.17 has not). */
const STA = process.env.MAXDNN_STA;
const missing = [
  ...(STA === undefined ? ['MAXDNN_STA does not name an OpenSTA with read_vcd'] : []),
  ...['yosys', 'iverilog', 'vvp'].filter(toolMissing).map((tool) => `no ${tool}`),
];
const LIBRARIES = [
  { name: 'embedded', path: shippedFile('synth', 'maxdnn45_typ.lib'), whenHasQn: false },
  ...(DATA_DIR === undefined
    ? []
    : [{ name: 'Nangate45', path: join(DATA_DIR, 'liberty', 'nangate45_typ.lib.gz'), whenHasQn: true }]),
];
const groupRows = ['| library | group | ours µW | OpenSTA µW | difference % |', '|---|---|---|---|---|'];
const ruleRows = [
  '| library | ours µW | OpenSTA µW | its rule here | data while the clock is high | real states |',
  '|---|---|---|---|---|---|',
];

describe.skipIf(missing.length > 0).each(LIBRARIES)(
  `registers against OpenSTA, $name${missing.length > 0 ? ` (skipped: ${missing.join(', ')})` : ''}`,
  ({ name, path, whenHasQn }) => {
    const folder = mkdtempSync(join(tmpdir(), 'maxdnn-opensta-'));
    const stimulus = randomStimulus();
    let library: LibraryModel;
    let netlist: GateNetlist;
    let report: SequentialPowerReport;
    let reference: ReadonlyMap<string, PowerFigures>;

    beforeAll(async () => {
      library = readLiberty(path);
      writeFileAtomic(join(folder, 'library.lib'), readLibertyText(path));
      await mapMac(folder);
      netlist = readNetlist(join(folder, 'mac.json'), library);
      report = simulateSequentialPower(netlist, library, stimulus, CONDITIONS);
      await dumpVcd(folder, stimulus);
      reference = await runOpenSta(folder);
    });
    afterAll(() => {
      const file = process.env.MAXDNN_POWER_TABLE;
      if (file) writeFileAtomic(file, `${[...groupRows, '', ...ruleRows].join('\n')}\n`);
      rmSync(folder, { recursive: true, force: true });
    });

    it('switching of every instance; groups', () => {
      expect(reference.size).toBe(report.instances.length);
      let compared = 0;
      for (const { instance, switchingUw } of report.instances) {
        const want = reference.get(instance)!.switchingUw;
        expect(Math.abs(switchingUw - want), instance).toBeLessThan(1e-3 * want + 1e-5);
        compared++;
      }
      expect(compared).toBeGreaterThan(600);
      const wanted = groupsOf(netlist, reference);
      addRows(name, report, wanted);
      const { combinational, registers } = report;
      expect(relative(combinational.totalUw, wanted.combinational.totalUw)).toBeLessThan(0.03);
      expect(relative(combinational.internalUw, wanted.combinational.internalUw)).toBeLessThan(0.05);
      expect(relative(combinational.leakageUw, wanted.combinational.leakageUw)).toBeLessThan(0.01);
      expect(relative(registers.leakageUw, wanted.registers.leakageUw)).toBeLessThan(0.01);
    });

    it('internal power of every register is explained', () => {
      const timing = propagateTiming(netlist, 0.02, 4, { port: 'clk_i', transitionNs: 0.02 });
      const activity = simulateSequentialActivity(netlist, timing, stimulus);
      const sums = { ours: 0, reference: 0, rule: 0, whileHigh: 0, joint: 0 };
      let compared = 0;
      for (const [r, register] of netlist.registers.entries()) {
        const by = (more: Partial<typeof OPENSTA_RULE>): number =>
          registerInternalByRule(register, activity.registers[r]!, timing, PERIOD_NS, {
            ...OPENSTA_RULE,
            ...more,
          });
        const want = reference.get(register.instance)!.internalUw;
        expect(relative(by({}), want), register.instance).toBeLessThan(2e-3);
        sums.ours += report.instances[netlist.gates.length + r]!.internalUw;
        sums.reference += want;
        sums.rule += by({});
        sums.whileHigh += by({ clockHighForData: 1 });
        sums.joint += by({ clockHighForData: 1, jointStates: true });
        compared++;
      }
      expect(compared).toBe(40);
      const figures = Object.values(sums).map((uw) => uw.toFixed(1));
      ruleRows.push(`| ${name} | ${figures.join(' | ')} |`);
      expect(relative(sums.whileHigh, sums.reference)).toBeGreaterThan(0.03);
      // Beside the weighting nothing differs but that our clock's two edges see states of their own.
      expect(relative(sums.ours, sums.joint)).toBeLessThan(0.02);
      if (!whenHasQn) expect(relative(sums.ours, sums.whileHigh)).toBeLessThan(0.05);
    });
  },
);

function randomStimulus(): SequentialStimulus {
  const rng = createRng(5);
  const column = (): Uint32Array => Uint32Array.from({ length: CYCLES }, () => rng.nextInt(0, 255));
  const inputs = new Map([
    ['a_i', column()],
    ['b_i', column()],
    ['clear_i', column().map((_, t) => (t % 64 === 0 ? 1 : 0))],
  ]);
  return { cycles: CYCLES, inputs, clock: 'clk_i', reset: { port: 'rst_ni', inactive: 1 } };
}

/** Value changes of all pins from the edge that begins cycle 1 to the end of the last cycle. */
async function dumpVcd(folder: string, { inputs }: SequentialStimulus): Promise<void> {
  const [a, b, clear] = ['a_i', 'b_i', 'clear_i'].map((name) => inputs.get(name)!);
  const rows = Array.from(a!, (_, t) => ((clear![t]! << 16) | (b![t]! << 8) | a![t]!).toString(16));
  writeFileAtomic(join(folder, 'stimulus.hex'), `${rows.join('\n')}\n`);
  const half = PERIOD_NS * 500;
  const bench = `\`timescale 1ps/1ps
module bench;
  reg clk = 0, rst_n = 0, mark = 0; reg [16:0] rows [0:${CYCLES - 1}]; reg [16:0] row; integer t;
  mac dut (.clk_i(clk), .rst_ni(rst_n), .clear_i(row[16]), .b_i(row[15:8]), .a_i(row[7:0]), .sum_o());
  initial begin
    $readmemh("stimulus.hex", rows);
    row = rows[0];
    $dumpfile("mac.vcd");
    for (t = 0; t < 8; t = t + 1) begin #${half} clk = 1; #${half} clk = 0; end
    #${half} rst_n = 1; #${half - 1};
    $dumpvars(2, bench.dut); $dumpvars(0, bench.mark);
    #1;
    for (t = 1; t < ${CYCLES}; t = t + 1) begin clk = 1; row <= rows[t]; #${half} clk = 0; #${half}; end
    mark = 1; #1 $finish;
  end
endmodule
`;
  writeFileAtomic(join(folder, 'bench.v'), bench);
  const run = (program: string, args: readonly string[]): Promise<unknown> =>
    runTool({ tool: 'icarus', program, args, cwd: folder, timeoutMs: 120_000 });
  await run('iverilog', ['-o', 'bench.vvp', 'bench.v', 'mapped.v', 'cells.v']);
  await run('vvp', ['bench.vvp']);
}

async function runOpenSta(folder: string): Promise<ReadonlyMap<string, PowerFigures>> {
  const script = `read_liberty library.lib
read_verilog mapped.v
link_design mac
set_cmd_units -time ns -capacitance fF -power uW
create_clock -name clk -period ${PERIOD_NS} [get_ports clk_i]
set_clock_transition 0.02 [get_clocks clk]
set_input_transition 0.02 [all_inputs]
set_load 4 [all_outputs]
read_vcd -scope bench/dut mac.vcd
report_power -instances [get_cells *] -digits 8 -format json > instances.json
exit
`;
  writeFileAtomic(join(folder, 'power.tcl'), script);
  const args = ['-no_init', '-exit', 'power.tcl'];
  await runTool({ tool: 'sta', program: STA!, args, cwd: folder, timeoutMs: 120_000 });
  const rows = JSON.parse(readFileSync(join(folder, 'instances.json'), 'utf8')) as readonly {
    readonly name: string;
    readonly internal: number;
    readonly switching: number;
    readonly leakage: number;
    readonly total: number;
  }[];
  return new Map(
    rows.map(({ name, internal, switching, leakage, total }) => [
      name,
      {
        internalUw: internal * 1e6,
        switchingUw: switching * 1e6,
        leakageUw: leakage * 1e6,
        totalUw: total * 1e6,
      },
    ]),
  );
}

interface Groups {
  readonly combinational: PowerFigures;
  readonly registers: PowerFigures;
}

function groupsOf(netlist: GateNetlist, reference: ReadonlyMap<string, PowerFigures>): Groups {
  const sum = (instances: readonly { readonly instance: string }[]): PowerFigures => {
    const add = (key: keyof PowerFigures): number =>
      instances.reduce((total, { instance }) => total + reference.get(instance)![key], 0);
    return {
      internalUw: add('internalUw'),
      switchingUw: add('switchingUw'),
      leakageUw: add('leakageUw'),
      totalUw: add('totalUw'),
    };
  };
  return { combinational: sum(netlist.gates), registers: sum(netlist.registers) };
}

function addRows(library: string, ours: Groups, reference: Groups): void {
  for (const group of ['combinational', 'registers'] as const) {
    for (const key of ['internalUw', 'switchingUw', 'leakageUw', 'totalUw'] as const) {
      const [got, want] = [ours[group][key], reference[group][key]];
      const change = ((got / want - 1) * 100).toFixed(2);
      groupRows.push(
        `| ${library} | ${group} ${key.slice(0, -2)} | ${got.toFixed(2)} | ${want.toFixed(2)} | ${change} |`,
      );
    }
  }
}

function relative(got: number, want: number): number {
  return Math.abs(got - want) / Math.abs(want);
}
