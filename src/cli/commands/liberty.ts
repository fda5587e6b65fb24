import { badInput, show } from '../../base/errors.ts';
import type { LibraryModel } from '../../liberty/model.ts';
import { readLiberty } from '../../liberty/read-liberty.ts';
import type { Command } from '../command.ts';
import { libertyPath } from '../stages.ts';

export const liberty: Command = {
  name: 'liberty',
  summary: 'what is in a Liberty library, and what of it the power and timing models leave out',
  positionals: '[FILE]',
  options: {},
  examples: [
    [
      'maxdnn liberty NangateOpenCellLibrary_typical.lib.gz',
      'without a file: the embedded library; slow and fast: its other corners',
    ],
  ],
  run: async (args) => {
    if (args._.length > 1) {
      throw badInput(
        { where: 'liberty', wanted: 'one file', found: show(args._) },
        'Look at one library at a time.',
      );
    }
    const { path } = libertyPath(args._[0]);
    const library = readLiberty(path);
    const { name, sha256, voltageV, temperatureC, notes, leftOut } = library;
    const cells = countCells(library);
    const counts = Object.entries(cells).filter(([, count]) => count > 0);
    const lines = [
      `${name}: ${voltageV} V, ${temperatureC} °C, SHA-256 ${sha256.slice(0, 16)}`,
      `${library.cells.size + leftOut.size} cells: ${counts.map(([kind, count]) => `${count} ${kind}`).join(', ')}`,
      ...(notes.length === 0
        ? ['Everything in it is modelled.']
        : ['', 'Not, or not exactly, modelled:', ...notes.map((note) => `  ${note}`)]),
    ];
    const value = {
      path,
      name,
      sha256,
      voltageV,
      temperatureC,
      cells,
      leftOut: Object.fromEntries(leftOut),
      notes,
    };
    return { text: lines.join('\n'), value };
  },
};

/** Cells by kind. */
function countCells({ cells, leftOut }: LibraryModel): Readonly<Record<string, number>> {
  const count = (storage: string): number =>
    [...cells.values()].filter((cell) => cell.storage === storage).length;
  return {
    combinational: count('none'),
    'flip-flops': count('flip-flop'),
    latches: count('latch'),
    statetables: count('statetable'),
    'left out': leftOut.size,
  };
}
