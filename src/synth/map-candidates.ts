import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { createRng } from '../base/rng.ts';
import { runAbc } from '../tools/abc.ts';
import { boxAdders, findAdderCells, unboxAdders, withoutAdders } from './adder-cells.ts';
import { type BlifModel, blifText, parseBlif } from './blif.ts';
import type { EnergyConditions } from './energy-table.ts';
import { CIRCUIT_FILES, synthesiseGeneric } from './front-end.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { type MappedNetlist, netlistOf } from './mapped-netlist.ts';
import { CANDIDATE_FOLDER, candidateFile, candidateName, mappingCommands, RECIPES } from './recipes.ts';
import { prepareRunFolder, writeAbcConstraints } from './run-folder.ts';

/** A design and what its netlists are made for. */
export interface MappingTask {
  readonly moduleName: string;
  /** Verilog of one combinational module. */
  readonly rtlText: string;
  readonly library: SynthesisLibrary;
  /** Clock period that the longest path should fit into. */
  readonly clockNs: number;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  /** Self-contained run folder: sources, scripts, logs and netlists stay there. */
  readonly runFolder: string;
  /**
   * Full adders as library cells: `auto`, as further candidates in the same competition (default); `always`, nothing
   * but such candidates; `never`, none. A library without such a cell, or RTL without full adders, has no such
   * candidates; nor has RTL for which Yosys's extract_fa goes wrong (version 0.23 does, on Booth multipliers of odd
   * width): what it found is proved first.
   */
  readonly adderCells?: AdderCellUse;
  /**
   * Gives the statements of the circuits that abc reads another order: netlists as good as the others, that show how
   * much of a figure is chance. Default: the order in which Yosys wrote them.
   */
  readonly shuffleSeed?: number;
}

export type AdderCellUse = 'auto' | 'always' | 'never';

/** Netlist of one recipe and sizing. */
export interface CandidateNetlist {
  /** "recipe/sizing", e.g. "area-flow/as-mapped". */
  readonly recipe: string;
  readonly netlist: MappedNetlist;
  /** What abc wrote: a BLIF file in the run folder. */
  readonly path: string;
}

/** Copy of the RTL in the run folder. */
export const RTL_FILE = 'rtl.v';

/**
 * Maps RTL to the library with every recipe and sizing: one run of Yosys, then one of abc.
 * @returns in the order of RECIPES; equal netlists may be among them
 * @throws tool-missing; tool-failed when Yosys refuses the RTL, it has registers, or the library lacks gates that
 *   abc needs
 */
export async function mapCandidates(task: MappingTask): Promise<readonly CandidateNetlist[]> {
  const { moduleName, library, runFolder, clockNs, conditions, adderCells = 'auto' } = task;
  const cells = adderCells === 'never' ? undefined : findAdderCells(library.model);
  prepareRunFolder(library, runFolder);
  rmSync(join(runFolder, CANDIDATE_FOLDER), { recursive: true, force: true }); // of a run that was interrupted
  mkdirSync(join(runFolder, CANDIDATE_FOLDER));
  writeFileAtomic(join(runFolder, RTL_FILE), task.rtlText);
  writeAbcConstraints(library, conditions.outputLoadFf, runFolder);
  await synthesiseGeneric({ moduleName, wantAdders: cells !== undefined, runFolder });
  const boxed = cells && boxAdders(readBlif(runFolder, CIRCUIT_FILES.adders), cells);
  const hasBoxes = boxed !== undefined && boxed.boxes.length > 0;
  if (hasBoxes) {
    writeFileAtomic(join(runFolder, CUT_FILE), blifText(boxed.logic));
    writeFileAtomic(join(runFolder, PLAIN_FILE), blifText(withoutAdders(boxed.whole)));
  }
  if (task.shuffleSeed !== undefined) {
    shuffleFile(runFolder, CIRCUIT_FILES.gates, task.shuffleSeed);
    if (hasBoxes) shuffleFile(runFolder, CUT_FILE, task.shuffleSeed);
  }
  const circuits = { gates: CIRCUIT_FILES.gates, ...(hasBoxes ? { adders: CUT_FILE } : {}) };
  const check = hasBoxes ? [`cec ${CIRCUIT_FILES.gates} ${PLAIN_FILE}`] : [];
  const { text } = await runAbc({
    commands: [...mappingCommands(circuits, clockNs), ...check],
    cwd: runFolder,
    name: 'map',
    timeoutMs: 300_000,
  });
  const hasAdders = hasBoxes && /^Networks are equivalent\b/m.test(text);
  const hasGates = !hasAdders || adderCells !== 'always';
  return RECIPES.filter(({ from }) => (from === 'adders' ? hasAdders : hasGates)).flatMap((recipe) =>
    recipe.sizing.map((sizing) => {
      const file = candidateFile(recipe, sizing);
      const mapped = readBlif(runFolder, file);
      const whole = recipe.from === 'adders' ? unboxAdders(mapped, boxed!, library.model) : mapped;
      return {
        recipe: candidateName(recipe, sizing),
        netlist: netlistOf(whole, library),
        path: join(runFolder, file),
      };
    }),
  );
}

/** The circuit `adders` without its adder cells. */
const CUT_FILE = 'adders-cut.blif';
/** The same with gates in their place, for the check of what Yosys found. */
const PLAIN_FILE = 'adders-plain.blif';

function shuffleFile(runFolder: string, file: string, seed: number): void {
  const model = readBlif(runFolder, file);
  const rng = createRng(seed);
  const shuffled = <T>(list: readonly T[]): readonly T[] => {
    const items = [...list];
    for (let i = items.length - 1; i > 0; i--) {
      const j = rng.nextInt(0, i);
      [items[i], items[j]] = [items[j]!, items[i]!];
    }
    return items;
  };
  const { inputs, tables } = model;
  const text = blifText({ ...model, inputs: shuffled(inputs), tables: shuffled(tables) });
  writeFileAtomic(join(runFolder, file), text);
}

function readBlif(runFolder: string, file: string): BlifModel {
  const path = join(runFolder, file);
  if (existsSync(path)) return parseBlif(readFileSync(path, 'utf8'), path);
  throw new MaxdnnError('tool-failed', `abc made no ${file}`, {
    hint: `Why is told at the end of ${join(runFolder, 'map.log')}.`,
  });
}
