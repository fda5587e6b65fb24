import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { ASSIGNMENT_SCHEMA, type AssignmentEnergy } from '../../assign/assignment-schema.ts';
import { countAssignment } from '../../assign/count-assignment.ts';
import { writeAssignment } from '../../assign/write-assignment.ts';
import { digestOf } from '../../base/artifact.ts';
import { badInput, show } from '../../base/errors.ts';
import { applyVariants } from '../../dnn/apply-variants.ts';
import type { QuantisedNetwork } from '../../dnn/quantised-network.ts';
import { recordedNetwork } from '../../dnn/record-operands.ts';
import { priceAssignment, requireLibrary } from '../../explore/assignment-energy.ts';
import { NETWORK_STREAMS } from '../../explore/stream-comparison.ts';
import { readEnergyTable } from '../../synth/energy-table.ts';
import { nominalClockNs } from '../../synth/select-rows.ts';
import { ASSIGN_OPTIONS, type AssignChoice, assignChoice, digitsInUse } from '../assign-choice.ts';
import type { Command, CommandArguments } from '../command.ts';
import { describeAssignment } from '../describe-assignment.ts';
import { choiceOption, inputOption, textOption, WORK_OPTION } from '../options.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';
import { clockOf } from './energy.ts';
import { DATASET_OPTIONS, LIBRARY_OPTION, MODEL_OPTIONS, modelOf, ROUNDED_OPERANDS } from './evaluate.ts';

/** Says that no energies are wanted. */
const NO_TABLE = 'none';

export const assign: Command = {
  name: 'assign',
  summary: 'multipliers by layer, filter or kernel: an assignment file with its counts and energy',
  positionals: '[NAME|FILE]',
  options: {
    work: WORK_OPTION,
    ...ASSIGN_OPTIONS,
    ...MODEL_OPTIONS,
    table: inputOption(
      `energy table, or "${NO_TABLE}" for counts alone`,
      'table/energy-table.json if it is there',
    ),
    library: LIBRARY_OPTION,
    'clock-ns': {
      type: 'string',
      value: 'NS',
      describe: 'a clock target of the table (default: its nominal one)',
    },
    stream: {
      type: 'string',
      value: 'NAME',
      describe: `one operand stream of the table: ${NETWORK_STREAMS.join(', ')} (default: all)`,
    },
    round: DATASET_OPTIONS.round!,
    out: {
      type: 'string',
      value: 'FILE',
      describe:
        'where the assignment goes (default: assign/NAME.json in the work folder; of a FILE: nowhere)',
    },
    schema: { type: 'boolean', describe: 'print the JSON schema of assignment files, and do nothing else' },
  },
  examples: [
    [
      'maxdnn assign FLAM-3clas_2_1_1 --palette mul_booth_s8,mul_roup_s8_p1_r2,mul_roup_s8_p2_r4',
      'three classes of filters in every layer',
    ],
    [
      'maxdnn assign --level klam-row --multipliers mul_roup_s8_p2_r4,mul_booth_s8,mul_roup_s8_p2_r4 --skip 0.25sigma-small',
      'kernel rows; small weights are skipped',
    ],
    [
      'maxdnn assign mine.json --library NangateOpenCellLibrary --table out/table/energy-table.json',
      'a file with energies of another library',
    ],
  ],
  run: async (args, { onProgress }) => {
    if (args.schema === true) {
      return { text: JSON.stringify(ASSIGNMENT_SCHEMA, null, 1), value: ASSIGNMENT_SCHEMA };
    }
    const place = workspaceOf(args);
    const { network } = modelOf(args, place, true, onProgress);
    const choice = assignChoice(args, place, network);
    const { name, label, plan, variant, palette, isFile } = choice;
    const layers = new Map([...variant].map(([layer, { multiplier }]) => [layer, multiplier]));
    const energy = energyOf(args, place, network, choice);
    const counts = countAssignment(network, layers);
    const out = textOption(args, 'out') ?? (isFile ? undefined : join(place.assignDir, fileName(name)));
    if (out !== undefined && !/\.json$/i.test(out)) {
      throw badInput(
        { where: '--out', wanted: 'a file that ends in .json', found: show(out) },
        'Name it mine.json.',
      );
    }
    const written =
      out === undefined
        ? undefined
        : writeAssignment(out, {
            network,
            variant,
            ...(plan === undefined ? {} : { plan }),
            ...(label === undefined ? {} : { label }),
            ...(energy === undefined ? {} : { energy }),
          });
    const used = Object.values(counts.layers).flatMap(({ byMultiplier }) => Object.keys(byMultiplier));
    const title = `${label ?? name} for ${network.name}: ${counts.multiplicationsPerImage} multiplications per image`;
    const text = describeAssignment(title, digitsInUse(palette, used), counts, energy);
    const paths = written === undefined ? [] : ['', ...Object.values(written)];
    return {
      text: [text, ...paths].join('\n'),
      value: { ...written, name: label ?? name, counts, ...(energy === undefined ? {} : { energy }) },
    };
  },
};

/** Energies of the table that is named, or that the work folder has. */
function energyOf(
  args: CommandArguments,
  place: Workspace,
  network: QuantisedNetwork,
  { library, variant }: AssignChoice,
): AssignmentEnergy | undefined {
  const given = textOption(args, 'table');
  const path = given ?? (existsSync(place.table) ? place.table : NO_TABLE);
  const stream = choiceOption(args, 'stream', NETWORK_STREAMS);
  const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
  const stated = textOption(args, 'library');
  if (path === NO_TABLE) {
    const useless = ['library', 'clock-ns', 'stream'].find(
      (option) => textOption(args, option) !== undefined,
    );
    if (useless === undefined) return undefined;
    throw badInput(
      {
        where: `--${useless}`,
        wanted: 'an energy table (--table FILE)',
        found: given ?? `none at ${place.table}`,
      },
      'Make one: maxdnn table.',
    );
  }
  const table = readEnergyTable(path);
  requireLibrary(table, stated === undefined ? library : { name: stated }, path);
  const tuned = applyVariants(network, variant);
  return priceAssignment(network, tuned.assignment, table, path, {
    roundedOperand,
    recordedIn: recordedNetwork(tuned.network, { assignment: tuned.assignment, roundedOperand }).sha256,
    clockNs: clockOf(args, table, nominalClockNs(table)),
    ...(stream === undefined ? {} : { streams: [stream] }),
  });
}

/** A name that stands for a file, however many layers it tells. */
function fileName(name: string): string {
  return `${name.length <= 100 ? name : `${name.slice(0, 80)}-${digestOf(name).slice(0, 8)}`}.json`;
}
