import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';

/** Names that the scripts in a run folder use, so that they run there by hand as well. */
export const RUN_FILES = {
  library: 'library.lib',
  sdc: 'constraints.sdc',
  abcConstraints: 'constraints.abc',
} as const;

/**
 * Makes a run folder with a link to the Liberty file: abc and OpenSTA 2.0.17 cannot open paths with blanks, and the
 * run folder may lie anywhere; names within it have none.
 */
export function prepareRunFolder(library: Pick<SynthesisLibrary, 'libertyPath'>, runFolder: string): void {
  mkdirSync(runFolder, { recursive: true });
  const link = join(runFolder, RUN_FILES.library);
  rmSync(link, { force: true });
  symlinkSync(library.libertyPath, link);
}

/** Constraints for a static timing analyser: every path from input to output within one clock period. */
export function writeSdc(
  { inputTransitionNs, outputLoadFf }: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>,
  clockNs: number,
  runFolder: string,
): void {
  const lines = [
    '# Units: ns, fF',
    `create_clock -name virtual -period ${clockNs}`,
    'set_input_delay 0 -clock virtual [all_inputs]',
    'set_output_delay 0 -clock virtual [all_outputs]',
    `set_input_transition ${inputTransitionNs} [all_inputs]`,
    `set_load -pin_load ${outputLoadFf} [all_outputs]`,
  ];
  writeFileAtomic(join(runFolder, RUN_FILES.sdc), `${lines.join('\n')}\n`);
}

/** Constraints that abc reads: what drives the inputs and the load of each output, fF. */
export function writeAbcConstraints(
  library: Pick<SynthesisLibrary, 'drivingCell'>,
  outputLoadFf: number,
  runFolder: string,
): void {
  const text = `set_driving_cell ${library.drivingCell}\nset_load ${outputLoadFf}\n`;
  writeFileAtomic(join(runFolder, RUN_FILES.abcConstraints), text);
}
