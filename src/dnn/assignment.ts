import { maxValue } from '../base/bits.ts';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { type BilinearTerm, bilinearTerms, isBilinear } from '../multiplier/golden.ts';
import { designName, type MultiplierSpec, operandRange } from '../multiplier/spec.ts';
import {
  codeRanges,
  foldedBias,
  isWeighted,
  type QuantisedNetwork,
  quantisedZeroPoints,
  type WeightedLayer,
} from './quantised-network.ts';

/** Which multiplier each convolution and dense layer uses, by the layer's name. */
export type MultiplierAssignment = ReadonlyMap<string, MultiplierSpec>;

/**
 * Which operand sits on port a of the multiplier (the rounded one of a ROUP); the other is on port b
 * (Booth-encoded, perforated).
 */
export type RoundedOperand = 'weights' | 'activations';

/** The int8×int8 multiplier without error. */
export const EXACT_INT8: MultiplierSpec = {
  family: 'behavioural',
  aBits: 8,
  bBits: 8,
  aSigned: true,
  bSigned: true,
};

/** The same multiplier for every multiplication of the network. */
export function uniformAssignment(network: QuantisedNetwork, spec: MultiplierSpec): MultiplierAssignment {
  return new Map(network.layers.filter(isWeighted).map((layer) => [layer.name, spec]));
}

/**
 * One term of a multiplier over int8 codes: what it contributes is activation[x + 128] · weight[w + 128]. Codes that
 * the layer cannot have are 0.
 */
export interface CodeTerm {
  readonly activation: Int16Array;
  readonly weight: Int16Array;
}

/**
 * The multiplier of a layer as a sum of products of mapped codes, checked to fit the kernel: codes within the
 * multiplier's operands, mapped codes within int16, no accumulator beyond int32 whatever the activations.
 * @throws bad-input when it does not fit
 */
export function layerTerms(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
): readonly CodeTerm[] {
  const activations = codeRanges(network).get(layer.inputs[0]!)!;
  const zero = quantisedZeroPoints(network).get(layer.inputs[0]!)!;
  const activationRange = { low: Math.min(activations.low, zero), high: Math.max(activations.high, zero) };
  const weightRange = { low: minOf(layer.weights), high: maxOf(layer.weights) };
  const ports = portsOf(roundedOperand);
  checkOperand(layer, spec, 'activations', activationRange, ports.activation);
  checkOperand(layer, spec, 'weights', weightRange, ports.weight);
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
  const terms = bilinearTerms(spec).map((term) => ({
    activation: mapCodes(layer, spec, term, ports.activation, activationRange),
    weight: mapCodes(layer, spec, term, ports.weight, weightRange),
  }));
  checkAccumulators(layer, spec, terms, activationRange, foldedBias(layer, zero));
  return terms;
}

interface CodeRange {
  readonly low: number;
  readonly high: number;
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

function checkOperand(
  layer: WeightedLayer,
  spec: MultiplierSpec,
  role: RoundedOperand,
  codes: CodeRange,
  port: Port,
): void {
  const operands = operandsOf(spec, port);
  if (codes.low >= operands.low && codes.high <= operands.high) return;
  throw badInput(
    {
      where: `multiplier ${designName(spec)} in layer ${layer.name}`,
      wanted: `a port ${port} for the ${role}, ${codes.low} … ${codes.high}`,
      found: `${operands.low} … ${operands.high}`,
    },
    'Use a signed multiplier of at least 8 bits, or put the other operand on that port.',
  );
}

function mapCodes(
  layer: WeightedLayer,
  spec: MultiplierSpec,
  term: BilinearTerm,
  port: Port,
  codes: CodeRange,
): Int16Array {
  const mapped = new Int16Array(256);
  const { low } = operandsOf(spec, port);
  for (let code = codes.low; code <= codes.high; code++) {
    const value = term[port][code - low]!;
    if (Math.abs(value) > maxValue(16, true)) {
      throw new MaxdnnError(
        'internal',
        `${designName(spec)} in layer ${layer.name}: ${value} for code ${code} exceeds int16`,
      );
    }
    mapped[code + 128] = value;
  }
  return mapped;
}

/** Σ over the taps of the largest |product| plus |bias| must fit int32 in every output channel. */
function checkAccumulators(
  layer: WeightedLayer,
  spec: MultiplierSpec,
  terms: readonly CodeTerm[],
  codes: CodeRange,
  folded: Float64Array,
): void {
  const largest = new Float64Array(256);
  for (let weight = 0; weight < 256; weight++) {
    for (let code = codes.low; code <= codes.high; code++) {
      let product = 0;
      for (const term of terms) product += term.activation[code + 128]! * term.weight[weight]!;
      largest[weight] = Math.max(largest[weight]!, Math.abs(product));
    }
  }
  const taps = layer.weights.length / layer.bias.length;
  for (let channel = 0; channel < layer.bias.length; channel++) {
    let bound = Math.abs(folded[channel]!);
    for (let tap = 0; tap < taps; tap++) bound += largest[layer.weights[channel * taps + tap]! + 128]!;
    if (bound <= maxValue(32, true)) continue;
    throw badInput(
      {
        where: `multiplier ${designName(spec)} in layer ${layer.name}`,
        wanted: 'sums within int32',
        found: `up to ${bound} in output channel ${channel}`,
      },
      'The layer has too many taps for a 32-bit accumulator with this multiplier.',
    );
  }
}

function minOf(values: Int8Array): number {
  return values.reduce((least, value) => Math.min(least, value), 0);
}

function maxOf(values: Int8Array): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
