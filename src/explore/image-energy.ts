import type { MixedAssignment } from '../dnn/assignment.ts';
import { countWeights } from '../dnn/mixture.ts';
import { isWeighted, multiplicationsByLayer, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** Energy of the multiplications of one image, or the first multiplier and layer whose energy is not known. */
export type ImageEnergy =
  | { readonly energyNj: number }
  | { readonly missing: MultiplierSpec; readonly layer: string };

/**
 * Energy of the multiplications of one image, nJ: for each layer #multiplications × energy per multiplication;
 * skipped weights need none.
 * @param energyPjOf energy per multiplication of a multiplier in a layer; undefined where it is not known
 */
export function imageEnergyNj(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  energyPjOf: (spec: MultiplierSpec, layer: string) => number | undefined,
): ImageEnergy {
  const multiplications = multiplicationsByLayer(network);
  let energyPj = 0;
  for (const layer of network.layers.filter(isWeighted)) {
    const perWeight = multiplications.get(layer.name)! / layer.weights.length;
    for (const [spec, weights] of countWeights(layer, assignment.get(layer.name)!)) {
      const each = energyPjOf(spec, layer.name);
      if (each === undefined) return { missing: spec, layer: layer.name };
      energyPj += perWeight * weights * each;
    }
  }
  return { energyNj: energyPj / 1000 };
}
