import { badInput, type Fault } from '../base/errors.ts';
import type { WeightedLayer } from '../dnn/quantised-network.ts';
import { type KernelAxis, type Level, MAX_CLASSES, printLevel } from './level-text.ts';

/** What weights of a layer are told apart by. */
export type Axis = 'filter' | KernelAxis;

/** The axis of a level; undefined for LLAM, which tells no weights of a layer apart. */
export function axisOf(level: Level): Axis | undefined {
  if (level.kind === 'llam') return undefined;
  return level.kind === 'flam' ? 'filter' : level.axis;
}

/** Filters, and channels, rows and columns of a kernel (channels of its group). A dense layer has one row and column. */
export function axisSizes(layer: WeightedLayer): Readonly<Record<Axis, number>> {
  const filter = layer.bias.length;
  const [row, column] = layer.op === 'conv2d' ? layer.kernel : [1, 1];
  return { filter, row, column, channel: layer.weights.length / (filter * row * column) };
}

/**
 * How many classes the layer has: 1 for LLAM, and where there is one place along the axis (the row and column of a
 * dense layer or a 1×1 kernel, the channel of a depthwise one).
 */
export function classCount(layer: WeightedLayer, level: Level): number {
  const axis = axisOf(level);
  if (level.kind === 'llam' || axis === undefined) return 1;
  const places = axisSizes(layer)[axis];
  return places === 1 || level.classes === 'each' ? places : level.classes;
}

/**
 * Class of each filter, channel, row or column of the layer, in order; of LLAM the one class of its only entry. Where
 * there is one place only it is of class 0, so that a level suits a whole network.
 * @param sensitivity one number per place, for the scheme "sensitivity"; default: weightEnergy
 * @throws bad-input when the level does not suit the layer (findLevelFaults)
 */
export function classesOf(
  layer: WeightedLayer,
  level: Level,
  sensitivity?: readonly number[],
): readonly number[] {
  if (level.kind === 'llam') return [0];
  const faults = findLevelFaults(layer, level, `layer ${layer.name}`, sensitivity);
  if (faults.length > 0) throw badInput(faults, LEVEL_HINT);
  const axis = level.kind === 'flam' ? 'filter' : level.axis;
  const places = axisSizes(layer)[axis];
  const classes = classCount(layer, level);
  if (level.scheme === 'modulo') return Array.from({ length: places }, (_, place) => place % classes);
  const part = (rank: number): number => Math.floor((rank * classes) / places);
  if (level.scheme === 'contiguous') return Array.from({ length: places }, (_, place) => part(place));
  const own = sensitivity ?? weightEnergy(layer, axis);
  const order = [...own.keys()].sort((a, b) => own[a]! - own[b]! || a - b);
  const found = new Array<number>(places).fill(0);
  order.forEach((place, rank) => {
    found[place] = part(rank);
  });
  return found;
}

/** What to do about a level that does not suit a layer. */
export const LEVEL_HINT =
  'A level must leave no class empty and, but for "modulo", make classes of equal size unless it says "-uneven".';

/** Why a level does not suit a layer: nothing, or one fault that names the nearest levels that do. */
export function findLevelFaults(
  layer: WeightedLayer,
  level: Level,
  where: string,
  sensitivity?: readonly number[],
): readonly Fault[] {
  if (level.kind === 'llam') return [];
  const axis = level.kind === 'flam' ? 'filter' : level.axis;
  const places = axisSizes(layer)[axis];
  if (sensitivity !== undefined && sensitivity.length !== places) {
    const wanted = `a sensitivity for each of ${places} ${axis}s`;
    return [{ where, wanted, found: String(sensitivity.length) }];
  }
  const { classes } = level;
  if (places === 1 || classes === 'each') return [];
  const found = printLevel(level);
  if (classes > places) {
    const most = printLevel({ ...level, classes: places });
    return [{ where, wanted: `at most ${places} classes of ${places} ${axis}s: ${most}`, found }];
  }
  if (level.scheme === 'modulo' || level.isUneven === true || places % classes === 0) return [];
  const near = nearestDivisors(places, classes).map((count) => printLevel({ ...level, classes: count }));
  const uneven = printLevel({ ...level, isUneven: true });
  const wanted = `a class count that divides ${places} ${axis}s: ${near.join(' or ')}; or ${uneven}`;
  return [{ where, wanted, found }];
}

/**
 * Sum of the squared real weights of each filter, channel, row or column: the energy of its products' error where
 * errors grow with the products. What "sensitivity" sorts by unless it is given measured figures.
 */
export function weightEnergy(layer: WeightedLayer, axis: Axis): readonly number[] {
  const { filter, row, column, channel } = axisSizes(layer);
  const sums = new Array<number>({ filter, row, column, channel }[axis]).fill(0);
  layer.weights.forEach((code, tap) => {
    const own = Math.floor(tap / (row * column * channel));
    const place = {
      filter: own,
      row: Math.floor(tap / (column * channel)) % row,
      column: Math.floor(tap / channel) % column,
      channel: tap % channel,
    }[axis];
    sums[place]! += (code * layer.weightScales[own]!) ** 2;
  });
  return sums;
}

/** The divisors of a number next below and above another one. */
function nearestDivisors(places: number, classes: number): readonly number[] {
  const divisors = Array.from({ length: places }, (_, i) => i + 1).filter((count) => places % count === 0);
  const below = divisors.filter((count) => count < classes).at(-1);
  const above = divisors.find((count) => count > classes && count <= MAX_CLASSES);
  return [below, above].filter((count) => count !== undefined);
}
