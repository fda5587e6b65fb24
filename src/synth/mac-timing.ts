import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { runSta } from '../tools/opensta.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';

/** A processing element from the netlists of its parts. */
export interface MacTimingRequest {
  readonly moduleName: string;
  /** Verilog of the element, which instantiates shell and multiplier. */
  readonly verilog: string;
  readonly shellNetlistVerilogPath: string;
  readonly multiplierNetlistVerilogPath: string;
  readonly library: Pick<SynthesisLibrary, 'libertyPath'>;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  readonly clockNs: number;
  readonly runFolder: string;
}

/** The longest path of a processing element. */
export interface MacPath {
  /** From the clock edge to the next one that may follow: clock to output, logic and setup. */
  readonly delayNs: number;
  /** Pins where it begins and ends. */
  readonly from: string;
  readonly to: string;
}

/**
 * Longest path from register to register, by OpenSTA: operands through multiplier and adder in one cycle. Ideal
 * clock, no wire load. Inputs come from registers of the neighbours and have only the adder before them.
 * @throws tool-missing; tool-failed when the netlists do not link or have no such path
 */
export async function staMac(request: MacTimingRequest): Promise<MacPath> {
  const { moduleName, library, conditions, clockNs, runFolder } = request;
  mkdirSync(runFolder, { recursive: true });
  writeFileAtomic(join(runFolder, 'element.v'), request.verilog);
  const links = [
    ['library.lib', library.libertyPath],
    ['shell.v', request.shellNetlistVerilogPath],
    ['multiplier.v', request.multiplierNetlistVerilogPath],
  ] as const;
  for (const [link, target] of links) {
    rmSync(join(runFolder, link), { force: true });
    symlinkSync(resolve(target), join(runFolder, link));
  }
  const { text } = await runSta({
    commands: [
      'read_liberty library.lib',
      'set_cmd_units -time ns -capacitance fF',
      'read_verilog multiplier.v',
      'read_verilog shell.v',
      'read_verilog element.v',
      ...longestPathCommands(moduleName, clockNs, conditions),
    ],
    cwd: runFolder,
    name: 'timing',
    timeoutMs: 120_000,
  });
  const [, slack] = /^\s*(-?[\d.]+)\s+slack \((?:MET|VIOLATED)\)$/m.exec(text) ?? [];
  const [, from] = /^Startpoint: (\S+)/m.exec(text) ?? [];
  const [, to] = /^Endpoint: (\S+)/m.exec(text) ?? [];
  const delayNs = Number((clockNs - Number(slack)).toFixed(6));
  if (slack === undefined || from === undefined || to === undefined || !(delayNs > 0)) {
    throw new MaxdnnError('tool-failed', `sta found no path from register to register in ${moduleName}`, {
      hint: `Full output: ${join(runFolder, 'timing.log')}`,
    });
  }
  return { delayNs, from, to };
}

/** OpenSTA commands that link a module which was read and report its longest path from register to register. */
export function longestPathCommands(
  moduleName: string,
  clockNs: number,
  conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>,
): readonly string[] {
  return [
    `link_design ${moduleName}`,
    `create_clock -name clock -period ${clockNs} [get_ports clk_i]`,
    `set_input_transition ${conditions.inputTransitionNs} [all_inputs]`,
    `set_load -pin_load ${conditions.outputLoadFf} [all_outputs]`,
    'report_checks -path_delay max -format full -digits 6',
  ];
}
