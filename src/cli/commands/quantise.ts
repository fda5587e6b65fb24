import { existsSync } from 'node:fs';
import { badInput, show } from '../../base/errors.ts';
import { countMultiplications, multiplicationsByLayer } from '../../dnn/quantised-network.ts';
import type { Command, CommandArguments, CommandOption } from '../command.ts';
import { integerOption, textOption, WORK_OPTION } from '../options.ts';
import {
  CALIBRATION_IMAGES,
  DEFAULT_PERCENTILE,
  EMBEDDED,
  openDataset,
  openFloatNetwork,
  quantiseStage,
} from '../stages.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';

export const NETWORK_OPTION: CommandOption = {
  type: 'string',
  value: 'FILE',
  describe: `float network (.json), or "${EMBEDDED}" (default: network/float.json of the work folder if import made one, else "${EMBEDDED}")`,
};

/** The float network that --network names, or its default. */
export function networkSource(args: CommandArguments, place: Workspace): string {
  return textOption(args, 'network') ?? (existsSync(place.floatNetwork) ? place.floatNetwork : EMBEDDED);
}

/** --percentile, or its default. @throws bad-input */
export function percentileOption(args: CommandArguments): number {
  const text = textOption(args, 'percentile');
  if (text === undefined) return DEFAULT_PERCENTILE;
  const value = Number(text);
  if (value > 0 && value <= 100) return value;
  throw badInput(
    { where: '--percentile', wanted: 'a number above 0, at most 100', found: show(text) },
    'Try --percentile 99.99.',
  );
}

export const PERCENTILE_OPTION: CommandOption = {
  type: 'string',
  value: 'N',
  describe: 'share of the activation magnitudes that the codes cover, per cent',
  default: String(DEFAULT_PERCENTILE),
};

export const quantise: Command = {
  name: 'quantise',
  summary: 'quantise a float network to int8: weights per output channel, activations per layer',
  options: {
    work: WORK_OPTION,
    network: NETWORK_OPTION,
    calibration: {
      type: 'string',
      value: 'FILE',
      describe: `training images (formats: docs/datasets.md) that set the activation scales, or "${EMBEDDED}"`,
      default: EMBEDDED,
    },
    images: {
      type: 'string',
      value: 'N',
      describe: 'first calibration images to take',
      default: String(CALIBRATION_IMAGES),
    },
    percentile: PERCENTILE_OPTION,
  },
  examples: [
    ['maxdnn quantise', 'the embedded network on the embedded images'],
    ['maxdnn quantise --network out/network/float.json --calibration train.bin', 'an imported network'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const source = networkSource(args, place);
    const images = integerOption(args, 'images', 1, 2 ** 24) ?? CALIBRATION_IMAGES;
    const calibration = openDataset(textOption(args, 'calibration') ?? EMBEDDED, 'calibration', images);
    const percentile = percentileOption(args);
    const { network, reused } = quantiseStage(
      place,
      openFloatNetwork(source),
      calibration,
      percentile,
      onProgress,
    );
    const layers = [...multiplicationsByLayer(network)].map(([name, multiplications]) => ({
      name,
      multiplications,
    }));
    const total = countMultiplications(network);
    const lines = layers.map(
      ({ name, multiplications }) => `${String(multiplications).padStart(12)}  ${name}`,
    );
    return {
      text: [
        `${network.name} (${source}), activation scales from ${calibration.images} images of ${calibration.name}`,
        'multiplications per image:',
        ...lines,
        `${String(total).padStart(12)}  in all`,
        place.quantisedNetwork,
      ].join('\n'),
      value: {
        path: place.quantisedNetwork,
        name: network.name,
        source,
        reused,
        multiplicationsPerImage: total,
        layers,
      },
    };
  },
};
