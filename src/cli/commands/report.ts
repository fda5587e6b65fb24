import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { readAcceleratorEnergy } from '../../explore/read-accelerator-energy.ts';
import { writeExplorationReport } from '../../report/exploration-report.ts';
import { readExploration } from '../../report/read-exploration.ts';
import { readEnergyTable } from '../../synth/energy-table.ts';
import type { Command, Outcome } from '../command.ts';
import { inputOption, textOption, WORK_OPTION } from '../options.ts';
import { readEvaluation, readVerdict, reportStage } from '../stages.ts';
import { renderTerminalTable } from '../terminal-table.ts';
import { workspaceOf } from '../workspace.ts';

export const report: Command = {
  name: 'report',
  summary: 'join verdict, energy table and evaluation into one HTML page, Markdown and CSV',
  options: {
    work: WORK_OPTION,
    table: inputOption('energy table', 'table/energy-table.json'),
    verdict: inputOption('verdict', 'verify/verdict.json'),
    evaluation: inputOption('evaluation', 'evaluate/evaluation.json if it is there'),
    energy: inputOption('accelerator energy', 'energy/accelerator-energy.json if it is there'),
    exploration: {
      type: 'string',
      value: 'FILE',
      describe: 'an exploration: only its own report is written again, beside it',
    },
  },
  examples: [
    ['maxdnn report', 'out/report/report.html, .md, .csv from the artifacts in out'],
    [
      'maxdnn report --exploration out/explore/exploration.json',
      'page, charts and tables of an exploration, in its folder',
    ],
  ],
  run: async (args) => {
    const exploration = textOption(args, 'exploration');
    if (exploration !== undefined) return reportExploration(exploration);
    const place = workspaceOf(args);
    const table = readEnergyTable(textOption(args, 'table') ?? place.table);
    const verdict = readVerdict(textOption(args, 'verdict') ?? place.verdict);
    const pathOf = (option: string, usual: string): string | undefined =>
      textOption(args, option) ?? (existsSync(usual) ? usual : undefined);
    const evaluation = pathOf('evaluation', place.evaluation);
    const accelerator = pathOf('energy', place.acceleratorEnergy);
    const written = reportStage(
      place,
      table,
      verdict,
      evaluation === undefined ? undefined : readEvaluation(evaluation),
      accelerator === undefined ? undefined : readAcceleratorEnergy(accelerator),
    );
    const { htmlPath, markdownPath, csvPath } = written;
    return {
      text: [renderTerminalTable(written.report), '', htmlPath, markdownPath, csvPath].join('\n'),
      value: { htmlPath, markdownPath, csvPath, rows: written.report.rows },
    };
  },
};

/** Writes the report of an exploration into the folder that it lies in. */
function reportExploration(path: string): Outcome {
  const written = writeExplorationReport(readExploration(path), dirname(path));
  const { htmlPath, csvPath, texPath, svgPaths, pngPaths } = written;
  return { text: [htmlPath, csvPath, texPath, ...svgPaths, ...pngPaths].join('\n'), value: written };
}
