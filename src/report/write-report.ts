import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import { renderCsv } from './csv.ts';
import { renderHtml } from './html.ts';
import { renderMarkdown } from './markdown.ts';
import { accuracyPlot, errorPlot } from './plots.ts';
import { joinReport, type Report, type ReportInput } from './rows.ts';
import { renderScatter } from './svg.ts';

/** What was written. */
export interface WrittenReport {
  readonly report: Report;
  readonly htmlPath: string;
  readonly markdownPath: string;
  readonly csvPath: string;
  /** Plots that the Markdown shows; the HTML has them inside. */
  readonly svgPaths: readonly string[];
}

/**
 * Joins the artifacts and writes report.html, report.md (with its plots as .svg files) and report.csv to `outDir`,
 * each whole or not at all. No date and no path is in them: the same input gives the same bytes.
 * @throws bad-input when the artifacts do not belong together (see joinReport); nothing is written then
 */
export function writeReport(input: ReportInput, outDir: string): WrittenReport {
  const report = joinReport(input);
  const accuracy = accuracyPlot(report);
  const plots = [...(accuracy === undefined ? [] : [accuracy]), errorPlot(report)].map((plot) => ({
    file: `${plot.id}.svg`,
    title: plot.title,
    text: `${renderScatter(plot)}\n`,
  }));
  const files = [
    ...plots,
    { file: 'report.html', text: renderHtml(report) },
    { file: 'report.md', text: renderMarkdown(report, plots) },
    { file: 'report.csv', text: renderCsv(report) },
  ];
  for (const { file, text } of files) writeFileAtomic(join(outDir, file), text);
  return {
    report,
    htmlPath: join(outDir, 'report.html'),
    markdownPath: join(outDir, 'report.md'),
    csvPath: join(outDir, 'report.csv'),
    svgPaths: plots.map(({ file }) => join(outDir, file)),
  };
}
