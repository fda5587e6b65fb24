import { minValue } from '../base/bits.ts';
import { badInput } from '../base/errors.ts';
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

/**
 * The parameters of a layer's filters, after checking that neither accumulators nor the sums with bias can overflow.
 * @param numberOf number of each weight's multiplier (layerNumbers)
 * @throws bad-input when the accumulators are too narrow, with the width that would do
 */
export function filterParameters(
  spec: ArraySpec,
  network: QuantisedNetwork,
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  numberOf: (tap: number) => number,
): readonly FilterParameters[] {
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const { inputZeroPoint } = inputOf(network, layer);
  const bias = foldBias(layer, inputZeroPoint, specOf);
  const extremes = productExtremes(spec, network, layer, numberOf);
  boundAccumulators(layer, specs, bias, (tap) => {
    const { low, high } = extremes(tap);
    return Math.max(-low, high);
  });
  checkAccumulators(spec, layer, extremes);
  return Array.from(bias, (value, filter) => ({
    bias: value,
    multiplier: layer.multipliers[filter]!,
    shift: layer.shifts[filter]!,
  }));
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

/** Every partial sum, in whatever order, lies between the sum of the lowest and that of the highest products. */
function checkAccumulators(
  { accumulatorBits }: ArraySpec,
  layer: WeightedLayer,
  extremes: (tap: number) => Extremes,
): void {
  const filters = layer.bias.length;
  const taps = layer.weights.length / filters;
  let worst = { bits: 0, filter: 0, low: 0, high: 0 };
  for (let filter = 0; filter < filters; filter++) {
    let [low, high] = [0, 0];
    for (let tap = filter * taps; tap < (filter + 1) * taps; tap++) {
      low += extremes(tap).low;
      high += extremes(tap).high;
    }
    let bits = 16;
    while (low < minValue(bits, true) || high >= -minValue(bits, true)) bits++;
    if (bits > worst.bits) worst = { bits, filter, low, high };
  }
  if (worst.bits <= accumulatorBits) return;
  throw badInput(
    {
      where: `layer ${layer.name}, filter ${worst.filter}`,
      wanted: `sums within ${accumulatorBits} bits`,
      found: `${worst.low} … ${worst.high}`,
    },
    `The accumulators need accumulatorBits ${worst.bits} (--accumulator-bits).`,
  );
}
