import { writeActivityFiles } from '../../synth/activity-files.ts';
import { describeRow } from '../../synth/energy-table.ts';
import { findPricedRows } from '../../synth/priced-rows.ts';
import type { Command } from '../command.ts';
import { openTableRows, TABLE_ROW_OPTIONS } from '../table-rows.ts';

export const exportActivity: Command = {
  name: 'export-activity',
  summary: 'operands and net activity of priced designs as VCD and SAIF, for other power tools',
  positionals: '[DESIGN…]',
  options: TABLE_ROW_OPTIONS,
  examples: [
    ['maxdnn export-activity mul_booth_s8', 'beside its netlist.v, constraints.sdc and library.lib'],
    ['maxdnn export-activity --clocks all --streams all', 'every row of the energy table'],
  ],
  run: async (args, { onProgress }) => {
    const wanted = await openTableRows(args);
    const rows = findPricedRows(wanted);
    const written: { row: string; netlist: string; vcdPath: string; saifPath: string }[] = [];
    for (const [index, { row, stream, runFolder, netlistVerilogPath }] of rows.entries()) {
      const { vcdPath, saifPath } = await writeActivityFiles({
        netlistVerilogPath,
        library: wanted.library,
        stream,
        identity: row.stream,
        clockNs: row.clockNs,
        runFolder,
      });
      written.push({ row: describeRow(row), netlist: netlistVerilogPath, vcdPath, saifPath });
      onProgress({ stage: 'export', done: index + 1, total: rows.length, note: describeRow(row) });
    }
    const lines = written.flatMap(({ row, netlist, vcdPath, saifPath }) => [
      row,
      ...[netlist, vcdPath, saifPath].map((path) => `  ${path}`),
    ]);
    return { text: lines.join('\n'), value: written };
  },
};
