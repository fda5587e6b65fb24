import { canonicalJson } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { type MixedAssignment, SKIPPED, specsOfWeights } from '../dnn/assignment.ts';
import { isWeighted, type QuantisedNetwork, quantisedShapes } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { convOnArray, placeOfTap } from './conv-on-array.ts';

/** Which multipliers an assignment uses where; weights that are 0 or skipped need none. */
export interface MultiplierDemand {
  /** In the order of their first weight. */
  readonly multipliers: readonly MultiplierSpec[];
  readonly layers: readonly LayerDemand[];
}

export interface LayerDemand {
  readonly layer: string;
  /** Numbers of the multipliers of each filter and of each input channel of the layer. */
  readonly byFilter: readonly ReadonlySet<number>[];
  readonly byChannel: readonly ReadonlySet<number>[];
}

/** @throws bad-input when a layer has no multiplier, or a mixture does not fit its layer */
export function multiplierDemand(network: QuantisedNetwork, assignment: MixedAssignment): MultiplierDemand {
  const shapes = quantisedShapes(network);
  const numbers = new Map<string, number>();
  const multipliers: MultiplierSpec[] = [];
  const numberOf = (spec: MultiplierSpec): number => {
    const key = canonicalJson(spec);
    const known = numbers.get(key);
    if (known !== undefined) return known;
    numbers.set(key, multipliers.length);
    return multipliers.push(spec) - 1;
  };
  const layers = network.layers.filter(isWeighted).map((layer): LayerDemand => {
    const multiplier = assignment.get(layer.name);
    if (multiplier === undefined) {
      throw badInput(
        { where: `layer ${layer.name}`, wanted: 'a multiplier in the assignment', found: 'none' },
        'Name a multiplier for each convolution and dense layer.',
      );
    }
    const { specs, specOf } = specsOfWeights(layer, multiplier);
    const own: (number | undefined)[] = specs.map(() => undefined);
    const geometry = convOnArray(layer, shapes.get(layer.inputs[0]!)!, shapes.get(layer.name)!);
    const byFilter = Array.from({ length: geometry.to.channels }, () => new Set<number>());
    const byChannel = Array.from({ length: geometry.from.channels }, () => new Set<number>());
    for (const [tap, code] of layer.weights.entries()) {
      const index = specOf(tap);
      if (index === SKIPPED || code === 0) continue;
      own[index] ??= numberOf(specs[index]!);
      const { filter, channel } = placeOfTap(geometry, tap);
      byFilter[filter]!.add(own[index]!);
      byChannel[channel]!.add(own[index]!);
    }
    return { layer: layer.name, byFilter, byChannel };
  });
  return { multipliers, layers };
}
