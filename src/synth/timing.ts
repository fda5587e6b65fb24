import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, relative } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { runSta, tclWord } from '../tools/opensta.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';

/** A mapped combinational netlist to time. */
export interface TimingRequest {
  readonly moduleName: string;
  /** The netlist as Verilog. */
  readonly netlistVerilogPath: string;
  readonly library: Pick<SynthesisLibrary, 'libertyPath'>;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
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
  const { moduleName, netlistVerilogPath, library, conditions, runFolder } = request;
  linkLibrary(library.libertyPath, runFolder);
  const { text } = await runSta({
    commands: [
      `read_liberty ${LIBRARY_LINK}`,
      'set_cmd_units -time ns -capacitance fF',
      `read_verilog ${tclWord(relative(runFolder, netlistVerilogPath))}`,
      `link_design ${moduleName}`,
      'create_clock -name virtual -period 1000',
      'set_input_delay 0 -clock virtual [all_inputs]',
      'set_output_delay 0 -clock virtual [all_outputs]',
      `set_input_transition ${conditions.inputTransitionNs} [all_inputs]`,
      `set_load -pin_load ${conditions.outputLoadFf} [all_outputs]`,
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

const LIBRARY_LINK = 'library.lib';

/** OpenSTA 2.0.17 cannot open paths with blanks; the run folder may lie anywhere, names within it have none. */
function linkLibrary(libertyPath: string, runFolder: string): void {
  mkdirSync(runFolder, { recursive: true });
  const link = join(runFolder, LIBRARY_LINK);
  rmSync(link, { force: true });
  symlinkSync(libertyPath, link);
}
