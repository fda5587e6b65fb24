import { existsSync } from 'node:fs';
import { badInput, show } from '../base/errors.ts';
import { type StreamSource, uniformSource } from '../power/stream.ts';
import { type EnergyRow, type EnergyTable, readEnergyTable } from '../synth/energy-table.ts';
import type { RowsWanted } from '../synth/priced-rows.ts';
import { designsOf, nominalClockNs } from '../synth/select-rows.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { openOperands } from './open-operands.ts';
import { choiceOption, inputOption, textOption, WORK_OPTION } from './options.ts';
import { openLibrary } from './stages.ts';
import { type Workspace, workspaceOf } from './workspace.ts';

/** Options of verbs that take rows of the energy table, beside the designs' names. */
export const TABLE_ROW_OPTIONS: Readonly<Record<string, CommandOption>> = {
  work: WORK_OPTION,
  table: inputOption('energy table', 'table/energy-table.json'),
  liberty: {
    type: 'string',
    value: 'FILE',
    describe: 'the library of the table (default: the embedded one)',
  },
  clocks: { type: 'string', value: 'WHICH', describe: 'clock targets: nominal, or all', default: 'nominal' },
  streams: {
    type: 'string',
    value: 'WHICH',
    describe: 'operand streams: uniform, or all',
    default: 'uniform',
  },
  operands: inputOption('operands of the table, for --streams all', 'operands/operands.json'),
};

/** The rows that the options and names choose, with the library and the streams that they need. @throws bad-input */
export async function openTableRows(args: CommandArguments): Promise<RowsWanted> {
  const place = workspaceOf(args);
  const table = readEnergyTable(textOption(args, 'table') ?? place.table);
  const rows = chooseRows(table, args);
  const library = await openLibrary(place, textOption(args, 'liberty'));
  return { table, rows, library, sources: sourcesOf(table, place, args), outFolder: place.tableDir };
}

function chooseRows(table: EnergyTable, args: CommandArguments): readonly EnergyRow[] {
  const known = designsOf(table).map(({ design }) => design);
  const unknown = args._.filter((design) => !known.includes(design));
  if (unknown.length > 0) {
    throw badInput(
      unknown.map((design) => ({ where: 'designs', wanted: 'designs of the table', found: show(design) })),
      `It has ${known.join(', ')}.`,
    );
  }
  const allClocks = choiceOption(args, 'clocks', ['nominal', 'all'] as const) === 'all';
  const allStreams = choiceOption(args, 'streams', ['uniform', 'all'] as const) === 'all';
  return table.rows.filter(
    ({ design, clockNs, stream }) =>
      (args._.length === 0 || args._.includes(design)) &&
      (allClocks || clockNs === nominalClockNs(table)) &&
      (allStreams || stream.kind === 'uniform'),
  );
}

function sourcesOf(table: EnergyTable, place: Workspace, args: CommandArguments): readonly StreamSource[] {
  const { operandPairs, seed } = table.conditions;
  const uniform = uniformSource(operandPairs, seed);
  const path = textOption(args, 'operands') ?? (existsSync(place.operands) ? place.operands : undefined);
  if (path === undefined) return [uniform];
  return [
    uniform,
    ...openOperands(
      path,
      designsOf(table).map(({ spec }) => spec),
    ).streams,
  ];
}
