import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { GeneratedFile } from '../accel/generate-shell.ts';
import { writeFileAtomic } from '../base/files.ts';
import { runYosys } from '../tools/yosys.ts';

/** The memory: a black box everywhere in this folder. */
export const SRAM_MODULE = 'maxdnn_sram';

/** Files that elaborate leaves in its run folder. */
const ELABORATED = 'elaborated.il';
export const DESIGN_FILE = 'design.il';

/**
 * Reads the Verilog of an accelerator into one RTLIL file, `design.il` in `runFolder`, in which every set of parameters
 * of a module is a module of its own with a short name: `maxdnn_walker`, the second one `maxdnn_walker_2`. Memories are
 * black boxes.
 * @param cellsPath ports of library cells (RTLIL), for the files that are netlists already
 * @returns names of the modules
 * @throws tool-missing; tool-failed when Yosys refuses the Verilog
 */
export async function elaborate(
  verilog: readonly GeneratedFile[],
  topModule: string,
  cellsPath: string,
  runFolder: string,
): Promise<readonly string[]> {
  mkdirSync(runFolder, { recursive: true });
  for (const { name, text } of verilog) writeFileAtomic(join(runFolder, name), text);
  const sram = `${SRAM_MODULE}.v`;
  const files = verilog.map(({ name }) => name).filter((name) => name !== sram);
  await runYosys({
    commands: [
      `read_rtlil ${cellsPath}`,
      `read_verilog ${files.join(' ')}`,
      `read_verilog -lib ${sram}`,
      `hierarchy -check -top ${topModule}`,
      `write_rtlil ${ELABORATED}`,
    ],
    cwd: runFolder,
    name: 'elaborate',
    timeoutMs: 300_000,
  });
  const { text, modules } = shortenNames(readFileSync(join(runFolder, ELABORATED), 'utf8'));
  writeFileAtomic(join(runFolder, DESIGN_FILE), text);
  return modules;
}

/** Gives the modules of RTLIL text names without parameters; memories and library cells are left as they are. */
export function shortenNames(rtlil: string): { readonly text: string; readonly modules: readonly string[] } {
  const names = new Map<string, string>();
  const taken = new Map<string, number>();
  for (const [, id] of rtlil.matchAll(/^module (\S+)$/gm)) {
    const base = id!.startsWith('$paramod')
      ? /\\(\w+)(?:\\.*)?$/.exec(id!.replace(/\\\w+=.*$/, ''))![1]!
      : id!.slice(1);
    const count = (taken.get(base) ?? 0) + 1;
    taken.set(base, count);
    names.set(id!, `\\${count === 1 ? base : `${base}_${count}`}`);
  }
  const text = rtlil
    .replaceAll(/^module (\S+)$/gm, (_, id: string) => `module ${names.get(id)}`)
    .replaceAll(/^( +cell )(\S+) /gm, (_, start: string, id: string) => `${start}${names.get(id) ?? id} `);
  const isBlackBox = new Set(
    [...text.matchAll(/attribute \\blackbox 1\n(?:attribute .*\n)*module \\(\S+)$/gm)].map(
      ([, name]) => name!,
    ),
  );
  const modules = [...names.values()].map((name) => name.slice(1)).filter((name) => !isBlackBox.has(name));
  return { text, modules };
}
