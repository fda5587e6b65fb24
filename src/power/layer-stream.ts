import { toPattern } from '../base/bits.ts';
import { portCode } from '../multiplier/golden.ts';
import { type MultiplierSpec, operandRange, portShape } from '../multiplier/spec.ts';
import { makeStream, type OperandRole, type OperandStream, type StreamSource } from './stream.ts';

/** int8 operand pairs of a layer of a network, in the order in which the multiplier gets them. */
export interface RecordedPairs {
  readonly kind: 'layer-iid' | 'layer-stream';
  readonly layer: string;
  readonly activations: Int8Array;
  /** As many as activations. */
  readonly weights: Int8Array;
}

export const OPERAND_ROLES: readonly OperandRole[] = ['weight-on-b', 'activation-on-b'];

/**
 * Recorded operands of a layer with one of them on port b. Narrow multipliers round both first, as in the network.
 * A design whose ports cannot hold an operand that occurs has no stream: an unsigned 8-bit port takes activations
 * after a ReLU, 0 … 127, but no negative ones.
 */
export function layerSource(
  { kind, layer, activations, weights }: RecordedPairs,
  role: OperandRole,
): StreamSource {
  const [a, b] = role === 'weight-on-b' ? [activations, weights] : [weights, activations];
  return {
    identity: { kind, layer, role },
    streamFor: (spec) => pairStream(`${kind} ${layer} ${role}`, spec, a, b),
  };
}

/**
 * Operands of the application as patterns at the ports of a design.
 * @param a operands of port a, before a narrow multiplier rounds them; b the same for port b
 * @returns undefined when one is out of the design's range
 */
export function pairStream(
  name: string,
  spec: MultiplierSpec,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
): OperandStream | undefined {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  const { aBits, bBits } = portShape(spec);
  const aPatterns = patternsOf(spec, 'a', a, aMin, aMax, aBits);
  const bPatterns = patternsOf(spec, 'b', b, bMin, bMax, bBits);
  return aPatterns && bPatterns && makeStream(name, aPatterns, bPatterns);
}

function patternsOf(
  spec: MultiplierSpec,
  port: 'a' | 'b',
  values: ArrayLike<number>,
  low: number,
  high: number,
  bits: number,
): Uint32Array | undefined {
  const patterns = new Uint32Array(values.length);
  const known = new Map<number, number>();
  for (let i = 0; i < values.length; i++) {
    const value = values[i]!;
    let pattern = known.get(value);
    if (pattern === undefined) {
      if (value < low || value > high) return undefined;
      pattern = toPattern(portCode(spec, port, value), bits);
      known.set(value, pattern);
    }
    patterns[i] = pattern;
  }
  return patterns;
}
