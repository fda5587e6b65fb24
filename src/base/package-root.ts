import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Folder of package.json: two above this file, in the checkout (src/base) and when installed (dist/base). */
export const PACKAGE_ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** Path of a file that the package ships: templates, rtl, synth, sim or models. */
export function shippedFile(...parts: readonly string[]): string {
  return join(PACKAGE_ROOT, ...parts);
}

/** Version of the toolkit, from its package.json. */
export const MAXDNN_VERSION: string = (
  JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8')) as { version: string }
).version;
