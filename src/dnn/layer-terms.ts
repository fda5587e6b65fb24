import { maxValue } from '../base/bits.ts';
import { MaxdnnError } from '../base/errors.ts';
import { bilinearTerms, isBilinear } from '../multiplier/golden.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { type LayerMultiplier, type RoundedOperand, SKIPPED, specsOfWeights } from './assignment.ts';
import {
  boundAccumulators,
  checkOperands,
  foldBias,
  inputOf,
  type LayerInput,
  operandsOf,
  type Port,
  portsOf,
  usedWeights,
} from './layer-operands.ts';
import type { CodeRange, QuantisedNetwork, WeightedLayer } from './quantised-network.ts';

/**
 * One term of a layer's multipliers: its part of a sum of products is Σ activation[x + 128] · weights[tap].
 * Multipliers that map the activations alike share a term.
 */
export interface LayerTerm {
  /** i16 [256]; 0 for codes that the layer cannot have. */
  readonly activation: Int16Array;
  /** Mapped weights, out × kh × kw × in; 0 where the weight's own multiplier has no such term. */
  readonly weights: Int16Array;
}

/** A weighted layer as sums of products of mapped codes. */
export interface LayerTerms extends LayerInput {
  readonly terms: readonly LayerTerm[];
  /** bias − z · Σ w over the weights that are not skipped, per output channel. */
  readonly bias: Float64Array;
  /** No |bias + sum| exceeds this, whatever the activations. */
  readonly accumulatorBound: number;
}

/**
 * The multipliers of a layer as a sum of products of mapped codes, checked to fit the kernels: codes within the
 * multipliers' operands, mapped codes within int16, no accumulator beyond int32 whatever the activations.
 * @throws bad-input when one does not fit, or the index of a mixture does not fit the layer
 */
export function layerTerms(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  roundedOperand: RoundedOperand,
): LayerTerms {
  const { specs, specOf } = specsOfWeights(layer, multiplier);
  const { activations, inputZeroPoint } = inputOf(network, layer);
  const bias = foldBias(layer, inputZeroPoint, specOf);
  const terms = new Map<string, LayerTerm>();
  const ownTerms = specs.map((spec, index) => {
    checkOperands(layer, spec, roundedOperand, activations, usedWeights(layer, specOf, index));
    return codeTerms(layer, spec, roundedOperand, activations).map(({ activation, weight }) => {
      const key = activation.join();
      if (!terms.has(key)) terms.set(key, { activation, weights: new Int16Array(layer.weights.length) });
      return { weight, weights: terms.get(key)!.weights };
    });
  });
  for (let tap = 0; tap < layer.weights.length; tap++) {
    const index = specOf(tap);
    if (index === SKIPPED) continue;
    const code = layer.weights[tap]!;
    for (const { weight, weights } of ownTerms[index]!) weights[tap]! += weight[code + 128]!;
  }
  const used = [...terms.values()].filter((term) => term.weights.some((weight) => weight !== 0));
  const accumulatorBound = boundAccumulators(
    layer,
    specs,
    bias,
    largestProducts(layer, specOf, used, activations),
  );
  return { terms: used, activations, inputZeroPoint, bias, accumulatorBound };
}

/** One term of a multiplier on a layer's codes: activation[x + 128] · weight[w + 128] is its part of a product. */
export interface CodeTerm {
  /** i16 [256], index code + 128; 0 for codes that the operand cannot have. */
  readonly activation: Int16Array;
  readonly weight: Int16Array;
}

/** The terms of one multiplier over the codes that the operands can hold. @throws internal for a truth table */
export function codeTerms(
  layer: WeightedLayer,
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
  activations: CodeRange,
): readonly CodeTerm[] {
  if (!isBilinear(spec)) throw new MaxdnnError('internal', `${designName(spec)} is no sum of products`);
  const ports = portsOf(roundedOperand);
  const map = (table: Int32Array, port: Port, codes: CodeRange): Int16Array => {
    const mapped = new Int16Array(256);
    const operands = operandsOf(spec, port);
    const high = Math.min(codes.high, operands.high);
    for (let code = Math.max(codes.low, operands.low); code <= high; code++) {
      const value = table[code - operands.low]!;
      if (Math.abs(value) > maxValue(16, true)) {
        throw new MaxdnnError(
          'internal',
          `${designName(spec)} in layer ${layer.name}: ${value} for code ${code} exceeds int16`,
        );
      }
      mapped[code + 128] = value;
    }
    return mapped;
  };
  return bilinearTerms(spec).map((term) => ({
    activation: map(term[ports.activation], ports.activation, activations),
    weight: map(term[ports.weight], ports.weight, { low: -128, high: 127 }),
  }));
}

/** Largest |product| of a weight over all activations; the same for weights of one code and one multiplier. */
function largestProducts(
  layer: WeightedLayer,
  specOf: (tap: number) => number,
  terms: readonly LayerTerm[],
  codes: CodeRange,
): (tap: number) => number {
  const known = new Map<number, number>();
  return (tap) => {
    const key = specOf(tap) * 256 + layer.weights[tap]! + 128;
    let largest = known.get(key);
    if (largest !== undefined) return largest;
    largest = 0;
    for (let code = codes.low + 128; code <= codes.high + 128; code++) {
      let product = 0;
      for (const { activation, weights } of terms) product += activation[code]! * weights[tap]!;
      largest = Math.max(largest, Math.abs(product));
    }
    known.set(key, largest);
    return largest;
  };
}
