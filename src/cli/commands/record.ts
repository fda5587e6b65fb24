import { readAssignment } from '../../assign/assignment-file.ts';
import { badInput } from '../../base/errors.ts';
import type { OnProgress } from '../../base/progress.ts';
import { applyVariants } from '../../dnn/apply-variants.ts';
import type { Dataset } from '../../dnn/data/dataset.ts';
import {
  type OperandFile,
  operandInputs,
  reusableOperands,
  type StoredOperands,
  writeOperands,
} from '../../dnn/operand-file.ts';
import type { QuantisedNetwork } from '../../dnn/quantised-network.ts';
import {
  type ApproximateInference,
  DEFAULT_IMAGES,
  DEFAULT_PAIRS,
  type RecordOptions,
  recordedNetwork,
  recordOperands,
  STREAM_FACTOR,
} from '../../dnn/record-operands.ts';
import { DEFAULT_ARRAY } from '../../dnn/record-operands-schedule.ts';
import type { Command, CommandArguments } from '../command.ts';
import { choiceOption, inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { resolveMultiplier } from '../resolve-multiplier.ts';
import { CALIBRATION_IMAGES, EMBEDDED, openDataset } from '../stages.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';
import { modelOf, ROUNDED_OPERANDS } from './evaluate.ts';
import { NETWORK_OPTION, PERCENTILE_OPTION } from './quantise.ts';

export const record: Command = {
  name: 'record',
  summary:
    "operands of each layer on training images, at random and in a MAC array's order, for the energy table",
  options: {
    work: WORK_OPTION,
    model: {
      type: 'string',
      value: 'FILE',
      describe: `network (.json), ONNX (.onnx), TensorFlow Lite (.tflite) or graph (.pb), or "${EMBEDDED}" (default: --quantised)`,
    },
    quantised: inputOption('quantised network', 'network/quantised.json, else one is made of --network'),
    network: NETWORK_OPTION,
    calibration: {
      type: 'string',
      value: 'FILE',
      describe: `where a float network is quantised: training images that set the activation scales, or "${EMBEDDED}" (the default)`,
    },
    percentile: PERCENTILE_OPTION,
    dataset: {
      type: 'string',
      value: 'FILE',
      describe: `training images (formats: docs/datasets.md), or "${EMBEDDED}": the ${CALIBRATION_IMAGES} that set its scales`,
      default: EMBEDDED,
    },
    assign: {
      type: 'string',
      value: 'FILE',
      describe: 'multipliers and tuned constants of an assignment (.json), instead of exact inference',
    },
    round: {
      type: 'string',
      value: 'OPERAND',
      describe: 'with --assign: operand on port a, activations (the default) or weights',
    },
    images: {
      type: 'string',
      value: 'N',
      describe: `images drawn from them (default: ${DEFAULT_IMAGES}, or all of fewer)`,
    },
    pairs: {
      type: 'string',
      value: 'N',
      describe: `pairs per layer in random order; ${STREAM_FACTOR} times as many in the array's order`,
      default: String(DEFAULT_PAIRS),
    },
    seed: { type: 'string', value: 'N', describe: 'seed of everything that is drawn', default: '1' },
    rows: {
      type: 'string',
      value: 'N',
      describe: 'array: elements along the input channels',
      default: String(DEFAULT_ARRAY.rows),
    },
    columns: {
      type: 'string',
      value: 'N',
      describe: 'array: elements along the filters',
      default: String(DEFAULT_ARRAY.columns),
    },
    'accumulator-depth': {
      type: 'string',
      value: 'N',
      describe: 'array: sums per column, the most activations that pass a weight before the next',
      default: String(DEFAULT_ARRAY.accumulatorDepth),
    },
  },
  examples: [
    ['maxdnn record', 'the network of the work folder on the embedded training images'],
    ['maxdnn record --dataset train.bin --rows 8 --columns 8', 'other images, a smaller array'],
    [
      'maxdnn record --assign plan.json --quantised out/network/quantised.json --work out/plan',
      'the operands of a plan, with its weights and in its approximate inference',
    ],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const array = {
      rows: integerOption(args, 'rows', 1, 64) ?? DEFAULT_ARRAY.rows,
      columns: integerOption(args, 'columns', 1, 64) ?? DEFAULT_ARRAY.columns,
      accumulatorDepth:
        integerOption(args, 'accumulator-depth', 1, 2 ** 20) ?? DEFAULT_ARRAY.accumulatorDepth,
    };
    const pairs = integerOption(args, 'pairs', 64, 2 ** 20) ?? DEFAULT_PAIRS;
    const seed = integerOption(args, 'seed', 0, 2 ** 32 - 1) ?? 1;
    const asked = integerOption(args, 'images', 1, 2 ** 24);
    const source = textOption(args, 'dataset') ?? EMBEDDED;
    const dataset = openDataset(source, 'calibration', source === EMBEDDED ? CALIBRATION_IMAGES : undefined);
    const images = asked ?? Math.min(DEFAULT_IMAGES, dataset.images);
    const model = modelOf(args, place, true, onProgress);
    const { network, ...approximate } = approximateNetwork(args, place, model.network);
    const options = { array, pairs, seed, images, ...approximate };
    const { file, reused } = recordStage(place.operands, network, dataset, options, onProgress);
    return {
      text: [...describe(file), place.operands].join('\n'),
      value: { path: place.operands, reused, ...file },
    };
  },
};

/** The network with the constants of --assign, and its multipliers; as it is without. */
function approximateNetwork(
  args: CommandArguments,
  place: Workspace,
  network: QuantisedNetwork,
): { readonly network: QuantisedNetwork; readonly approximate?: ApproximateInference } {
  const path = textOption(args, 'assign');
  const round = choiceOption(args, 'round', ROUNDED_OPERANDS);
  if (path === undefined) {
    if (round === undefined) return { network };
    throw badInput(
      { where: '--round', wanted: '--assign beside it', found: 'none' },
      'Exact inference rounds no operand.',
    );
  }
  const { variant } = readAssignment(path, network, (name, where) => resolveMultiplier(name, place, where));
  const applied = applyVariants(network, variant);
  const roundedOperand = round ?? 'activations';
  return { network: applied.network, approximate: { assignment: applied.assignment, roundedOperand } };
}

type RecordChoice = Required<Omit<RecordOptions, 'onProgress' | 'approximate'>> &
  Pick<RecordOptions, 'approximate'>;

/** What is recorded unless the user asks for something else. */
export function recordOptions(dataset: Dataset): RecordChoice {
  const images = Math.min(DEFAULT_IMAGES, dataset.images);
  return { array: DEFAULT_ARRAY, pairs: DEFAULT_PAIRS, seed: 1, images };
}

/** Records the operands of a network unless the same was done before; writes operands.json and operands.bin. */
export function recordStage(
  path: string,
  network: QuantisedNetwork,
  dataset: Dataset,
  options: RecordChoice,
  onProgress: OnProgress,
): StoredOperands & { readonly reused: boolean } {
  const origin = {
    network: recordedNetwork(network, options.approximate),
    dataset: { name: dataset.name, sha256: dataset.sha256 },
  };
  const { array, pairs, seed, images: count } = options;
  const inputs = operandInputs(origin, { array, pairs, seed, images: count });
  const stored = reusableOperands(path, inputs);
  if (stored !== undefined) {
    const { images } = options;
    onProgress({ stage: 'record', done: images, total: images, unit: 'images', reused: true });
    return { ...stored, reused: true };
  }
  const made = recordOperands(network, dataset, { ...options, onProgress });
  return { ...writeOperands(path, made, inputs), reused: false };
}

/** What was recorded, a line per layer. */
function describe({ network, dataset, images, array, layers }: OperandFile): readonly string[] {
  const { rows, columns, accumulatorDepth } = array;
  const lines = layers.map(({ layer, sequences, ...own }) => [
    layer,
    String(own.multiplicationsPerImage),
    String(own.activationsPerWeight),
    `${own.activationRange.low} … ${own.activationRange.high}`,
    `${own.weightRange.low} … ${own.weightRange.high}`,
    (100 * sequences['layer-iid'].zeroActivations).toFixed(1),
    (100 * sequences['layer-stream'].zeroActivations).toFixed(1),
    String(sequences['layer-iid'].pairs),
    String(sequences['layer-stream'].pairs),
  ]);
  const table = [HEAD, ...lines];
  const widths = HEAD.map((_, column) => Math.max(...table.map((row) => row[column]!.length)));
  const format = (row: readonly string[]): string =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!))).join('  ');
  return [
    `${network.name}, ${images.length} images of ${dataset.name}; array ${rows} × ${columns}, ${accumulatorDepth} sums per column`,
    ...table.map(format),
  ];
}

const HEAD = [
  'layer',
  'products/image',
  'per weight',
  'activations',
  'weights',
  '0 iid %',
  '0 stream %',
  'pairs iid',
  'pairs stream',
] as const;
