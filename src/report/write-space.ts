import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { renderSpaceCsv } from './space-csv.ts';
import { renderSpaceHtml } from './space-html.ts';
import { renderSpaceSvg } from './space-plot.ts';
import { joinSpace, type SpaceInput, type SpaceReport } from './space-rows.ts';

/** What was written. */
export interface WrittenSpace {
  readonly report: SpaceReport;
  readonly htmlPath: string;
  readonly svgPath: string;
  readonly csvPath: string;
}

/**
 * Writes pareto.html, pareto.svg and pareto.csv of a space to `outDir` (pareto-with-glitches.* for that energy), each whole or not at all. No date and no path is
 * in them: the same input gives the same bytes.
 * @throws bad-input as joinSpace; nothing is written then
 */
export function writeSpace(input: SpaceInput, outDir: string): WrittenSpace {
  const report = joinSpace(input);
  const name = input.energy === 'settled' ? 'pareto' : `pareto-${input.energy}`;
  const paths = {
    htmlPath: join(outDir, `${name}.html`),
    svgPath: join(outDir, `${name}.svg`),
    csvPath: join(outDir, `${name}.csv`),
  };
  writeFileAtomic(paths.svgPath, renderSpaceSvg(report));
  writeFileAtomic(paths.csvPath, renderSpaceCsv(report));
  writeFileAtomic(paths.htmlPath, renderSpaceHtml(report));
  return { report, ...paths };
}
