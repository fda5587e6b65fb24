import { badInput, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { Tuning } from '../explore/explore-request.ts';
import { polishScales } from '../explore/polish-scales.ts';
import { REFINED_POINTS } from '../explore/refine-points.ts';
import { type RefineRequest, refineVariant } from '../tune/refine.ts';
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
  return {
    choice,
    refinement: given ?? (isTuned(choice) ? 'layers' : 'none'),
    refinedPoints: integerOption(args, 'refined-points', 1, 10_000) ?? REFINED_POINTS,
  };
}

export function isTuned({ weights, bias, activationScale }: TuningChoice): boolean {
  return weights !== 'none' || bias || activationScale;
}

/** What an exploration needs of the tuning. */
export function makeTuning(
  network: QuantisedNetwork,
  images: Dataset,
  roundedOperand: RoundedOperand,
  { choice, refinement, refinedPoints }: TuningOptions,
): Tuning {
  const tuner = createTuner(network, images, roundedOperand, choice);
  const request: RefineRequest = { network, images, roundedOperand, choice };
  const common = { words: wordsOf(choice, refinement), variantOf: tuner.variantOf, noiseOf: tuner.noiseOf };
  if (refinement === 'none') return common;
  return {
    ...common,
    refinedPoints,
    refine: async (variant, evaluator) => {
      const refined = refineVariant(request, variant);
      if (refinement === 'layers') return refined;
      return (await polishScales(request, evaluator, refined)).variant;
    },
  };
}

function wordsOf(
  { weights, bias, activationScale }: TuningChoice,
  refinement: Refinement,
): Readonly<Record<string, string>> {
  const onOff = (isOn: boolean): string => (isOn ? 'on' : 'off');
  return {
    method: weights,
    bias: onOff(bias),
    'activation-scale': onOff(activationScale),
    refine: refinement,
  };
}
