import { type LayerMultiplier, type RoundedOperand, SKIPPED, specsOfWeights } from '../dnn/assignment.ts';
import { inputOf, operandsOf, portsOf } from '../dnn/layer-operands.ts';
import { inputTap, type LayerSamples } from '../dnn/layer-samples.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import type { CodeRange, QuantisedNetwork, WeightedLayer } from '../dnn/quantised-network.ts';
import { compileOperandProduct } from '../multiplier/golden.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { rescaleCode } from './input-statistics.ts';
import type { TuningChoice } from './tuning.ts';
import { mapWeights } from './weight-map.ts';

export interface MapLayerRequest {
  readonly network: QuantisedNetwork;
  readonly layer: WeightedLayer;
  /** Any multipliers, truth tables too. */
  readonly multiplier: LayerMultiplier;
  readonly roundedOperand: RoundedOperand;
  /** What the layer reads in the exact network, and what it reads now; the same positions. */
  readonly exact: LayerSamples;
  readonly own: LayerSamples;
  /** Scale of the activations as a multiple of the network's. */
  readonly factor: number;
  /** True when `own` still has the exact scale. */
  readonly rescale: boolean;
  readonly choice: Pick<TuningChoice, 'bias'> & { readonly weights: 'none' | 'alwann' | 'measured' };
}

/** A layer whose weights are mapped one by one for their multipliers, and whose biases take the mean error. */
export function mapLayer(request: MapLayerRequest): LayerVariant {
  const { network, layer, multiplier, roundedOperand, factor, choice } = request;
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const input = inputOf(network, layer);
  const histograms = tapHistograms(request);
  const weights = layer.weights.slice();
  const products = specs.map((spec) => codeProduct(spec, roundedOperand, input.inputZeroPoint));
  if (choice.weights !== 'none') {
    const maps = specs.map((spec, index) => {
      const range = operandsOf(spec, portsOf(roundedOperand).weight);
      const codes = { low: Math.max(range.low, -128), high: Math.min(range.high, 127) };
      const histogram = choice.weights === 'measured' ? sumOf(histograms, input.activations) : undefined;
      const map = mapWeights({
        product: products[index]!,
        activations: shifted(input.activations, -input.inputZeroPoint),
        weights: codes,
        ...(histogram === undefined ? {} : { histogram }),
      });
      return { map, low: codes.low };
    });
    for (let tap = 0; tap < weights.length; tap++) {
      const index = specOf(tap);
      if (index === SKIPPED) continue;
      const { map, low } = maps[index]!;
      weights[tap] = map[weights[tap]! - low]!;
    }
  }
  const scaled = factor === 1 ? {} : { inputScaleFactor: factor };
  const mapped = choice.weights === 'none' ? {} : { weights };
  if (!choice.bias) return { multiplier, ...mapped, ...scaled };
  return { multiplier, ...mapped, bias: fittingBiases(request, weights, histograms, products), ...scaled };
}

/** What a code u = x − z of an activation and a weight give: M(x, w) − z · w, for u · w. */
function codeProduct(
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
  zeroPoint: number,
): (activation: number, weight: number) => number {
  const product = compileOperandProduct(spec);
  return roundedOperand === 'activations'
    ? (u, weight) => product(u + zeroPoint, weight) - zeroPoint * weight
    : (u, weight) => product(weight, u + zeroPoint) - zeroPoint * weight;
}

/** How often each code occurs at each tap: float64 [tap][code + 128], sums of 1; codes in the own scale. */
function tapHistograms({ network, layer, own, factor, rescale }: MapLayerRequest): Float64Array {
  const { activations, inputZeroPoint } = inputOf(network, layer);
  const { taps, samples, codes } = own;
  const histograms = new Float64Array(taps * 256);
  for (let tap = 0; tap < taps; tap++) {
    for (let s = 0; s < samples; s++) {
      const code = codes[tap * samples + s]!;
      const scaled = rescale ? rescaleCode(code, factor, activations, inputZeroPoint) : code;
      histograms[tap * 256 + scaled + 128]! += 1 / samples;
    }
  }
  return histograms;
}

/** Over all taps, from the lowest code of a range to its highest. */
function sumOf(histograms: Float64Array, { low, high }: CodeRange): Float64Array {
  const sum = new Float64Array(high - low + 1);
  for (let tap = 0; tap < histograms.length; tap += 256) {
    for (let code = low; code <= high; code++) sum[code - low]! += histograms[tap + code + 128]!;
  }
  return sum;
}

/** bias' with which the mean of the sums is that of the exact layer. */
function fittingBiases(
  { network, layer, multiplier, exact, factor }: MapLayerRequest,
  weights: Int8Array,
  histograms: Float64Array,
  products: readonly ((activation: number, weight: number) => number)[],
): Int32Array {
  const { specOf } = specsOfWeights(layer, multiplier);
  const { activations, inputZeroPoint: zero } = inputOf(network, layer);
  const taps = layer.weights.length / layer.bias.length;
  const groups = layer.op === 'conv2d' ? (layer.groups ?? 1) : 1;
  const means = new Float64Array(exact.taps);
  for (let tap = 0; tap < exact.taps; tap++) {
    let sum = 0;
    for (let s = 0; s < exact.samples; s++) sum += exact.codes[tap * exact.samples + s]!;
    means[tap] = sum / exact.samples;
  }
  const known = new Map<number, number>();
  /** E[M(x̂, w) − z · w] at a tap of the input. */
  const meanProduct = (tap: number, index: number, weight: number): number => {
    const key = (index * exact.taps + tap) * 256 + weight + 128;
    let mean = known.get(key);
    if (mean === undefined) {
      mean = 0;
      for (let code = activations.low; code <= activations.high; code++) {
        const share = histograms[tap * 256 + code + 128]!;
        if (share > 0) mean += share * products[index]!(code - zero, weight);
      }
      known.set(key, mean);
    }
    return mean;
  };
  return layer.bias.map((bias, filter) => {
    const group = Math.floor((filter * groups) / layer.bias.length);
    let fitting = bias;
    for (let k = 0; k < taps; k++) {
      const at = filter * taps + k;
      const tap = inputTap(layer, taps, groups, group, k);
      fitting += layer.weights[at]! * (means[tap]! - zero);
      const index = specOf(at);
      if (index !== SKIPPED) fitting -= factor * meanProduct(tap, index, weights[at]!);
    }
    return Math.round(fitting);
  });
}

function shifted({ low, high }: CodeRange, by: number): CodeRange {
  return { low: low + by, high: high + by };
}
