import { join, resolve } from 'node:path';
import { artifactHeader, digestOf, writeArtifact } from '../../base/artifact.ts';
import type { OnProgress } from '../../base/progress.ts';
import { imageCodes, sliceDataset } from '../../dnn/data/dataset.ts';
import { multiplierDigest } from '../../dnn/layer-digest.ts';
import { quantisedNetworkDigest } from '../../dnn/quantised-network.ts';
import { compareLevels } from '../../silicon/compare.ts';
import { estimateSilicon, type SiliconEstimate } from '../../silicon/estimate.ts';
import { checkSram, DEFAULT_SRAM } from '../../silicon/sram.ts';
import { identifyLibrary } from '../../synth/library-files.ts';
import { DEFAULT_CONDITIONS } from '../../synth/price.ts';
import {
  type AcceleratorChoice,
  ARRAY_OPTIONS,
  acceleratorChoice,
  CLOCK_OPTION,
  clockOption,
} from '../array-options.ts';
import type { Command, CommandArguments } from '../command.ts';
import { describeSilicon } from '../describe-silicon.ts';
import { integerOption, numberOrText, textOption, WORK_OPTION } from '../options.ts';
import { EMBEDDED, openDataset, openLibrary } from '../stages.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';
import { DATASET_OPTIONS } from './evaluate.ts';

const SILICON_FORMAT_VERSION = 1;

export const synthArray: Command = {
  name: 'synth-array',
  summary:
    'silicon estimate of a MAC-array accelerator: area by block, fmax, energy of an image from RTL activity',
  positionals: '[CONFIGURATION]',
  options: {
    work: WORK_OPTION,
    ...ARRAY_OPTIONS,
    baseline: {
      type: 'string',
      value: 'MULTIPLIER',
      describe:
        'the multiplier that gains are reckoned against, in an array of the same size with the network as it was quantised; none: no comparison',
      default: 'mul_behavioural_s8',
    },
    'clock-ns': CLOCK_OPTION,
    liberty: { type: 'string', value: 'FILE', describe: 'Liberty library (default: the embedded one, typ)' },
    dataset: DATASET_OPTIONS.dataset!,
    image: { type: 'string', value: 'N', describe: 'image that is run, counted from 0', default: '0' },
    windows: {
      type: 'string',
      value: 'N',
      describe: 'windows of the image that are replayed, about',
      default: '48',
    },
    'window-cycles': { type: 'string', value: 'N', describe: 'cycles of a window', default: '128' },
    sample: { type: 'string', value: 'N', describe: 'elements that are replayed', default: '8' },
    'sram-area': {
      type: 'string',
      value: 'UM2',
      describe: 'area of the memories per bit, um2',
      default: String(DEFAULT_SRAM.um2PerBit),
    },
    'sram-energy': {
      type: 'string',
      value: 'FACTOR',
      describe: 'factor on the published energy per access',
      default: String(DEFAULT_SRAM.energyFactor),
    },
    out: {
      type: 'string',
      value: 'DIR',
      describe: 'where everything goes (default: silicon in the work folder)',
    },
  },
  examples: [
    ['maxdnn synth-array 4x4 --mul mul_roup_s8_p2_r4', 'one multiplier beside the exact one'],
    ['maxdnn synth-array 16x16 --assign mine.json --clock-ns 3', 'an assignment'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const clockNs = clockOption(args);
    const number = (option: string): number => Number(numberOrText(textOption(args, option) ?? ''));
    const sram = { um2PerBit: number('sram-area'), energyFactor: number('sram-energy') };
    checkSram(sram);
    const windows = integerOption(args, 'windows', 1, 2000) ?? 48;
    const windowCycles = integerOption(args, 'window-cycles', 8, 4096) ?? 128;
    const elements = integerOption(args, 'sample', 1, 64) ?? 8;
    const index = integerOption(args, 'image', 0, 2 ** 20) ?? 0;
    const library = await openLibrary(place, textOption(args, 'liberty'));
    const dataset = openDataset(textOption(args, 'dataset') ?? EMBEDDED, 'test', index + 1);
    const image = imageCodes(sliceDataset(dataset, index, 1), 0);
    const choice = acceleratorChoice(args, place, onProgress);
    const outFolder = resolve(textOption(args, 'out') ?? place.siliconDir);
    const baseline = textOption(args, 'baseline');
    const choices =
      baseline === undefined || baseline === 'none'
        ? [choice]
        : withBaseline(baselineOf(args, baseline, place, onProgress), choice);
    const estimates: SiliconEstimate[] = [];
    for (const own of choices) {
      estimates.push(
        await estimateSilicon({
          ...own,
          image,
          library,
          conditions: DEFAULT_CONDITIONS,
          clockNs,
          sram,
          windows,
          windowCycles,
          elements,
          outFolder,
          onProgress,
        }),
      );
    }
    const [first, second] = estimates;
    const value = {
      ...artifactHeader('silicon', SILICON_FORMAT_VERSION, {
        network: quantisedNetworkDigest(choice.network),
        images: dataset.sha256,
        library: library.model.sha256,
      }),
      library: identifyLibrary(library),
      sram,
      windowCycles,
      estimates,
      gains: second === undefined ? [] : compareLevels(first!, second),
    };
    const path = join(outFolder, 'silicon.json');
    writeArtifact(path, value);
    return { text: [describeSilicon(estimates), path].join('\n'), value: { path, ...value } };
  },
};

/** An array of the same size and the network as it was quantised, without an assignment's constants. */
function baselineOf(
  args: CommandArguments,
  mul: string,
  place: Workspace,
  onProgress: OnProgress,
): AcceleratorChoice {
  const { assign: _a, elements: _e, ...rest } = args;
  return acceleratorChoice({ ...rest, mul }, place, onProgress);
}

/** Both, or one where they are the same network on the same array. */
export function withBaseline(
  baseline: AcceleratorChoice,
  choice: AcceleratorChoice,
): readonly AcceleratorChoice[] {
  const keyOf = ({ network, assignment, spec }: AcceleratorChoice): string =>
    digestOf([
      quantisedNetworkDigest(network),
      [...assignment].map(([layer, one]) => [layer, multiplierDigest(one)]),
      spec,
    ]);
  return keyOf(baseline) === keyOf(choice) ? [baseline] : [baseline, choice];
}
