import type { MultiplierSpec } from '../multiplier/spec.ts';
import { dominates } from '../search/domination.ts';
import type { OperandNoise } from '../tune/noise-estimate.ts';
import type { Candidate } from './candidates.ts';

/** A forecast of what a multiplier does to a layer; undefined where there is none. */
export type NoiseOf = (layer: string, spec: MultiplierSpec) => OperandNoise | undefined;

/**
 * Candidates of a layer that are worth tuning: all that can be used there but those that another one beats in energy and
 * in the forecast noise of both operands. Without a forecast all.
 * @returns indices of candidates
 */
export function shortlist(
  candidates: readonly Candidate[],
  layer: string,
  noiseOf: NoiseOf | undefined,
): readonly number[] {
  const usable = candidates.flatMap(({ energyPj }, index) => (energyPj.has(layer) ? [index] : []));
  if (noiseOf === undefined) return usable;
  const figures = new Map(
    usable.map((index) => {
      const { spec, energyPj } = candidates[index]!;
      const noise = noiseOf(layer, spec);
      return [index, noise && [energyPj.get(layer)!, noise.activations, noise.weights]] as const;
    }),
  );
  return usable.filter((index) => {
    const own = figures.get(index);
    return (
      own === undefined ||
      !usable.some((other) => {
        const its = figures.get(other);
        return its !== undefined && dominates(its, own);
      })
    );
  });
}
