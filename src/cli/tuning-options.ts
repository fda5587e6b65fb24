import { badInput, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { Tuning } from '../explore/explore-request.ts';
import { polishScales } from '../explore/polish-scales.ts';
import { REFINED_POINTS } from '../explore/refine-points.ts';
import { type RefineRequest, refineSampling, refineVariant } from '../tune/refine.ts';
import { type ExactSamples, sampleExact } from '../tune/sample-exact.ts';
import { createTuner } from '../tune/tuner.ts';
import { type TuningChoice, WEIGHT_TUNINGS } from '../tune/tuning.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { choiceOption, integerOption, textOption } from './options.ts';

/**
 * What is done with the best points of a front.
 * - none: they stay as the search saw them, each layer tuned by itself.
 * - layers: layer after layer is tuned on what the tuned layers before it give.
 * - scales: besides, activation scales are searched by the KL divergence of the whole network.
 */
export type Refinement = 'none' | 'layers' | 'scales';

export const REFINEMENTS: readonly Refinement[] = ['none', 'layers', 'scales'];

/** Options of verbs that tune constants for multipliers. */
export const TUNING_OPTIONS: Readonly<Record<string, CommandOption>> = {
  tune: {
    type: 'string',
    value: 'HOW',
    describe: `weights for each multiplier: ${WEIGHT_TUNINGS.join(', ')}`,
    default: 'none',
  },
  'bias-correction': {
    type: 'boolean',
    describe: 'biases that undo the mean error of each filter (always with --tune compensated)',
  },
  'activation-scale': {
    type: 'boolean',
    describe: 'other activation scales where a layer alone reads them',
  },
  refine: {
    type: 'string',
    value: 'HOW',
    describe:
      'the best points tuned as a whole: layers (each behind those before it), scales (activation scales by KL besides) or none (default: layers with tuning, else none)',
  },
  'refine-images': {
    type: 'string',
    value: 'N',
    describe:
      'training images that refining looks at, a slice of its own: more of them fit the constants less to chance (default: those that score assignments)',
  },
  'refined-points': {
    type: 'string',
    value: 'N',
    describe: 'points that are refined, at most',
    default: String(REFINED_POINTS),
  },
};

/** The values of TUNING_OPTIONS. */
export interface TuningOptions {
  readonly choice: TuningChoice;
  readonly refinement: Refinement;
  readonly refinedPoints: number;
  readonly refineImages?: number;
}

/** @throws bad-input for words that are none, and a refinement without tuning */
export function tuningOf(args: CommandArguments): TuningOptions {
  const text = textOption(args, 'tune') ?? 'none';
  const weights = WEIGHT_TUNINGS.find((word) => word === text);
  if (weights === undefined) {
    throw badInput(
      { where: '--tune', wanted: `one of ${WEIGHT_TUNINGS.join(', ')}`, found: show(text) },
      `The nearest is ${nearestWord(text, WEIGHT_TUNINGS)}.`,
    );
  }
  const choice: TuningChoice = {
    weights,
    bias: args['bias-correction'] === true || weights === 'compensated',
    activationScale: args['activation-scale'] === true,
  };
  const given = choiceOption(args, 'refine', REFINEMENTS);
  if (given !== undefined && given !== 'none' && !isTuned(choice)) {
    throw badInput(
      { where: '--refine', wanted: 'tuning to refine (--tune, --bias-correction)', found: show(given) },
      'For example --tune compensated --activation-scale --refine layers.',
    );
  }
  const refineImages = integerOption(args, 'refine-images', 1, 2 ** 24);
  return {
    choice,
    ...(refineImages === undefined ? {} : { refineImages }),
    refinement: given ?? (isTuned(choice) ? 'layers' : 'none'),
    refinedPoints: integerOption(args, 'refined-points', 1, 10_000) ?? REFINED_POINTS,
  };
}

export function isTuned({ weights, bias, activationScale }: TuningChoice): boolean {
  return weights !== 'none' || bias || activationScale;
}

/**
 * What an exploration needs of the tuning.
 * @param images training images that assignments are scored and layers tuned on
 * @param refineImages training images that the best points are tuned on as a whole
 */
export function makeTuning(
  network: QuantisedNetwork,
  images: Dataset,
  refineImages: Dataset,
  roundedOperand: RoundedOperand,
  { choice, refinement, refinedPoints }: TuningOptions,
): Tuning {
  const tuner = createTuner(network, images, roundedOperand, choice);
  const common = { words: wordsOf(choice), variantOf: tuner.variantOf, noiseOf: tuner.noiseOf };
  if (refinement === 'none') return common;
  const sampling = refineSampling(refineImages.images);
  let exact: ExactSamples | undefined;
  return {
    ...common,
    refinedPoints,
    refineWords: { refine: refinement, 'refine-images': String(refineImages.images) },
    refine: async (variant, evaluator) => {
      exact ??= sampleExact(network, refineImages, roundedOperand, sampling);
      const request: RefineRequest = { network, images: refineImages, roundedOperand, choice, exact };
      const refined = refineVariant(request, variant);
      if (refinement === 'layers') return refined;
      return (await polishScales(request, evaluator, refined)).variant;
    },
  };
}

function wordsOf({ weights, bias, activationScale }: TuningChoice): Readonly<Record<string, string>> {
  const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');
  return {
    method: weights,
    bias: onOff(bias),
    'activation-scale': onOff(activationScale),
  };
}
