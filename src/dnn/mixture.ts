import { badInput } from '../base/errors.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import {
  isMixture,
  type LayerMultiplier,
  type MultiplierMixture,
  SKIPPED,
  specsOfWeights,
} from './assignment.ts';
import type { WeightedLayer } from './quantised-network.ts';

/** Where a weight stands in its layer, each from 0. A dense layer has one row and one column. */
export interface WeightPlace {
  readonly filter: number;
  readonly row: number;
  readonly column: number;
  /** Input channel within its group. */
  readonly channel: number;
}

/** Index into the list of multipliers, or SKIPPED. */
type Choice = number;

/**
 * A multiplier for each weight.
 * @param choose index into `specs`, or SKIPPED
 * @throws bad-input when there are no specs or more than 255, or an index is none of theirs
 */
export function mixWeights(
  layer: WeightedLayer,
  specs: readonly MultiplierSpec[],
  choose: (place: WeightPlace, code: number) => Choice,
): MultiplierMixture {
  const where = `mixture of multipliers in layer ${layer.name}`;
  if (specs.length === 0 || specs.length > SKIPPED) {
    throw badInput(
      { where, wanted: `1 … ${SKIPPED} multipliers`, found: String(specs.length) },
      'Give between 1 and 255.',
    );
  }
  const filters = layer.bias.length;
  const [rows, columns] = layer.op === 'conv2d' ? layer.kernel : [1, 1];
  const channels = layer.weights.length / (filters * rows * columns);
  const index = new Uint8Array(layer.weights.length);
  let tap = 0;
  for (let filter = 0; filter < filters; filter++) {
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        for (let channel = 0; channel < channels; channel++, tap++) {
          const choice = choose({ filter, row, column, channel }, layer.weights[tap]!);
          if (choice !== SKIPPED && !(Number.isInteger(choice) && choice >= 0 && choice < specs.length)) {
            const place = `filter ${filter}, row ${row}, column ${column}, channel ${channel}`;
            throw badInput(
              { where: `${where}, ${place}`, wanted: `0 … ${specs.length - 1}`, found: String(choice) },
              `The multipliers are ${specs.map((spec, i) => `${i} ${designName(spec)}`).join(', ')}.`,
            );
          }
          index[tap] = choice;
        }
      }
    }
  }
  return { specs, index };
}

/** FLAM: one multiplier per filter (output channel). */
export function perFilter(
  layer: WeightedLayer,
  specs: readonly MultiplierSpec[],
  choose: (filter: number) => Choice,
): MultiplierMixture {
  return mixWeights(layer, specs, ({ filter }) => choose(filter));
}

/** KLAM: one multiplier per input channel of the kernels. */
export function perChannel(
  layer: WeightedLayer,
  specs: readonly MultiplierSpec[],
  choose: (channel: number) => Choice,
): MultiplierMixture {
  return mixWeights(layer, specs, ({ channel }) => choose(channel));
}

/** KLAM: one multiplier per row of the kernels. */
export function perRow(
  layer: WeightedLayer,
  specs: readonly MultiplierSpec[],
  choose: (row: number) => Choice,
): MultiplierMixture {
  return mixWeights(layer, specs, ({ row }) => choose(row));
}

/** KLAM: one multiplier per column of the kernels. */
export function perColumn(
  layer: WeightedLayer,
  specs: readonly MultiplierSpec[],
  choose: (column: number) => Choice,
): MultiplierMixture {
  return mixWeights(layer, specs, ({ column }) => choose(column));
}

/** KLMS: leaves out the multiplications by some weights (those already left out stay so). */
export function skipWeights(
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  isSkipped: (code: number, place: WeightPlace) => boolean,
): MultiplierMixture {
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  let tap = 0;
  return mixWeights(layer, specs, (place, code) => {
    const own = specOf(tap++);
    return isSkipped(code, place) ? SKIPPED : own;
  });
}

/** Multiplications of a layer per output pixel by each multiplier that it uses; skipped weights are in none. */
export function countWeights(
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
): ReadonlyMap<MultiplierSpec, number> {
  if (!isMixture(multiplier)) return new Map([[multiplier, layer.weights.length]]);
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const counts = new Map<MultiplierSpec, number>();
  for (let tap = 0; tap < layer.weights.length; tap++) {
    const spec = specs[specOf(tap)];
    if (spec) counts.set(spec, (counts.get(spec) ?? 0) + 1);
  }
  return counts;
}
