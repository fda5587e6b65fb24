import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import type { Exploration } from '../explore/exploration.ts';
import { type Chart, renderChart } from './exploration-chart.ts';
import { convergenceChart } from './exploration-convergence.ts';
import { renderFrontCsv } from './exploration-csv.ts';
import { heatmapChart } from './exploration-heatmap.ts';
import { renderExplorationHtml } from './exploration-html.ts';
import { lossesOf } from './exploration-loss.ts';
import { paretoChart } from './exploration-pareto.ts';
import { renderPng } from './exploration-png.ts';
import { sensitivityChart } from './exploration-sensitivity.ts';
import { renderFrontTex } from './exploration-tex.ts';
import { type ExplorationView, viewExploration } from './exploration-view.ts';

/** What was written. */
export interface WrittenExplorationReport {
  readonly htmlPath: string;
  readonly csvPath: string;
  readonly texPath: string;
  /** pareto, sensitivity, heatmap, convergence; the page has them inside. */
  readonly svgPaths: readonly string[];
  readonly pngPaths: readonly string[];
}

/**
 * Writes exploration.html, front.csv, front.tex and the charts as .svg and .png to a folder, each whole or not at all.
 * No date and no path of this machine is in them: the same exploration gives the same bytes.
 * @throws bad-input when the parts of the exploration do not belong together; nothing is written then
 */
export function writeExplorationReport(exploration: Exploration, folder: string): WrittenExplorationReport {
  const view = viewExploration(exploration);
  const drawings = Object.entries(staticCharts(view)).map(([name, chart]) => {
    const svg = renderChart(chart, 'static');
    return { name, svg, png: renderPng(svg) };
  });
  const paths = {
    htmlPath: join(folder, 'exploration.html'),
    csvPath: join(folder, 'front.csv'),
    texPath: join(folder, 'front.tex'),
    svgPaths: drawings.map(({ name }) => join(folder, `${name}.svg`)),
    pngPaths: drawings.map(({ name }) => join(folder, `${name}.png`)),
  };
  const texts = [
    [paths.htmlPath, renderExplorationHtml(view)],
    [paths.csvPath, renderFrontCsv(view)],
    [paths.texPath, renderFrontTex(view)],
  ] as const;
  for (const [path, text] of texts) writeFileAtomic(path, text);
  for (const [index, { svg, png }] of drawings.entries()) {
    writeFileAtomic(paths.svgPaths[index]!, svg);
    writeFileAtomic(paths.pngPaths[index]!, png);
  }
  return paths;
}

/** The charts as drawings of their own, by file name: the most telling loss on the searched stream. */
function staticCharts(view: ExplorationView): Readonly<Record<string, Chart>> {
  return {
    pareto: paretoChart(view, lossesOf(view)[0]!, view.exploration.searchedStream, 'static'),
    sensitivity: sensitivityChart(view, 'static'),
    heatmap: heatmapChart(view),
    convergence: convergenceChart(view, 'static'),
  };
}
