import { maxValue } from '../base/bits.ts';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { bilinearTerms, isBilinear } from '../multiplier/golden.ts';
import { designName, type MultiplierSpec, operandRange } from '../multiplier/spec.ts';
import { type LayerMultiplier, type RoundedOperand, SKIPPED, specsOfWeights } from './assignment.ts';
import {
  type CodeRange,
  codeRanges,
  type QuantisedNetwork,
  quantisedZeroPoints,
  type WeightedLayer,
} from './quantised-network.ts';

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
export interface LayerTerms {
  readonly terms: readonly LayerTerm[];
  /** Codes of the activations, the padding included. */
  readonly activations: CodeRange;
  /** Code of the padding: the input's zero point z. */
  readonly inputZeroPoint: number;
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
  const range = codeRanges(network).get(layer.inputs[0]!)!;
  const inputZeroPoint = quantisedZeroPoints(network).get(layer.inputs[0]!)!;
  const activations = {
    low: Math.min(range.low, inputZeroPoint),
    high: Math.max(range.high, inputZeroPoint),
  };
  const bias = Float64Array.from(layer.bias);
  const taps = layer.weights.length / bias.length;
  const terms = new Map<string, LayerTerm>();
  const ownTerms = specs.map((spec, index) => {
    checkOperands(layer, spec, roundedOperand, activations, usedWeights(layer, specOf, index));
    return codeTerms(layer, spec, roundedOperand, activations).map(({ activation, weight }) => {
      const key = activation.join();
      if (!terms.has(key)) terms.set(key, { activation, weights: new Int16Array(layer.weights.length) });
      return { weight, weights: terms.get(key)!.weights };
    });
  });
  for (const [tap, code] of layer.weights.entries()) {
    const index = specOf(tap);
    if (index === SKIPPED) continue;
    bias[Math.floor(tap / taps)]! -= inputZeroPoint * code;
    for (const { weight, weights } of ownTerms[index]!) weights[tap]! += weight[code + 128]!;
  }
  const used = [...terms.values()].filter((term) => term.weights.some((weight) => weight !== 0));
  const accumulatorBound = boundAccumulators(layer, specs, used, activations, bias);
  return { terms: used, activations, inputZeroPoint, bias, accumulatorBound };
}

type Port = 'a' | 'b';

function portsOf(roundedOperand: RoundedOperand): { readonly activation: Port; readonly weight: Port } {
  return roundedOperand === 'activations'
    ? { activation: 'a', weight: 'b' }
    : { activation: 'b', weight: 'a' };
}

function operandsOf(spec: MultiplierSpec, port: Port): CodeRange {
  const range = operandRange(spec);
  return port === 'a' ? { low: range.aMin, high: range.aMax } : { low: range.bMin, high: range.bMax };
}

function usedWeights(layer: WeightedLayer, specOf: (tap: number) => number, index: number): CodeRange {
  let [low, high] = [0, 0];
  for (const [tap, code] of layer.weights.entries()) {
    if (specOf(tap) !== index) continue;
    low = Math.min(low, code);
    high = Math.max(high, code);
  }
  return { low, high };
}

/** @throws bad-input when codes exceed the operands of the multiplier */
export function checkOperands(
  layer: WeightedLayer,
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
  activations: CodeRange,
  weights: CodeRange,
): void {
  const ports = portsOf(roundedOperand);
  for (const [role, codes, port] of [
    ['activations', activations, ports.activation],
    ['weights', weights, ports.weight],
  ] as const) {
    const operands = operandsOf(spec, port);
    if (codes.low >= operands.low && codes.high <= operands.high) continue;
    throw badInput(
      {
        where: `multiplier ${designName(spec)} in layer ${layer.name}`,
        wanted: `a port ${port} for the ${role}, ${codes.low} … ${codes.high}`,
        found: `${operands.low} … ${operands.high}`,
      },
      'Use a signed multiplier of at least 8 bits, or put the other operand on that port.',
    );
  }
}

interface CodeTerm {
  /** i16 [256], index code + 128. */
  readonly activation: Int16Array;
  readonly weight: Int16Array;
}

/** The terms of one multiplier over the codes that the operands can hold. */
function codeTerms(
  layer: WeightedLayer,
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
  activations: CodeRange,
): readonly CodeTerm[] {
  if (!isBilinear(spec)) {
    throw badInput(
      {
        where: `multiplier ${designName(spec)} in layer ${layer.name}`,
        wanted: 'a multiplier that is a sum of products of mapped operands',
        found: 'a truth table',
      },
      'The kernels of this version do not read truth tables.',
    );
  }
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

/** Largest Σ over the taps of the largest |product| plus |bias|. @throws bad-input when it exceeds int32 */
function boundAccumulators(
  layer: WeightedLayer,
  specs: readonly MultiplierSpec[],
  terms: readonly LayerTerm[],
  codes: CodeRange,
  bias: Float64Array,
): number {
  const largest = new Map<string, number>();
  const largestProduct = (tap: number): number => {
    const key = terms.map(({ weights }) => weights[tap]).join();
    let most = largest.get(key);
    if (most !== undefined) return most;
    most = 0;
    for (let code = codes.low + 128; code <= codes.high + 128; code++) {
      let product = 0;
      for (const { activation, weights } of terms) product += activation[code]! * weights[tap]!;
      most = Math.max(most, Math.abs(product));
    }
    largest.set(key, most);
    return most;
  };
  const taps = layer.weights.length / bias.length;
  let highest = 0;
  for (let channel = 0; channel < bias.length; channel++) {
    let bound = Math.abs(bias[channel]!);
    for (let tap = 0; tap < taps; tap++) bound += largestProduct(channel * taps + tap);
    highest = Math.max(highest, bound);
    if (bound <= maxValue(32, true)) continue;
    throw badInput(
      {
        where: `multiplier ${specs.map(designName).join(' + ')} in layer ${layer.name}`,
        wanted: 'sums within int32',
        found: `up to ${bound} in output channel ${channel}`,
      },
      'The layer has too many taps for a 32-bit accumulator with this multiplier.',
    );
  }
  return highest;
}
