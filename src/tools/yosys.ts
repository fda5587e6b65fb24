import { join } from 'node:path';
import { badInput, show } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { findTool } from './detect-tools.ts';
import { runTool, type ToolOutput } from './run-tool.ts';

/** A Yosys script and where it runs. */
export interface YosysCall {
  /** Commands, one per entry. */
  readonly commands: readonly string[];
  /** Run folder; the script is kept there as `<name>.ys`, the log as `<name>.log`. */
  readonly cwd: string;
  readonly name: string;
  readonly timeoutMs: number;
}

/**
 * Runs a Yosys script. This is the one place that starts Yosys.
 * @throws tool-missing, tool-failed
 */
export async function runYosys(call: YosysCall): Promise<ToolOutput> {
  const { program } = await findTool('yosys');
  writeFileAtomic(join(call.cwd, `${call.name}.ys`), `${call.commands.join('\n')}\n`);
  return runTool({
    tool: 'yosys',
    program,
    args: ['-s', `${call.name}.ys`],
    cwd: call.cwd,
    timeoutMs: call.timeoutMs,
    logName: `${call.name}.log`,
  });
}

/** A path as one word of a Yosys script. @throws bad-input for characters that Yosys has no quoting for */
export function yosysWord(path: string): string {
  if (/["\n\r;#]/.test(path)) {
    throw badInput(
      {
        where: 'path',
        wanted: 'no quotes, semicolons, hashes or line ends (Yosys cannot quote them)',
        found: show(path),
      },
      'Rename the folder or file.',
    );
  }
  return /\s/.test(path) ? `"${path}"` : path;
}
