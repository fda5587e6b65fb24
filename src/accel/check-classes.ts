import { badInput } from '../base/errors.ts';
import type { ConvGeometry, WeightedLayer } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import { IDLE } from './array-pass.ts';
import type { ArraySpec } from './array-spec.ts';
import { placeOfTap } from './conv-on-array.ts';

/**
 * A static element has one multiplier for ever: every weight other than 0 must want that of its row or column.
 * @throws bad-input that names the first weight that does not
 */
export function checkClasses(
  spec: ArraySpec,
  layer: WeightedLayer,
  geometry: ConvGeometry,
  numberOf: (tap: number) => number,
): void {
  const { classes, multipliers } = spec;
  if (spec.elements !== 'static' || classes === undefined) return;
  const size = classes.by === 'row' ? spec.rows : spec.columns;
  for (const [tap, code] of layer.weights.entries()) {
    const number = numberOf(tap);
    if (number === IDLE || code === 0) continue;
    const { filter, channel } = placeOfTap(geometry, tap);
    const place = (classes.by === 'row' ? channel : filter) % size;
    const own = classes.multiplierOf[place]!;
    if (own === number) continue;
    throw badInput(
      {
        where: `layer ${layer.name}, filter ${filter}, channel ${channel}`,
        wanted: `${designName(multipliers[own]!)}, which all elements of ${classes.by} ${place} have`,
        found: designName(multipliers[number]!),
      },
      'Make the array for this assignment, or use bank elements (--elements bank).',
    );
  }
}
