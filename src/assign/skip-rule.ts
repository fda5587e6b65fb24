import type { LayerMultiplier } from '../dnn/assignment.ts';
import { skipWeights } from '../dnn/mixture.ts';
import type { WeightedLayer } from '../dnn/quantised-network.ts';

/**
 * KLMS: weights that are not multiplied, by their distance from the mean µ of the layer's real weights in standard
 * deviations σ: those less than `withinSigma` from it (small weights), or those more than `beyondSigma` from it
 * (MAx-DNN's rule, which keeps µ ± kσ). Both at once leave a ring.
 */
export type SkipRule =
  | { readonly withinSigma: number; readonly beyondSigma?: number }
  | { readonly beyondSigma: number; readonly withinSigma?: number };

/** Leaves out the multiplications that the rule names, besides those that are left out already. */
export function applySkip(
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  rule: SkipRule,
): LayerMultiplier {
  const { withinSigma = 0, beyondSigma = Number.POSITIVE_INFINITY } = rule;
  const taps = layer.weights.length / layer.bias.length;
  const values = Float64Array.from(
    layer.weights,
    (code, tap) => code * layer.weightScales[Math.floor(tap / taps)]!,
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sigma = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return skipWeights(layer, multiplier, (code, { filter }) => {
    const distance = Math.abs(code * layer.weightScales[filter]! - mean);
    return distance < withinSigma * sigma || distance > beyondSigma * sigma;
  });
}
