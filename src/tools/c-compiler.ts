import { join } from 'node:path';
import { findTool } from './detect-tools.ts';
import { runTool } from './run-tool.ts';

const COMPILE_TIMEOUT_MS = 120_000;

/** A C program to build from one file. */
export interface CBuild {
  /** Name of the C file in the build folder. */
  readonly source: string;
  /** Folder of the source; program and log are put there too. Absolute. */
  readonly buildDir: string;
  /** Folders searched for included files after that of the source. */
  readonly includeDirs: readonly string[];
}

/**
 * Compiles a C program with the machine's compiler (cc, else gcc, else clang). Signed overflow wraps.
 * @returns path of the program
 * @throws tool-missing; tool-failed with the compiler's last lines
 */
export async function compileC({ source, buildDir, includeDirs }: CBuild): Promise<string> {
  const { program } = await findTool('cc');
  const output = join(buildDir, source.replace(/\.c$/, ''));
  const includes = includeDirs.flatMap((folder) => ['-I', folder]);
  await runTool({
    tool: 'cc',
    program,
    args: ['-std=gnu11', '-O1', '-fwrapv', '-w', ...includes, '-o', output, source, '-lm'],
    cwd: buildDir,
    timeoutMs: COMPILE_TIMEOUT_MS,
  });
  return output;
}

/** Runs a program that compileC made. @throws tool-failed when it crashes or takes longer than `timeoutMs` */
export async function runCProgram(
  program: string,
  args: readonly string[],
  cwd: string,
  timeoutMs: number,
): Promise<void> {
  await runTool({ tool: 'C model', program, args, cwd, timeoutMs, logName: 'c-model.log' });
}
