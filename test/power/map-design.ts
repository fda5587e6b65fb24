import { join } from 'node:path';
import { writeFileAtomic } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import type { LibraryModel } from '../../src/liberty/model.ts';
import { readLiberty } from '../../src/liberty/read-liberty.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { type GateNetlist, readNetlist } from '../../src/power/netlist.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { runYosys, yosysWord } from '../../src/tools/yosys.ts';

export const EMBEDDED_LIBRARY = shippedFile('synth', 'maxdnn45_typ.lib');

/** A design mapped to the embedded library by Yosys's own script: quick, and no stage of the toolkit in between. */
export async function mapDesign(
  spec: MultiplierSpec,
  folder: string,
): Promise<{ readonly netlist: GateNetlist; readonly library: LibraryModel }> {
  const { design, verilog } = generateRtl(spec);
  const cwd = join(folder, design);
  writeFileAtomic(join(cwd, 'rtl.v'), verilog);
  const commands = [
    'read_verilog rtl.v',
    `synth -flatten -top ${design}`,
    `abc -liberty ${yosysWord(EMBEDDED_LIBRARY)}`,
    'opt_clean -purge',
    'json -o netlist.json',
  ];
  await runYosys({ commands, cwd, name: 'map', timeoutMs: 60_000 });
  const library = readLiberty(EMBEDDED_LIBRARY);
  return { netlist: readNetlist(join(cwd, 'netlist.json'), library), library };
}
