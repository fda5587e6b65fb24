import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { CELLS } from '../../src/library/cells.ts';
import { CORNER_NAMES, LIBRARY_CORNERS } from '../../src/library/corners.ts';
import { runAbc } from '../../src/tools/abc.ts';
import { runSta, tclWord } from '../../src/tools/opensta.ts';
import { runYosys } from '../../src/tools/yosys.ts';
import { toolMissing } from '../tool-missing.ts';

/** Name and path of the library at each corner. */
const LIBRARIES = CORNER_NAMES.map((name) => {
  const { file } = LIBRARY_CORNERS[name];
  return { name, library: file.replace('.lib', ''), path: shippedFile('synth', file) };
});
const TIMEOUT_MS = 60_000;

/** Multiply-accumulate with an asynchronous reset, so that both kinds of flip-flop and arithmetic cells occur. */
const DESIGN = `module mac (input clk_i, input rst_ni, input [5:0] a_i, input [5:0] b_i, output reg [15:0] p_o);
  reg [5:0] a_q, b_q;
  always @(posedge clk_i) begin a_q <= a_i; b_q <= b_i; end
  always @(posedge clk_i or negedge rst_ni) if (!rst_ni) p_o <= 0; else p_o <= p_o + a_q * b_q;
endmodule
`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'maxdnn-readers-'));
  writeFileSync(join(folder, 'mac.v'), DESIGN);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Maps the design to mapped_NAME.v. */
async function map(name: string, liberty: string): Promise<string> {
  const commands = [
    'read_verilog mac.v',
    'synth -flatten -top mac',
    `dfflibmap -liberty ${liberty}`,
    `abc -liberty ${liberty}`,
    'hilomap -hicell LOGIC1_X1 Z -locell LOGIC0_X1 Z',
    'splitnets',
    'opt_clean -purge',
    `read_liberty -lib ${liberty}`,
    'check -assert',
    `stat -liberty ${liberty}`,
    `write_verilog -noattr mapped_${name}.v`,
    'design -reset',
    `read_liberty ${liberty}`,
  ];
  return (await runYosys({ commands, cwd: folder, name: `map-${name}`, timeoutMs: TIMEOUT_MS })).text;
}

describe.skipIf(toolMissing('yosys'))('Yosys [needs yosys]', () => {
  test.each(LIBRARIES)(
    '$name: maps a design with flip-flops, knows every area, reads all cells',
    async ({ name, path }) => {
      const text = await map(name, path);
      expect(text).toMatch(/DFFR_X1 +16\n/);
      expect(text).toMatch(/DFF_X1 +12\n/);
      expect(Number(/Chip area for module '\\mac': ([\d.]+)/.exec(text)?.[1])).toBeGreaterThan(200);
      const mapped = text.slice(text.lastIndexOf('Printing statistics'));
      expect(mapped).not.toMatch(/area for unknown|\$_|\$\w+ +\d/i);
      expect(text).toContain(`Imported ${CELLS.length} cell types from liberty file.`);
      expect(text).not.toMatch(/^Warning/m);
    },
  );
});

describe.skipIf(toolMissing('berkeley-abc'))('ABC [needs berkeley-abc]', () => {
  test.each(LIBRARIES)(
    '$name: reads the library; only the adders have two outputs',
    async ({ name, library, path }) => {
      const commands = [`read_lib -v ${path}`, 'print_lib'];
      const { text } = await runAbc({ commands, cwd: folder, name: `abc-${name}`, timeoutMs: TIMEOUT_MS });
      expect(text.match(/^Warning.*|^Error.*/gm)).toEqual([
        expect.stringContaining('Detected 2 multi-output gates'),
      ]);
      expect(text).toContain(`Library "${library}"`);
    },
  );
});

describe.skipIf(toolMissing('sta') || toolMissing('yosys'))('OpenSTA [needs sta and yosys]', () => {
  test.each(LIBRARIES)(
    '$name: times a mapped design with setup, hold and recovery checks, without a warning',
    async ({ name, path }) => {
      await map(name, path);
      const commands = [
        `read_liberty ${tclWord(path)}`,
        `read_verilog mapped_${name}.v`,
        'link_design mac',
        'create_clock -name clk -period 3 [get_ports clk_i]',
        'set_input_delay -clock clk 0.1 [get_ports {a_i b_i rst_ni}]',
        'report_checks -path_delay max',
        'report_checks -path_delay min',
        'report_pulse_width_checks -verbose',
      ];
      const { text } = await runSta({ commands, cwd: folder, name: `sta-${name}`, timeoutMs: TIMEOUT_MS });
      expect(text).toContain('library setup time');
      expect(text).toContain('library hold time');
      expect(text).toContain('library recovery time');
      expect(text).toContain('required pulse width (low)');
      expect(text).toContain('required pulse width (high)');
      const arrival = Math.max(
        ...[...text.matchAll(/([\d.]+) +data arrival time/g)].map((m) => Number(m[1])),
      );
      expect(arrival).toBeGreaterThan(0.3);
      expect(arrival).toBeLessThan(3);
      expect(text).not.toMatch(/^(Warning|Error)/m);
      expect(readFileSync(join(folder, `mapped_${name}.v`), 'utf8')).toContain('DFFR_X1');
    },
  );
});
