import { join } from 'node:path';
import { writeArtifact } from '../base/artifact.ts';
import { writeFileAtomic } from '../base/files.ts';
import type { LibraryComparison } from '../synth/library-comparison.ts';
import { renderCellsCsv, renderMultipliersCsv } from './library-csv.ts';
import { renderLibraryHtml } from './library-html.ts';
import { renderLibraryMarkdown } from './library-markdown.ts';
import { libraryPlots } from './library-plot.ts';

/** What was written. */
export interface WrittenLibraryReport {
  readonly jsonPath: string;
  readonly htmlPath: string;
  readonly markdownPath: string;
  readonly cellsCsvPath: string;
  readonly multipliersCsvPath: string;
}

/**
 * Writes library-comparison.json, .html and .md (with its plots as .svg files), library-cells.csv and
 * library-multipliers.csv to `outDir`, each whole or not at all. No date and no path is in them.
 */
export function writeLibraryReport(comparison: LibraryComparison, outDir: string): WrittenLibraryReport {
  const plots = libraryPlots(comparison).map(({ id, title, svg }) => ({
    file: `library-${id}.svg`,
    title,
    text: `${svg}\n`,
  }));
  const files = [
    ...plots,
    { file: 'library-comparison.html', text: renderLibraryHtml(comparison) },
    { file: 'library-comparison.md', text: renderLibraryMarkdown(comparison, plots) },
    { file: 'library-cells.csv', text: renderCellsCsv(comparison) },
    { file: 'library-multipliers.csv', text: renderMultipliersCsv(comparison) },
  ];
  const jsonPath = join(outDir, 'library-comparison.json');
  writeArtifact(jsonPath, comparison);
  for (const { file, text } of files) writeFileAtomic(join(outDir, file), text);
  return {
    jsonPath,
    htmlPath: join(outDir, 'library-comparison.html'),
    markdownPath: join(outDir, 'library-comparison.md'),
    cellsCsvPath: join(outDir, 'library-cells.csv'),
    multipliersCsvPath: join(outDir, 'library-multipliers.csv'),
  };
}
