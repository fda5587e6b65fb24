import { badInput } from '../base/errors.ts';
import type { MixedAssignment } from './assignment.ts';
import type { NetworkVariant } from './layer-variant.ts';
import { isWeighted, type QuantisedNetwork } from './quantised-network.ts';
import { rescaleInputOf } from './rescale-activation.ts';

/** A network with the constants of its variants, and their multipliers. */
export interface AppliedVariant {
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
}

/**
 * Puts the constants of a variant into the network that it was made for: first weights and biases, then the scales of
 * the activations.
 * @throws bad-input when a layer has no variant, a variant no layer, weights or biases another length, or a scale
 *   cannot be changed (rescaleInputOf)
 */
export function applyVariants(network: QuantisedNetwork, variant: NetworkVariant): AppliedVariant {
  const weighted = network.layers.filter(isWeighted);
  const names = weighted.map(({ name }) => name);
  const faults = [
    ...names
      .filter((name) => !variant.has(name))
      .map((name) => ({ where: `variant of ${network.name}`, wanted: `layer ${name}`, found: 'none' })),
    ...[...variant.keys()]
      .filter((name) => !names.includes(name))
      .map((found) => ({ where: `variant of ${network.name}`, wanted: `one of ${names.join(', ')}`, found })),
    ...weighted.flatMap(({ name, weights, bias }) => {
      const own = variant.get(name);
      const lengths = [
        [`weights of ${name}`, weights.length, own?.weights?.length],
        [`biases of ${name}`, bias.length, own?.bias?.length],
      ] as const;
      return lengths
        .filter(([, wanted, found]) => found !== undefined && found !== wanted)
        .map(([where, wanted, found]) => ({ where, wanted: String(wanted), found: String(found) }));
    }),
  ];
  if (faults.length > 0) throw badInput(faults, 'A variant belongs to the network that it was tuned for.');
  let applied: QuantisedNetwork = {
    ...network,
    layers: network.layers.map((layer) => {
      const own = variant.get(layer.name);
      if (own === undefined || !isWeighted(layer)) return layer;
      const { weights = layer.weights, bias = layer.bias } = own;
      return weights === layer.weights && bias === layer.bias ? layer : { ...layer, weights, bias };
    }),
  };
  for (const name of names) {
    applied = rescaleInputOf(applied, name, variant.get(name)!.inputScaleFactor ?? 1);
  }
  return {
    network: applied,
    assignment: new Map(names.map((name) => [name, variant.get(name)!.multiplier])),
  };
}
