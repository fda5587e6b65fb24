import type { MultiplierSpec } from '../multiplier/spec.ts';
import { dominates } from '../search/domination.ts';
import type { OperandNoise } from '../tune/noise-estimate.ts';
import type { Candidate } from './candidates.ts';

/** A forecast of what a multiplier does to a layer; undefined where there is none. */
export type NoiseOf = (layer: string, spec: MultiplierSpec) => OperandNoise | undefined;

/**
 * How much the noise of the weights counts beside that of the activations: as much, or a quarter where tuning makes up
 * for most of it.
 */
const WEIGHT_SHARES = [1, 0.25] as const;

/**
 * Candidates of a layer that are worth tuning: those that no other one beats in energy and forecast noise, for either
 * share of the weights' noise. Without a forecast all.
 * @returns indices of candidates that the layer can use
 */
export function shortlist(
  candidates: readonly Candidate[],
  layer: string,
  noiseOf: NoiseOf | undefined,
): readonly number[] {
  const usable = candidates.flatMap(({ energyPj }, index) => (energyPj.has(layer) ? [index] : []));
  if (noiseOf === undefined) return usable;
  const forecasts = new Map(usable.map((index) => [index, noiseOf(layer, candidates[index]!.spec)]));
  const figures = (index: number, share: number): readonly number[] | undefined => {
    const noise = forecasts.get(index);
    return noise && [candidates[index]!.energyPj.get(layer)!, noise.activations + share * noise.weights];
  };
  const isBeaten = (index: number, share: number): boolean => {
    const own = figures(index, share);
    return own !== undefined && usable.some((other) => dominates(figures(other, share) ?? own, own));
  };
  return usable.filter((index) => !WEIGHT_SHARES.every((share) => isBeaten(index, share)));
}
