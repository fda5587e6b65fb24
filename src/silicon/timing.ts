import { mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import type { EnergyConditions } from '../synth/energy-table.ts';
import type { SynthesisLibrary } from '../synth/library-files.ts';
import { longestPathCommands } from '../synth/mac-timing.ts';
import { runSta } from '../tools/opensta.ts';
import { hierarchyVerilog } from './hierarchy-verilog.ts';
import type { AcceleratorModule } from './modules.ts';

/** Longest path from register to register in a module, with the modules in it. */
export interface ModulePath {
  readonly module: string;
  /** Clock to output, logic and setup; absent where no register reaches another one. */
  readonly delayNs?: number;
  /** 1000 / delayNs. */
  readonly fmaxMhz?: number;
  readonly from?: string;
  readonly to?: string;
}

export interface ModuleTimingRequest {
  readonly modules: ReadonlyMap<string, AcceleratorModule>;
  readonly library: Pick<SynthesisLibrary, 'libertyPath' | 'model'>;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  readonly clockNs: number;
  readonly runFolder: string;
}

/**
 * Longest register-to-register path of each module by OpenSTA: ideal clock, no wires. Paths from and to ports, and
 * through memories, whose timing is not known, are left out.
 * @throws tool-missing; tool-failed when a module does not link
 */
export async function timeModules(request: ModuleTimingRequest): Promise<readonly ModulePath[]> {
  const { modules, library, conditions, clockNs, runFolder } = request;
  mkdirSync(runFolder, { recursive: true });
  const link = join(runFolder, 'library.lib');
  rmSync(link, { force: true });
  symlinkSync(library.libertyPath, link);
  writeFileAtomic(join(runFolder, 'timing.v'), hierarchyVerilog(modules, library.model));
  const { text } = await runSta({
    commands: [
      'read_liberty library.lib',
      'set_cmd_units -time ns -capacitance fF',
      ...[...modules.keys()].flatMap((module) => [
        `puts "module ${module}"`,
        'read_verilog timing.v', // linking forgets what it does not use
        ...longestPathCommands(module, clockNs, conditions),
      ]),
    ],
    cwd: runFolder,
    name: 'timing',
    timeoutMs: 1_800_000,
  });
  return parsePaths(text, clockNs);
}

/**
 * Reads the paths that the script of timeModules prints, one per module and path group. Recovery of asynchronous resets is
 * a group of its own and left out: a reset with a tree of buffers is no part of a netlist like this one.
 */
export function parsePaths(text: string, clockNs: number): readonly ModulePath[] {
  return text
    .split(/^module /m)
    .slice(1)
    .map((part): ModulePath => {
      const module = part.slice(0, part.indexOf('\n')).trim();
      const own = part.split(/^(?=Startpoint: )/m).find((path) => /^Path Group: clock$/m.test(path)) ?? '';
      const [, slack] = /^\s*(-?[\d.]+)\s+slack \((?:MET|VIOLATED)\)$/m.exec(own) ?? [];
      const [, from] = /^Startpoint: (\S+)/m.exec(own) ?? [];
      const [, to] = /^Endpoint: (\S+)/m.exec(own) ?? [];
      if (slack === undefined || from === undefined || to === undefined) return { module };
      const delayNs = Number((clockNs - Number(slack)).toFixed(6));
      return { module, delayNs, fmaxMhz: 1000 / delayNs, from, to };
    });
}
