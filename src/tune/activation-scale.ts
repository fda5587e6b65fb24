import { type LayerMultiplier, type RoundedOperand, SKIPPED, specsOfWeights } from '../dnn/assignment.ts';
import { inputOf } from '../dnn/layer-operands.ts';
import { codeTerms } from '../dnn/layer-terms.ts';
import type { QuantisedNetwork, WeightedLayer } from '../dnn/quantised-network.ts';
import { rescalableInput } from '../dnn/rescale-activation.ts';
import { rescaleCode } from './input-statistics.ts';

/** Scales to try for the activations that a layer reads, as multiples of the network's. */
export const ACTIVATION_FACTORS = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.42, 0.35, 0.3] as const;

/**
 * The scale of a layer's input with which its multipliers lose least of it: least mean squared error of the mapped
 * activations, each term of the multipliers counted by the mean square of its weights. Where other layers read the same
 * activations too (a shortcut), what saturates for them counts likewise.
 * @param histogram how often each code of the exact network occurs, index code + 128
 * @returns 1 where the scale cannot be changed for this layer
 */
export function bestActivationScale(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  roundedOperand: RoundedOperand,
  histogram: Float64Array,
): number {
  return activationNoise(network, layer, multiplier, roundedOperand, histogram).factor;
}

/** The best scale (bestActivationScale), and the mean squared error over the mean square of the activations there. */
export function activationNoise(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  roundedOperand: RoundedOperand,
  histogram: Float64Array,
): { readonly factor: number; readonly relative: number } {
  const isFree = rescalableInput(network, layer.name) !== undefined;
  const { activations, inputZeroPoint: zero } = inputOf(network, layer);
  const terms = weightedMaps(layer, multiplier, roundedOperand, activations);
  const readers = network.layers.filter(({ inputs }) => inputs.includes(layer.inputs[0]!));
  const isShared = readers.length > 1;
  const errorOf = (factor: number): number => {
    let [lost, saturated] = [0, 0];
    for (let code = activations.low; code <= activations.high; code++) {
      const share = histogram[code + 128]!;
      if (share === 0) continue;
      const rescaled = rescaleCode(code, factor, activations, zero);
      for (const { map, weight } of terms) {
        lost += share * weight * (code - zero - factor * (map[rescaled + 128]! - zero)) ** 2;
      }
      saturated += share * (code - zero - factor * (rescaled - zero)) ** 2;
    }
    return lost + (isShared ? saturated : 0);
  };
  const factors = isFree ? ACTIVATION_FACTORS : [1];
  const errors = factors.map(errorOf);
  const least = Math.min(...errors);
  let square = 0;
  for (let code = -128; code <= 127; code++) square += histogram[code + 128]! * (code - zero) ** 2;
  return { factor: factors[errors.indexOf(least)]!, relative: square > 0 ? least / square : 0 };
}

/** Maps of the activations with the share of the products that they carry. */
function weightedMaps(
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  roundedOperand: RoundedOperand,
  activations: { readonly low: number; readonly high: number },
): readonly { readonly map: Int16Array; readonly weight: number }[] {
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const own = specs.map((spec) => codeTerms(layer, spec, roundedOperand, activations));
  const maps = new Map<string, { map: Int16Array; weight: number }>();
  for (const { activation } of own.flat()) maps.set(activation.join(), { map: activation, weight: 0 });
  const keys = own.map((terms) => terms.map(({ activation }) => activation.join()));
  let total = 0;
  for (let tap = 0; tap < layer.weights.length; tap++) {
    const index = specOf(tap);
    if (index === SKIPPED) continue;
    for (const [t, { weight }] of own[index]!.entries()) {
      const square = weight[layer.weights[tap]! + 128]! ** 2;
      maps.get(keys[index]![t]!)!.weight += square;
      total += square;
    }
  }
  return [...maps.values()].map(({ map, weight }) => ({ map, weight: total > 0 ? weight / total : 0 }));
}
