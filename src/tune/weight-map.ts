import { badInput, type Fault, show } from '../base/errors.ts';
import type { CodeRange } from '../dnn/quantised-network.ts';

/**
 * How weights are mapped: as published, all activations alike, or by the measured histogram of what each layer reads
 * (our extension).
 */
export type MapWeighting = 'published' | 'measured';

/** What weights are mapped for. */
export interface WeightMapRequest {
  /** What the multiplier makes of the codes of an activation and a weight. */
  readonly product: (activation: number, weight: number) => number;
  /** Activations that the error is summed over, ends included. */
  readonly activations: CodeRange;
  /** Weights to map, and to map them to, ends included; within int16. */
  readonly weights: CodeRange;
  /**
   * How often each activation occurs (index activation − activations.low), each finite and ≥ 0: its error counts that
   * often. Default: each once, as published.
   */
  readonly histogram?: Float64Array;
}

/**
 * For each weight w the weight w′ that approximates it best: argmin_{w′} Σ_a h(a) · |a·w − M(a, w′)|. Ties keep w, else
 * the lowest w′ wins.
 * Source: V. Mrazek et al., "ALWANN: Automatic Layer-Wise Approximation of Deep Neural Network Accelerators without
 * Retraining" (ICCAD 2019); which of several equal w′ wins is what its program does. The histogram is our extension.
 * @returns index w − weights.low
 * @throws bad-input for empty ranges, or a histogram that does not fit the activations
 */
export function mapWeights(request: WeightMapRequest): Int16Array {
  checkRequest(request);
  const { product, activations, weights, histogram } = request;
  const operands = occurring(activations, histogram);
  const codes = Array.from({ length: weights.high - weights.low + 1 }, (_, index) => weights.low + index);
  const products = codes.map((code) => operands.map(({ activation }) => product(activation, code)));
  return Int16Array.from(codes, (weight, own) => {
    let best = own;
    let leastError = errorOf(operands, weight, products[own]!, Number.POSITIVE_INFINITY);
    for (const [index, row] of products.entries()) {
      const error = errorOf(operands, weight, row, leastError);
      if (error < leastError) [best, leastError] = [index, error];
    }
    return codes[best]!;
  });
}

/** Weights that a map changes; `low` is that of the weights' range. */
export function countRemapped(map: Int16Array, low: number): number {
  return map.reduce((count, code, index) => count + (code === low + index ? 0 : 1), 0);
}

/** Weights with the map applied; every weight must be within the map's range, which starts at `low`. */
export function applyWeightMap(weights: Int8Array, map: Int16Array, low: number): Int8Array {
  return weights.map((weight) => map[weight - low]!);
}

interface Operand {
  readonly activation: number;
  readonly count: number;
}

function occurring({ low, high }: CodeRange, histogram: Float64Array | undefined): readonly Operand[] {
  return Array.from({ length: high - low + 1 }, (_, index) => ({
    activation: low + index,
    count: histogram?.[index] ?? 1,
  })).filter(({ count }) => count > 0);
}

/** Σ h(a) · |a·w − M(a, w′)|, or any number above `limit` as soon as the sum is above it. */
function errorOf(
  operands: readonly Operand[],
  weight: number,
  products: readonly number[],
  limit: number,
): number {
  let sum = 0;
  for (const [index, { activation, count }] of operands.entries()) {
    sum += count * Math.abs(activation * weight - products[index]!);
    if (sum > limit) return sum;
  }
  return sum;
}

function checkRequest({ activations, weights, histogram }: WeightMapRequest): void {
  const faults: Fault[] = [];
  for (const [where, { low, high }] of [
    ['activations to map weights for', activations],
    ['weights to map', weights],
  ] as const) {
    const isRange = Number.isInteger(low) && Number.isInteger(high) && low <= high;
    const isSmall = low >= -32768 && high <= 32767;
    if (!isRange || !isSmall) {
      faults.push({ where, wanted: 'integers low ≤ high within int16', found: `${low} … ${high}` });
    }
  }
  if (faults.length === 0 && histogram !== undefined) {
    const wanted = activations.high - activations.low + 1;
    const foreign = histogram.findIndex((count) => !(Number.isFinite(count) && count >= 0));
    const where = 'histogram of activations';
    if (histogram.length !== wanted) {
      faults.push({ where, wanted: `${wanted} counts`, found: String(histogram.length) });
    } else if (foreign >= 0) {
      const place = `${where}, activation ${activations.low + foreign}`;
      faults.push({ where: place, wanted: 'a count ≥ 0', found: show(String(histogram[foreign])) });
    }
  }
  if (faults.length > 0) throw badInput(faults, 'Give one count for each activation code, from low to high.');
}
