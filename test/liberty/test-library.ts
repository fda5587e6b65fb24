import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { shippedFile } from '../../src/base/package-root.ts';
import type { LibraryIdentity } from '../../src/synth/energy-table.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';

interface LibrarySource {
  readonly path: string;
  readonly origin: LibraryIdentity['origin'];
}

/** Library of the synthesis tests: the embedded one, else Nangate45 of the data folder. */
export const TEST_LIBRARY: LibrarySource | undefined = findLibrary();

/** Why the synthesis tests cannot run, to be put into their names; empty when they can. */
export const SYNTHESIS_MISSING: string = [
  ...['yosys', 'sta', 'berkeley-abc'].filter(toolMissing),
  ...(TEST_LIBRARY === undefined ? ['a Liberty library (synth/maxdnn45_typ.lib or MAXDNN_DATA)'] : []),
]
  .map((what) => ` [skipped: no ${what}]`)
  .join('');

function findLibrary(): LibrarySource | undefined {
  const embedded = shippedFile('synth', 'maxdnn45_typ.lib');
  if (existsSync(embedded)) return { path: embedded, origin: 'embedded' };
  const nangate = join(DATA_DIR ?? '', 'liberty', 'nangate45_typ.lib.gz');
  return DATA_DIR !== undefined && existsSync(nangate) ? { path: nangate, origin: 'user' } : undefined;
}
