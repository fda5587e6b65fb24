import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { readAssignment } from '../../assign/assignment-file.ts';
import { writeAssignment } from '../../assign/write-assignment.ts';
import { artifactHeader, writeArtifact } from '../../base/artifact.ts';
import { badInput } from '../../base/errors.ts';
import type { NetworkVariant } from '../../dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork, quantisedNetworkDigest } from '../../dnn/quantised-network.ts';
import { checkImagesApart, sampleImages } from '../../explore/calibration-images.ts';
import { compareTunings, TUNING_STEPS, type TuningComparison } from '../../explore/compare-tunings.ts';
import { startLocalEvaluator } from '../../explore/local-evaluator.ts';
import { designName } from '../../multiplier/spec.ts';
import type { Command, CommandArguments } from '../command.ts';
import { describeTunings } from '../describe-tunings.ts';
import { choiceOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { resolveMultiplier } from '../resolve-multiplier.ts';
import { EMBEDDED, openDataset } from '../stages.ts';
import { TUNINGS_FORMAT_VERSION, type Tunings } from '../tunings.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';
import { DATASET_OPTIONS, MODEL_OPTIONS, modelOf, ROUNDED_OPERANDS } from './evaluate.ts';

const TUNING_IMAGES = 500;
const SEED = 1;

export const tune: Command = {
  name: 'tune',
  summary:
    'constants for given multipliers, tuned in every way: what each is worth, and the best one as a file',
  options: {
    work: WORK_OPTION,
    mul: { type: 'string', value: 'NAME', describe: 'one multiplier, used everywhere' },
    assign: { type: 'string', value: 'FILE', describe: 'multipliers by layer, an assignment (.json)' },
    ...MODEL_OPTIONS,
    calibration: {
      type: 'string',
      value: 'FILE',
      describe: `training images to tune on, or "${EMBEDDED}"`,
      default: EMBEDDED,
    },
    'calibration-images': {
      type: 'string',
      value: 'N',
      describe: 'images of a seeded slice of them',
      default: String(TUNING_IMAGES),
    },
    ...DATASET_OPTIONS,
    only: {
      type: 'string',
      value: 'NAME',
      describe:
        'one way of tuning, as the table names it, instead of all: "compensated + scale, layer by layer"',
    },
  },
  examples: [
    ['maxdnn tune --mul mul_roup_s8_p2_r4', 'the embedded network and images'],
    ['maxdnn tune --assign mine.json --calibration train.bin --dataset test.bin', 'multipliers by layer'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
    const images = integerOption(args, 'calibration-images', 1, 2 ** 24) ?? TUNING_IMAGES;
    const way = choiceOption(
      args,
      'only',
      TUNING_STEPS.map(({ name }) => name),
    );
    const only = way === undefined ? {} : { only: [way] };
    const { network } = modelOf(args, place, true, onProgress);
    const { name, variant } = multipliersOf(args, place, network);
    const training = openDataset(textOption(args, 'calibration') ?? EMBEDDED, 'calibration', undefined);
    const calibration = sampleImages(training, images, SEED);
    const tested = integerOption(args, 'images', 1, 2 ** 24);
    const test = openDataset(textOption(args, 'dataset') ?? EMBEDDED, 'test', tested);
    checkImagesApart(calibration, test);
    const workers = Math.min(8, availableParallelism());
    const evaluator = startLocalEvaluator({ network, images: calibration, roundedOperand }, { workers });
    let comparison: TuningComparison;
    try {
      const common = { network, variant, roundedOperand, calibration, test, workers, onProgress, ...only };
      comparison = await compareTunings({ ...common, evaluator });
    } finally {
      await evaluator.close();
    }
    const best = [...comparison.results].sort((x, y) => x.calibration.klNats - y.calibration.klNats)[0]!;
    const path = join(place.tuneDir, `${name}.json`);
    writeAssignment(path, { network, variant: best.variant });
    const reportPath = join(place.tuneDir, `${name}.tunings.json`);
    const inputs = {
      network: quantisedNetworkDigest(network),
      calibration: calibration.sha256,
      test: test.sha256,
    };
    const results = comparison.results.map(({ variant: _variant, ...figures }) => figures);
    const artifact: Tunings = {
      ...artifactHeader('tunings', TUNINGS_FORMAT_VERSION, inputs),
      assignment: name,
      roundedOperand,
      seed: SEED,
      ...(comparison.exact === undefined ? {} : { exact: comparison.exact }),
      results,
    };
    writeArtifact(reportPath, artifact);
    const title = `${network.name} with ${name}, tuned on ${calibration.images} training images of ${calibration.name}; tested on ${test.images} of ${test.name}`;
    const lines = [title, ...describeTunings(comparison), '', `${path}: ${best.name}`, reportPath];
    return { text: lines.join('\n'), value: { path, reportPath, ...artifact } };
  },
};

/** The multipliers of --mul or --assign. @throws bad-input unless one of them is given */
function multipliersOf(
  args: CommandArguments,
  place: Workspace,
  network: QuantisedNetwork,
): { readonly name: string; readonly variant: NetworkVariant } {
  const mul = textOption(args, 'mul');
  const path = textOption(args, 'assign');
  if ((mul === undefined) === (path === undefined)) {
    throw badInput(
      { where: '--mul', wanted: 'either --mul or --assign', found: mul === undefined ? 'neither' : 'both' },
      'For example maxdnn tune --mul mul_roup_s8_p2_r4.',
    );
  }
  if (path !== undefined) {
    const resolve = (name: string, where: string) => resolveMultiplier(name, place, where);
    const { variant } = readAssignment(path, network, resolve);
    return { name: `${basename(path).replace(/\.json$/i, '')}-tuned`, variant };
  }
  const multiplier = resolveMultiplier(mul!, place);
  const names = network.layers.filter(isWeighted).map((layer) => layer.name);
  return { name: designName(multiplier), variant: new Map(names.map((name) => [name, { multiplier }])) };
}
