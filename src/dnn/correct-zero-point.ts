import { maxValue } from '../base/bits.ts';
import { badInput } from '../base/errors.ts';
import { operandProduct } from '../multiplier/golden.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { type MixedAssignment, type RoundedOperand, SKIPPED, specsOfWeights } from './assignment.ts';
import { isWeighted, type QuantisedNetwork, quantisedZeroPoints } from './quantised-network.ts';

/**
 * The same network with biases for which the number 0 stays 0 under the given multipliers. An input with zero point z
 * holds the code z for 0, and an approximate multiplier makes ax(w, z) of it, not z · w: with z = −128 (what comes
 * after a ReLU in TensorFlow Lite) that error is the same for most inputs and adds up over the taps. It is known
 * beforehand, and a bias takes it: per output channel
 *
 *     bias' = bias + Σ (z · w − ax(w, z))          (over the taps that are not skipped)
 *
 * In hardware only constants change. Nothing changes for exact multipliers, and for z = 0 where ax(w, 0) = 0.
 * @throws bad-input when a bias no longer fits int32, or a layer has no multiplier
 */
export function correctZeroPoint(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  roundedOperand: RoundedOperand = 'activations',
): QuantisedNetwork {
  const zeroPoints = quantisedZeroPoints(network);
  const layers = network.layers.map((layer) => {
    if (!isWeighted(layer)) return layer;
    const where = `layer ${layer.name}`;
    const multiplier = assignment.get(layer.name);
    if (multiplier === undefined)
      throw badInput({ where, wanted: 'a multiplier', found: 'none' }, 'Name one for every layer.');
    const { specs, specOf } = specsOfWeights(layer, multiplier);
    const zero = zeroPoints.get(layer.inputs[0]!)!;
    const errors = specs.map((spec) => errorsAtZero(spec, zero, roundedOperand));
    const taps = layer.weights.length / layer.bias.length;
    const bias = layer.bias.map((old, o) => {
      let sum = old;
      for (let tap = o * taps; tap < (o + 1) * taps; tap++) {
        const index = specOf(tap);
        if (index !== SKIPPED) sum += errors[index]!(layer.weights[tap]!);
      }
      if (Math.abs(sum) <= maxValue(32, true)) return sum;
      throw badInput(
        { where: `${where}, output channel ${o}`, wanted: 'a bias within int32', found: String(sum) },
        'The multiplier is too far off at the zero point.',
      );
    });
    return { ...layer, bias };
  });
  return { ...network, layers };
}

/** z · w − ax(w, z) by weight code, each computed once. */
function errorsAtZero(
  spec: MultiplierSpec,
  zero: number,
  roundedOperand: RoundedOperand,
): (weight: number) => number {
  const known = new Map<number, number>();
  return (weight) => {
    let error = known.get(weight);
    if (error === undefined) {
      const [a, b] = roundedOperand === 'activations' ? [zero, weight] : [weight, zero];
      error = zero * weight - operandProduct(spec, a, b);
      known.set(weight, error);
    }
    return error;
  };
}
