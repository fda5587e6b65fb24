import { join } from 'node:path';
import { badInput, MaxdnnError, show } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import { findTool } from './detect-tools.ts';
import { runTool, type ToolOutput } from './run-tool.ts';

/** A Tcl script for OpenSTA and where it runs. */
export interface StaCall {
  readonly commands: readonly string[];
  /** Run folder; the script is kept there as `<name>.tcl`, the log as `<name>.log`. */
  readonly cwd: string;
  readonly name: string;
  readonly timeoutMs: number;
}

/**
 * Runs an OpenSTA script. `sta` goes on after an error and ends with status 0, so the script stops at its first
 * error, and errors and warnings in the output fail the run: a netlist that did not link has no delay.
 * `report_power` of OpenSTA 2.0.17 is wrong (DESIGN §4) and refused.
 * @throws tool-missing, tool-failed
 */
export async function runSta(call: StaCall): Promise<ToolOutput> {
  if (call.commands.some((command) => command.includes('report_power'))) {
    throw new MaxdnnError('internal', 'report_power of OpenSTA must not be used: its numbers are wrong');
  }
  const { program } = await findTool('sta');
  return runStaScript(program, call);
}

/** Runs a script with a given OpenSTA; how, see runSta. @throws tool-missing, tool-failed */
export async function runStaScript(program: string, call: StaCall): Promise<ToolOutput> {
  const body = call.commands.map((command) => `  ${command}\n`).join('');
  const script = `if {[catch {\n${body}} message]} {\n  puts "Error: $message"\n}\nputs "${END_MARK}"\nexit\n`;
  writeFileAtomic(join(call.cwd, `${call.name}.tcl`), script);
  const output = await runTool({
    tool: 'sta',
    program,
    args: ['-no_splash', '-exit', `${call.name}.tcl`],
    cwd: call.cwd,
    timeoutMs: call.timeoutMs,
    logName: `${call.name}.log`,
  });
  const complaints = output.text.split('\n').filter((line) => /^(Error|Warning)\b/.test(line));
  if (complaints.length === 0 && output.text.includes(END_MARK)) return output;
  const what =
    complaints.length > 0 ? complaints.slice(0, 20).join('\n') : 'the script did not reach its end';
  throw new MaxdnnError('tool-failed', `sta: ${what}`, {
    hint: `Command and full output: ${join(call.cwd, `${call.name}.log`)}`,
  });
}

/** A path as one word of an OpenSTA script. @throws bad-input for what OpenSTA 2.0.17 cannot open or Tcl not quote */
export function tclWord(path: string): string {
  if (/[{}\\\s]/.test(path)) {
    throw badInput(
      {
        where: 'path',
        wanted: 'no blanks, braces or backslashes (OpenSTA cannot open it)',
        found: show(path),
      },
      'Rename the folder or file.',
    );
  }
  return `{${path}}`;
}

const END_MARK = 'maxdnn: end of script';
