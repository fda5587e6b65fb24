import { join, resolve } from 'node:path';
import { runTool } from './run-tool.ts';

/** Large arrays take minutes on a busy machine. */
const BUILD_TIMEOUT_MS = 1_800_000;

/** Name of the built program in its folder. */
const PROGRAM = 'simulation';

/** What to build; the files lie in the build folder. */
export interface VerilatorBuild {
  readonly topModule: string;
  /** Names of the Verilog files and of the C++ driver. */
  readonly sources: readonly string[];
  /** Folder of the sources; generated code and program are put there too. */
  readonly buildDir: string;
  /** Can write an FST trace: slower, so only when asked for. */
  readonly trace?: boolean;
  /** Cut generated functions after so many statements: the compiler takes minutes for very long ones. */
  readonly functionStatements?: number;
  /** Without lint: for texts that are not meant to be read (mutants). */
  readonly isUnlinted?: boolean;
}

/**
 * Builds a simulation program with all warnings on and none waived (-Wall: a warning is an error).
 * @returns path of the program
 * @throws tool-failed with Verilator's or the compiler's last lines
 */
export async function buildSimulation(build: VerilatorBuild): Promise<string> {
  const lint = build.isUnlinted === true ? ['-Wno-lint', '-Wno-style'] : ['-Wall'];
  const warnings = [...lint, '-O3', '--x-assign', 'fast'];
  // What runs once, and Verilator's own library where it has little to do, compile fastest without optimisation.
  const library = build.trace === true ? '-O1' : '-O0';
  const compilation = ['OPT_FAST=-O1', 'OPT_SLOW=-O0', `OPT_GLOBAL=${library}`].flatMap((option) => [
    '-MAKEFLAGS',
    option,
  ]);
  const trace = build.trace === true ? ['--trace-fst'] : [];
  const cut =
    build.functionStatements === undefined ? [] : ['--output-split-cfuncs', String(build.functionStatements)];
  const output = ['--top-module', build.topModule, '--Mdir', 'obj', '-o', join('..', PROGRAM)];
  await runTool({
    tool: 'verilator',
    program: 'verilator',
    args: [
      '--cc',
      '--exe',
      '--build',
      '-j',
      '0',
      ...compilation,
      ...warnings,
      ...trace,
      ...cut,
      ...output,
      ...build.sources,
    ],
    cwd: build.buildDir,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  return simulationProgram(build.buildDir);
}

/** Path of the program that buildSimulation puts into a build folder. */
export function simulationProgram(buildDir: string): string {
  return resolve(buildDir, PROGRAM);
}

/** Runs a program that buildSimulation made; its standard output. */
export async function runSimulation(program: string, args: readonly string[], cwd: string): Promise<string> {
  const call = { tool: 'simulation', program, args, cwd, timeoutMs: BUILD_TIMEOUT_MS };
  return (await runTool(call)).text;
}
