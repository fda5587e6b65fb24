import { join } from 'node:path';
import { writeFileAtomic } from '../../src/base/files.ts';
import { runTool } from '../../src/tools/run-tool.ts';

/** 8×8 multiply-accumulate with input registers. */
const RTL = `module mac (input clk_i, input rst_ni, input clear_i, input signed [7:0] a_i, input signed [7:0] b_i,
  output reg signed [23:0] sum_o);
  reg signed [7:0] a_q, b_q;
  always @(posedge clk_i) begin a_q <= a_i; b_q <= b_i; end
  always @(posedge clk_i or negedge rst_ni)
    if (!rst_ni) sum_o <= 0;
    else if (clear_i) sum_o <= 0;
    else sum_o <= sum_o + a_q * b_q;
endmodule
`;
/**
 * Maps it to library.lib in the folder: mac.json and mapped.v (plain names), and cells.v, the cells as Yosys reads
 * their functions from the library.
 */
export async function mapMac(folder: string): Promise<void> {
  writeFileAtomic(join(folder, 'mac.v'), RTL);
  const commands = [
    'read_verilog mac.v',
    'synth -flatten -top mac',
    'dfflibmap -liberty library.lib',
    'abc -liberty library.lib',
    'opt_clean -purge',
    'splitnets -format __',
    'rename -enumerate -pattern n%',
    'write_json mac.json',
    'write_verilog -noattr -noexpr mapped.v',
    'design -reset',
    'read_liberty -ignore_miss_func library.lib',
    'write_verilog -noattr cells.v',
  ];
  const args = ['-q', '-p', commands.join('; ')];
  await runTool({ tool: 'yosys', program: 'yosys', args, cwd: folder, timeoutMs: 120_000 });
}
