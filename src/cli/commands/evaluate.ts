import { existsSync } from 'node:fs';
import type { RoundedOperand } from '../../dnn/assignment.ts';
import { readQuantisedNetwork } from '../../dnn/quantised-network-file.ts';
import type { Evaluation } from '../../explore/evaluation.ts';
import { loadDesigns } from '../../rtl/rtl-set.ts';
import { readEnergyTable } from '../../synth/energy-table.ts';
import type { Command, CommandOption } from '../command.ts';
import { choiceOption, inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { EMBEDDED, evaluateStage, openDataset, openFloatNetwork } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';
import { NETWORK_OPTION, networkSource } from './quantise.ts';

export const DATASET_OPTIONS: Readonly<Record<string, CommandOption>> = {
  dataset: {
    type: 'string',
    value: 'FILE',
    describe: `test images (CIFAR-10 records), or "${EMBEDDED}"`,
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

export const ROUNDED_OPERANDS: readonly RoundedOperand[] = ['activations', 'weights'];

export const evaluate: Command = {
  name: 'evaluate',
  summary: 'accuracy of the quantised network with each multiplier used everywhere',
  options: {
    work: WORK_OPTION,
    rtl: inputOption('designs, an rtl.json', 'rtl/rtl.json'),
    quantised: inputOption('quantised network', 'network/quantised.json'),
    network: NETWORK_OPTION,
    table: inputOption('energy table, for the energy per image', 'table/energy-table.json if it is there'),
    ...DATASET_OPTIONS,
  },
  examples: [
    ['maxdnn evaluate --images 200', 'the designs of out/rtl on 200 embedded images'],
    [
      'maxdnn evaluate --dataset test_batch.bin --round weights',
      'CIFAR-10, weights rounded, activations perforated',
    ],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
    const images = integerOption(args, 'images', 1, 2 ** 24);
    const tablePath = textOption(args, 'table') ?? (existsSync(place.table) ? place.table : undefined);
    const evaluation = await evaluateStage({
      place,
      designs: loadDesigns(textOption(args, 'rtl') ?? place.rtlSet),
      network: readQuantisedNetwork(textOption(args, 'quantised') ?? place.quantisedNetwork),
      floatNetwork: openFloatNetwork(networkSource(args, place)),
      dataset: openDataset(textOption(args, 'dataset') ?? EMBEDDED, 'test', images),
      roundedOperand,
      table: tablePath === undefined ? undefined : readEnergyTable(tablePath),
      onProgress,
    });
    return {
      text: `${describeEvaluation(evaluation)}\n${place.evaluation}`,
      value: { path: place.evaluation, ...evaluation },
    };
  },
};

/** Accuracies as text, one line per design. */
export function describeEvaluation({
  network,
  dataset,
  roundedOperand,
  float,
  exact,
  rows,
}: Evaluation): string {
  const percent = (value: number): string => (100 * value).toFixed(2).padStart(6);
  const width = Math.max(...rows.map(({ design }) => design.length));
  return [
    `${network.name} on ${dataset.images} images of ${dataset.name}, ${roundedOperand} rounded`,
    ...(float === undefined ? [] : [`${'float32'.padEnd(width)} ${percent(float.accuracy)} %`]),
    `${'exact int8'.padEnd(width)} ${percent(exact.accuracy)} %`,
    ...rows.map(({ design, accuracy, changePoints, changeHalfWidth95Points }) => {
      const change = `${changePoints.toFixed(2).padStart(6)} ± ${changeHalfWidth95Points.toFixed(2)} points`;
      return `${design.padEnd(width)} ${percent(accuracy)} %  ${change}`;
    }),
  ].join('\n');
}
