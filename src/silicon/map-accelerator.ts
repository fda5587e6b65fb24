import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArraySpec } from '../accel/array-spec.ts';
import { DYNAMIC_NAME } from '../accel/dynamic-multiplier.ts';
import { elementClasses } from '../accel/element.ts';
import { generateAccelerator } from '../accel/generate-accelerator.ts';
import { digestOf } from '../base/artifact.ts';
import { writeFileAtomic } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { designName } from '../multiplier/spec.ts';
import { generateRtl } from '../rtl/generate.ts';
import type { EnergyConditions } from '../synth/energy-table.ts';
import type { SynthesisLibrary } from '../synth/library-files.ts';
import { SEQUENTIAL_RECIPE } from '../synth/mac-synthesise.ts';
import { type MappedDesign, mapDesign, netlistVerilogPath } from '../synth/map-design.ts';
import { toolVersions } from '../tools/detect-tools.ts';
import { runYosys } from '../tools/yosys.ts';
import { DESIGN_FILE, elaborate } from './elaborate.ts';

export const TOP_MODULE = 'maxdnn_accelerator';

/** What to map, to what, for which clock. */
export interface MappingOfAccelerator {
  readonly spec: ArraySpec;
  readonly library: SynthesisLibrary;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf' | 'adderCells'>;
  readonly clockNs: number;
  /** Receives a run folder per accelerator and one per multiplier; absolute. */
  readonly outFolder: string;
  readonly onProgress?: OnProgress;
}

/** A mapped accelerator; files of its run folder. */
export interface MappedAccelerator {
  readonly runFolder: string;
  /** Modules as Yosys JSON: library cells, memories and other modules. */
  readonly netlistJsonPath: string;
  readonly modules: readonly string[];
  /** The array's multipliers by number, each on its own, as the energy table maps them. */
  readonly multipliers: readonly MappedDesign[];
}

/** Run folder of a multiplier of its own, as mapDesign fills it. */
export function multiplierFolder(outFolder: string, design: string, clockNs: number): string {
  return join(outFolder, 'multipliers', design, `${clockNs}ns`);
}

/** Small modules that become part of those that use them. */
const DISSOLVED = /^maxdnn_(delay|operand_map)(_\d+)?$/;

/** Share of the clock period that abc aims at: elements have the multiplier in the same cycle (mac-map.ts). */
const ELEMENT_SHARE = 0.45;
const BLOCK_SHARE = 0.9;

/** Raise when a change of the flow changes its results. */
const FLOW_VERSION = 1;

/**
 * Maps an accelerator module by module: flip-flops and logic as synthesiseSequential does, multipliers as mapDesign does
 * (proved, products compared). Modules stay apart, so nothing is optimised across them; the memories stay black boxes.
 * What was mapped before from the same Verilog, library, clock and tools is taken from the run folder.
 * @throws as mapDesign; tool-failed when Yosys refuses the Verilog
 */
export async function mapAccelerator(request: MappingOfAccelerator): Promise<MappedAccelerator> {
  const { spec, library, conditions, clockNs, outFolder, onProgress = ignoreProgress } = request;
  const multipliers: MappedDesign[] = [];
  const texts = new Map<string, string>();
  for (const multiplier of spec.multipliers) {
    const design = designName(multiplier);
    const { verilog } = generateRtl(multiplier);
    const runFolder = multiplierFolder(outFolder, design, clockNs);
    const subject = { design, spec: multiplier, verilog };
    const { mapped } = await mapDesign({ subject, library, conditions, clockNs, runFolder });
    multipliers.push(mapped);
    texts.set(`${design}.v`, readFileSync(netlistVerilogPath(runFolder), 'utf8'));
  }
  const verilog = generateAccelerator(spec).map(({ name, text }) => ({
    name,
    text: texts.get(name) ?? text,
  }));
  const tools = await toolVersions(['yosys', 'abc']);
  const digest = digestOf([
    [FLOW_VERSION, SEQUENTIAL_RECIPE, ELEMENT_SHARE, BLOCK_SHARE, clockNs, conditions.outputLoadFf],
    [library.model.sha256, tools],
    verilog.map(({ name, text }) => [name, withoutHeader(text)]),
  ]);
  const runFolder = join(outFolder, `mapped-${digest.slice(0, 12)}`);
  const stamp = join(runFolder, 'modules.json');
  const files = {
    runFolder,
    netlistJsonPath: join(runFolder, 'netlist.json'),
    multipliers,
  };
  if (existsSync(stamp)) {
    return { ...files, modules: JSON.parse(readFileSync(stamp, 'utf8')) as string[] };
  }
  onProgress({ stage: 'map', done: 0, total: 1, unit: 'accelerator' });
  mkdirSync(runFolder, { recursive: true });
  const modules = await elaborate(verilog, TOP_MODULE, library.portsPath, runFolder);
  writeFileAtomic(
    join(runFolder, 'constraints'),
    `set_driving_cell ${library.drivingCell}\nset_load ${conditions.outputLoadFf}\n`,
  );
  await runYosys({
    commands: script(request, modules),
    cwd: runFolder,
    name: 'synthesise',
    timeoutMs: 3_600_000,
  });
  const blocks = modules.filter((name) => isBlock(spec, name));
  writeFileAtomic(stamp, JSON.stringify(blocks));
  onProgress({ stage: 'map', done: 1, total: 1, unit: 'accelerator' });
  return { ...files, modules: blocks };
}

/** Whether a module stays a module of its own in the end. */
function isBlock(spec: ArraySpec, name: string): boolean {
  return !DISSOLVED.test(name) && !unitModules(spec).includes(name);
}

/** What multiplies in the elements; it becomes part of them once it is mapped. */
function unitModules(spec: ArraySpec): readonly string[] {
  return spec.elements === 'dynamic' ? [DYNAMIC_NAME] : spec.multipliers.map(designName);
}

function script(request: MappingOfAccelerator, modules: readonly string[]): string[] {
  const { spec, library, clockNs } = request;
  const kept = modules.filter((name) => !DISSOLVED.test(name));
  const units = unitModules(spec);
  const elements = elementClasses(spec).map(({ name }) => name);
  const others = kept.filter((name) => !units.includes(name) && !elements.includes(name));
  const ties = [
    library.tieHigh && `-hicell ${library.tieHigh.cell} ${library.tieHigh.pin}`,
    library.tieLow && `-locell ${library.tieLow.cell} ${library.tieLow.pin}`,
  ].filter((option) => option !== undefined);
  const abc = (share: number, names: readonly string[]): string =>
    `abc -liberty ${library.libertyPath} -D ${share * clockNs * 1000} -constr constraints ` +
    `-script +${SEQUENTIAL_RECIPE} ${names.join(' ')}`;
  return [
    `read_rtlil ${DESIGN_FILE}`,
    `setattr -mod -set keep_hierarchy 1 ${kept.join(' ')}`,
    `synth -flatten -nofsm -top ${TOP_MODULE}`, // -nofsm: states keep their codes, which the replay reads
    `dfflibmap -liberty ${library.libertyPath}`,
    abc(ELEMENT_SHARE, spec.elements === 'dynamic' ? [...elements, ...units] : elements),
    abc(BLOCK_SHARE, others),
    `setattr -mod -unset keep_hierarchy ${units.join(' ')}`,
    'flatten',
    'opt_clean',
    ...(ties.length > 0 ? [`hilomap -singleton ${ties.join(' ')}`] : []),
    `read_rtlil -nooverwrite ${library.portsPath}`,
    'check -mapped',
    'write_json netlist.json',
  ];
}

/** Comments name the whole spec, which other files follow from as well. */
function withoutHeader(text: string): string {
  return text.replaceAll(/^\/\/.*\n/gm, '');
}
