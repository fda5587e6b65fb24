// Regenerates the embedded library: node scripts/characterise-library.mjs [--corner typ|slow|fast] [output folder [run folder]]
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { PACKAGE_ROOT } from '../dist/base/package-root.js';
import { CORNER_NAMES, LIBRARY_CORNERS } from '../dist/library/corners.js';
import { writeEmbeddedLibrary } from '../dist/library/write-library.js';

const { values, positionals } = parseArgs({ options: { corner: { type: 'string' } }, allowPositionals: true });
if (values.corner !== undefined && !CORNER_NAMES.includes(values.corner)) {
  process.stderr.write(`--corner: wanted ${CORNER_NAMES.join(', ')}, found ${values.corner}\n`);
  process.exit(2);
}
const corners = values.corner === undefined ? CORNER_NAMES : [values.corner];
const folder = positionals[0] ?? join(PACKAGE_ROOT, 'synth');
const runFolder = positionals[1] ?? join(PACKAGE_ROOT, 'out', 'characterise-library');
for (const corner of corners) {
  const started = performance.now();
  const path = await writeEmbeddedLibrary(
    LIBRARY_CORNERS[corner],
    folder,
    join(runFolder, corner),
    ({ done, total, note }) => process.stdout.write(`${corner} ${done}/${total} ${note}\n`),
  );
  process.stdout.write(`${path}: ${((performance.now() - started) / 1000).toFixed(0)} s\n`);
}
