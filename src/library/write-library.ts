import { writeFileAtomic } from '../base/files.ts';
import type { OnProgress } from '../base/progress.ts';
import { ngspiceVersion } from '../tools/ngspice.ts';
import { CELLS } from './cells.ts';
import { characterise } from './characterise.ts';
import { emitLiberty } from './emit-liberty.ts';

/**
 * Characterises every cell and writes the embedded library.
 * @param runFolder decks, logs and raw files land here
 */
export async function writeEmbeddedLibrary(
  path: string,
  runFolder: string,
  onProgress?: OnProgress,
): Promise<void> {
  const version = await ngspiceVersion(runFolder);
  const measurements = await characterise(CELLS, runFolder, 2, onProgress);
  writeFileAtomic(path, emitLiberty(measurements, `ngspice ${version}`));
}
