import { canonicalJson } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { type LayerMultiplier, SKIPPED, specsOfWeights } from '../dnn/assignment.ts';
import type { WeightedLayer } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import { IDLE } from './array-pass.ts';
import type { ArraySpec } from './array-spec.ts';

/**
 * Number of the multiplier of each weight of a layer in the array's list; IDLE where it is skipped.
 * @throws bad-input when the array lacks a multiplier, or a mixture does not fit the layer
 */
export function layerNumbers(
  spec: ArraySpec,
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
): (tap: number) => number {
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const keys = spec.multipliers.map(canonicalJson);
  const numbers = specs.map((one) => keys.indexOf(canonicalJson(one)));
  const used = new Set(Array.from(layer.weights, (_, tap) => specOf(tap)));
  const faults = specs
    .filter((_, index) => numbers[index] === -1 && used.has(index))
    .map((one) => ({
      where: `layer ${layer.name}`,
      wanted: `one of the array's multipliers ${spec.multipliers.map(designName).join(', ')}`,
      found: designName(one),
    }));
  if (faults.length > 0)
    throw badInput(faults, 'Make the array for this assignment, or name all multipliers.');
  return (tap) => {
    const index = specOf(tap);
    return index === SKIPPED ? IDLE : numbers[index]!;
  };
}
