import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * Sets OBJCACHE, what Verilator's makefile puts before each compilation, for all test files: Verilator's own library
 * is the same in every build, and two thirds of the time of a small one, so it is compiled once per test run.
 */
export default function shareVerilatorLibrary(): (() => void) | undefined {
  if (process.env.OBJCACHE !== undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-objects-'));
  process.env.OBJCACHE = `bash ${fileURLToPath(new URL('object-cache.sh', import.meta.url))} ${folder}`;
  return () => rmSync(folder, { recursive: true });
}
