import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { readInputFile, writeFileAtomic } from '../base/files.ts';
import { readNetNames } from '../power/net-names.ts';
import { type GateNetlist, parseNetlist } from '../power/netlist.ts';
import { writeSaif } from '../power/saif.ts';
import type { MultiplierPorts } from '../power/simulate.ts';
import type { OperandStream } from '../power/stream.ts';
import { type ActivityFile, writeVcd } from '../power/vcd.ts';
import { type NewerSta, runNewerSta } from '../tools/newer-opensta.ts';
import { tclWord } from '../tools/opensta.ts';
import { runYosys, yosysWord } from '../tools/yosys.ts';
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

/** A mapped design whose figures another tool finds out again. */
export interface CrosscheckRequest {
  readonly design: string;
  /** The netlist as Verilog; its only module is timed and powered. */
  readonly netlistVerilogPath: string;
  readonly library: Pick<SynthesisLibrary, 'model' | 'libertyPath' | 'portsPath'>;
  readonly stream: OperandStream;
  /** Default: a_i, b_i, p_o. */
  readonly ports?: MultiplierPorts;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  readonly clockNs: number;
  /** What is checked. */
  readonly ours: CheckedFigures;
  /** Receives the netlist, the activity as VCD and SAIF, and the script; absolute. */
  readonly runFolder: string;
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
  const file = await readActivityFile(request);
  const vcdPath = join(runFolder, VCD);
  const saifPath = join(runFolder, SAIF);
  writeVcd(vcdPath, file);
  writeSaif(saifPath, file);
  const { name } = file.netlist;
  const { text } = await runNewerSta(sta, {
    commands: [
      'read_liberty library.lib',
      'set_cmd_units -time ns -capacitance fF',
      `read_verilog ${NETLIST}.v`,
      `link_design ${name}`,
      'source constraints.sdc',
      'report_checks -path_delay max -format full -digits 6',
      ...activityCommands(name, request.activity ?? 'vcd'),
      'report_power -digits 6',
    ],
    cwd: runFolder,
    name: 'crosscheck',
    timeoutMs: 300_000,
  });
  const pinsAnnotated = parseAnnotatedPins(text);
  const pins = countPins(file.netlist);
  if (pinsAnnotated !== pins) {
    throw new MaxdnnError('tool-failed', `${design}: sta annotated ${pinsAnnotated} of ${pins} pins`, {
      hint: `Power of the others would be a guess. Full output: ${join(runFolder, 'crosscheck.log')}`,
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

const NETLIST = 'crosscheck-netlist';
const VCD = 'crosscheck.vcd';
const SAIF = 'crosscheck.saif';
const figureNames = ['delayNs', 'internalPj', 'switchingPj', 'leakagePj', 'energyPj'] as const;

/** The Verilog netlist with the names of its nets, and the stream. */
async function readActivityFile(request: CrosscheckRequest): Promise<ActivityFile> {
  const { netlistVerilogPath, library, stream, clockNs, runFolder } = request;
  const ports = request.ports ?? { a: 'a_i', b: 'b_i', p: 'p_o' };
  const verilog = readInputFile(netlistVerilogPath, 'a mapped netlist (Verilog)');
  writeFileAtomic(join(runFolder, `${NETLIST}.v`), verilog);
  await runYosys({
    commands: [
      `read_rtlil ${yosysWord(library.portsPath)}`,
      `read_verilog ${NETLIST}.v`,
      `write_json ${NETLIST}.json`,
    ],
    cwd: runFolder,
    name: NETLIST,
    timeoutMs: 120_000,
  });
  const path = join(runFolder, `${NETLIST}.json`);
  const text = readFileSync(path, 'utf8');
  const netlist = parseNetlist(text, library.model, path);
  return { netlist, names: readNetNames(text, netlist, path), stream, ports, vectorPeriodNs: clockNs };
}

/** read_vcd is younger than version 2.4, which has read_power_activities. */
function activityCommands(scope: string, kind: 'vcd' | 'saif'): readonly string[] {
  const words = kind === 'vcd' ? ['read_vcd', VCD] : ['read_saif', SAIF];
  const [command, file] = words as [string, string];
  return [
    `if {[info commands ${command}] ne ""} {`,
    `  ${command} -scope ${tclWord(scope)} ${file}`,
    `} else {`,
    `  read_power_activities -scope ${tclWord(scope)} -${kind} ${file}`,
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
