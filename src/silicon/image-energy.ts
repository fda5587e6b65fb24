import type { AssignmentCounts } from '../assign/count-assignment.ts';
import type { AcceleratorModule } from './modules.ts';
import type { ProbedMemory } from './probe.ts';
import { addEnergy, type BlockEnergy, NO_ENERGY, totalPj } from './replay.ts';
import { memoryAccessPj, type SramSilicon } from './sram.ts';
import { countByModule, type ReplayRequest, replayTrace } from './window-energy.ts';

/** Energy of a module's instances for one image, nJ. */
export interface ModuleEnergy {
  readonly module: string;
  readonly instances: number;
  /** Instances that were replayed; 0: those without registers, which are not priced. */
  readonly replayed: number;
  readonly multiplyNj: number;
  readonly logicNj: number;
  readonly registersNj: number;
  readonly clockNj: number;
  readonly leakageNj: number;
  /** Part of clockNj: cycles in which a register keeps its content. */
  readonly idleClockNj: number;
  readonly totalNj: number;
}

/** Accesses of a memory for one image, counted in the RTL in every cycle. */
export interface MemoryEnergy {
  readonly path: string;
  readonly reads: number;
  /** In whole words: a word with parts written counts for those. */
  readonly writes: number;
  readonly accessPj: number;
  readonly totalNj: number;
}

export interface LayerEnergy {
  readonly layer: string;
  readonly cycles: number;
  readonly windows: number;
  readonly multiplications: number;
  /** Of the elements: their multipliers, and all of them. */
  readonly multiplyNj: number;
  readonly elementsNj: number;
  /** All blocks, and the memories. */
  readonly logicNj: number;
  readonly memoryNj: number;
  /** Multiplications × energy of the multiplier alone on the operands of this layer; absent where it was not seen. */
  readonly operationsNj?: number;
}

export interface ImageEnergy {
  readonly cycles: number;
  readonly windows: number;
  readonly cyclesReplayed: number;
  readonly bitsCompared: number;
  readonly outputsCompared: number;
  readonly modules: readonly ModuleEnergy[];
  readonly memories: readonly MemoryEnergy[];
  readonly layers: readonly LayerEnergy[];
  readonly multiplications: number;
  /** Share of the elements' cycles in which they took a new activation, in the windows. */
  readonly activeShare: number;
  /** #mult × energy of the multiplier alone, on uniform operands and on those of the elements. */
  readonly uniformNj: number;
  readonly operationsNj: number;
  /** Of the multipliers in the elements, over all cycles. */
  readonly multiplyNj: number;
  readonly elementsNj: number;
  /** Elements and the skew between them. */
  readonly arrayNj: number;
  /** All blocks. */
  readonly logicNj: number;
  readonly memoryNj: number;
  /** Blocks and memories; no external memory. */
  readonly acceleratorNj: number;
  /** What ideal clock gating would save of elementsNj and of logicNj. */
  readonly elementsIdleClockNj: number;
  readonly logicIdleClockNj: number;
  /** Standard error of logicNj from window to window within descriptors, per cent. */
  readonly samplingErrorPercent: number;
  readonly externalBytes: number;
}

export interface ImageEnergyRequest extends ReplayRequest {
  readonly memories: readonly ProbedMemory[];
  readonly modules: ReadonlyMap<string, AcceleratorModule>;
  readonly sram: SramSilicon;
  readonly counts: AssignmentCounts;
}

export const ARRAY_MODULE = 'maxdnn_array';

/** Replays all windows and scales them by the cycles of the descriptors that they stand for. */
export function priceImage(request: ImageEnergyRequest): ImageEnergy {
  const { capture, memories, modules, places, elements } = request;
  const { boundaries, windows } = capture.trace;
  const replayed = countByModule(request.blocks);
  const seen = replayTrace(request);
  const layerOf = new Map(
    capture.program.layers.flatMap(({ name, descriptors }) => descriptors.map((d) => [d, name])),
  );
  const total = new Map<string, BlockEnergy>();
  const layers = new Map<string, Mutable<LayerEnergy> & { operationPj: number; operationCount: number }>();
  let variance = 0;
  for (let d = 0; d + 1 < boundaries.length; d++) {
    const [{ cycle: from, descriptor }, { cycle: to }] = [boundaries[d]!, boundaries[d + 1]!];
    const inside = seen.filter((_, w) => windows[w]!.cycle >= from && windows[w]!.cycle < to);
    const used = inside.length > 0 ? inside : [seen[nearest(windows, from)]!];
    const name = layerOf.get(descriptor) ?? `descriptor ${descriptor}`;
    const layer = layers.get(name) ?? emptyLayer(name, multiplicationsOf(request.counts, name));
    layers.set(name, layer);
    layer.cycles += to - from;
    layer.windows += inside.length;
    const weight = (to - from) / used.length;
    const totals = used.map(({ modules: own }) =>
      [...own.values()].reduce((sum, one) => sum + totalPj(one), 0),
    );
    variance += (to - from) ** 2 * varianceOfMean(totals);
    for (const { modules: own, operations } of used) {
      for (const [module, energy] of own) {
        total.set(module, addEnergy(total.get(module) ?? NO_ENERGY, energy, weight));
        layer.logicNj += (weight * totalPj(energy)) / 1000;
        if (!elements.has(module)) continue;
        layer.elementsNj += (weight * totalPj(energy)) / 1000;
        layer.multiplyNj += (weight * energy.multiplyPj) / 1000;
      }
      layer.operationPj += weight * operations.energyPj;
      layer.operationCount += weight * operations.count;
    }
    layer.memoryNj += memories.reduce((sum, memory, m) => {
      const count = (k: number): number =>
        boundaries[k]!.reads[m]! + boundaries[k]!.partsWritten[m]! / memory.parts;
      return sum + ((count(d + 1) - count(d)) * memoryAccessPj(memory, request.sram)) / 1000;
    }, 0);
  }
  const finished = [...layers.values()].map(({ operationPj, operationCount, ...layer }): LayerEnergy => {
    if (layer.multiplications === 0 || operationCount === 0) return layer;
    return { ...layer, operationsNj: (layer.multiplications * operationPj) / operationCount / 1000 };
  });
  const sum = (of: (layer: LayerEnergy) => number): number =>
    finished.reduce((all, layer) => all + of(layer), 0);
  const nj = (module: string): number => totalPj(total.get(module) ?? NO_ENERGY) / 1000;
  const [logicNj, memoryNj] = [sum((layer) => layer.logicNj), sum((layer) => layer.memoryNj)];
  const count = sum((layer) => layer.multiplications);
  const active = seen.reduce((all, { operations }) => all + operations.count, 0);
  const possible = seen.reduce((all, { operations }) => all + operations.cycles, 0);
  const idleClockNj = (isOf: (module: string) => boolean): number =>
    [...total].reduce((all, [module, one]) => all + (isOf(module) ? one.idleClockPj / 1000 : 0), 0);
  const last = boundaries.at(-1)!;
  return {
    cycles: capture.cycles,
    windows: windows.length,
    cyclesReplayed: seen.reduce((all, { instanceCycles }) => all + instanceCycles, 0),
    bitsCompared: seen.reduce((all, { bitsCompared }) => all + bitsCompared, 0),
    outputsCompared: capture.outputsCompared,
    modules: [...modules.keys()]
      .map((module) =>
        moduleEnergy(module, places.get(module)!.length, replayed.get(module) ?? 0, total.get(module)),
      )
      .sort((one, other) => other.totalNj - one.totalNj),
    memories: memories.map((memory, m) => {
      const [reads, writes] = [last.reads[m]!, last.partsWritten[m]! / memory.parts];
      const accessPj = memoryAccessPj(memory, request.sram);
      return { path: memory.path, reads, writes, accessPj, totalNj: ((reads + writes) * accessPj) / 1000 };
    }),
    layers: finished,
    multiplications: count,
    activeShare: active / possible,
    uniformNj: uniformEnergyNj(request),
    operationsNj: sum((layer) => layer.operationsNj ?? 0),
    multiplyNj: sum((layer) => layer.multiplyNj),
    elementsNj: sum((layer) => layer.elementsNj),
    arrayNj: sum((layer) => layer.elementsNj) + nj(ARRAY_MODULE),
    logicNj,
    memoryNj,
    acceleratorNj: logicNj + memoryNj,
    elementsIdleClockNj: idleClockNj((module) => elements.has(module)),
    logicIdleClockNj: idleClockNj(() => true),
    samplingErrorPercent: (100 * Math.sqrt(variance)) / 1000 / logicNj,
    externalBytes: capture.readBytes + capture.writtenBytes,
  };
}

/** Multiplications that are not skipped. */
function multiplicationsOf({ layers }: AssignmentCounts, layer: string): number {
  const counts = layers[layer];
  return counts === undefined ? 0 : counts.multiplications - counts.skipped;
}

function uniformEnergyNj({ counts, units }: ImageEnergyRequest): number {
  const energyPj = new Map(units.map(({ mapped, uniformPj }) => [mapped.design, uniformPj]));
  const perLayer = Object.values(counts.layers).flatMap(({ byMultiplier }) => Object.entries(byMultiplier));
  // A multiplier of weights 0 only is not in the array.
  return perLayer.reduce((sum, [design, count]) => sum + count * (energyPj.get(design) ?? 0), 0) / 1000;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function emptyLayer(layer: string, multiplications: number) {
  return {
    layer,
    cycles: 0,
    windows: 0,
    multiplications,
    multiplyNj: 0,
    elementsNj: 0,
    logicNj: 0,
    memoryNj: 0,
    operationPj: 0,
    operationCount: 0,
  };
}

function moduleEnergy(
  module: string,
  instances: number,
  replayed: number,
  energy: BlockEnergy = NO_ENERGY,
): ModuleEnergy {
  return {
    module,
    instances,
    replayed,
    multiplyNj: energy.multiplyPj / 1000,
    logicNj: energy.logicPj / 1000,
    registersNj: energy.registersPj / 1000,
    clockNj: energy.clockPj / 1000,
    leakageNj: energy.leakagePj / 1000,
    idleClockNj: energy.idleClockPj / 1000,
    totalNj: totalPj(energy) / 1000,
  };
}

function nearest(windows: readonly { readonly cycle: number }[], cycle: number): number {
  const distance = (w: number): number => Math.abs(windows[w]!.cycle - cycle);
  return windows.reduce((best, _, w) => (distance(w) < distance(best) ? w : best), 0);
}

/** Of a mean of independent numbers; 0 for a single one, of which nothing is known. */
function varianceOfMean(numbers: readonly number[]): number {
  if (numbers.length < 2) return 0;
  const mean = numbers.reduce((sum, one) => sum + one, 0) / numbers.length;
  return numbers.reduce((sum, one) => sum + (one - mean) ** 2, 0) / (numbers.length - 1) / numbers.length;
}
