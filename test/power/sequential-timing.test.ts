import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { readLiberty, readLibertyText } from '../../src/liberty/read-liberty.ts';
import { type GateNetlist, readNetlist } from '../../src/power/netlist.ts';
import { arrivalsFrom, type NetTiming, propagateTiming } from '../../src/power/timing.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { toolMissing } from '../tool-missing.ts';
import { mapMac } from './mac-design.ts';

const missing = ['yosys', 'sta'].filter(toolMissing);

describe.skipIf(missing.length > 0)(
  `arrivals at registers${missing.length > 0 ? ` (skipped: no ${missing.join(', ')})` : ''}`,
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'maxdnn-arrivals-'));
    const liberty = shippedFile('synth', 'maxdnn45_typ.lib');
    const library = readLiberty(liberty);
    let netlist: GateNetlist;
    let timing: NetTiming;
    let pins: readonly { readonly name: string; readonly net: number }[];

    beforeAll(async () => {
      writeFileAtomic(join(folder, 'library.lib'), readLibertyText(liberty));
      await mapMac(folder);
      netlist = readNetlist(join(folder, 'mac.json'), library);
      timing = propagateTiming(netlist, 0.02, 4, { port: 'clk_i', transitionNs: 0.02 });
      pins = netlist.registers.map(({ instance, cell, inputNets }) => {
        return { name: `${instance}/D`, net: inputNets[cell.inputs.indexOf('D')]! };
      });
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it('equal those of OpenSTA, from registers and from ports, both edges', async () => {
      const sources = [arrivalsFrom(netlist, timing, 'registers'), arrivalsFrom(netlist, timing, 'ports')];
      const ours = pins.flatMap(({ net }) =>
        sources.flatMap((from) => [from.riseArrivalNs[net]!, from.fallArrivalNs[net]!]),
      );
      const want = await arrivalsOfSta(
        folder,
        pins.map(({ name }) => name),
      );
      expect(want).toHaveLength(4 * 40);
      let compared = 0;
      for (const [i, arrivalNs] of want.entries()) {
        const place = `${pins[i >> 2]!.name} ${i % 4}`;
        if (arrivalNs === undefined) expect(ours[i], place).toBe(Number.NEGATIVE_INFINITY);
        else {
          expect(Math.abs(ours[i]! - arrivalNs), place).toBeLessThan(1e-4);
          compared++;
        }
      }
      expect(compared).toBeGreaterThan(100);
    });

    it('depend on the transition time of the clock', () => {
      const slow = propagateTiming(netlist, 0.02, 4, { port: 'clk_i', transitionNs: 0.1 });
      const later = pins.filter(({ net }) => slow.riseArrivalNs[net]! > timing.riseArrivalNs[net]! + 1e-3);
      expect(later.length).toBeGreaterThan(20);
    });
  },
);

/** Per pin: rise and fall from registers, then from ports, ns; undefined where there is no path. */
async function arrivalsOfSta(
  folder: string,
  pins: readonly string[],
): Promise<readonly (number | undefined)[]> {
  const starts = ['[all_registers -clock_pins]', '[get_ports {a_i b_i clear_i}]'];
  const queries = pins.flatMap((pin) =>
    starts.flatMap((start) =>
      ['rise', 'fall'].map(
        (edge) => `puts "query"; report_checks -digits 5 -from ${start} -${edge}_to [get_pins ${pin}]`,
      ),
    ),
  );
  const script = [
    'read_liberty library.lib',
    'read_verilog mapped.v',
    'link_design mac',
    'create_clock -name clk -period 2 [get_ports clk_i]',
    'set_clock_transition 0.02 [get_clocks clk]',
    'set_input_transition 0.02 [all_inputs]',
    'set_input_delay 0 -clock clk [get_ports {a_i b_i clear_i}]',
    'set_load 0.004 [all_outputs]',
    ...queries,
    'exit',
  ];
  writeFileAtomic(join(folder, 'arrivals.tcl'), script.join('\n'));
  const args = ['-no_init', '-exit', 'arrivals.tcl'];
  const { text } = await runTool({ tool: 'sta', program: 'sta', args, cwd: folder, timeoutMs: 120_000 });
  expect(text).not.toMatch(/^Error/m);
  return text
    .split('query\n')
    .slice(1)
    .map((section) => /(\S+) +data arrival time/.exec(section)?.[1])
    .map((found) => (found === undefined ? undefined : Number(found)));
}
