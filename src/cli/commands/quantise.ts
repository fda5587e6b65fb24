import { existsSync } from 'node:fs';
import { badInput, show } from '../../base/errors.ts';
import { EXACT_INT8, uniformAssignment } from '../../dnn/assignment.ts';
import type { Dataset } from '../../dnn/data/dataset.ts';
import { inferFloat } from '../../dnn/float-inference.ts';
import { argmax, infer } from '../../dnn/infer.ts';
import type { FloatNetwork } from '../../dnn/network.ts';
import { ACTIVATION_CODES, CALIBRATIONS } from '../../dnn/quantise-ranges.ts';
import { WEIGHT_SCALES } from '../../dnn/quantise-weights.ts';
import {
  countMultiplications,
  multiplicationsByLayer,
  type QuantisedNetwork,
} from '../../dnn/quantised-network.ts';
import type { Command, CommandArguments, CommandOption } from '../command.ts';
import { describeLayers } from '../describe-quantisation.ts';
import { importedNetwork } from '../import-model.ts';
import { choiceOption, integerOption, numberOrText, textOption, WORK_OPTION } from '../options.ts';
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

/** --equalise, absent where it was not given. @throws bad-input */
function equaliseOption(args: CommandArguments): number | undefined {
  const text = textOption(args, 'equalise');
  if (text === undefined) return undefined;
  const value = numberOrText(text);
  if (typeof value === 'number' && value >= 0 && value <= 1) return value;
  throw badInput(
    { where: '--equalise', wanted: 'a number 0 … 1', found: show(text) },
    'Try --equalise 0.5, which treats activations and weights alike.',
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
    method: {
      type: 'string',
      value: 'METHOD',
      describe:
        'activation that code 127 stands for: percentile (of --percentile), max (largest) or mse (least squared error)',
      default: 'percentile',
    },
    percentile: PERCENTILE_OPTION,
    weights: {
      type: 'string',
      value: 'SCALES',
      describe: 'weights with one scale per-channel (of the output) or per-tensor',
      default: 'per-channel',
    },
    activations: {
      type: 'string',
      value: 'CODES',
      describe:
        'activations behind a ReLU symmetric (0 … 127) or asymmetric (−128 … 127, zero point −128: steps half as large)',
      default: 'symmetric',
    },
    equalise: {
      type: 'string',
      value: 'ALPHA',
      describe:
        'cross-layer channel equalisation before: 1 evens out the activations of the channels, 0 their weights, 0.5 both (default: none)',
    },
  },
  examples: [
    ['maxdnn quantise', 'the embedded network on the embedded images'],
    ['maxdnn quantise --method mse --weights per-tensor', 'another choice of scales'],
    [
      'maxdnn quantise --activations asymmetric --equalise 0.5',
      'for multipliers of few bits, with maxdnn explore --tune compensated',
    ],
    ['maxdnn quantise --network out/network/float.json --calibration train.bin', 'an imported network'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    if (importedNetwork(args, place) !== undefined) {
      throw badInput(
        { where: place.quantisedNetwork, wanted: 'no imported int8 network', found: 'one' },
        'It is quantised already: evaluate it, or name a float network with --network.',
      );
    }
    const source = networkSource(args, place);
    const images = integerOption(args, 'images', 1, 2 ** 24) ?? CALIBRATION_IMAGES;
    const calibration = openDataset(textOption(args, 'calibration') ?? EMBEDDED, 'calibration', images);
    const percentile = percentileOption(args);
    const method = choiceOption(args, 'method', CALIBRATIONS) ?? 'percentile';
    const weights = choiceOption(args, 'weights', WEIGHT_SCALES) ?? 'per-channel';
    const activations = choiceOption(args, 'activations', ACTIVATION_CODES) ?? 'symmetric';
    const equalise = equaliseOption(args);
    const floatNetwork = openFloatNetwork(source);
    const choice = {
      ...(method === 'percentile' ? {} : { calibration: method }),
      ...(weights === 'per-channel' ? {} : { weights }),
      ...(activations === 'symmetric' ? {} : { activations }),
      ...(equalise === undefined ? {} : { equalise }),
    };
    const quantised = quantiseStage(place, floatNetwork, calibration, percentile, onProgress, choice);
    const { network, reused } = quantised;
    const counts = multiplicationsByLayer(network);
    const layers = quantised.layers.map((layer) => ({
      ...layer,
      multiplications: counts.get(layer.name) ?? 0,
    }));
    const total = countMultiplications(network);
    const accuracy = compareAccuracy(floatNetwork, network, calibration);
    const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;
    return {
      text: [
        `${network.name} (${source}), activation scales from ${calibration.images} images of ${calibration.name}`,
        ...describeLayers(quantised.layers, counts),
        `${total} products per image`,
        `right on these ${calibration.images} images: float32 ${percent(accuracy.float)}, int8 ${percent(accuracy.int8)}`,
        place.quantisedNetwork,
      ].join('\n'),
      value: {
        path: place.quantisedNetwork,
        name: network.name,
        source,
        reused,
        multiplicationsPerImage: total,
        layers,
        calibrationAccuracy: accuracy,
      },
    };
  },
};

/** Share of the images that the float network and the int8 one (exact multipliers) classify rightly, 0 … 1. */
function compareAccuracy(
  floatNetwork: FloatNetwork,
  network: QuantisedNetwork,
  images: Dataset,
): { readonly float: number; readonly int8: number } {
  const shareRight = (logits: Float32Array | Int32Array): number => {
    const classes = logits.length / images.images;
    let right = 0;
    for (const [image, label] of images.labels.entries()) {
      if (argmax(logits.subarray(image * classes, (image + 1) * classes)) === label) right++;
    }
    return right / images.images;
  };
  return {
    float: shareRight(inferFloat(floatNetwork, images)),
    int8: shareRight(infer(network, uniformAssignment(network, EXACT_INT8), images)),
  };
}
