import { copyFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { readNetlist } from '../power/netlist.ts';
import { runYosys, yosysWord } from '../tools/yosys.ts';
import type { SynthesisLibrary, TieCell } from './library-files.ts';

/** What to map, to what, and where. */
export interface SynthesisRequest {
  readonly moduleName: string;
  /** Verilog of one combinational module. */
  readonly rtlText: string;
  readonly library: SynthesisLibrary;
  /** Target of abc -D, ps. */
  readonly delayTargetPs: number;
  /** Load that abc assumes at every output, fF. */
  readonly outputLoadFf: number;
  /** Self-contained run folder: sources, scripts, logs and netlists stay there. */
  readonly runFolder: string;
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
  /** Name of the recipe that gave this netlist. */
  readonly recipe: RecipeName;
  /** All recipes tried, in the order of RECIPES. */
  readonly candidates: readonly SynthesisCandidate[];
}

/** Result of one recipe. */
export interface SynthesisCandidate {
  readonly recipe: RecipeName;
  readonly cells: number;
  readonly areaUm2: number;
  /** Longest path by abc's own timing (`stime`), driving cell included; only for choosing between recipes. */
  readonly abcDelayPs: number;
}

export type RecipeName = 'area' | 'area-restructured' | 'delay';

/**
 * Scripts for abc, the same for every design. Measured on 8×8 multipliers with Nangate45: `amap` after `dch`
 * gives 14-19 % less area than the `&nf` mapping that Yosys uses by default, within the same 1 ns; `area` keeps
 * the adders of the source and serves `a * b` best, `area-restructured` does better on approximate ones; `delay`
 * is Yosys's own script for when the target is tight. {D} stands for "-D <target>", commas for blanks.
 */
export const RECIPES: Readonly<Record<RecipeName, string>> = {
  area: 'strash;dch;amap,-m;topo;buffer;upsize,{D};dnsize,{D};stime,-p',
  'area-restructured':
    'strash;&get,-n;&fraig,-x;&put;scorr;dc2;dretime;strash;dch,-f;amap,-m;topo;buffer;upsize,{D};dnsize,{D};stime,-p',
  delay:
    'strash;&get,-n;&fraig,-x;&put;scorr;dc2;dretime;strash;&get,-n;&dch,-f;&nf,{D};&put;buffer;upsize,{D};dnsize,{D};stime,-p',
};

/**
 * Maps RTL to the library with every recipe and keeps the smallest netlist that meets the delay target, or the
 * fastest one when none does. Inputs are driven by the library's smallest buffer during mapping.
 * @throws tool-missing; tool-failed when Yosys refuses the RTL, or flip-flops or unmapped cells remain
 */
export async function synthesise(request: SynthesisRequest): Promise<Synthesis> {
  const { moduleName, runFolder } = request;
  mkdirSync(runFolder, { recursive: true });
  const rtlPath = join(runFolder, 'rtl.v');
  writeFileAtomic(rtlPath, request.rtlText);
  writeFileAtomic(
    join(runFolder, 'constraints'),
    `set_driving_cell ${request.library.drivingCell}\nset_load ${request.outputLoadFf}\n`,
  );
  const output = await runYosys({
    commands: synthesisScript(request),
    cwd: runFolder,
    name: 'synthesise',
    timeoutMs: 300_000,
  });
  const sections = output.text.split(/^recipe \S+$/m).slice(1);
  const candidates = recipeNames.map((recipe, index) =>
    readCandidate(recipe, sections[index] ?? '', request),
  );
  const best = chooseCandidate(candidates, request.delayTargetPs);
  const netlistJsonPath = join(runFolder, 'netlist.json');
  const netlistVerilogPath = join(runFolder, 'netlist.v');
  copyFileSync(join(runFolder, `${best.recipe}.json`), netlistJsonPath);
  copyFileSync(join(runFolder, `${best.recipe}.v`), netlistVerilogPath);
  const { recipe, cells, areaUm2 } = best;
  return { moduleName, rtlPath, netlistJsonPath, netlistVerilogPath, cells, areaUm2, recipe, candidates };
}

/** The smallest candidate that meets the target; the fastest when none does; the first of equals. */
export function chooseCandidate(
  candidates: readonly SynthesisCandidate[],
  delayTargetPs: number,
): SynthesisCandidate {
  const meeting = candidates.filter((c) => c.abcDelayPs <= delayTargetPs);
  const better = (x: SynthesisCandidate, y: SynthesisCandidate): boolean =>
    meeting.length > 0 ? x.areaUm2 < y.areaUm2 : x.abcDelayPs < y.abcDelayPs;
  return (meeting.length > 0 ? meeting : candidates).reduce((best, c) => (better(c, best) ? c : best));
}

const recipeNames = Object.keys(RECIPES) as RecipeName[];

function synthesisScript(request: SynthesisRequest): string[] {
  const { moduleName, library } = request;
  const liberty = yosysWord(library.libertyPath);
  return [
    'read_verilog rtl.v',
    `hierarchy -check -top ${moduleName}`,
    `synth -flatten -top ${moduleName}`,
    'design -save generic',
    ...recipeNames.flatMap((recipe) => [
      `log recipe ${recipe}`,
      'design -load generic',
      `abc -liberty ${liberty} -D ${request.delayTargetPs} -constr constraints -script +${RECIPES[recipe]}`,
      'opt_clean -purge',
      ...tieCommands(library.tieHigh, library.tieLow),
      `read_rtlil ${yosysWord(library.portsPath)}`,
      'check -assert -mapped',
      `json -o ${recipe}.json ${moduleName}`,
      `write_verilog -noattr -noexpr -selected ${recipe}.v`,
    ]),
  ];
}

/** One tie cell per value for all constants; constants stay constants where the library has no such cell. */
function tieCommands(high: TieCell | undefined, low: TieCell | undefined): string[] {
  const options = [high && `-hicell ${high.cell} ${high.pin}`, low && `-locell ${low.cell} ${low.pin}`];
  const given = options.filter((option) => option !== undefined);
  return given.length === 0 ? [] : [`hilomap -singleton ${given.join(' ')}`];
}

/** Cells and area as the library gives them, delay as abc printed it. */
function readCandidate(recipe: RecipeName, section: string, request: SynthesisRequest): SynthesisCandidate {
  const { gates } = readNetlist(join(request.runFolder, `${recipe}.json`), request.library.model);
  const delay = /ABC: WireLoad = .*Delay =\s+([\d.]+) ps/.exec(section)?.[1];
  if (delay === undefined) {
    throw new MaxdnnError('tool-failed', `abc told no delay of ${request.moduleName}, recipe ${recipe}`, {
      hint: `Full output: ${join(request.runFolder, 'synthesise.log')}`,
    });
  }
  const areaUm2 = gates.reduce((sum, gate) => sum + gate.cell.areaUm2, 0);
  return { recipe, cells: gates.length, areaUm2: round(areaUm2), abcDelayPs: Number(delay) };
}

/** Without the rounding error of summing decimal fractions. */
function round(areaUm2: number): number {
  return Number(areaUm2.toFixed(6));
}
