import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { runTool } from './run-tool.ts';
import { catalogueEntry, type ExternalTool, TOOL_CATALOGUE, type ToolName } from './tool-catalogue.ts';

/** A tool that is there. */
export interface InstalledTool {
  /** Program that answered, e.g. "berkeley-abc". */
  readonly program: string;
  /** Version as the tool prints it, e.g. "0.23". */
  readonly version: string;
}

/** Outcome of looking for one tool; `problem` says why it cannot be used. */
export type ToolFinding =
  | ({ readonly tool: ExternalTool; readonly usable: true } & InstalledTool)
  | { readonly tool: ExternalTool; readonly usable: false; readonly problem: string };

/** Looks for every tool of the catalogue, in its order. Never throws for a tool that is missing or broken. */
export async function detectTools(): Promise<readonly ToolFinding[]> {
  return Promise.all(TOOL_CATALOGUE.map(detectTool));
}

/**
 * Finds a tool and its version; asked once per process (a failure is asked again).
 * @throws tool-missing when none of its programs is there; tool-failed when it does not tell its version
 */
export function findTool(name: ToolName): Promise<InstalledTool> {
  const known = found.get(name);
  if (known !== undefined) return known;
  const asked = askVersion(catalogueEntry(name));
  found.set(name, asked);
  asked.catch(() => found.delete(name));
  return asked;
}

/** Version of a tool, e.g. "0.23". @throws as findTool */
export async function toolVersion(name: ToolName): Promise<string> {
  return (await findTool(name)).version;
}

/** Versions of several tools for an artifact's header. @throws as findTool */
export async function toolVersions(names: readonly ToolName[]): Promise<Readonly<Record<string, string>>> {
  const entries = await Promise.all(names.map(async (name) => [name, await toolVersion(name)] as const));
  return Object.fromEntries(entries);
}

const found = new Map<ToolName, Promise<InstalledTool>>();

async function detectTool(tool: ExternalTool): Promise<ToolFinding> {
  try {
    return { tool, usable: true, ...(await findTool(tool.name)) };
  } catch (error) {
    if (!(error instanceof MaxdnnError)) throw error;
    return { tool, usable: false, problem: error.message };
  }
}

async function askVersion(tool: ExternalTool): Promise<InstalledTool> {
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-version-'));
  try {
    for (const program of tool.programs) {
      const version = await versionOf(tool, program, folder);
      if (version !== undefined) return { program, version };
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  const programs = tool.programs.map((program) => `"${program}"`).join(' or ');
  throw new MaxdnnError('tool-missing', `${tool.name}: program ${programs} is not installed`, {
    hint: `Without it: no ${tool.disables}. On Debian: apt-get install ${tool.debianPackage}`,
  });
}

/** Version that a program tells; undefined when it is not installed. */
async function versionOf(tool: ExternalTool, program: string, cwd: string): Promise<string | undefined> {
  let text: string;
  try {
    const call = { tool: tool.name, program, args: tool.versionArgs, cwd, timeoutMs: 20_000 };
    text = (await runTool(call)).text;
  } catch (error) {
    if (error instanceof MaxdnnError && error.code === 'tool-missing') return undefined;
    throw error;
  }
  const version = tool.versionPattern.exec(text)?.[1];
  if (version !== undefined) return version;
  throw new MaxdnnError('tool-failed', `${tool.name}: "${program}" told no version:\n${text.slice(0, 200)}`, {
    hint: `Is another program called "${program}" first in PATH? On Debian: apt-get install ${tool.debianPackage}`,
  });
}
