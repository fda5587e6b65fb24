import type { MixedAssignment } from '../dnn/assignment.ts';
import { countWeights } from '../dnn/mixture.ts';
import { isWeighted, multiplicationsByLayer, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';

/** Multiplications of one image in a layer. */
export interface LayerCounts {
  /** Of the layer in all, as multiplicationsByLayer; `byMultiplier` and `skipped` add up to it. */
  readonly multiplications: number;
  readonly skipped: number;
  /** By design name. */
  readonly byMultiplier: Readonly<Record<string, number>>;
}

/** Multiplications of one image by layer and multiplier. */
export interface AssignmentCounts {
  readonly multiplicationsPerImage: number;
  readonly skippedPerImage: number;
  /** In the order of the network. */
  readonly layers: Readonly<Record<string, LayerCounts>>;
}

/** Counts what an assignment makes of the multiplications of one image. */
export function countAssignment(network: QuantisedNetwork, assignment: MixedAssignment): AssignmentCounts {
  const perImage = multiplicationsByLayer(network);
  const layers = network.layers.filter(isWeighted).map((layer): readonly [string, LayerCounts] => {
    const multiplications = perImage.get(layer.name)!;
    const perWeight = multiplications / layer.weights.length;
    const byMultiplier: Record<string, number> = {};
    let skipped = multiplications;
    for (const [spec, weights] of countWeights(layer, assignment.get(layer.name)!)) {
      const design = designName(spec);
      byMultiplier[design] = (byMultiplier[design] ?? 0) + weights * perWeight;
      skipped -= weights * perWeight;
    }
    return [layer.name, { multiplications, skipped, byMultiplier }];
  });
  const sum = (of: (counts: LayerCounts) => number): number =>
    layers.reduce((total, [, counts]) => total + of(counts), 0);
  return {
    multiplicationsPerImage: sum(({ multiplications }) => multiplications),
    skippedPerImage: sum(({ skipped }) => skipped),
    layers: Object.fromEntries(layers),
  };
}
