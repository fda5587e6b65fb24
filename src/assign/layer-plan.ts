import { badInput, type Fault } from '../base/errors.ts';
import type { LayerMultiplier, MixedAssignment } from '../dnn/assignment.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { type AssignmentName, printAssignmentName } from './assignment-name.ts';
import { classCount, findLevelFaults, LEVEL_HINT } from './classes.ts';
import type { Level } from './level-text.ts';
import { levelMultiplier } from './levels.ts';
import type { SkipRule } from './skip-rule.ts';

/** How a layer's weights get their multipliers. */
export interface LayerPlan {
  readonly level: Level;
  /** One per class; null: these weights are not multiplied. A layer with one class takes the first. */
  readonly specs: readonly (MultiplierSpec | null)[];
  readonly skip?: SkipRule;
  /** One number per filter, channel, row or column, for the scheme "sensitivity"; default: weightEnergy. */
  readonly sensitivity?: readonly number[];
}

/** Plans by layer name, one for each convolution and dense layer, in the order of the network. */
export type AssignmentPlan = ReadonlyMap<string, LayerPlan>;

/** The multiplier of each weight of a layer. @throws bad-input when the plan does not suit the layer */
export function planLayer(layer: WeightedLayer, plan: LayerPlan): LayerMultiplier {
  return levelMultiplier(layer, plan.level, plan.specs, plan);
}

/** The multiplier of each weight of a network. @throws bad-input when a plan does not suit its layer */
export function planNetwork(network: QuantisedNetwork, plan: AssignmentPlan): MixedAssignment {
  return new Map(
    network.layers.filter(isWeighted).map((layer) => [layer.name, planLayer(layer, plan.get(layer.name)!)]),
  );
}

/**
 * The plan that a name stands for. A name of LLAM with one digit per convolution alone leaves dense layers to the
 * palette's first multiplier, which is the exact one by custom.
 * @param where what the name is called in errors
 * @param except layers that are left out: they get their multipliers elsewhere
 * @throws bad-input with every fault at once: digits beyond the palette, more or fewer layers than the network has, a
 *   level that does not suit a layer
 */
export function planOfName(
  network: QuantisedNetwork,
  name: AssignmentName,
  palette: readonly MultiplierSpec[],
  where: string,
  except: readonly string[] = [],
): AssignmentPlan {
  const all = network.layers.filter(isWeighted);
  const layers = all.filter((layer) => !except.includes(layer.name));
  const { level, skip } = name;
  const digits =
    name.digits.length === all.length
      ? name.digits.filter((_, index) => !except.includes(all[index]!.name))
      : digitsByLayer(layers, name, where);
  const beyond = [...new Set(digits.flat())].filter((digit) => digit !== null && digit >= palette.length);
  if (beyond.length > 0) {
    throw badInput(
      {
        where,
        wanted: `0 … ${palette.length - 1} (the palette has ${palette.length} multipliers) or x, nearest ${palette.length - 1}`,
        found: beyond.join(', '),
      },
      'Name more multipliers in the palette, or use smaller digits.',
    );
  }
  const faults: readonly Fault[] = layers.flatMap((layer, index) => {
    const at = `${where}: layer ${layer.name}`;
    const misfit = findLevelFaults(layer, level, at);
    const count = classCount(layer, level);
    const { length } = digits[index]!;
    const isFull = level.kind !== 'llam' && length === level.classes;
    if (misfit.length > 0 || length === count || isFull) return misfit;
    return [{ where: at, wanted: `${count} digits, one per class`, found: String(length) }];
  });
  if (faults.length > 0) throw badInput(faults, LEVEL_HINT);
  return new Map(
    layers.map((layer, index) => {
      const specs = digits[index]!.map((digit) => (digit === null ? null : palette[digit]!));
      return [layer.name, { level, specs, ...(skip === undefined ? {} : { skip }) }];
    }),
  );
}

/** Digits of each layer. */
function digitsByLayer(
  layers: readonly WeightedLayer[],
  name: AssignmentName,
  where: string,
): AssignmentName['digits'] {
  const { digits, level } = name;
  const [first] = digits;
  if (digits.length === 1) return layers.map(() => first!);
  if (digits.length === layers.length) return digits;
  const convolutions = layers.filter(({ op }) => op === 'conv2d').length;
  const isWithoutDense = level.kind === 'llam' && digits.length === convolutions;
  if (isWithoutDense) {
    let next = 0;
    return layers.map(({ op }) => (op === 'conv2d' ? digits[next++]! : [0]));
  }
  const wanted = `one digit group for all layers or ${layers.length}, one for each of ${layers.map((layer) => layer.name).join(', ')}`;
  const fitting = layers.map((_, index) => digits[index] ?? digits.at(-1)!);
  throw badInput(
    { where, wanted, found: String(digits.length) },
    `The nearest is ${printAssignmentName({ ...name, digits: fitting })}.`,
  );
}
