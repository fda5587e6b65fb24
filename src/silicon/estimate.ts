import { join } from 'node:path';
import type { ArraySpec } from '../accel/array-spec.ts';
import { elementClasses } from '../accel/element.ts';
import { countAssignment } from '../assign/count-assignment.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { MixedAssignment, RoundedOperand } from '../dnn/assignment.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { readNetlist } from '../power/netlist.ts';
import type { EnergyConditions } from '../synth/energy-table.ts';
import type { SynthesisLibrary } from '../synth/library-files.ts';
import { netlistPath } from '../synth/map-design.ts';
import { measureMultiplier } from '../synth/measure-candidate.ts';
import { type AreaReport, reportArea } from './area.ts';
import { blockNetlist } from './block-netlist.ts';
import { captureActivity } from './capture.ts';
import { type ImageEnergy, priceImage } from './image-energy.ts';
import { type MappedAccelerator, mapAccelerator, multiplierFolder, TOP_MODULE } from './map-accelerator.ts';
import { type AcceleratorModule, below, instancePaths, readModules } from './modules.ts';
import { elementUnits, operandSignals } from './multiplications.ts';
import type { ProbedBlock, ProbedMemory } from './probe.ts';
import { sampleInstances } from './sample.ts';
import { checkSram, type SramSilicon } from './sram.ts';
import { type ModulePath, timeModules } from './timing.ts';

export interface SiliconRequest {
  readonly name: string;
  /** With the constants of its variant. */
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
  readonly spec: ArraySpec;
  /** Codes of the image that is run. */
  readonly image: Int8Array;
  readonly library: SynthesisLibrary;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf' | 'adderCells'>;
  readonly clockNs: number;
  readonly sram: SramSilicon;
  /** Windows over the image, cycles of each, and elements that are written down. */
  readonly windows: number;
  readonly windowCycles: number;
  readonly elements: number;
  /** Receives everything; absolute. */
  readonly outFolder: string;
  readonly onProgress?: OnProgress;
}

/** One accelerator in silicon: area, timing, energy per image. */
export interface SiliconEstimate {
  readonly name: string;
  readonly spec: ArraySpec;
  readonly clockNs: number;
  readonly multipliers: readonly {
    readonly design: string;
    readonly areaUm2: number;
    readonly delayNs: number;
    readonly uniformPj: number;
  }[];
  readonly area: AreaReport;
  readonly paths: readonly ModulePath[];
  /** Whether the longest register-to-register path of the whole accelerator fits into the clock period. */
  readonly meetsClock: boolean;
  readonly energy: ImageEnergy;
}

/** Instances of each module but the elements that are written down. */
const INSTANCES_PER_BLOCK = 2;

/**
 * Maps an accelerator, times it, runs an image on its RTL and replays windows of that on the mapped netlist.
 * @throws as mapAccelerator, captureActivity and replayWindow
 */
export async function estimateSilicon(request: SiliconRequest): Promise<SiliconEstimate> {
  const { name, spec, library, conditions, clockNs, sram, outFolder, network, assignment } = request;
  const { onProgress = ignoreProgress } = request;
  checkSram(sram);
  const mapped = await mapAccelerator(request);
  const modules = readModules(mapped.netlistJsonPath, mapped.modules, library.model);
  const paths = await timeModules({ library, conditions, clockNs, modules, runFolder: mapped.runFolder });
  const units = await readUnits(request, mapped);
  const { blocks, memories, places } = chooseProbes(request, modules);
  const capture = await captureActivity({
    ...request,
    blocks,
    memories,
    outDir: join(outFolder, 'trace', mapped.runFolder.slice(-12)),
  });
  const energy = priceImage({
    capture,
    blocks,
    memories,
    modules,
    places,
    units,
    elements: new Map(elementClasses(spec).map((own) => [own.name, elementUnits(spec, own)])),
    library: library.model,
    conditions,
    clockNs,
    sram,
    counts: countAssignment(network, assignment),
    onProgress,
  });
  const whole = paths.find(({ module }) => module === TOP_MODULE)?.delayNs;
  return {
    name,
    spec,
    clockNs,
    multipliers: units.map(({ mapped: { design, areaUm2, delayNs }, uniformPj }) => ({
      design,
      areaUm2,
      delayNs,
      uniformPj,
    })),
    area: reportArea(modules, TOP_MODULE, sram),
    paths,
    meetsClock: whole !== undefined && whole <= clockNs,
    energy,
  };
}

async function readUnits(
  { library, conditions, clockNs, outFolder }: SiliconRequest,
  mapped: MappedAccelerator,
) {
  const measure = measureMultiplier(library.model, conditions, clockNs);
  return mapped.multipliers.map((own) => {
    const folder = multiplierFolder(outFolder, own.design, clockNs);
    const netlist = readNetlist(netlistPath(folder), library.model);
    return { mapped: own, netlist, uniformPj: measure(netlist) };
  });
}

/** Instances whose signals are written down, and all memories. */
function chooseProbes(request: SiliconRequest, modules: ReadonlyMap<string, AcceleratorModule>) {
  const { spec, library } = request;
  const places = instancePaths(modules, TOP_MODULE);
  const classes = new Map(elementClasses(spec).map((own) => [own.name, own]));
  const blocks = [...modules.values()].flatMap((module): readonly ProbedBlock[] => {
    const own = classes.get(module.name);
    const limit = own === undefined ? INSTANCES_PER_BLOCK : Math.ceil(request.elements / classes.size);
    if (module.registers === 0) return []; // the replay needs a clock
    const block = blockNetlist(module, library.model, module.name);
    const extra = own === undefined ? [] : operandSignals(spec, own);
    return sampleInstances(places.get(module.name)!, limit).map((path) => ({ path, block, extra }));
  });
  const memories = [...modules.values()].flatMap((module): readonly ProbedMemory[] =>
    places
      .get(module.name)!
      .flatMap((path) =>
        module.memories.map((memory) => ({ ...memory, path: below(path, memory.instance) })),
      ),
  );
  return { blocks, memories, places };
}
