import { join } from 'node:path';
import { badInput } from '../../base/errors.ts';
import { describeAgreement } from '../../report/library-content.ts';
import { writeLibraryReport } from '../../report/library-report.ts';
import { compareLibraries } from '../../synth/compare-libraries.ts';
import type { Command } from '../command.ts';
import { textOption, WORK_OPTION } from '../options.ts';
import { openLibrary } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';

export const compareLibrary: Command = {
  name: 'compare-library',
  summary: 'compare another Liberty library with the embedded one: cells, and multipliers mapped to both',
  options: {
    work: WORK_OPTION,
    liberty: { type: 'string', value: 'FILE', describe: 'the other library, .lib or .lib.gz' },
  },
  examples: [
    [
      'maxdnn compare-library --liberty NangateOpenCellLibrary_typical.lib.gz',
      'page, Markdown, CSV and JSON in out/compare-library',
    ],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const otherPath = textOption(args, 'liberty');
    if (otherPath === undefined) {
      throw badInput(
        { where: '--liberty', wanted: 'the library to compare with', found: 'none' },
        'Give it as --liberty FILE; scripts/fetch-library gets the NanGate 45 nm Open Cell Library.',
      );
    }
    const outFolder = join(textOption(args, 'work') ?? 'out', 'compare-library');
    const other = await openLibrary(place, otherPath);
    const ours = await openLibrary(place, undefined);
    const comparison = await compareLibraries({ ours, other, otherPath, outFolder, onProgress });
    const written = writeLibraryReport(comparison, outFolder);
    const { jsonPath, htmlPath, markdownPath, cellsCsvPath, multipliersCsvPath } = written;
    const lines = describeAgreement(comparison).map(({ lead, text }) => `${lead} ${text}`);
    return {
      text: [...lines, '', htmlPath, markdownPath, cellsCsvPath, multipliersCsvPath, jsonPath].join('\n'),
      value: { ...written, ...comparison },
    };
  },
};
