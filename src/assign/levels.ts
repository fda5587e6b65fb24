import { canonicalJson } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { EXACT_INT8, type LayerMultiplier, SKIPPED } from '../dnn/assignment.ts';
import { mixWeights } from '../dnn/mixture.ts';
import type { WeightedLayer } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { axisOf, classCount, classesOf } from './classes.ts';
import { type Level, printLevel } from './level-text.ts';
import { applySkip, type SkipRule } from './skip-rule.ts';

export * from './classes.ts';
export * from './level-text.ts';
export type { SkipRule } from './skip-rule.ts';

export interface LevelOptions {
  readonly skip?: SkipRule;
  /** One number per filter, channel, row or column, for the scheme "sensitivity". */
  readonly sensitivity?: readonly number[];
}

/**
 * The multiplier of each weight of a layer.
 * @param specs one per class of the level; null: these weights are not multiplied. A layer with one class
 *   (classCount) takes the first
 * @throws bad-input when the level does not suit the layer, or there are more or fewer specs than classes
 */
export function levelMultiplier(
  layer: WeightedLayer,
  level: Level,
  specs: readonly (MultiplierSpec | null)[],
  { skip, sensitivity }: LevelOptions = {},
): LayerMultiplier {
  const classes = classesOf(layer, level, sensitivity);
  const count = classCount(layer, level);
  const named = level.kind === 'llam' || level.classes === 'each' ? count : level.classes;
  if (specs.length !== count && specs.length !== named) {
    const wanted = `${named} multipliers, one per class of ${printLevel(level)}`;
    throw badInput(
      { where: `layer ${layer.name}`, wanted, found: String(specs.length) },
      'Give one multiplier for each class.',
    );
  }
  const mixed = mixClasses(layer, level, classes, specs.slice(0, count));
  return skip === undefined ? mixed : applySkip(layer, mixed, skip);
}

function mixClasses(
  layer: WeightedLayer,
  level: Level,
  classes: readonly number[],
  specs: readonly (MultiplierSpec | null)[],
): LayerMultiplier {
  const keys = specs.map((spec) => (spec === null ? null : canonicalJson(spec)));
  const names = [...new Set(keys)].filter((key) => key !== null);
  const distinct = names.map((key) => specs[keys.indexOf(key)]!);
  const [only] = distinct;
  if (only !== undefined && distinct.length === 1 && !specs.includes(null)) return only;
  const axis = axisOf(level);
  const choices = keys.map((key) => (key === null ? SKIPPED : names.indexOf(key)));
  return mixWeights(layer, only === undefined ? [EXACT_INT8] : distinct, (place) => {
    return choices[axis === undefined ? 0 : classes[place[axis]]!]!;
  });
}
