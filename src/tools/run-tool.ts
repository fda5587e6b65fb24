import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ExecaError, execa } from 'execa';
import { MaxdnnError } from '../base/errors.ts';

/** A run of an external program. */
export interface ToolCall {
  /** Name of the tool as users know it, e.g. "yosys". */
  readonly tool: string;
  /** Program to start; looked up in PATH unless it has a slash. */
  readonly program: string;
  readonly args: readonly string[];
  /** Folder it runs in; also where `<tool>.log` is appended. Made if missing. */
  readonly cwd: string;
  readonly timeoutMs: number;
  /** Text for its standard input. */
  readonly input?: string;
  /** Extra environment variables. */
  readonly env?: Readonly<Record<string, string>>;
  /** Name of the log file in `cwd`; default `<tool>.log`. */
  readonly logName?: string;
  /** Gets each line of standard output as it comes. */
  readonly onLine?: (line: string) => void;
  /** Exit statuses besides 0 that are an answer, not a failure. */
  readonly acceptedStatuses?: readonly number[];
}

/** What came out of a run that ended with status 0 or an accepted one. */
export interface ToolOutput {
  readonly status: number;
  /** Standard output and error, interleaved as they came. */
  readonly text: string;
  readonly wallMs: number;
}

/**
 * Runs an external tool without a shell, with LC_ALL=C and a time limit; the exact command line and all
 * output go to a log in `cwd`.
 * @throws tool-missing when the program is not there; tool-failed (with the last 20 lines) on any other failure
 */
export async function runTool(call: ToolCall): Promise<ToolOutput> {
  mkdirSync(call.cwd, { recursive: true });
  const log = join(call.cwd, call.logName ?? `${call.tool}.log`);
  const commandLine = [call.program, ...call.args].map(quote).join(' ');
  const started = performance.now();
  try {
    const running = execa(call.program, call.args, {
      cwd: call.cwd,
      env: { LC_ALL: 'C', ...call.env },
      timeout: call.timeoutMs,
      all: true,
      maxBuffer: 256 * 1024 * 1024,
      ...(call.input === undefined ? { stdin: 'ignore' as const } : { input: call.input }),
    });
    // Lines end where the program does; its failure is told by `running` alone.
    if (call.onLine !== undefined) for await (const line of running.iterable()) call.onLine(String(line));
    const result = await running;
    const text = withoutOverwritten(result.all);
    appendFileSync(log, `$ ${commandLine}\n${text}\n`);
    return { status: 0, text, wallMs: performance.now() - started };
  } catch (error) {
    if (!(error instanceof ExecaError)) throw error;
    if (error.exitCode !== undefined && !error.timedOut && call.acceptedStatuses?.includes(error.exitCode)) {
      const text = withoutOverwritten(String(error.all));
      appendFileSync(log, `$ ${commandLine}\n${text}\n[status ${error.exitCode}]\n`);
      return { status: error.exitCode, text, wallMs: performance.now() - started };
    }
    if (error.code === 'ENOENT') {
      throw new MaxdnnError('tool-missing', `${call.tool}: program "${call.program}" is not installed`, {
        hint: `Run scripts/setup, or see "maxdnn doctor" for how to get it.`,
        cause: error,
      });
    }
    const output = typeof error.all === 'string' ? error.all : '';
    appendFileSync(log, `$ ${commandLine}\n${output}\n[${error.shortMessage}]\n`);
    const why = error.timedOut
      ? `did not finish within ${call.timeoutMs} ms`
      : error.signal !== undefined
        ? `was ended by ${error.signal}`
        : `ended with status ${error.exitCode}`;
    throw new MaxdnnError('tool-failed', `${call.tool} ${why}\n${lastLines(output, 20)}`, {
      hint: `Command and full output: ${log}`,
      cause: error,
    });
  }
}

function lastLines(text: string, count: number): string {
  return text.trimEnd().split('\n').slice(-count).join('\n');
}

/** Progress lines that a carriage return overwrote, as abc prints them by the thousand, are left out. */
function withoutOverwritten(text: string): string {
  return text.replaceAll(/[^\n\r]*\r(?!\n)/g, '');
}

function quote(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
