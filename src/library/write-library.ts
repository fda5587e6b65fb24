import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import type { OnProgress } from '../base/progress.ts';
import { ngspiceVersion } from '../tools/ngspice.ts';
import { CELLS } from './cells.ts';
import { characterise } from './characterise.ts';
import type { Corner } from './corners.ts';
import { emitLiberty } from './emit-liberty.ts';

/**
 * Characterises every cell at a corner and writes the embedded library of that corner into a folder.
 * @param runFolder decks, logs and raw files land here
 * @returns path of the file
 */
export async function writeEmbeddedLibrary(
  corner: Corner,
  folder: string,
  runFolder: string,
  onProgress?: OnProgress,
): Promise<string> {
  const version = await ngspiceVersion(runFolder);
  const measurements = await characterise(CELLS, { corner, runFolder }, 2, onProgress);
  const path = join(folder, corner.file);
  writeFileAtomic(path, emitLiberty(measurements, corner, `ngspice ${version}`));
  return path;
}
