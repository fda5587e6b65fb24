import {
  type LayerMultiplier,
  type RoundedOperand,
  SKIPPED,
  specsOfWeights,
  type WeightSpecs,
} from '../dnn/assignment.ts';
import { inputOf, operandsOf, portsOf } from '../dnn/layer-operands.ts';
import { inputTap } from '../dnn/layer-samples.ts';
import { codeTerms } from '../dnn/layer-terms.ts';
import type { QuantisedNetwork, WeightedLayer } from '../dnn/quantised-network.ts';
import type { CodeProblem } from './choose-codes.ts';
import { type Codebook, makeCodebook } from './codebook.ts';
import type { InputStatistics } from './input-statistics.ts';

/**
 * The least-squares problems of a layer, one for each group of its channels: moments about the means, since a bias takes
 * up what is constant in the error.
 */
export interface LayerProblem {
  /** Maps of the activations that the multipliers of the layer have, one per term. */
  readonly maps: readonly Int16Array[];
  /** Taps of a filter. */
  readonly taps: number;
  readonly filtersPerGroup: number;
  readonly groups: readonly GroupProblem[];
  readonly specOf: WeightSpecs['specOf'];
  /** Codebook of each of the layer's multipliers. */
  readonly books: readonly Codebook[];
}

export interface GroupProblem extends Omit<CodeProblem, 'codebooks'> {
  /** E[z], float64 [taps · terms], times the scale factor. */
  readonly mean: Float64Array;
  /** E[x], float64 [taps]. */
  readonly exactMean: Float64Array;
  /** cov(x), with the damping noise, float64 [taps][taps]. */
  readonly exact: Float64Array;
}

export interface LayerProblemRequest {
  readonly network: QuantisedNetwork;
  readonly layer: WeightedLayer;
  /** Multipliers that are sums of products of mapped operands. */
  readonly multiplier: LayerMultiplier;
  readonly roundedOperand: RoundedOperand;
  readonly statistics: InputStatistics;
}

/** Variance of a noise that is thought to be added to every input, as a share of their mean variance, so that few samples do not mislead. */
const DAMPING = 0.01;

export function layerProblem(request: LayerProblemRequest): LayerProblem {
  const { network, layer, multiplier, roundedOperand } = request;
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const { activations } = inputOf(network, layer);
  const own = specs.map((spec) => codeTerms(layer, spec, roundedOperand, activations));
  const maps = [...new Map(own.flat().map(({ activation }) => [activation.join(), activation])).values()];
  const keys = maps.map((map) => map.join());
  const books = specs.map((spec, index) => {
    const byKey = new Map(own[index]!.map(({ activation, weight }) => [activation.join(), weight]));
    const weights = operandsOf(spec, portsOf(roundedOperand).weight);
    return makeCodebook(
      keys.map((key) => byKey.get(key) ?? null),
      { low: Math.max(weights.low, -128), high: Math.min(weights.high, 127) },
    );
  });
  const groups = layer.op === 'conv2d' ? (layer.groups ?? 1) : 1;
  const filters = layer.bias.length;
  const taps = layer.weights.length / filters;
  return {
    maps,
    taps,
    filtersPerGroup: filters / groups,
    groups: Array.from({ length: groups }, (_, group) => groupProblem(request, maps, taps, groups, group)),
    specOf,
    books,
  };
}

/** Codebooks of the taps of one filter. */
export function codebooksOf(
  { books, specOf, taps }: LayerProblem,
  filter: number,
): readonly (Codebook | null)[] {
  return Array.from({ length: taps }, (_, k) => {
    const index = specOf(filter * taps + k);
    return index === SKIPPED ? null : books[index]!;
  });
}

function groupProblem(
  { layer, statistics }: LayerProblemRequest,
  maps: readonly Int16Array[],
  taps: number,
  groups: number,
  group: number,
): GroupProblem {
  const terms = maps.length;
  const all = statistics.taps;
  const { factor } = statistics;
  const tapOf = Array.from({ length: taps }, (_, k) => inputTap(layer, taps, groups, group, k));
  const exactMean = Float64Array.from(tapOf, (tap) => statistics.exactMean[tap]!);
  const means = maps.map((map) => statistics.mean(map));
  const mean = new Float64Array(taps * terms);
  for (let k = 0; k < taps; k++) {
    for (let t = 0; t < terms; t++) mean[k * terms + t] = factor * means[t]![tapOf[k]!]!;
  }
  const exact = new Float64Array(taps * taps);
  const exactAll = statistics.exactProducts();
  let variance = 0;
  for (let k = 0; k < taps; k++) {
    for (let l = 0; l < taps; l++) {
      exact[k * taps + l] = exactAll[tapOf[k]! * all + tapOf[l]!]! - exactMean[k]! * exactMean[l]!;
    }
    variance += exact[k * taps + k]! / taps;
  }
  const damping = DAMPING * variance;
  for (let k = 0; k < taps; k++) exact[k * taps + k]! += damping;
  const size = taps * terms;
  const own = new Float64Array(size * size);
  const cross = new Float64Array(size * taps);
  for (let t = 0; t < terms; t++) {
    const withExact = statistics.crossProducts(maps[t]!);
    for (let k = 0; k < taps; k++) {
      const i = k * terms + t;
      for (let l = 0; l < taps; l++) {
        const value = factor * withExact[tapOf[k]! * all + tapOf[l]!]! - mean[i]! * exactMean[l]!;
        cross[i * taps + l] = value + (k === l ? damping : 0);
      }
    }
    for (let u = 0; u <= t; u++) {
      const between = statistics.products(maps[t]!, maps[u]!);
      for (let k = 0; k < taps; k++) {
        const i = k * terms + t;
        for (let l = 0; l < taps; l++) {
          const j = l * terms + u;
          const raw = factor * factor * between[tapOf[k]! * all + tapOf[l]!]!;
          const value = raw - mean[i]! * mean[j]! + (k === l ? damping : 0);
          own[i * size + j] = value;
          own[j * size + i] = value;
        }
      }
    }
  }
  return { taps, terms, own, cross, mean, exactMean, exact };
}
