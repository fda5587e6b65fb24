import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type AssignmentOfFile, readAssignment } from '../../assign/assignment-file.ts';
import { badInput, show } from '../../base/errors.ts';
import type { OnProgress } from '../../base/progress.ts';
import type { RoundedOperand } from '../../dnn/assignment.ts';
import type { QuantisedNetwork } from '../../dnn/quantised-network.ts';
import {
  isEqualisedNetwork,
  isImportedNetwork,
  readQuantisedNetwork,
} from '../../dnn/quantised-network-file.ts';
import {
  findMissingRows,
  MISSING_ROWS_HINT,
  requireLibrary,
  type StatedLibrary,
} from '../../explore/assignment-energy.ts';
import type { BatchNormMode } from '../../explore/batch-norm-mode.ts';
import { energiesOf } from '../../explore/multiplier-energies.ts';
import { designName } from '../../multiplier/spec.ts';
import { writeAccuracyPage } from '../../report/accuracy-page.ts';
import { loadDesigns } from '../../rtl/rtl-set.ts';
import { type EnergyTable, readEnergyTable } from '../../synth/energy-table.ts';
import { BATCH_NORM_OPTIONS, batchNormOption } from '../batch-norm-option.ts';
import type { Command, CommandArguments, CommandOption } from '../command.ts';
import { describeClasses, describeEvaluation } from '../describe-evaluation.ts';
import { describeImageEnergy } from '../describe-image-energy.ts';
import { type OpenedModel, openModel } from '../open-model.ts';
import { choiceOption, inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { resolveMultiplier } from '../resolve-multiplier.ts';
import { CALIBRATION_IMAGES, EMBEDDED, evaluateStage, openDataset, openFloatNetwork } from '../stages.ts';
import { unseenImages } from '../unseen-images.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';
import { NETWORK_OPTION, networkSource, PERCENTILE_OPTION, percentileOption } from './quantise.ts';

export const DATASET_OPTIONS: Readonly<Record<string, CommandOption>> = {
  dataset: {
    type: 'string',
    value: 'FILE',
    describe: `test images (formats: docs/datasets.md), or "${EMBEDDED}"`,
    default: EMBEDDED,
  },
  images: {
    type: 'string',
    value: 'N',
    describe: 'first N test images (default: all of a file, 1000 embedded)',
  },
  round: {
    type: 'string',
    value: 'OPERAND',
    describe: 'operand on port a, the rounded one: activations or weights; the other is perforated',
    default: 'activations',
  },
};

/** Options of modelOf. */
export const MODEL_OPTIONS: Readonly<Record<string, CommandOption>> = {
  model: {
    type: 'string',
    value: 'FILE',
    describe: `network (.json), ONNX (.onnx), TensorFlow Lite (.tflite) or graph (.pb), or "${EMBEDDED}" (default: --quantised)`,
  },
  quantised: inputOption('quantised network', 'network/quantised.json'),
  network: NETWORK_OPTION,
  calibration: {
    type: 'string',
    value: 'FILE',
    describe: `with --model: training images that set the activation scales, or "${EMBEDDED}" (the default)`,
  },
  percentile: PERCENTILE_OPTION,
};

/** Option that says which library the energies must be of. */
export const LIBRARY_OPTION: CommandOption = {
  type: 'string',
  value: 'NAME',
  describe:
    'name of the library that the energies must be of (default: the one that an assignment file states)',
};

export const ROUNDED_OPERANDS: readonly RoundedOperand[] = ['activations', 'weights'];

export const evaluate: Command = {
  name: 'evaluate',
  summary:
    'accuracy of a network with a multiplier everywhere, with multipliers by layer, or with each design',
  options: {
    work: WORK_OPTION,
    mul: {
      type: 'string',
      value: 'NAME',
      describe: 'one multiplier, used everywhere: a design name, one that was added, or a spec file',
    },
    assign: { type: 'string', value: 'FILE', describe: 'multipliers by layer, an assignment (.json)' },
    rtl: inputOption('without --mul and --assign: each design of an rtl.json', 'rtl/rtl.json'),
    ...MODEL_OPTIONS,
    table: inputOption('energy table, for the energy per image', 'table/energy-table.json if it is there'),
    library: LIBRARY_OPTION,
    ...DATASET_OPTIONS,
    'skip-images': {
      type: 'string',
      value: 'N',
      describe: 'leave out the first N test images',
      default: '0',
    },
    'unseen-by': {
      type: 'string',
      value: 'FILE',
      describe:
        'leave out the images that explore or tune drew: its exploration.json or .tunings.json; --dataset is its --calibration file',
    },
    ...BATCH_NORM_OPTIONS,
  },
  examples: [
    ['maxdnn evaluate --mul mul_roup_s8_p1_r2', 'the embedded network and images with one multiplier'],
    ['maxdnn evaluate --model net.json --dataset test_batch.bin --assign mine.json', 'multipliers by layer'],
    ['maxdnn evaluate --images 200', 'each design of out/rtl on 200 embedded images'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const chosen = choiceOfMultipliers(args);
    const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
    const images = integerOption(args, 'images', 1, 2 ** 24);
    const tablePath = textOption(args, 'table') ?? (existsSync(place.table) ? place.table : undefined);
    const batchNorm = batchNormOption(args);
    const dataset = unseenImages(
      openDataset(textOption(args, 'dataset') ?? EMBEDDED, 'test', images),
      integerOption(args, 'skip-images', 0, 2 ** 24) ?? 0,
      textOption(args, 'unseen-by'),
    );
    const multipliers = multipliersNamed(args, place);
    const model = modelOf(args, place, chosen !== undefined, onProgress);
    if (batchNorm.mode !== 'fixed') refuseEqualised(textOption(args, 'quantised') ?? place.quantisedNetwork);
    const { designs, assignments, name } = multipliers(model);
    const table = tablePath === undefined ? undefined : readEnergyTable(tablePath);
    checkEnergies(args, tablePath, table, assignments, model.network, roundedOperand);
    const outPath =
      name === undefined
        ? place.evaluation
        : join(dirname(place.evaluation), folderName(name, batchNorm.mode), basename(place.evaluation));
    const evaluation = await evaluateStage({
      place,
      designs,
      assignments,
      ...model,
      dataset,
      roundedOperand,
      batchNorm,
      table,
      outPath,
      onProgress,
    });
    const text = [describeEvaluation(evaluation), ...describeImageEnergy(evaluation)].join('\n');
    if (name === undefined) return { text: `${text}\n${outPath}`, value: { path: outPath, ...evaluation } };
    const { htmlPath, markdownPath } = writeAccuracyPage(evaluation, dirname(outPath));
    return {
      text: [text, '', describeClasses(evaluation), '', outPath, htmlPath, markdownPath].join('\n'),
      value: { path: outPath, htmlPath, markdownPath, ...evaluation },
    };
  },
};

/** Evaluations with other batch norm statistics stand beside each other. */
function folderName(name: string, mode: BatchNormMode): string {
  return mode === 'fixed' ? name : `${name}-${mode}`;
}

/** @throws bad-input for a network whose batch norms are not those of the float network */
function refuseEqualised(path: string): void {
  if (!isEqualisedNetwork(path)) return;
  throw badInput(
    { where: '--batch-norm', wanted: 'fixed, for a network with equalised channels', found: path },
    'Its batch norms are scaled by channel: quantise it without --equalise to measure them again.',
  );
}

/** Which of --mul and --assign was given. @throws bad-input when both are */
function choiceOfMultipliers(args: CommandArguments): 'mul' | 'assign' | undefined {
  const mul = textOption(args, 'mul');
  const assign = textOption(args, 'assign');
  if (mul !== undefined && assign !== undefined) {
    throw badInput(
      { where: '--assign', wanted: 'no --mul beside it', found: `--mul ${mul}` },
      'An assignment file has a "default" multiplier for the layers that it does not name.',
    );
  }
  return mul !== undefined ? 'mul' : assign !== undefined ? 'assign' : undefined;
}

type ChosenMultipliers = Pick<Parameters<typeof evaluateStage>[0], 'designs'> & {
  readonly assignments: readonly AssignmentOfFile[];
  /** What the evaluation is called; absent for that of all designs. */
  readonly name?: string;
};

/**
 * Refuses an energy table of another library than the user or an assignment states, and one that the user names but that
 * lacks a multiplier of an assignment.
 */
function checkEnergies(
  args: CommandArguments,
  where: string | undefined,
  table: EnergyTable | undefined,
  assignments: readonly AssignmentOfFile[],
  network: QuantisedNetwork,
  roundedOperand: RoundedOperand,
): void {
  if (table === undefined || where === undefined) return;
  for (const library of statedLibraries(args, assignments)) requireLibrary(table, library, where);
  if (textOption(args, 'table') === undefined) return;
  const energies = energiesOf(table, network, roundedOperand);
  const faults = assignments.flatMap(({ layers }) =>
    findMissingRows(network, layers, energies, table, where),
  );
  if (faults.length > 0) throw badInput(faults, MISSING_ROWS_HINT);
}

/** The library of --library, else those that assignment files state. */
export function statedLibraries(
  args: CommandArguments,
  assignments: readonly AssignmentOfFile[],
): readonly StatedLibrary[] {
  const name = textOption(args, 'library');
  if (name !== undefined) return [{ name }];
  return assignments.flatMap(({ energy }) => (energy === undefined ? [] : [energy.library]));
}

/** The multipliers of --mul, --assign or --rtl; what a model is not needed for is checked at once. */
function multipliersNamed(
  args: CommandArguments,
  place: Workspace,
): (model: OpenedModel) => ChosenMultipliers {
  const mul = textOption(args, 'mul');
  if (mul !== undefined) {
    const spec = resolveMultiplier(mul, place);
    const design = designName(spec);
    return () => ({ designs: [{ design, spec }], assignments: [], name: design });
  }
  const path = textOption(args, 'assign');
  if (path !== undefined) {
    return ({ network }) => {
      const resolve = (name: string, where: string) => resolveMultiplier(name, place, where);
      const assignment = readAssignment(path, network, resolve);
      return { designs: [], assignments: [assignment], name: assignment.name };
    };
  }
  const designs = loadDesigns(textOption(args, 'rtl') ?? place.rtlSet);
  return () => ({ designs, assignments: [] });
}

/** The network of --model; else the quantised one of the work folder, else (with --mul, --assign) the float one. */
export function modelOf(
  args: CommandArguments,
  place: Workspace,
  isFloatEnough: boolean,
  onProgress: OnProgress,
): OpenedModel {
  const quantised = textOption(args, 'quantised');
  const isThere = quantised !== undefined || existsSync(place.quantisedNetwork);
  const given = textOption(args, 'model');
  const beside = given === undefined ? [] : ['quantised', 'network'].filter((name) => textOption(args, name));
  if (beside.length > 0) {
    throw badInput(
      { where: '--model', wanted: `no --${beside[0]} beside it`, found: show(given) },
      '--model names the network, whatever kind of file it is.',
    );
  }
  const model = given ?? (isFloatEnough && !isThere ? networkSource(args, place) : undefined);
  if (model === undefined) {
    const path = quantised ?? place.quantisedNetwork;
    const network = readQuantisedNetwork(path);
    // A model that was int8 already has no float network beside it, unless the user names one.
    if (isImportedNetwork(path) && textOption(args, 'network') === undefined) return { network };
    return { network, floatNetwork: openFloatNetwork(networkSource(args, place)) };
  }
  const calibration = textOption(args, 'calibration');
  return openModel(model, {
    place,
    calibration: () => openDataset(calibration ?? EMBEDDED, 'calibration', CALIBRATION_IMAGES),
    allCalibration: () => openDataset(calibration ?? EMBEDDED, 'calibration', undefined),
    isCalibrationGiven: calibration !== undefined,
    percentile: percentileOption(args),
    onProgress,
  });
}
