import { type AcceleratorModule, below, instancePaths } from './modules.ts';
import type { SramSilicon } from './sram.ts';
import { memoryAreaUm2 } from './sram.ts';

/** A module of the accelerator with all its instances. */
export interface BlockArea {
  readonly module: string;
  readonly instances: number;
  /** Of one instance, without the modules in it. */
  readonly cells: number;
  readonly registers: number;
  readonly instanceUm2: number;
  /** Of all instances. */
  readonly areaUm2: number;
  /** Of the whole accelerator, memories included. */
  readonly sharePercent: number;
}

/** Memories of one kind: the same place in a module, the same size. */
export interface MemoryArea {
  /** Path of the first one. */
  readonly path: string;
  readonly instances: number;
  readonly words: number;
  readonly wordBits: number;
  readonly areaUm2: number;
  readonly sharePercent: number;
}

/** Where the area of an accelerator is. No wires, no filling: cells and memories alone. */
export interface AreaReport {
  /** By area, the largest first. */
  readonly blocks: readonly BlockArea[];
  readonly memories: readonly MemoryArea[];
  readonly cells: number;
  readonly registers: number;
  readonly logicUm2: number;
  readonly memoryUm2: number;
  readonly totalUm2: number;
}

/** Adds up the cells of all instances below `top`. */
export function reportArea(
  modules: ReadonlyMap<string, AcceleratorModule>,
  top: string,
  sram: SramSilicon,
): AreaReport {
  const paths = instancePaths(modules, top);
  const used = [...modules.values()].map((module) => ({ module, places: paths.get(module.name)! }));
  const memories = used.flatMap(({ module, places }) =>
    groupMemories(module.memories, ({ instance }) => instance).map(([memory, ...others]) => ({
      path: below(places[0] ?? '', memory!.instance),
      instances: (1 + others.length) * places.length,
      words: memory!.words,
      wordBits: memory!.wordBits,
      areaUm2: (1 + others.length) * places.length * memoryAreaUm2(memory!, sram),
    })),
  );
  const sum = (numbers: readonly number[]): number =>
    Number(numbers.reduce((all, one) => all + one, 0).toFixed(6));
  const logicUm2 = sum(used.map(({ module, places }) => places.length * module.areaUm2));
  const memoryUm2 = sum(memories.map(({ areaUm2 }) => areaUm2));
  const totalUm2 = logicUm2 + memoryUm2;
  const blocks = used.map(({ module, places }): BlockArea => {
    const areaUm2 = places.length * module.areaUm2;
    return {
      module: module.name,
      instances: places.length,
      cells: module.cells,
      registers: module.registers,
      instanceUm2: module.areaUm2,
      areaUm2,
      sharePercent: (100 * areaUm2) / totalUm2,
    };
  });
  return {
    blocks: blocks.sort((one, other) => other.areaUm2 - one.areaUm2),
    memories: memories.map((memory) => ({ ...memory, sharePercent: (100 * memory.areaUm2) / totalUm2 })),
    cells: sum(blocks.map(({ instances, cells }) => instances * cells)),
    registers: sum(blocks.map(({ instances, registers }) => instances * registers)),
    logicUm2,
    memoryUm2,
    totalUm2,
  };
}

/** Memories whose names differ by indices only: the banks of all accumulators are alike, the memories of the core are not. */
export function groupMemories<T>(
  memories: readonly T[],
  nameOf: (memory: T) => string,
): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const memory of memories) {
    const key = nameOf(memory).replaceAll(/\[\d+\]/g, '[]');
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [memory]);
    else group.push(memory);
  }
  return [...groups.values()];
}
