import type { MixedAssignment } from '../dnn/assignment.ts';
import { countWeights } from '../dnn/mixture.ts';
import { isWeighted, multiplicationsByLayer, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/**
 * Energy of the multiplications of one image, nJ: for each layer #multiplications × energy per multiplication;
 * skipped weights need none.
 * @param energyPjOf energy per multiplication; undefined where it is not known
 * @returns undefined when one of the multipliers in use has no energy
 */
export function imageEnergyNj(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  energyPjOf: (spec: MultiplierSpec) => number | undefined,
): number | undefined {
  const multiplications = multiplicationsByLayer(network);
  let energyPj = 0;
  for (const layer of network.layers.filter(isWeighted)) {
    const perWeight = multiplications.get(layer.name)! / layer.weights.length;
    for (const [spec, weights] of countWeights(layer, assignment.get(layer.name)!)) {
      const each = energyPjOf(spec);
      if (each === undefined) return undefined;
      energyPj += perWeight * weights * each;
    }
  }
  return energyPj / 1000;
}
