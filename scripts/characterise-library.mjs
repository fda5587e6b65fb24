// Regenerates synth/maxdnn45_typ.lib: node scripts/characterise-library.mjs [output] [run folder]
import { join } from 'node:path';
import { PACKAGE_ROOT } from '../dist/base/package-root.js';
import { writeEmbeddedLibrary } from '../dist/library/write-library.js';

const output = process.argv[2] ?? join(PACKAGE_ROOT, 'synth', 'maxdnn45_typ.lib');
const runFolder = process.argv[3] ?? join(PACKAGE_ROOT, 'out', 'characterise-library');
const started = performance.now();
await writeEmbeddedLibrary(output, runFolder, ({ done, total, note }) => {
  process.stdout.write(`${done}/${total} ${note}\n`);
});
process.stdout.write(`${output}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
