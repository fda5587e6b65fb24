import { join } from 'node:path';
import { sha256, writeFileAtomic } from '../../base/files.ts';
import { exportTable } from '../../multiplier/export-table.ts';
import type { Command } from '../command.ts';
import { textOption, WORK_OPTION } from '../options.ts';
import { MULTIPLIER_OPTION, multiplierFromOptions } from '../resolve-multiplier.ts';
import { SPEC_OPTIONS } from '../spec-options.ts';
import { workspaceOf } from '../workspace.ts';

export const exportTableCommand: Command = {
  name: 'export-table',
  summary: 'write an 8×8 bit multiplier as a truth table (.bin) and as a C header',
  options: {
    mul: MULTIPLIER_OPTION,
    ...SPEC_OPTIONS,
    work: WORK_OPTION,
    out: {
      type: 'string',
      value: 'DIR',
      describe: 'folder for <design>.bin and <design>.h (default: tables in the work folder)',
    },
  },
  examples: [
    ['maxdnn export-table --P 2 --r 4', 'out/tables/mul_roup_s8_p2_r4.bin and .h'],
    ['maxdnn export-table --mul mul8u_2AC --out DIR', 'one that add-multiplier made known'],
  ],
  run: async (args) => {
    const place = workspaceOf(args);
    const { design, signed, bin, header } = exportTable(multiplierFromOptions(args, place));
    const out = textOption(args, 'out') ?? place.tablesDir;
    const [binPath, headerPath] = [join(out, `${design}.bin`), join(out, `${design}.h`)];
    writeFileAtomic(binPath, bin);
    writeFileAtomic(headerPath, header);
    return {
      text: [
        `${binPath}  (65536 × ${signed ? 'int16' : 'uint16'}, little-endian, index a·256 + b)`,
        `${headerPath}  (C: the function ${design} and its table)`,
      ].join('\n'),
      value: { design, signed, bin: binPath, header: headerPath, sha256: sha256(bin) },
    };
  },
};
