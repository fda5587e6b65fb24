import { join, relative } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { runSta, tclWord } from '../tools/opensta.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { prepareRunFolder, RUN_FILES, writeSdc } from './run-folder.ts';

/** A mapped combinational netlist to time. */
export interface TimingRequest {
  readonly moduleName: string;
  /** The netlist as Verilog. */
  readonly netlistVerilogPath: string;
  readonly library: Pick<SynthesisLibrary, 'libertyPath'>;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  /** Period of the virtual clock in constraints.sdc; the delay does not depend on it. */
  readonly clockNs: number;
  readonly runFolder: string;
}

/** The longest path of a combinational netlist. */
export interface LongestPath {
  readonly delayNs: number;
  /** Bits where it begins and ends, e.g. "b_i[5]" and "p_o[14]". */
  readonly from: string;
  readonly to: string;
  /** Cells on the path. */
  readonly cells: number;
}

/**
 * Longest input-to-output path by OpenSTA: all inputs change at time 0 with the given transition, every output
 * carries the given load, nets have no wire load.
 * @throws tool-missing; tool-failed when the netlist does not link or has no path from an input to an output
 */
export async function staDelay(request: TimingRequest): Promise<LongestPath> {
  const { moduleName, netlistVerilogPath, library, conditions, clockNs, runFolder } = request;
  prepareRunFolder(library, runFolder);
  writeSdc(conditions, clockNs, runFolder);
  const { text } = await runSta({
    commands: [
      `read_liberty ${RUN_FILES.library}`,
      'set_cmd_units -time ns -capacitance fF',
      `read_verilog ${tclWord(relative(runFolder, netlistVerilogPath))}`,
      `link_design ${moduleName}`,
      `read_sdc ${RUN_FILES.sdc}`,
      'report_checks -path_delay max -format full -digits 6',
    ],
    cwd: runFolder,
    name: 'timing',
    timeoutMs: 120_000,
  });
  const [, arrival] = /^\s*([\d.]+)\s+data arrival time$/m.exec(text) ?? [];
  const [, from] = /^Startpoint: (\S+)/m.exec(text) ?? [];
  const [, to] = /^Endpoint: (\S+)/m.exec(text) ?? [];
  const cells = [...text.matchAll(/^\s*[\d.]+\s+[\d.]+\s+[v^]\s+\S+\/\S+ \(\S+\)$/gm)].length;
  const delayNs = Number(arrival);
  if (arrival === undefined || from === undefined || to === undefined || !(delayNs > 0)) {
    throw new MaxdnnError('tool-failed', `sta found no path from an input to an output of ${moduleName}`, {
      hint: `Is every output constant or an input? Full output: ${join(runFolder, 'timing.log')}`,
    });
  }
  return { delayNs, from, to, cells };
}

/** How far OpenSTA's longest path may be from the one that candidates are chosen by, relative. */
export const DELAY_TOLERANCE = 1e-3;

/**
 * Compares the longest path that a netlist was chosen by with OpenSTA's.
 * @throws mismatch when they differ by more than DELAY_TOLERANCE
 */
export function confirmDelay(
  { moduleName, delayNs }: { readonly moduleName: string; readonly delayNs: number },
  path: LongestPath,
): void {
  if (Math.abs(path.delayNs / delayNs - 1) <= DELAY_TOLERANCE) return;
  throw new MaxdnnError(
    'mismatch',
    `longest path of ${moduleName}: ${path.delayNs} ns by OpenSTA, ${delayNs} ns by the power engine's static timing`,
    {
      hint: 'The two must agree within 0.1 %: does the library have timing constructs that one of them ignores?',
    },
  );
}
