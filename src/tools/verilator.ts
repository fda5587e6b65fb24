import { join } from 'node:path';
import { runTool } from './run-tool.ts';

const BUILD_TIMEOUT_MS = 300_000;

/** What to build: absolute paths. */
export interface VerilatorBuild {
  readonly topModule: string;
  readonly verilogFiles: readonly string[];
  readonly driverFile: string;
  /** Folder for the generated code and the program. */
  readonly buildDir: string;
}

/**
 * Builds a simulation program with all warnings on and none waived (-Wall: a warning is an error).
 * @returns path of the program
 * @throws tool-failed with Verilator's or the compiler's last lines
 */
export async function buildSimulation(build: VerilatorBuild): Promise<string> {
  const program = join(build.buildDir, 'simulation');
  await runTool({
    tool: 'verilator',
    program: 'verilator',
    args: [
      '--cc',
      '--exe',
      '--build',
      '-Wall',
      '-O3',
      '--x-assign',
      'fast',
      '-CFLAGS',
      '-O1',
      '--top-module',
      build.topModule,
      '--Mdir',
      build.buildDir,
      '-o',
      program,
      ...build.verilogFiles,
      build.driverFile,
    ],
    cwd: build.buildDir,
    timeoutMs: BUILD_TIMEOUT_MS,
  });
  return program;
}

/** Runs a program that buildSimulation made; its standard output. */
export async function runSimulation(program: string, args: readonly string[], cwd: string): Promise<string> {
  const call = { tool: 'simulation', program, args, cwd, timeoutMs: BUILD_TIMEOUT_MS };
  return (await runTool(call)).text;
}
