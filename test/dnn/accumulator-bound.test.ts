import { describe, expect, test } from 'vitest';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../../src/dnn/assignment.ts';
import { createEngine } from '../../src/dnn/infer.ts';
import { layerTerms } from '../../src/dnn/layer-terms.ts';
import {
  codeRanges,
  isWeighted,
  type QuantisedNetwork,
  quantisedZeroPoints,
  type WeightedLayer,
} from '../../src/dnn/quantised-network.ts';
import { operandProduct } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from './error-text.ts';
import { randomQuantised } from './random-quantised.ts';

const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });

/** |folded bias| + Σ of the largest |product| of each weight over the codes of the input, largest over the channels. */
function boundByDefinition(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  spec: MultiplierSpec,
  rounded: RoundedOperand,
): number {
  const { low, high } = codeRanges(network).get(layer.inputs[0]!)!;
  const zero = quantisedZeroPoints(network).get(layer.inputs[0]!)!;
  const codes = [...Array(256).keys()]
    .map((index) => index - 128)
    .filter((code) => (code >= low && code <= high) || code === zero);
  const largest = (weight: number): number =>
    Math.max(
      ...codes.map((code) =>
        Math.abs(
          rounded === 'activations' ? operandProduct(spec, code, weight) : operandProduct(spec, weight, code),
        ),
      ),
    );
  const known = new Map([...new Set(layer.weights)].map((weight) => [weight, largest(weight)]));
  const taps = layer.weights.length / layer.bias.length;
  const bounds = [...layer.bias].map((bias, o) => {
    const weights = [...layer.weights.subarray(o * taps, (o + 1) * taps)];
    const folded = bias - zero * weights.reduce((sum, weight) => sum + weight, 0);
    return Math.abs(folded) + weights.reduce((sum, weight) => sum + known.get(weight)!, 0);
  });
  return Math.max(...bounds);
}

test.each([
  ['exact', EXACT_INT8],
  ['roup with one r', roup(2, [4, 4])],
  ['roup with four', roup(0, [6, 4, 2, 0])],
] as const)('%s: the bound of a layer is that of its own weights, codes and multiplier', (_name, spec) => {
  let compared = 0;
  for (let seed = 1; seed <= 4; seed++) {
    const network = randomQuantised(seed);
    for (const layer of network.layers.filter(isWeighted)) {
      for (const rounded of ['activations', 'weights'] as const) {
        const { accumulatorBound } = layerTerms(network, layer, spec, rounded);
        expect(accumulatorBound).toBe(boundByDefinition(network, layer, spec, rounded));
        compared++;
      }
    }
  }
  expect(compared).toBe(4 * 4 * 2);
});

describe('a layer whose sums could exceed int32', () => {
  const network = randomQuantised(5);
  const layer = network.layers.find(({ name }) => name === 'depthwise') as WeightedLayer;
  const taps = layer.weights.length / layer.bias.length;
  const coarse: MultiplierSpec = roup(1, [4, 4, 4]);
  const withBias = (o: number, bias: number): QuantisedNetwork => ({
    ...network,
    layers: network.layers.map((one) =>
      one === layer ? { ...layer, bias: layer.bias.map((old, i) => (i === o ? bias : old)) } : one,
    ),
  });
  test('is refused with its name, channel and bound, whatever makes the products; one less is taken', () => {
    const zero = quantisedZeroPoints(network).get('first')!;
    const sum = layer.weights.subarray(0, taps).reduce((total, weight) => total + weight, 0);
    const start = (bias: number, products: 'decomposed' | 'table') => () => {
      const changed = withBias(0, bias);
      createEngine(changed, uniformAssignment(changed, coarse), 'activations', { products });
    };
    const find = (bias: number): number => {
      const changed = withBias(0, bias);
      const weighted = changed.layers.find(({ name }) => name === 'depthwise') as WeightedLayer;
      return boundByDefinition(changed, weighted, coarse, 'activations');
    };
    // The bias that brings the bound of channel 0 to 2^31 − 1: its folded bias is positive there.
    const limit = 2 ** 31 - 1 - (find(2 ** 30) - 2 ** 30);
    expect(find(limit)).toBe(2 ** 31 - 1);
    expect(limit - zero * sum).toBeGreaterThan(0);
    for (const kind of ['decomposed', 'table'] as const) {
      expect(start(limit, kind)).not.toThrow();
      expect(badInputText(start(limit + 1, kind))).toBe(
        'multiplier mul_roup_s8_p1_r4 in layer depthwise: wanted sums within int32, found up to 2147483648 in output channel 0\n' +
          'The layer has too many taps for a 32-bit accumulator with this multiplier.',
      );
    }
  });
});
