import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';

/** What a run of the built command line left behind. */
export interface Ran {
  readonly code: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the built program (dist/, made by scripts/setup before the tests) in a folder. */
export async function runProgram(
  program: 'maxdnn' | 'gen-rtl',
  args: readonly string[],
  cwd: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Ran> {
  const file = join(PACKAGE_ROOT, 'dist', 'cli', `${program}.js`);
  const { exitCode, stdout, stderr } = await execa(process.execPath, [file, ...args], {
    cwd,
    env,
    reject: false,
  });
  return { code: exitCode, stdout, stderr };
}

/** An empty folder for one test file, and its removal. */
export function temporaryFolder(name: string): { readonly path: string; readonly remove: () => void } {
  const path = mkdtempSync(join(tmpdir(), `maxdnn-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true }) };
}

/** All files below a folder, relative, sorted. */
export function filesBelow(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true, encoding: 'utf8' })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}
