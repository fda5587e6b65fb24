import { join, relative } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import type { GateNetlist } from '../power/netlist.ts';
import { type NewerSta, runNewerSta } from '../tools/newer-opensta.ts';
import { tclWord } from '../tools/opensta.ts';
import { type ActivityRequest, writeActivityFiles } from './activity-files.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { parseAnnotatedPins, parseReportPower } from './report-power.ts';
import { prepareRunFolder, writeSdc } from './run-folder.ts';

/** Delay and mean energy per operation of a mapped design. */
export interface CheckedFigures {
  readonly delayNs: number;
  readonly internalPj: number;
  readonly switchingPj: number;
  readonly leakagePj: number;
  readonly energyPj: number;
}

/** A mapped design whose figures another tool finds out again; the script stays in the run folder. */
export interface CrosscheckRequest extends ActivityRequest {
  readonly design: string;
  readonly library: Pick<SynthesisLibrary, 'model' | 'libertyPath' | 'portsPath'>;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  /** What is checked. */
  readonly ours: CheckedFigures;
  /** The file that OpenSTA reads; both are written. Default "vcd". */
  readonly activity?: 'vcd' | 'saif';
}

export interface CrosscheckResult {
  readonly design: string;
  readonly clockNs: number;
  readonly ours: CheckedFigures;
  readonly theirs: CheckedFigures;
  /** How far ours are above theirs, % of theirs. */
  readonly differencePercent: CheckedFigures;
  /** Pins of ports and cells whose activity OpenSTA took from the file; all of them. */
  readonly pinsAnnotated: number;
  /** Figures that are further apart than TOLERANCE_PERCENT; empty when the check is passed. */
  readonly beyond: readonly (keyof CheckedFigures)[];
  readonly vcdPath: string;
  readonly saifPath: string;
}

/** Largest differences of a passed check; delay and leakage are shown and not judged. */
export const TOLERANCE_PERCENT: Readonly<Partial<CheckedFigures>> = {
  internalPj: 5,
  switchingPj: 5,
  energyPj: 3,
};

/**
 * Times a mapped netlist and computes its power with a newer OpenSTA, from the same operands, and compares. The
 * names of instances and nets are those of the Verilog netlist, which is read anew, so that a difference between it
 * and the JSON netlist that was priced is seen too.
 * @throws tool-failed when OpenSTA does not take the activity of every pin; bad-input, tool-missing
 */
export async function crosscheckDesign(sta: NewerSta, request: CrosscheckRequest): Promise<CrosscheckResult> {
  const { design, library, stream, conditions, clockNs, ours, runFolder } = request;
  prepareRunFolder(library, runFolder);
  writeSdc(conditions, clockNs, runFolder);
  const files = await writeActivityFiles(request);
  const { netlist, verilogName, vcdPath, saifPath } = files;
  const kind = request.activity ?? 'vcd';
  const activityPath = relative(runFolder, kind === 'vcd' ? vcdPath : saifPath);
  const name = `crosscheck-${files.stem}`;
  const { text } = await runNewerSta(sta, {
    commands: [
      'read_liberty library.lib',
      'set_cmd_units -time ns -capacitance fF',
      `read_verilog ${tclWord(verilogName)}`,
      `link_design ${netlist.name}`,
      'source constraints.sdc',
      'report_checks -path_delay max -format full -digits 6',
      ...activityCommands(kind, netlist.name, activityPath),
      'report_power -digits 6',
    ],
    cwd: runFolder,
    name,
    timeoutMs: 300_000,
  });
  const pinsAnnotated = parseAnnotatedPins(text);
  const pins = countPins(netlist);
  if (pinsAnnotated !== pins) {
    throw new MaxdnnError('tool-failed', `${design}: sta annotated ${pinsAnnotated} of ${pins} pins`, {
      hint: `Power of the others would be a guess. Full output: ${join(runFolder, `${name}.log`)}`,
    });
  }
  const theirs = { delayNs: parseArrival(text, design), ...energies(text, clockNs, stream.a.length) };
  const differencePercent = compareFigures(ours, theirs);
  const beyond = figureNames.filter(
    (figure) => Math.abs(differencePercent[figure]) > (TOLERANCE_PERCENT[figure] ?? Number.POSITIVE_INFINITY),
  );
  return { design, clockNs, ours, theirs, differencePercent, pinsAnnotated, beyond, vcdPath, saifPath };
}

/** How far each of our figures is above theirs, %; 0 where both are 0. */
export function compareFigures(ours: CheckedFigures, theirs: CheckedFigures): CheckedFigures {
  const percent = (figure: keyof CheckedFigures): number =>
    ours[figure] === theirs[figure] ? 0 : (ours[figure] / theirs[figure] - 1) * 100;
  return {
    delayNs: percent('delayNs'),
    internalPj: percent('internalPj'),
    switchingPj: percent('switchingPj'),
    leakagePj: percent('leakagePj'),
    energyPj: percent('energyPj'),
  };
}

const figureNames = ['delayNs', 'internalPj', 'switchingPj', 'leakagePj', 'energyPj'] as const;

/** read_vcd is younger than version 2.4, which has read_power_activities. */
function activityCommands(kind: 'vcd' | 'saif', scope: string, path: string): readonly string[] {
  const command = `read_${kind}`;
  const operands = `-scope ${tclWord(scope)}`;
  return [
    `if {[info commands ${command}] ne ""} {`,
    `  ${command} ${operands} ${tclWord(path)}`,
    '} else {',
    `  read_power_activities ${operands} -${kind} ${tclWord(path)}`,
    '}',
  ];
}

/** Port bits and pins of all cells, which is what activity is annotated to. */
function countPins({ ports, gates }: GateNetlist): number {
  const bits = [...ports.values()].reduce((sum, { nets }) => sum + nets.length, 0);
  return gates.reduce(
    (sum, { inputNets, outputNets }) =>
      sum + inputNets.length + outputNets.filter((net) => net !== undefined).length,
    bits,
  );
}

function parseArrival(text: string, design: string): number {
  const arrivalNs = Number(/^\s*([\d.]+)\s+data arrival time$/m.exec(text)?.[1]);
  if (arrivalNs > 0) return arrivalNs;
  throw new MaxdnnError('tool-failed', `sta found no path from an input to an output of ${design}`);
}

/**
 * Energy per operation from mean power. In the activity file n pairs take n periods but make n − 1 changes; ours are
 * per change.
 */
function energies(text: string, clockNs: number, pairs: number): Omit<CheckedFigures, 'delayNs'> {
  const { internalW, switchingW, leakageW } = parseReportPower(text);
  const toPj = 1e3 * clockNs;
  const perChange = (toPj * pairs) / (pairs - 1);
  const internalPj = internalW * perChange;
  const switchingPj = switchingW * perChange;
  const leakagePj = leakageW * toPj;
  return { internalPj, switchingPj, leakagePj, energyPj: internalPj + switchingPj + leakagePj };
}
