import { readFileSync } from 'node:fs';
import { MaxdnnError } from '../base/errors.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { SRAM_MODULE } from './elaborate.ts';

export type YosysBit = number | string;

export interface YosysCell {
  readonly type: string;
  readonly parameters?: Readonly<Record<string, string | number>>;
  readonly connections: Readonly<Record<string, readonly YosysBit[]>>;
  readonly port_directions?: Readonly<Record<string, string>>;
}

export interface YosysModule {
  readonly attributes?: Readonly<Record<string, unknown>>;
  readonly ports: Readonly<
    Record<string, { readonly direction: string; readonly bits: readonly YosysBit[] }>
  >;
  readonly cells: Readonly<Record<string, YosysCell>>;
  readonly netnames: Readonly<
    Record<
      string,
      { readonly hide_name: number; readonly bits: readonly YosysBit[]; readonly offset?: number }
    >
  >;
}

/** A memory in a module. */
export interface MemoryCell {
  readonly instance: string;
  readonly words: number;
  /** Bits of a word, and parts of it that are written on their own. */
  readonly wordBits: number;
  readonly parts: number;
}

/** A module of a mapped accelerator: its own cells, what it instantiates, its memories. */
export interface AcceleratorModule {
  readonly name: string;
  readonly source: YosysModule;
  /** Its own library cells: those of the modules in it are counted there. */
  readonly cells: number;
  readonly registers: number;
  readonly areaUm2: number;
  readonly children: readonly { readonly instance: string; readonly module: string }[];
  readonly memories: readonly MemoryCell[];
}

/**
 * Reads the modules of a mapped accelerator (write_json).
 * @throws tool-failed when a cell is neither of the library nor a memory nor a module
 */
export function readModules(
  path: string,
  names: readonly string[],
  library: LibraryModel,
): ReadonlyMap<string, AcceleratorModule> {
  const { modules } = JSON.parse(readFileSync(path, 'utf8')) as {
    modules: Readonly<Record<string, YosysModule>>;
  };
  return new Map(names.map((name) => [name, describeModule(name, modules[name]!, names, library)]));
}

/** What a module of a hierarchical netlist is made of. */
export function describeModule(
  name: string,
  source: YosysModule,
  names: readonly string[],
  library: LibraryModel,
): AcceleratorModule {
  const known = new Set(names);
  let [cells, registers, areaUm2] = [0, 0, 0];
  const children: { instance: string; module: string }[] = [];
  const memories: MemoryCell[] = [];
  for (const [instance, cell] of Object.entries(source.cells)) {
    const model = library.cells.get(cell.type);
    if (model !== undefined) {
      cells++;
      if (model.flipFlop !== undefined) registers++;
      areaUm2 += model.areaUm2;
    } else if (cell.type === SRAM_MODULE) memories.push(memoryOf(instance, cell));
    else if (known.has(cell.type)) children.push({ instance, module: cell.type });
    else {
      throw new MaxdnnError(
        'tool-failed',
        `module ${name}: cell ${instance} of type ${cell.type} is left after mapping`,
        {
          hint: 'It is no cell of the library: does the library lack what the RTL needs?',
        },
      );
    }
  }
  return { name, source, cells, registers, areaUm2: Number(areaUm2.toFixed(6)), children, memories };
}

function memoryOf(instance: string, { parameters = {} }: YosysCell): MemoryCell {
  const number = (name: string): number => {
    const value = parameters[name];
    return typeof value === 'number' ? value : Number.parseInt(value!, 2);
  };
  const parts = number('Parts');
  return { instance, words: number('Words'), wordBits: parts * number('PartBits'), parts };
}

/** Paths of all instances of each module below the top one, whose path is empty. */
export function instancePaths(
  modules: ReadonlyMap<string, AcceleratorModule>,
  top: string,
): ReadonlyMap<string, readonly string[]> {
  const paths = new Map<string, string[]>([...modules.keys()].map((name) => [name, []]));
  const walk = (name: string, path: string): void => {
    paths.get(name)!.push(path);
    for (const { instance, module } of modules.get(name)!.children) walk(module, below(path, instance));
  };
  walk(top, '');
  return paths;
}

/** Path of something in the instance at `path`. */
export function below(path: string, name: string): string {
  return path === '' ? name : `${path}.${name}`;
}
