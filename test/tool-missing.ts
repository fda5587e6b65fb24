import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/**
 * True when a program is not in PATH: the tests that need it are skipped, visibly.
 * With REQUIRE_TOOLS=1 they run (and fail) instead.
 */
export function toolMissing(program: string): boolean {
  if (process.env.REQUIRE_TOOLS === '1') return false;
  return !(process.env.PATH ?? '').split(delimiter).some((folder) => {
    try {
      accessSync(join(folder, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** The data folder (MAXDNN_DATA), or undefined: tests that need it are skipped, visibly. */
export const DATA_DIR: string | undefined = process.env.MAXDNN_DATA || undefined;
