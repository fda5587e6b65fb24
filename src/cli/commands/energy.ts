import { existsSync } from 'node:fs';
import { readAssignment } from '../../assign/assignment-file.ts';
import { badInput, show } from '../../base/errors.ts';
import { type RoundedOperand, uniformAssignment } from '../../dnn/assignment.ts';
import type { QuantisedNetwork } from '../../dnn/quantised-network.ts';
import { type ArrayShape, DEFAULT_ARRAY } from '../../dnn/record-operands-schedule.ts';
import { requireLibrary } from '../../explore/assignment-energy.ts';
import { DEFAULT_STORAGE, readStorage } from '../../explore/storage-parameters.ts';
import { designName, type MultiplierSpec, operandRange } from '../../multiplier/spec.ts';
import { DEFAULT_ACCUMULATOR_BITS } from '../../rtl/mac.ts';
import { loadDesigns } from '../../rtl/rtl-set.ts';
import { type EnergyTable, readEnergyTable } from '../../synth/energy-table.ts';
import { designsOf } from '../../synth/select-rows.ts';
import type { Command, CommandArguments } from '../command.ts';
import { describeEnergy } from '../describe-energy.ts';
import { type EnergySubject, energyStage } from '../energy-stage.ts';
import {
  choiceOption,
  inputOption,
  integerOption,
  numberOrText,
  textOption,
  WORK_OPTION,
} from '../options.ts';
import { resolveMultiplier } from '../resolve-multiplier.ts';
import { CALIBRATION_IMAGES, EMBEDDED, openDataset, openLibrary } from '../stages.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';
import { LIBRARY_OPTION, modelOf, ROUNDED_OPERANDS, statedLibraries } from './evaluate.ts';
import { NETWORK_OPTION, PERCENTILE_OPTION } from './quantise.ts';

const STREAMS = ['layer-stream', 'uniform'] as const;

export const energy: Command = {
  name: 'energy',
  summary: 'energy of one image in a MAC array: multiply, accumulate, registers, storage',
  positionals: '[DESIGN…]',
  options: {
    work: WORK_OPTION,
    table: inputOption('energy table', 'table/energy-table.json'),
    assign: {
      type: 'string',
      value: 'FILE',
      describe: 'multipliers by layer, an assignment (.json), beside the designs that are named',
    },
    library: LIBRARY_OPTION,
    stream: {
      type: 'string',
      value: 'NAME',
      describe: 'operands: layer-stream or uniform (default: layer-stream where the table has it)',
    },
    round: {
      type: 'string',
      value: 'OPERAND',
      describe: 'operand on port a, the rounded one: activations or weights',
      default: 'activations',
    },
    array: {
      type: 'string',
      value: 'RxC',
      describe: "rows × columns (default: that of the table's operands, else 16x16)",
    },
    'accumulator-depth': {
      type: 'string',
      value: 'N',
      describe: "sums per column (default: that of the table's operands, else 64)",
    },
    'accumulator-bits': {
      type: 'string',
      value: 'N',
      describe: 'width of the partial sums',
      default: String(DEFAULT_ACCUMULATOR_BITS),
    },
    storage: {
      type: 'string',
      value: 'FILE',
      describe: 'energies and sizes of the memories (.json; default: published figures for 45 nm)',
    },
    'clock-ns': {
      type: 'string',
      value: 'NS',
      describe: 'a clock target of the table (default: its slowest: multiplier and adder share a cycle)',
    },
    liberty: { type: 'string', value: 'FILE', describe: 'the Liberty library that the table was made with' },
    quantised: inputOption('quantised network', 'network/quantised.json, else one is made of --network'),
    network: NETWORK_OPTION,
    percentile: PERCENTILE_OPTION,
    dataset: {
      type: 'string',
      value: 'FILE',
      describe: `images for the partial sums, those of record (default "${EMBEDDED}")`,
      default: EMBEDDED,
    },
  },
  examples: [
    ['maxdnn energy', 'every design of the table, on the operands of the layers'],
    ['maxdnn energy mul_roup_s8_p1_r2 --storage mine.json', 'one design, other memories'],
    ['maxdnn energy --assign mine.json', 'an assignment of multipliers to layers'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const storagePath = textOption(args, 'storage');
    const storage = storagePath === undefined ? DEFAULT_STORAGE : readStorage(storagePath);
    const roundedOperand: RoundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
    const table = readEnergyTable(textOption(args, 'table') ?? place.table);
    const clockNs = clockOf(args, table, arrayClockNs(table));
    const array = arrayOf(args, table);
    const accumulatorBits = integerOption(args, 'accumulator-bits', 8, 32) ?? DEFAULT_ACCUMULATOR_BITS;
    const hasLayers = table.rows.some((row) => row.stream.kind === 'layer-stream');
    const stream = choiceOption(args, 'stream', STREAMS) ?? (hasLayers ? 'layer-stream' : 'uniform');
    const named = args._.map((word) => resolveMultiplier(word, place, 'design'));
    const source = textOption(args, 'dataset') ?? EMBEDDED;
    const dataset = openDataset(source, 'calibration', source === EMBEDDED ? CALIBRATION_IMAGES : undefined);
    const { network } = modelOf(args, place, true, onProgress);
    const result = await energyStage({
      place,
      table,
      library: await openLibrary(place, textOption(args, 'liberty')),
      network,
      dataset,
      subjects: subjectsOf(args, place, table, network, named),
      role: roundedOperand === 'activations' ? 'weight-on-b' : 'activation-on-b',
      stream,
      clockNs,
      array,
      accumulatorBits,
      storage,
      verilogOf: verilogOf(place),
      onProgress,
    });
    return {
      text: [describeEnergy(result), '', place.acceleratorEnergy].join('\n'),
      value: { path: place.acceleratorEnergy, ...result },
    };
  },
};

/** The designs named, the assignment of --assign; without either every design of the table that takes int8. */
function subjectsOf(
  args: CommandArguments,
  place: Workspace,
  table: EnergyTable,
  network: QuantisedNetwork,
  named: readonly MultiplierSpec[],
): readonly EnergySubject[] {
  const assign = textOption(args, 'assign');
  const resolve = (name: string, where: string) => resolveMultiplier(name, place, where);
  const assignment = assign === undefined ? undefined : readAssignment(assign, network, resolve);
  const where = textOption(args, 'table') ?? place.table;
  for (const library of statedLibraries(args, assignment === undefined ? [] : [assignment])) {
    requireLibrary(table, library, where);
  }
  if (named.length === 0 && assignment === undefined) return uniformSubjects(designsOf(table), network);
  const uniform = named.map((spec) => uniformSubject(spec, network));
  if (assignment === undefined) return uniform;
  return [...uniform, { name: assignment.name, assignment: assignment.layers }];
}

/** Each design that takes int8 operands, used for every multiplication of the network. */
export function uniformSubjects(
  designs: readonly { readonly spec: MultiplierSpec }[],
  network: QuantisedNetwork,
): readonly EnergySubject[] {
  return designs.filter(({ spec }) => takesInt8(spec)).map(({ spec }) => uniformSubject(spec, network));
}

function uniformSubject(spec: MultiplierSpec, network: QuantisedNetwork): EnergySubject {
  return { name: designName(spec), assignment: uniformAssignment(network, spec) };
}

function takesInt8(spec: MultiplierSpec): boolean {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  return Math.max(aMin, bMin) <= -128 && Math.min(aMax, bMax) >= 127;
}

/** The slowest clock target of a table: multiplier and adder of a processing element share a cycle. */
export function arrayClockNs(table: EnergyTable): number {
  return Math.max(...table.conditions.clockTargetsNs);
}

/** A clock target of a table. @throws bad-input when it has no such one */
export function clockOf(args: CommandArguments, table: EnergyTable, usualNs: number): number {
  const text = textOption(args, 'clock-ns');
  const targets = table.conditions.clockTargetsNs;
  const clockNs = text === undefined ? usualNs : numberOrText(text);
  if (typeof clockNs === 'number' && targets.includes(clockNs)) return clockNs;
  throw badInput(
    {
      where: '--clock-ns',
      wanted: `a clock target of the energy table: ${targets.join(', ')}`,
      found: show(clockNs),
    },
    'Make the table with this target: maxdnn table --clock-ns LIST.',
  );
}

function arrayOf(args: CommandArguments, table: EnergyTable): ArrayShape {
  const usual = table.operands?.array ?? DEFAULT_ARRAY;
  const accumulatorDepth = integerOption(args, 'accumulator-depth', 1, 2 ** 20) ?? usual.accumulatorDepth;
  const text = textOption(args, 'array');
  if (text === undefined) return { ...usual, accumulatorDepth };
  const [rows = 0, columns = 0] = (/^(\d+)x(\d+)$/.exec(text) ?? []).slice(1).map(Number);
  if ([rows, columns].every((count) => count >= 1 && count <= 64)) return { rows, columns, accumulatorDepth };
  throw badInput(
    { where: '--array', wanted: 'ROWSxCOLUMNS, each 1 … 64', found: show(text) },
    'Give it as --array 16x16.',
  );
}

/** Verilog of the work folder's designs. */
function verilogOf(place: Workspace): ReadonlyMap<string, string> {
  if (!existsSync(place.rtlSet)) return new Map();
  return new Map(loadDesigns(place.rtlSet).map(({ design, verilog }) => [design, verilog]));
}
