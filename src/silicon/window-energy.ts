import type { OnProgress } from '../base/progress.ts';
import type { LibraryModel } from '../liberty/model.ts';
import type { GateNetlist } from '../power/netlist.ts';
import type { EnergyConditions } from '../synth/energy-table.ts';
import type { MappedDesign } from '../synth/map-design.ts';
import type { Capture } from './capture.ts';
import { type ElementUnit, operationEnergy } from './multiplications.ts';
import type { ProbedBlock } from './probe.ts';
import { addEnergy, type BlockEnergy, NO_ENERGY, replayWindow } from './replay.ts';
import type { BlockWindow } from './trace.ts';

export interface ReplayRequest {
  readonly capture: Capture;
  /** In the order of the trace. */
  readonly blocks: readonly ProbedBlock[];
  /** Paths of all instances of each module. */
  readonly places: ReadonlyMap<string, readonly string[]>;
  /** Multipliers of the array by number. */
  readonly units: readonly {
    readonly mapped: MappedDesign;
    readonly netlist: GateNetlist;
    readonly uniformPj: number;
  }[];
  /** Modules that are elements, with what they multiply by. */
  readonly elements: ReadonlyMap<string, readonly ElementUnit[]>;
  readonly library: LibraryModel;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  readonly clockNs: number;
  readonly onProgress: OnProgress;
}

/** What was seen in one window. */
export interface WindowEnergy {
  /** Energy per cycle of each module's instances together. */
  readonly modules: ReadonlyMap<string, BlockEnergy>;
  /** Multiplications of all elements, what the multipliers alone take for them, and the elements' cycles. */
  readonly operations: { readonly energyPj: number; readonly count: number; readonly cycles: number };
  /** Cycles of all replayed instances. */
  readonly instanceCycles: number;
  readonly bitsCompared: number;
}

/** Replays all windows; the instances that were written down stand for those that were not. @throws as replayWindow */
export function replayTrace(request: ReplayRequest): readonly WindowEnergy[] {
  const { windows } = request.capture.trace;
  const replayed = countByModule(request.blocks);
  return windows.map(({ blocks }, w) => {
    const energy = replayBlocks(request, blocks, replayed);
    request.onProgress({ stage: 'replay', done: w + 1, total: windows.length, unit: 'windows' });
    return energy;
  });
}

/** Instances of each module that are written down. */
export function countByModule(blocks: readonly ProbedBlock[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const { block } of blocks) counts.set(block.module, (counts.get(block.module) ?? 0) + 1);
  return counts;
}

function replayBlocks(
  request: ReplayRequest,
  windows: readonly BlockWindow[],
  replayed: ReadonlyMap<string, number>,
): WindowEnergy {
  const { blocks, places, units, elements, library, conditions, clockNs } = request;
  const modules = new Map<string, BlockEnergy>();
  const operations = { energyPj: 0, count: 0, cycles: 0 };
  let [instanceCycles, bitsCompared] = [0, 0];
  for (const [b, window] of windows.entries()) {
    const { block } = blocks[b]!;
    const replay = replayWindow(block, window, library, { ...conditions, clockNs });
    bitsCompared += replay.bitsCompared;
    instanceCycles += replay.cycles;
    const weight = places.get(block.module)!.length / replayed.get(block.module)!;
    modules.set(block.module, addEnergy(modules.get(block.module) ?? NO_ENERGY, replay.energy, weight));
    const choices = elements.get(block.module);
    if (choices === undefined) continue;
    operations.cycles += weight * window.cycles;
    for (const unit of choices) {
      const { netlist } = units[unit.multiplier]!;
      const found = operationEnergy(window, unit, netlist, library, conditions, clockNs);
      if (found === undefined) continue;
      operations.energyPj += weight * found.energyPj * found.multiplications;
      operations.count += weight * found.multiplications;
    }
  }
  return { modules, operations, instanceCycles, bitsCompared };
}
