import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, relative } from 'node:path';
import { badInput, show } from '../../base/errors.ts';
import { requireLibrary } from '../../explore/assignment-energy.ts';
import { checkImagesApart, sampleImages } from '../../explore/calibration-images.ts';
import { exploreNetwork } from '../../explore/explore.ts';
import { writeExplorationReport } from '../../report/exploration-report.ts';
import { readEnergyTable } from '../../synth/energy-table.ts';
import type { Command, CommandArguments } from '../command.ts';
import { describeExploration } from '../describe-exploration.ts';
import { SEARCH_OPTIONS, searchOptions } from '../explore-options.ts';
import { loadStore } from '../multiplier-store.ts';
import { openEvaluator, QUEUE_OPTIONS, queueChoice } from '../open-evaluator.ts';
import { choiceOption, inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { EMBEDDED, openDataset } from '../stages.ts';
import { isTuned, makeTuning, TUNING_OPTIONS, tuningOf } from '../tuning-options.ts';
import { workspaceOf } from '../workspace.ts';
import { DATASET_OPTIONS, LIBRARY_OPTION, MODEL_OPTIONS, modelOf, ROUNDED_OPERANDS } from './evaluate.ts';

/** Images that assignments are scored on unless the user asks for another number. */
const SCORED_IMAGES = 500;
const NO_TEST = 'none';

export const explore: Command = {
  name: 'explore',
  summary: 'search for assignments of multipliers to layers: accuracy loss against energy',
  options: {
    work: WORK_OPTION,
    name: { type: 'string', value: 'NAME', describe: 'keeps it in explore/NAME of the work folder' },
    ...MODEL_OPTIONS,
    calibration: {
      type: 'string',
      value: 'FILE',
      describe: `training images, of which a seeded slice scores assignments, or "${EMBEDDED}"`,
      default: EMBEDDED,
    },
    'calibration-images': {
      type: 'string',
      value: 'N',
      describe: 'images of that slice',
      default: String(SCORED_IMAGES),
    },
    ...DATASET_OPTIONS,
    dataset: {
      type: 'string',
      value: 'FILE',
      describe: `test images, for the final front alone; "${EMBEDDED}" or "${NO_TEST}"`,
      default: EMBEDDED,
    },
    table: inputOption('energy table', 'table/energy-table.json'),
    library: LIBRARY_OPTION,
    ...SEARCH_OPTIONS,
    ...TUNING_OPTIONS,
    workers: { type: 'string', value: 'N', describe: 'threads (default: as many as cores, at most 8)' },
    ...QUEUE_OPTIONS,
  },
  examples: [
    ['maxdnn explore', 'the embedded network with the multipliers of out/table'],
    [
      'maxdnn explore --level llam,flam-2 --families roup,exact --max-multipliers 3 --architecture power-gated',
      'at most three multipliers in the chip',
    ],
    [
      'maxdnn explore --calibration data_batch_1.bin --dataset test_batch.bin --stream layer-stream --generations 40',
      'energies of recorded operands',
    ],
  ],
  run: async (args, { onProgress, onNotice }) => {
    const place = workspaceOf(args);
    const options = searchOptions(args);
    const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
    const tuning = tuningOf(args);
    const queue = queueChoice(args);
    const workers = integerOption(args, 'workers', 0, 256) ?? Math.min(8, availableParallelism());
    const images = integerOption(args, 'images', 1, 2 ** 24);
    const scored = integerOption(args, 'calibration-images', 1, 2 ** 24) ?? SCORED_IMAGES;
    const folder = join(place.exploreDir, folderName(textOption(args, 'name')));
    loadStore(place.multipliersDir);
    const tablePath = textOption(args, 'table') ?? place.table;
    const table = readEnergyTable(tablePath);
    const library = textOption(args, 'library');
    requireLibrary(table, library === undefined ? undefined : { name: library }, tablePath);
    const training = openDataset(textOption(args, 'calibration') ?? EMBEDDED, 'calibration', undefined);
    const calibration = sampleImages(training, scored, options.budget.seed);
    const refineSlice =
      tuning.refineImages === undefined
        ? calibration
        : sampleImages(training, tuning.refineImages, options.budget.seed + 1);
    const testSource = textOption(args, 'dataset') ?? EMBEDDED;
    const test = testSource === NO_TEST ? undefined : openDataset(testSource, 'test', images);
    if (test !== undefined) checkImagesApart(refineSlice, test);
    const { network } = modelOf(args, place, true, onProgress);
    const { exploration, path, reused } = await exploreNetwork({
      ...options,
      network,
      calibration,
      calibrationSeed: options.budget.seed,
      ...(test === undefined ? {} : { test }),
      roundedOperand,
      table,
      ...(isTuned(tuning.choice)
        ? { tuning: makeTuning(network, calibration, refineSlice, roundedOperand, tuning) }
        : {}),
      startEvaluator: () =>
        openEvaluator(queue, { network, images: calibration, roundedOperand }, workers, onNotice),
      workers,
      folder,
      commandFor: (file) => commandFor(args, file),
      onProgress,
    });
    const page = join(folder, 'exploration.html');
    const htmlPath = reused && existsSync(page) ? page : writeExplorationReport(exploration, folder).htmlPath;
    const text = [
      describeExploration(exploration),
      '',
      ...(reused ? ['Nothing to do: the same exploration was finished before.'] : []),
      path,
      htmlPath,
      `${join(folder, 'assignments')}: one file per point; e.g. ${exploration.points[0]!.command}`,
    ];
    return { text: text.join('\n'), value: { path, reused, ...exploration } };
  },
};

/** @throws bad-input for a name that leads elsewhere */
function folderName(name: string | undefined): string {
  if (name === undefined) return '.';
  const [first, ...more] = relative('.', name).split(/[\\/]/);
  if (more.length === 0 && first !== '..' && first !== '') return name;
  throw badInput(
    { where: '--name', wanted: 'the name of a folder', found: show(name) },
    'Use letters, digits and dashes.',
  );
}

/** What of the command line also decides how an assignment is evaluated. */
const KEPT_OPTIONS = [
  'work',
  'model',
  'quantised',
  'network',
  'percentile',
  'calibration',
  'dataset',
  'images',
  'round',
  'table',
];

function commandFor(args: CommandArguments, file: string): string {
  const kept = KEPT_OPTIONS.flatMap((name) => {
    const value = textOption(args, name);
    const usual = explore.options[name]?.default;
    return value === undefined || value === usual || value === NO_TEST ? [] : [`--${name}`, quote(value)];
  });
  return ['maxdnn evaluate', '--assign', quote(file), ...kept].join(' ');
}

/** For a shell. */
function quote(text: string): string {
  return /^[\w./:,=+-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
