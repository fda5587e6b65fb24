import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { badInput, show } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { parseNetlist } from '../power/netlist.ts';
import { type CandidateNetlist, type MappingTask, mapCandidates, RTL_FILE } from './map-candidates.ts';
import { netlistJson, netlistVerilog } from './mapped-netlist.ts';
import { longestPathNs, type Measure, measureMultiplier } from './measure-candidate.ts';
import { DELAY_TOLERANCE } from './timing.ts';

/** What to map, to what, for which clock, and where. */
export interface SynthesisRequest extends MappingTask {
  /** Energy that the candidates compete by, pJ; default: measureMultiplier. */
  readonly measure?: Measure;
}

/** A mapped netlist. */
export interface Synthesis {
  readonly moduleName: string;
  /** Copy of the RTL in the run folder. */
  readonly rtlPath: string;
  /** The netlist as Yosys JSON: what is proved and simulated. */
  readonly netlistJsonPath: string;
  /** The same netlist as Verilog: what OpenSTA reads. */
  readonly netlistVerilogPath: string;
  readonly cells: number;
  readonly areaUm2: number;
  /** Longest path by the power engine's static timing; OpenSTA has to confirm it (confirmDelay). */
  readonly delayNs: number;
  /** Whether the longest path fits into the clock period with DELAY_TOLERANCE to spare. */
  readonly meetsClock: boolean;
  /** Name of the candidate that gave this netlist: recipe and sizing. */
  readonly recipe: string;
  /** All candidates, in the order of RECIPES; of equal netlists the first. */
  readonly candidates: readonly SynthesisCandidate[];
}

/** Netlist of one recipe and sizing. */
export interface SynthesisCandidate {
  readonly recipe: string;
  readonly cells: number;
  readonly areaUm2: number;
  readonly delayNs: number;
  /** What candidates that meet the clock compete by; absent for the others. */
  readonly energyPj?: number;
}

export type { AdderCellUse } from './map-candidates.ts';
export { RECIPES } from './recipes.ts';

/** Clock targets that make sense for a cell library, ns. */
export const CLOCK_RANGE_NS = { min: 0.01, max: 1000 } as const;

/**
 * Checks clock targets given by a user.
 * @throws bad-input for a target that is no number or outside CLOCK_RANGE_NS (one that cannot be met is no fault)
 */
export function checkClockNs(clockNs: number, where: string): void {
  const { min, max } = CLOCK_RANGE_NS;
  if (clockNs >= min && clockNs <= max) return;
  throw badInput(
    { where, wanted: `a clock period of ${min} … ${max} ns`, found: show(clockNs) },
    'A target that cannot be met is reported as not met; this one is no clock for a cell library.',
  );
}

/**
 * Maps RTL to the library with every recipe and keeps one netlist (chooseCandidate). The same RTL, library, clock and
 * conditions give the same netlist, whatever else runs. All designs, exact and approximate, get the same recipes.
 * @throws bad-input for a clock outside CLOCK_RANGE_NS; tool-missing; tool-failed when Yosys refuses the RTL, it has
 *   registers, or the library lacks gates that abc needs
 */
export async function synthesise(request: SynthesisRequest): Promise<Synthesis> {
  checkClockNs(request.clockNs, `clock target of ${request.moduleName}`);
  return keepBest(request, await mapCandidates(request));
}

/**
 * The criterion, the same for every design: of the candidates whose longest path fits into the clock period, the one
 * with the least energy on uniform operands, then the least area; where none fits, the fastest. The first of equals.
 */
export function chooseCandidate<C extends Omit<SynthesisCandidate, 'recipe'>>(candidates: readonly C[]): C {
  const meeting = candidates.filter(({ energyPj }) => energyPj !== undefined);
  const better = (x: C, y: C): boolean =>
    meeting.length === 0
      ? x.delayNs < y.delayNs
      : x.energyPj! < y.energyPj! || (x.energyPj === y.energyPj && x.areaUm2 < y.areaUm2);
  return (meeting.length > 0 ? meeting : candidates).reduce((best, c) => (better(c, best) ? c : best));
}

/** Measures the candidates, writes the best one as netlist.json and netlist.v and removes abc's files of the others. */
function keepBest(request: SynthesisRequest, netlists: readonly CandidateNetlist[]): Synthesis {
  const { moduleName, runFolder } = request;
  const texts = new Set<string>();
  const different = netlists
    .map((candidate) => ({ ...candidate, json: netlistJson(candidate.netlist) }))
    .filter(({ json }) => !texts.has(json) && texts.add(json));
  const candidates = different.map(({ recipe, ...rest }) => ({
    ...measureCandidate(request, recipe, rest.json),
    ...rest,
  }));
  const { netlist, json, path, ...best } = chooseCandidate(candidates);
  for (const candidate of netlists) if (candidate.path !== path) rmSync(candidate.path, { force: true });
  const netlistJsonPath = join(runFolder, 'netlist.json');
  const netlistVerilogPath = join(runFolder, 'netlist.v');
  writeFileAtomic(netlistJsonPath, json);
  writeFileAtomic(netlistVerilogPath, netlistVerilog(netlist));
  const { recipe, cells, areaUm2, delayNs, energyPj } = best;
  return {
    moduleName,
    rtlPath: join(runFolder, RTL_FILE),
    netlistJsonPath,
    netlistVerilogPath,
    cells,
    areaUm2,
    delayNs,
    meetsClock: energyPj !== undefined,
    recipe,
    candidates: candidates.map(({ netlist: _n, json: _j, path: _p, ...figures }) => figures),
  };
}

function measureCandidate(request: SynthesisRequest, recipe: string, json: string): SynthesisCandidate {
  const { moduleName, library, conditions, clockNs } = request;
  const measure = request.measure ?? measureMultiplier(library.model, conditions, clockNs);
  const netlist = parseNetlist(json, library.model, `${moduleName}, candidate ${recipe}`);
  const areaUm2 = netlist.gates.reduce((sum, { cell }) => sum + cell.areaUm2, 0);
  const delayNs = longestPathNs(netlist, conditions);
  const meetsClock = delayNs * (1 + DELAY_TOLERANCE) <= clockNs;
  return {
    recipe,
    cells: netlist.gates.length,
    areaUm2: Number(areaUm2.toFixed(6)), // without the rounding error of summing decimal fractions
    delayNs,
    ...(meetsClock ? { energyPj: measure(netlist) } : {}),
  };
}
