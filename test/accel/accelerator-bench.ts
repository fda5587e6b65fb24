import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { type GeneratedFile, generateShell } from '../../src/accel/generate-shell.ts';
import { type AcceleratorRun, type DriverCommands, runAccelerator } from '../../src/accel/simulate.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import { expectedMemory, type TestProgram } from './random-program.ts';
import { standInCore } from './stand-in-core.ts';

/** Words of three different widths, none a multiple of 8 bytes but the parameters. */
export const TEST_SPEC: ArraySpec = {
  rows: 12,
  columns: 20,
  elements: 'static',
  multipliers: [{ family: 'roup', bits: 8, P: 1, r: [3, 1, 0] }],
  weightPort: 'b',
  accumulatorBits: 24,
  accumulatorDepth: 64,
  lanes: 4,
  productRegister: false,
  zeroGating: true,
  activationWords: 512,
  weightWords: 96,
  parameterWords: 48,
  addressBits: 40,
};

/** Not aligned to anything but 8 bytes. */
export const ADDRESSES = {
  program_base: '0x1234560f78',
  input_base: '0x0020001fe8',
  output_base: '0xff00000ff0',
  scratch_base: '0x0040000008',
} as const;

/** All modules of a simulation with the stand-in core. */
export function shellWithStandIn(spec: ArraySpec): readonly GeneratedFile[] {
  return [...generateShell(spec), standInCore(spec)];
}

/** A run with what it left in memory. */
export interface BenchRun extends AcceleratorRun {
  readonly output: Uint8Array;
  readonly scratch: Uint8Array;
  /** Image, descriptor and six counts on each line. */
  readonly counters: readonly (readonly number[])[];
}

/** Runs a program in a folder of its own. */
export async function runProgram(
  simulation: string,
  program: TestProgram,
  outDir: string,
  name: string,
  commands: DriverCommands = {},
  plusArgs: readonly string[] = [],
): Promise<BenchRun> {
  const cwd = join(outDir, name);
  mkdirSync(cwd, { recursive: true });
  writeFileAtomic(join(cwd, 'program.bin'), program.bytes);
  writeFileAtomic(join(cwd, 'inputs.bin'), Buffer.concat(program.inputs));
  const all: DriverCommands = {
    ...ADDRESSES,
    program: 'program.bin',
    descriptors: program.descriptors.length,
    input: 'inputs.bin',
    input_bytes: program.inputs[0]!.length,
    images: program.inputs.length,
    output: 'results.bin',
    output_bytes: program.outputBytes,
    scratch: 'scratch.bin',
    scratch_bytes: program.scratchBytes,
    counters: 'counters.txt',
    limit: 200_000,
    ...commands,
  };
  const run = await runAccelerator(simulation, all, { cwd, plusArgs, timeoutMs: 60_000 });
  const counters = readFileSync(join(cwd, 'counters.txt'), 'utf8').split('\n').filter(Boolean);
  return {
    ...run,
    output: readFileSync(join(cwd, 'results.bin')),
    scratch: readFileSync(join(cwd, 'scratch.bin')),
    counters: counters.map((line) => line.split(' ').map(Number)),
  };
}

/** Compares all of output and scratch with what must be there: bytes compared and bytes that differ. */
export function compareMemory(
  spec: ArraySpec,
  program: TestProgram,
  run: BenchRun,
  resume = 0,
): { readonly compared: number; readonly different: number } {
  const expected = expectedMemory(spec, program, resume);
  let [compared, different] = [0, 0];
  for (const area of ['output', 'scratch'] as const) {
    if (expected[area].length !== run[area].length) different += 1;
    expected[area].forEach((byte, place) => {
      compared += 1;
      if (run[area][place] !== byte) different += 1;
    });
  }
  return { compared, different };
}
