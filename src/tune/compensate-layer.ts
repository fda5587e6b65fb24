import { inputOf } from '../dnn/layer-operands.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import { type CodeProblem, chooseAlone, chooseCodes } from './choose-codes.ts';
import { codebooksOf, type GroupProblem, type LayerProblemRequest, layerProblem } from './layer-problem.ts';

/** How much time a layer is worth. */
export interface TuningEffort {
  /** Weight scales that are tried with the correlations of the inputs, the most promising without them. */
  readonly scales: number;
  /** Times over all taps of a filter, at most. */
  readonly sweeps: number;
}

/** Enough to compare multipliers, in a third of the time. */
export const QUICK_EFFORT: TuningEffort = { scales: 1, sweeps: 4 };

export const FULL_EFFORT: TuningEffort = { scales: 2, sweeps: 20 };

export interface CompensateRequest extends LayerProblemRequest {
  readonly effort: TuningEffort;
}

/** A tuned layer, and how far it is from the exact one. */
export interface CompensatedLayer {
  readonly variant: LayerVariant;
  /** E[(exact sum − own sum)²] / var(exact sum) over the samples with the damping noise, mean of the filters. */
  readonly relativeError: number;
}

/** Weight scales to try, as multiples of that of the network, where the largest weight has code 127. */
export const WEIGHT_FACTORS = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4] as const;

/**
 * Error-compensated weight selection: for each filter the weight codes with which the layer, computed by its own
 * multipliers on what it reads, comes nearest to the exact layer (chooseCodes), a weight scale for it, and the bias
 * that makes the mean error 0. No labels, no gradients; nothing but constants changes in hardware.
 */
export function compensateLayer(request: CompensateRequest): CompensatedLayer {
  const { network, layer, statistics } = request;
  const problem = layerProblem(request);
  const { taps, filtersPerGroup, books, specOf } = problem;
  const input = { zeroPoint: inputOf(network, layer).inputZeroPoint, factor: statistics.factor };
  const weights = layer.weights.slice();
  const bias = layer.bias.slice();
  const factors: number[] = [];
  let error = 0;
  for (let filter = 0; filter < bias.length; filter++) {
    const group = problem.groups[Math.floor(filter / filtersPerGroup)]!;
    const codebooks = codebooksOf(problem, filter);
    const exact = Float64Array.from(layer.weights.subarray(filter * taps, (filter + 1) * taps));
    const { factor, entries, cost } = bestScale({ ...group, codebooks }, exact, request.effort);
    for (let k = 0; k < taps; k++) {
      if (entries[k]! >= 0)
        weights[filter * taps + k] = books[specOf(filter * taps + k)]!.codes[entries[k]!]!;
    }
    factors.push(factor);
    const signal = quadratic(group.exact, exact);
    if (signal > 0) error += (signal + cost) / signal / bias.length;
    bias[filter] = fittingBias(
      group,
      exact,
      codebooks,
      entries,
      factor,
      layer.bias[filter]!,
      input,
      weights,
      filter,
    );
  }
  const inputScaleFactor = statistics.factor === 1 ? {} : { inputScaleFactor: statistics.factor };
  const isScaled = factors.some((factor) => factor !== 1);
  return {
    variant: {
      multiplier: request.multiplier,
      weights,
      bias,
      ...(isScaled ? { weightScaleFactors: factors } : {}),
      ...inputScaleFactor,
    },
    relativeError: error,
  };
}

interface ScaledCodes {
  readonly factor: number;
  readonly entries: Int32Array;
  /** In steps of the network's own weight scale. */
  readonly cost: number;
}

/** Codes at the weight scale with which the error is least. */
function bestScale(problem: CodeProblem, exact: Float64Array, { scales, sweeps }: TuningEffort): ScaledCodes {
  const wantedAt = (factor: number): Float64Array => exact.map((weight) => weight / factor);
  const promising = WEIGHT_FACTORS.map((factor) => ({
    factor,
    cost: factor ** 2 * chooseAlone(problem, wantedAt(factor)).cost,
  }))
    .sort((x, y) => x.cost - y.cost)
    .slice(0, scales);
  return promising
    .map(({ factor }) => {
      const { entries, cost } = chooseCodes(problem, wantedAt(factor), sweeps);
      return { factor, entries, cost: factor ** 2 * cost };
    })
    .reduce((best, next) => (next.cost < best.cost ? next : best));
}

/**
 * The bias with which the mean of the own sums is that of the exact ones: with γ the weight scale factor and z the
 * input's zero point, α the activation scale factor (in the means already), γ · (bias' − α z Σ c + E[Σ f · g]) =
 * bias − z Σ w + E[Σ x · w].
 */
function fittingBias(
  { taps, terms, mean, exactMean }: GroupProblem,
  exact: Float64Array,
  codebooks: CodeProblem['codebooks'],
  entries: Int32Array,
  factor: number,
  exactBias: number,
  { zeroPoint, factor: inputFactor }: { readonly zeroPoint: number; readonly factor: number },
  weights: Int8Array,
  filter: number,
): number {
  let wanted = exactBias;
  let own = 0;
  for (let k = 0; k < taps; k++) {
    wanted += exact[k]! * (exactMean[k]! - zeroPoint);
    const book = codebooks[k];
    if (!book) continue;
    own -= inputFactor * zeroPoint * weights[filter * taps + k]!;
    for (let t = 0; t < terms; t++) own += mean[k * terms + t]! * book.images[entries[k]! * terms + t]!;
  }
  return Math.round(wanted / factor - own);
}

/** wᵀ M w */
function quadratic(matrix: Float64Array, w: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < w.length; k++) {
    for (let l = 0; l < w.length; l++) sum += w[k]! * matrix[k * w.length + l]! * w[l]!;
  }
  return sum;
}
