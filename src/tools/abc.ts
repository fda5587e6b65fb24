import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { findTool } from './detect-tools.ts';
import { runTool, type ToolOutput } from './run-tool.ts';

/** ABC commands and where they run. */
export interface AbcCall {
  /** Commands, one per entry; file names relative to `cwd`, without blanks. */
  readonly commands: readonly string[];
  readonly cwd: string;
  /** The script is kept there as `<name>.abc`, the log as `<name>.log`. */
  readonly name: string;
  readonly timeoutMs: number;
}

/**
 * Runs ABC (Debian's berkeley-abc, else yosys-abc). It ends with status 0 even when a command fails, so callers
 * must look for the answer they need and take its absence as a failure.
 * @throws tool-missing, tool-failed
 */
export async function runAbc(call: AbcCall): Promise<ToolOutput> {
  const { program } = await findTool('abc');
  writeFileAtomic(join(call.cwd, `${call.name}.abc`), `${call.commands.join('\n')}\n`);
  return runTool({
    tool: 'abc',
    program,
    args: ['-f', `${call.name}.abc`],
    cwd: call.cwd,
    timeoutMs: call.timeoutMs,
    logName: `${call.name}.log`,
  });
}
