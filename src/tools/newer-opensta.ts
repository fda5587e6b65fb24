import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { runStaScript, type StaCall } from './opensta.ts';
import { runTool, type ToolOutput } from './run-tool.ts';

/** An OpenSTA that reads VCD and whose report_power is right. */
export interface NewerSta {
  readonly program: string;
  /** As it prints it, e.g. "3.0.0". */
  readonly version: string;
}

/** What looking for one came to. */
export type NewerStaFinding =
  | ({ readonly found: true } & NewerSta)
  | {
      readonly found: false;
      /** What was looked at and why it does not serve, e.g. "sta: 2.0.17 is older than 2.4". */
      readonly looked: readonly string[];
    };

/**
 * Looks for an OpenSTA of version 2.4 or later: the given program, else "sta" and "opensta" in PATH.
 * Source of 2.4: DESIGN §4; the first with activities from VCD and with one internal power per related pin.
 * @throws tool-missing or bad-input when a program is given and is not there or too old
 */
export async function findNewerSta(program?: string): Promise<NewerStaFinding> {
  if (program !== undefined) {
    const version = await askVersion(program);
    if (isNewerSta(version)) return { found: true, program, version };
    throw badInput(
      { where: program, wanted: `OpenSTA ${OLDEST} or later`, found: version },
      'report_power of older ones is wrong: give a newer one with --sta.',
    );
  }
  const looked: string[] = [];
  for (const name of PROGRAMS) {
    try {
      const version = await askVersion(name);
      if (isNewerSta(version)) return { found: true, program: name, version };
      looked.push(`${name}: ${version} is older than ${OLDEST}`);
    } catch (error) {
      if (!(error instanceof MaxdnnError)) throw error;
      looked.push(error.code === 'tool-missing' ? `${name}: not in PATH` : `${name}: ${error.message}`);
    }
  }
  return { found: false, looked };
}

/** True for 2.4, 2.10, 3.0.0 …; false for older ones and for what is no version. */
export function isNewerSta(version: string): boolean {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(version) ?? [];
  return Number(major) > 2 || (Number(major) === 2 && Number(minor) >= 4);
}

/** Version in what `sta -version` prints, alone on its line; undefined when there is none. */
export function parseStaVersion(text: string): string | undefined {
  return /^(?:OpenSTA )?(\d+\.\d+(?:\.\d+)*)\b/m.exec(text)?.[1];
}

/** Runs a script with a newer OpenSTA, as runSta. @throws tool-missing, tool-failed */
export function runNewerSta(sta: NewerSta, call: StaCall): Promise<ToolOutput> {
  return runStaScript(sta.program, call);
}

const OLDEST = '2.4';
const PROGRAMS = ['sta', 'opensta'] as const;

async function askVersion(program: string): Promise<string> {
  const cwd = mkdtempSync(join(tmpdir(), 'maxdnn-sta-version-'));
  try {
    const { text } = await runTool({ tool: 'sta', program, args: ['-version'], cwd, timeoutMs: 20_000 });
    const version = parseStaVersion(text);
    if (version !== undefined) return version;
    throw new MaxdnnError('tool-failed', `"${program}" told no version: ${text.slice(0, 100).trim()}`);
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
}
