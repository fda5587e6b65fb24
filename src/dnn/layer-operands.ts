import { maxValue } from '../base/bits.ts';
import { badInput } from '../base/errors.ts';
import { designName, type MultiplierSpec, operandRange } from '../multiplier/spec.ts';
import { type RoundedOperand, SKIPPED, type WeightSpecs } from './assignment.ts';
import {
  type CodeRange,
  codeRanges,
  type QuantisedNetwork,
  quantisedZeroPoints,
  type WeightedLayer,
} from './quantised-network.ts';

/** What a weighted layer reads. */
export interface LayerInput {
  /** Codes of the activations, the padding included. */
  readonly activations: CodeRange;
  /** Code of the padding: the input's zero point z. */
  readonly inputZeroPoint: number;
}

export function inputOf(network: QuantisedNetwork, layer: WeightedLayer): LayerInput {
  const range = codeRanges(network).get(layer.inputs[0]!)!;
  const inputZeroPoint = quantisedZeroPoints(network).get(layer.inputs[0]!)!;
  const low = Math.min(range.low, inputZeroPoint);
  return { activations: { low, high: Math.max(range.high, inputZeroPoint) }, inputZeroPoint };
}

/** bias − z · Σ w over the weights that are not skipped, per output channel. */
export function foldBias(
  layer: WeightedLayer,
  inputZeroPoint: number,
  specOf: WeightSpecs['specOf'],
): Float64Array {
  const bias = Float64Array.from(layer.bias);
  const taps = layer.weights.length / bias.length;
  for (let tap = 0; inputZeroPoint !== 0 && tap < layer.weights.length; tap++) {
    if (specOf(tap) !== SKIPPED) bias[Math.floor(tap / taps)]! -= inputZeroPoint * layer.weights[tap]!;
  }
  return bias;
}

export type Port = 'a' | 'b';

/** Where the activations and the weights go. */
export function portsOf(roundedOperand: RoundedOperand): {
  readonly activation: Port;
  readonly weight: Port;
} {
  return roundedOperand === 'activations'
    ? { activation: 'a', weight: 'b' }
    : { activation: 'b', weight: 'a' };
}

/** Range of the operand on a port. */
export function operandsOf(spec: MultiplierSpec, port: Port): CodeRange {
  const range = operandRange(spec);
  return port === 'a' ? { low: range.aMin, high: range.aMax } : { low: range.bMin, high: range.bMax };
}

/** Range of the weights that a multiplier of the layer has; contains 0. */
export function usedWeights(layer: WeightedLayer, specOf: (tap: number) => number, index: number): CodeRange {
  let [low, high] = [0, 0];
  for (let tap = 0; tap < layer.weights.length; tap++) {
    if (specOf(tap) !== index) continue;
    const code = layer.weights[tap]!;
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
      spec.family === 'table'
        ? 'An unsigned truth table serves signed operands when it was added with --wrap sign-magnitude.'
        : 'Use a signed multiplier of at least 8 bits, or put the other operand on that port.',
    );
  }
}

/**
 * Largest Σ over the taps of the largest |product| plus |bias|.
 * @param largestProduct of the weight number `tap`, over all activations
 * @throws bad-input when it exceeds int32
 */
export function boundAccumulators(
  layer: WeightedLayer,
  specs: readonly MultiplierSpec[],
  bias: Float64Array,
  largestProduct: (tap: number) => number,
): number {
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
