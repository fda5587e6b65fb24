import { maxValue, minValue } from '../base/bits.ts';
import { type LayerMultiplier, specsOfWeights } from '../dnn/assignment.ts';
import { boundAccumulators, foldBias, inputOf } from '../dnn/layer-operands.ts';
import type { QuantisedNetwork, WeightedLayer } from '../dnn/quantised-network.ts';
import { compileOperandProduct } from '../multiplier/golden.ts';
import { IDLE } from './array-pass.ts';
import type { ArraySpec } from './array-spec.ts';

/** What the requantiser needs of one filter. */
export interface FilterParameters {
  /** bias − z · Σ w over the weights that are not skipped; int32. */
  readonly bias: number;
  readonly multiplier: number;
  readonly shift: number;
}

/** The filters of a layer, and what their accumulators must hold. */
export interface LayerParameters {
  readonly filters: readonly FilterParameters[];
  readonly widest: SumBound;
}

/** The sums of the filter with the widest ones: every partial sum, in whatever order, is within low … high. */
export interface SumBound {
  readonly filter: number;
  readonly low: number;
  readonly high: number;
  /** Bits that hold them, at least 16. */
  readonly bits: number;
}

/**
 * The parameters of a layer's filters, after checking that their sums with bias stay within int32.
 * @param numberOf number of each weight's multiplier (layerNumbers)
 * @throws bad-input when a sum could leave int32
 */
export function filterParameters(
  spec: ArraySpec,
  network: QuantisedNetwork,
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  numberOf: (tap: number) => number,
): LayerParameters {
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const { inputZeroPoint } = inputOf(network, layer);
  const bias = foldBias(layer, inputZeroPoint, specOf);
  const extremes = productExtremes(spec, network, layer, numberOf);
  boundAccumulators(layer, specs, bias, (tap) => {
    const { low, high } = extremes(tap);
    return Math.max(-low, high);
  });
  const filters = Array.from(bias, (value, filter) => ({
    bias: value,
    multiplier: layer.multipliers[filter]!,
    shift: layer.shifts[filter]!,
  }));
  return { filters, widest: widestSums(layer, extremes) };
}

/** The parameter words of filters: `lanes` of them a word, 8 bytes each, padded to whole filter tiles. */
export function packParameters(filters: readonly FilterParameters[], { columns }: ArraySpec): Uint8Array {
  const bytes = new Uint8Array(8 * columns * Math.ceil(filters.length / columns));
  const view = new DataView(bytes.buffer);
  for (const [filter, { bias, multiplier, shift }] of filters.entries()) {
    view.setInt32(8 * filter, bias, true);
    view.setUint16(8 * filter + 4, multiplier, true);
    view.setUint8(8 * filter + 6, shift);
  }
  return bytes;
}

interface Extremes {
  /** At most 0. */
  readonly low: number;
  /** At least 0. */
  readonly high: number;
}

const NOTHING: Extremes = { low: 0, high: 0 };

/** Smallest and largest product of each weight over the codes that the layer reads; 0 among them. */
function productExtremes(
  spec: ArraySpec,
  network: QuantisedNetwork,
  layer: WeightedLayer,
  numberOf: (tap: number) => number,
): (tap: number) => Extremes {
  const { activations } = inputOf(network, layer);
  const products = spec.multipliers.map(compileOperandProduct);
  const known = new Map<number, Extremes>();
  return (tap) => {
    const number = numberOf(tap);
    if (number === IDLE) return NOTHING;
    const weight = layer.weights[tap]!;
    const key = number * 256 + weight + 128;
    let found = known.get(key);
    if (found === undefined) {
      let [low, high] = [0, 0];
      for (let code = activations.low; code <= activations.high; code++) {
        const product =
          spec.weightPort === 'a' ? products[number]!(weight, code) : products[number]!(code, weight);
        low = Math.min(low, product);
        high = Math.max(high, product);
      }
      found = { low, high };
      known.set(key, found);
    }
    return found;
  };
}

function widestSums(layer: WeightedLayer, extremes: (tap: number) => Extremes): SumBound {
  const taps = layer.weights.length / layer.bias.length;
  let widest: SumBound = { filter: 0, low: 0, high: 0, bits: 16 };
  for (let filter = 0; filter < layer.bias.length; filter++) {
    let [low, high] = [0, 0];
    for (let tap = filter * taps; tap < (filter + 1) * taps; tap++) {
      low += extremes(tap).low;
      high += extremes(tap).high;
    }
    let bits = 16;
    while (low < minValue(bits, true) || high > maxValue(bits, true)) bits++;
    if (bits > widest.bits) widest = { filter, low, high, bits };
  }
  return widest;
}
