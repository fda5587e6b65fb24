import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { digestOf } from '../base/artifact.ts';
import { MaxdnnError } from '../base/errors.ts';
import { sha256, writeFileAtomic } from '../base/files.ts';
import { shippedFile } from '../base/package-root.ts';
import { createRng } from '../base/rng.ts';
import { type GeneratedMac, renderMacBank } from '../rtl/mac.ts';
import { toolVersion } from '../tools/detect-tools.ts';
import { buildSimulation, runSimulation, simulationProgram } from '../tools/verilator.ts';
import { FUNCTION_STATEMENTS } from './bank-run.ts';
import { type MacCycle, type MacState, macModel, RESET_STATE } from './mac-golden.ts';

/** A processing element with the Verilog of its multiplier. */
export interface MacUnderTest extends Pick<GeneratedMac, 'spec' | 'shell' | 'name' | 'shellName'> {
  readonly verilog: string;
  readonly shellVerilog: string;
  /** Module and text of the multiplier. */
  readonly multiplier: { readonly design: string; readonly verilog: string };
}

/** Result of cosimulating one processing element. */
export interface MacVerdict {
  readonly name: string;
  /** Cycles in which both sum and activation were compared, before and after the rising edge. */
  readonly cyclesCompared: number;
  readonly mismatchCount: number;
  /** The first mismatches in words, at most 8. */
  readonly mismatches: readonly string[];
  readonly verified: boolean;
}

export interface MacCosimOptions {
  /** Folder for the build and the run. */
  readonly outDir: string;
  /** Clock cycles; default 20 000. */
  readonly cycles?: number;
  readonly seed: number;
}

const DEFAULT_CYCLES = 20_000;
const MISMATCHES_KEPT = 8;

/**
 * Simulates processing elements in one Verilator bank over random cycles and compares sums and activations with the
 * golden model before and after each rising edge: weights are loaded in one cycle of eight, one cycle of five stalls,
 * and about one of a hundred is spent in reset, which begins in the middle of whatever was going on. The first cycle
 * is a reset. Elements that fail are in the result with their first mismatches.
 * @throws tool-missing / tool-failed when the bank cannot be built or run
 */
export async function cosimulateMacs(
  macs: readonly MacUnderTest[],
  options: MacCosimOptions,
): Promise<readonly MacVerdict[]> {
  const { outDir, cycles = DEFAULT_CYCLES, seed } = options;
  const program = await buildBank(macs, outDir);
  const stimuli = randomCycles(cycles, seed);
  const responses = await simulate(stimuli, macs.length, program, outDir);
  return macs.map((mac, slot) => compareMac(mac, stimuli, responses, slot, macs.length));
}

/** @throws mismatch naming the elements that differ from the golden model */
export function requireVerifiedMacs(verdicts: readonly MacVerdict[]): void {
  const failed = verdicts.filter(({ verified }) => !verified);
  if (failed.length === 0) return;
  const lines = failed.flatMap(({ name, mismatchCount, cyclesCompared, mismatches }) => [
    `${name}: differs from the golden model ${mismatchCount} times in ${cyclesCompared} cycles`,
    ...mismatches.map((mismatch) => `  ${mismatch}`),
  ]);
  throw new MaxdnnError('mismatch', lines.join('\n'), {
    hint: 'The Verilog of the processing element or of its multiplier is wrong: generate it again.',
  });
}

async function buildBank(macs: readonly MacUnderTest[], outDir: string): Promise<string> {
  const texts = new Map([['mac_bank.v', renderMacBank(macs)]]);
  for (const { name, verilog, shellName, shellVerilog, multiplier } of macs) {
    texts.set(`${name}.v`, verilog);
    texts.set(`${shellName}.v`, shellVerilog);
    texts.set(`${multiplier.design}.v`, multiplier.verilog);
  }
  texts.set('mac_driver.cpp', readFileSync(shippedFile('sim', 'mac_driver.cpp'), 'utf8'));
  const version = await toolVersion('verilator');
  const buildDir = join(outDir, `mac-bank-${digestOf([version, ...texts]).slice(0, 12)}`);
  const stamp = join(buildDir, 'built');
  if (existsSync(stamp)) return simulationProgram(buildDir);
  for (const [file, text] of texts) writeFileAtomic(join(buildDir, file), text);
  const program = await buildSimulation({
    topModule: 'mac_bank',
    sources: [...texts.keys()],
    buildDir,
    functionStatements: FUNCTION_STATEMENTS,
  });
  writeFileAtomic(stamp, sha256(version));
  return program;
}

/** Words of the driver's stimuli, four per cycle: controls, weight, activation, sum. */
function randomCycles(cycles: number, seed: number): Uint32Array {
  const rng = createRng(seed);
  const words = new Uint32Array(4 * cycles);
  let isReset = true;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const isEnabled = rng.nextFloat() < 0.8;
    const isWeightLoaded = rng.nextFloat() < 0.125;
    words[4 * cycle] = (isReset ? 0 : 1) | (isEnabled ? 2 : 0) | (isWeightLoaded ? 4 : 0);
    for (let word = 1; word < 4; word++) words[4 * cycle + word] = rng.nextU32();
    isReset = rng.nextFloat() < (isReset ? 0.5 : 0.005);
  }
  return words;
}

async function simulate(
  stimuli: Uint32Array,
  slots: number,
  program: string,
  outDir: string,
): Promise<Uint32Array> {
  const stimulusFile = join(outDir, 'mac-stimuli.bin');
  const responseFile = join(outDir, 'mac-responses.bin');
  writeFileAtomic(stimulusFile, new Uint8Array(stimuli.buffer));
  await runSimulation(program, [resolve(stimulusFile), resolve(responseFile)], outDir);
  const bytes = readFileSync(responseFile);
  const wanted = (stimuli.length / 4) * 2 * slots;
  if (bytes.length !== 8 * wanted) {
    throw new MaxdnnError(
      'tool-failed',
      `${responseFile}: wanted ${wanted} responses, found ${bytes.length / 8}`,
      { hint: 'The simulation was cut short: run it again.' },
    );
  }
  rmSync(stimulusFile);
  rmSync(responseFile);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function compareMac(
  { spec, name }: MacUnderTest,
  stimuli: Uint32Array,
  responses: Uint32Array,
  slot: number,
  slots: number,
): MacVerdict {
  const model = macModel(spec);
  const cycles = stimuli.length / 4;
  const mismatches: string[] = [];
  let mismatchCount = 0;
  const compare = (want: MacState, cycle: number, edge: 0 | 1): void => {
    const at = 2 * ((2 * cycle + edge) * slots + slot);
    const [psum, activation] = [responses[at]!, responses[at + 1]!];
    if (psum === want.psum && activation === want.activation) return;
    mismatchCount += 1;
    if (mismatches.length >= MISMATCHES_KEPT) return;
    const place = `cycle ${cycle} ${edge === 0 ? 'before' : 'after'} the edge`;
    mismatches.push(
      `${place}: psum_o ${psum} instead of ${want.psum}, activation_o ${activation} instead of ${want.activation}`,
    );
  };
  let state = RESET_STATE;
  for (let cycle = 0; cycle < cycles; cycle++) {
    const inputs = cycleOf(stimuli, cycle);
    state = model.beforeEdge(state, inputs);
    compare(state, cycle, 0);
    state = model.afterEdge(state, inputs);
    compare(state, cycle, 1);
  }
  const verified = cycles > 0 && mismatchCount === 0;
  return { name, cyclesCompared: cycles, mismatchCount, mismatches, verified };
}

function cycleOf(stimuli: Uint32Array, cycle: number): MacCycle {
  const [controls, weight, activation, psum] = stimuli.subarray(4 * cycle, 4 * cycle + 4);
  return {
    isReset: (controls! & 1) === 0,
    isEnabled: (controls! & 2) !== 0,
    isWeightLoaded: (controls! & 4) !== 0,
    weight: weight!,
    activation: activation!,
    psum: psum!,
  };
}
