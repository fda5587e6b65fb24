import { badInput } from '../base/errors.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from './quantised-network.ts';

/** Which multiplier each convolution and dense layer uses, by the layer's name. */
export type MultiplierAssignment = ReadonlyMap<string, MultiplierSpec>;

/** The same where a layer may use several multipliers. */
export type MixedAssignment = ReadonlyMap<string, LayerMultiplier>;

/** One multiplier for all weights of a layer, or one for each. */
export type LayerMultiplier = MultiplierSpec | MultiplierMixture;

/** Multipliers of the single weights of a layer; made by the functions of mixture.ts. */
export interface MultiplierMixture {
  /** 1 … 255 of them. */
  readonly specs: readonly MultiplierSpec[];
  /** Per weight (out channel, kernel row, kernel column, in channel) its index in `specs`, or SKIPPED. */
  readonly index: Uint8Array;
}

/** A weight that is not multiplied at all: it adds 0 to the sum, whatever its multiplier would make of it. */
export const SKIPPED = 255;

export function isMixture(multiplier: LayerMultiplier): multiplier is MultiplierMixture {
  return 'specs' in multiplier;
}

/**
 * Which operand sits on port a of the multiplier (the rounded one of a ROUP); the other is on port b
 * (Booth-encoded, perforated).
 */
export type RoundedOperand = 'weights' | 'activations';

/** The int8×int8 multiplier without error. */
export const EXACT_INT8: MultiplierSpec = {
  family: 'behavioural',
  aBits: 8,
  bBits: 8,
  aSigned: true,
  bSigned: true,
};

/** The same multiplier for every multiplication of the network. */
export function uniformAssignment(network: QuantisedNetwork, spec: MultiplierSpec): MultiplierAssignment {
  return new Map(network.layers.filter(isWeighted).map((layer) => [layer.name, spec]));
}

export interface WeightSpecs {
  readonly specs: readonly MultiplierSpec[];
  /** Index in `specs` of the multiplier of a weight, or SKIPPED. */
  readonly specOf: (tap: number) => number;
}

/** Which multiplier each weight has. @throws bad-input when a mixture's index does not fit the layer */
export function specsOfWeights(layer: WeightedLayer, multiplier: LayerMultiplier): WeightSpecs {
  if (!isMixture(multiplier)) return { specs: [multiplier], specOf: () => 0 };
  const { specs, index } = multiplier;
  const where = `mixture of multipliers in layer ${layer.name}`;
  const hint = 'Make it with the functions of mixture.ts from this very layer.';
  if (index.length !== layer.weights.length) {
    throw badInput({ where, wanted: `${layer.weights.length} entries`, found: String(index.length) }, hint);
  }
  const foreign = index.findIndex((entry) => entry !== SKIPPED && entry >= specs.length);
  if (foreign >= 0) {
    const wanted = `0 … ${specs.length - 1} or ${SKIPPED} (skipped)`;
    throw badInput({ where: `${where}, weight ${foreign}`, wanted, found: String(index[foreign]) }, hint);
  }
  return { specs, specOf: (tap) => index[tap]! };
}
