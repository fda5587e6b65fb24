import { runYosys } from '../tools/yosys.ts';
import type { Circuit } from './recipes.ts';

/** Files that the front end leaves in the run folder. */
export const CIRCUIT_FILES: Readonly<Record<Circuit, string>> = {
  gates: 'gates.blif',
  adders: 'adders.blif',
};

/**
 * RTL to generic circuits, by Yosys: `gates`, simplified gates; `adders`, where full adders are `$fa` cells
 * (A + B + C = 2·X + Y), if asked for. Half adders are left as gates: as cells they cost energy (docs/synthesis.md).
 * @throws tool-missing; tool-failed when Yosys refuses the RTL, or it has registers
 */
export async function synthesiseGeneric(options: {
  readonly moduleName: string;
  readonly wantAdders: boolean;
  /** Holds rtl.v. */
  readonly runFolder: string;
}): Promise<void> {
  const { moduleName, wantAdders, runFolder } = options;
  const simplify = (circuit: Circuit): string[] => [
    'abc -fast',
    'opt -fast',
    'opt_clean',
    `write_blif ${CIRCUIT_FILES[circuit]}`,
  ];
  await runYosys({
    commands: [
      'read_verilog rtl.v',
      `hierarchy -check -top ${moduleName}`,
      `synth -noabc -flatten -top ${moduleName}`,
      'check -assert',
      'select -assert-none t:$_*FF* t:$_*LATCH*',
      ...(wantAdders ? ['design -save flat'] : []),
      ...simplify('gates'),
      ...(wantAdders ? ['design -load flat', 'extract_fa -fa', ...simplify('adders')] : []),
    ],
    cwd: runFolder,
    name: 'front-end',
    timeoutMs: 300_000,
  });
}
