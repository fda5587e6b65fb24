import type { RoundedOperand } from '../dnn/assignment.ts';
import { inputOf, operandsOf, portsOf } from '../dnn/layer-operands.ts';
import { codeTerms } from '../dnn/layer-terms.ts';
import type { QuantisedNetwork, WeightedLayer } from '../dnn/quantised-network.ts';
import { isBilinear } from '../multiplier/golden.ts';
import type { BilinearSpec, MultiplierSpec } from '../multiplier/spec.ts';
import { activationNoise } from './activation-scale.ts';
import { WEIGHT_FACTORS } from './compensate-layer.ts';

/** How much of a layer's operands a multiplier loses, each as mean squared error over mean square. */
export interface OperandNoise {
  readonly activations: number;
  readonly weights: number;
}

/**
 * A quick forecast of what a multiplier does to a layer when scales are free, without its inputs' correlations: good
 * enough to leave out multipliers that another one beats in both operands and in energy.
 * @param histogram share of each code of the layer's input, index code + 128
 * @returns undefined for a multiplier that is no sum of products, or whose ports do not hold the operands
 */
export function estimateNoise(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
  histogram: Float64Array,
): OperandNoise | undefined {
  if (!isBilinear(spec)) return undefined;
  const { activations } = inputOf(network, layer);
  const ports = portsOf(roundedOperand);
  const operands = operandsOf(spec, ports.activation);
  if (activations.low < operands.low || activations.high > operands.high) return undefined;
  const noise = activationNoise(network, layer, spec, roundedOperand, histogram);
  return { activations: noise.relative, weights: weightNoise(layer, spec, roundedOperand) };
}

/** Least over the weight scales of Σ min_c (w − γ ĝ(c))² / Σ w², ĝ the sum of the images of a code. */
function weightNoise(layer: WeightedLayer, spec: BilinearSpec, roundedOperand: RoundedOperand): number {
  const terms = codeTerms(layer, spec, roundedOperand, { low: -128, high: 127 });
  const operands = operandsOf(spec, portsOf(roundedOperand).weight);
  const images = new Set<number>();
  for (let code = Math.max(operands.low, -128); code <= Math.min(operands.high, 127); code++) {
    images.add(terms.reduce((sum, { weight }) => sum + weight[code + 128]!, 0));
  }
  const counts = new Float64Array(256);
  for (const weight of layer.weights) counts[weight + 128]!++;
  const errors = WEIGHT_FACTORS.map((factor) => {
    let [error, square] = [0, 0];
    for (const [index, count] of counts.entries()) {
      if (count === 0) continue;
      let least = Number.POSITIVE_INFINITY;
      for (const image of images) least = Math.min(least, (index - 128 - factor * image) ** 2);
      error += count * least;
      square += count * (index - 128) ** 2;
    }
    return square > 0 ? error / square : 0;
  });
  return Math.min(...errors);
}
