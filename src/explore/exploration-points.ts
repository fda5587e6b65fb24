import { type AssignmentName, printAssignmentName } from '../assign/assignment-name.ts';
import { axisOf, classesOf } from '../assign/classes.ts';
import type { LayerPlan } from '../assign/layer-plan.ts';
import type { Level } from '../assign/level-text.ts';
import type { SkipRule } from '../assign/skip-rule.ts';
import { canonicalJson } from '../base/artifact.ts';
import { EXACT_INT8, isMixture, type LayerMultiplier, SKIPPED } from '../dnn/assignment.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import { mixWeights } from '../dnn/mixture.ts';
import {
  isWeighted,
  multiplicationsByLayer,
  type QuantisedNetwork,
  type WeightedLayer,
} from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import type { Candidate } from './candidates.ts';
import type { PointLayer } from './exploration.ts';
import type { Options } from './exploration-problem.ts';
import type { LayerOption } from './layer-options.ts';

/** What each layer of a point uses. */
export function pointLayers(
  network: QuantisedNetwork,
  options: Options,
  candidates: readonly Candidate[],
  variant: NetworkVariant,
): readonly PointLayer[] {
  const multiplications = multiplicationsByLayer(network);
  return network.layers.filter(isWeighted).map((layer) => {
    const option = options.get(layer.name)!;
    const { inputScaleFactor } = variant.get(layer.name)!;
    const perWeight = multiplications.get(layer.name)! / layer.weights.length;
    const digits = digitsOf(option, candidates);
    const counts = weightsByClass(layer, option.plan, option.variant.multiplier);
    return {
      layer: layer.name,
      parts: digits.map((multiplier, classIndex) => ({
        multiplier,
        ...(digits.length > 1 ? { classIndex } : {}),
        multiplications: counts[classIndex]! * perWeight,
      })),
      skippedMultiplications: option.skippedMultiplications,
      ...(inputScaleFactor === undefined ? {} : { inputScaleFactor }),
    };
  });
}

/**
 * Name in MAx-DNN's style; its digits are indices of candidates. Where layers skip by different rules the name cannot
 * tell them: "+KLMS-mixed".
 */
export function nameOfPoint(options: Options, level: Level, candidates: readonly Candidate[]): string {
  const own = [...options.values()];
  const rules = own.map(({ plan }) => plan.skip);
  const name: AssignmentName = { level, digits: own.map((option) => digitsOf(option, candidates)) };
  const isOneRule = rules.every((rule) => canonicalJson(rule ?? null) === canonicalJson(rules[0] ?? null));
  const skip: SkipRule | undefined = isOneRule ? rules[0] : undefined;
  return `${printAssignmentName({ ...name, ...(skip === undefined ? {} : { skip }) })}${isOneRule ? '' : '+KLMS-mixed'}`;
}

/** Index of the candidate of each class. */
function digitsOf({ plan }: LayerOption, candidates: readonly Candidate[]): readonly number[] {
  return plan.specs.map((spec) => {
    const design = designName(spec!);
    return candidates.findIndex((candidate) => candidate.design === design);
  });
}

/** Weights that are multiplied, by class of the plan. */
function weightsByClass(
  layer: WeightedLayer,
  { level, specs }: LayerPlan,
  multiplier: LayerMultiplier,
): readonly number[] {
  const axis = axisOf(level);
  const classes = classesOf(layer, level);
  const counts = new Array<number>(specs.length).fill(0);
  let tap = 0;
  mixWeights(layer, [EXACT_INT8], (place) => {
    const isSkipped = isMixture(multiplier) && multiplier.index[tap] === SKIPPED;
    tap += 1;
    if (!isSkipped) counts[axis === undefined ? 0 : classes[place[axis]]!]! += 1;
    return 0;
  });
  return counts;
}
