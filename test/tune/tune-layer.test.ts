import { describe, expect, test } from 'vitest';
import { applyVariants } from '../../src/dnn/apply-variants.ts';
import {
  EXACT_INT8,
  type LayerMultiplier,
  type RoundedOperand,
  SKIPPED,
  specsOfWeights,
} from '../../src/dnn/assignment.ts';
import { inputOf } from '../../src/dnn/layer-operands.ts';
import { inputTap, type LayerSamples } from '../../src/dnn/layer-samples.ts';
import type { LayerVariant } from '../../src/dnn/layer-variant.ts';
import { perFilter, skipWeights } from '../../src/dnn/mixture.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import type { ActivationCodes } from '../../src/dnn/quantise-ranges.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../../src/dnn/quantised-network.ts';
import { operandProduct } from '../../src/multiplier/golden.ts';
import { compensateLayer, FULL_EFFORT } from '../../src/tune/compensate-layer.ts';
import { measureInputs, rescaleCode } from '../../src/tune/input-statistics.ts';
import { sampleExact } from '../../src/tune/sample-exact.ts';
import { tuneLayer } from '../../src/tune/tune-layer.ts';
import { createTuner } from '../../src/tune/tuner.ts';
import { FULL_TUNING, type TuningChoice } from '../../src/tune/tuning.ts';
import { mapWeights } from '../../src/tune/weight-map.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

const ROUP: LayerMultiplier = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const ASYMMETRIC: LayerMultiplier = { family: 'roup', bits: 8, P: 1, r: [6, 5, 3] };
const NARROW: LayerMultiplier = {
  family: 'narrow',
  bits: 8,
  aBits: 4,
  bBits: 4,
  architecture: 'baugh-wooley',
};

function networkOf(seed: number, activations: ActivationCodes): QuantisedNetwork {
  const float = randomNetwork(seed);
  return quantiseNetwork(float, randomImages(float, 12, seed), { activations });
}

/**
 * Mean and variance over the samples of the error of the sums of each filter, and the variance of the exact sums; straight
 * from the definition of a layer (quantised-layers.ts) and operandProduct, in steps of the exact sums.
 */
function errors(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  variant: LayerVariant,
  exact: LayerSamples,
  roundedOperand: RoundedOperand,
): { meanOverDeviation: number[]; relative: number[] } {
  const { weights = layer.weights, bias = layer.bias, inputScaleFactor = 1 } = variant;
  const { specs, specOf } = specsOfWeights(layer, variant.multiplier);
  const { activations, inputZeroPoint: zero } = inputOf(network, layer);
  const filters = layer.bias.length;
  const taps = layer.weights.length / filters;
  const groups = layer.op === 'conv2d' ? (layer.groups ?? 1) : 1;
  const result = { meanOverDeviation: [] as number[], relative: [] as number[] };
  for (let o = 0; o < filters; o++) {
    const gamma = variant.weightScaleFactors?.[o] ?? 1;
    const wanted: number[] = [];
    const lost: number[] = [];
    for (let s = 0; s < exact.samples; s++) {
      let [want, own] = [layer.bias[o]!, bias[o]! / inputScaleFactor];
      for (let k = 0; k < taps; k++) {
        const at = o * taps + k;
        const group = Math.floor((o * groups) / filters);
        const x = exact.codes[inputTap(layer, taps, groups, group, k) * exact.samples + s]!;
        want += (x - zero) * layer.weights[at]!;
        const index = specOf(at);
        if (index === SKIPPED) continue;
        const code = rescaleCode(x, inputScaleFactor, activations, zero);
        const [a, b] = roundedOperand === 'activations' ? [code, weights[at]!] : [weights[at]!, code];
        own += operandProduct(specs[index]!, a, b) - zero * weights[at]!;
      }
      wanted.push(want);
      lost.push(gamma * inputScaleFactor * own - want);
    }
    const mean = (list: number[]): number => list.reduce((sum, value) => sum + value, 0) / list.length;
    const variance = (list: number[]): number => mean(list.map((value) => (value - mean(list)) ** 2));
    result.meanOverDeviation.push(Math.abs(mean(lost)) / Math.sqrt(variance(wanted) + 1));
    result.relative.push(variance(lost) / (variance(wanted) + 1));
  }
  return result;
}

const average = (list: readonly number[]): number => list.reduce((sum, x) => sum + x, 0) / list.length;

describe.each(['symmetric', 'asymmetric'] as const)('%s activations', (activations) => {
  const network = networkOf(3, activations);
  const images = randomImages(network, 40, 7);
  const layers = network.layers.filter(isWeighted);

  test.each([
    ['one term, activations rounded', ROUP, 'activations'],
    ['three terms', ASYMMETRIC, 'activations'],
    ['weights rounded', ROUP, 'weights'],
    ['narrow', NARROW, 'activations'],
  ] as const)('%s: sums by the definition are as near as foretold, without a mean error', (...given) => {
    const [, multiplier, roundedOperand] = given;
    const { samples } = sampleExact(network, images, roundedOperand, { samples: 1500, seed: 1 });
    let filters = 0;
    for (const layer of layers) {
      const exact = samples.get(layer.name)!;
      const { activations: range, inputZeroPoint } = inputOf(network, layer);
      for (const factor of layer === layers[0] ? [1] : [1, 0.6]) {
        const statistics = measureInputs(exact, exact, factor, true, range, inputZeroPoint);
        const request = {
          network,
          layer,
          multiplier,
          roundedOperand,
          statistics,

          effort: FULL_EFFORT,
        };
        const { variant, relativeError } = compensateLayer(request);
        const found = errors(network, layer, variant, exact, roundedOperand);
        expect(Math.max(...found.meanOverDeviation)).toBeLessThan(0.01);
        expect(Math.abs(average(found.relative) - relativeError)).toBeLessThan(0.01 + 0.1 * relativeError);
        filters += found.relative.length;
      }
    }
    expect(filters).toBeGreaterThan(20);
  });

  test('the more tuning may do, the smaller the error; mixtures and skipped weights too', () => {
    const { samples } = sampleExact(network, images, 'activations', { samples: 1500, seed: 1 });
    const layer = layers[1]!;
    const exact = samples.get(layer.name)!;
    const mixed = perFilter(layer, [ROUP, ASYMMETRIC, EXACT_INT8], (filter) => filter % 3);
    const multipliers = [ROUP, mixed, skipWeights(layer, ASYMMETRIC, (code) => Math.abs(code) < 20)];
    const choices: readonly TuningChoice[] = [
      { weights: 'none', bias: false, activationScale: false },
      { weights: 'none', bias: true, activationScale: false },
      { weights: 'measured', bias: true, activationScale: false },
      { weights: 'compensated', bias: true, activationScale: false },
    ];
    let compared = 0;
    for (const multiplier of multipliers) {
      const squares = choices.map((choice) => {
        const request = { network, layer, multiplier, exact, own: exact, factor: 1, rescale: true, choice };
        const variant = tuneLayer({ ...request, roundedOperand: 'activations' });
        const found = errors(network, layer, variant, exact, 'activations');
        return average(found.relative.map((one, o) => one + found.meanOverDeviation[o]! ** 2));
      });
      expect(squares[1]).toBeLessThan(squares[0]!);
      expect(squares[3]).toBeLessThan(squares[2]!);
      compared += squares.length;
    }
    expect(compared).toBe(12);
  });

  test('ALWANN’s map is that of weight-map.ts on what the layer can read', () => {
    const layer = layers[1]!;
    const choice: TuningChoice = { weights: 'alwann', bias: false, activationScale: false };
    const variant = createTuner(network, images, 'activations', choice).variantOf(layer.name, ROUP);
    const { activations: range, inputZeroPoint: z } = inputOf(network, layer);
    const map = mapWeights({
      product: (u, w) => operandProduct(ROUP, u + z, w) - z * w,
      activations: { low: range.low - z, high: range.high - z },
      weights: { low: -128, high: 127 },
    });
    expect([...variant.weights!]).toEqual([...layer.weights].map((weight) => map[weight + 128]));
    expect([...variant.weights!].filter((weight, i) => weight !== layer.weights[i]).length).toBeGreaterThan(
      0,
    );
  });
});

test('a tuned layer fits its network, and no tuning changes nothing', () => {
  const network = networkOf(3, 'symmetric');
  const images = randomImages(network, 20, 7);
  const tuner = createTuner(network, images, 'activations', FULL_TUNING);
  const names = network.layers.filter(isWeighted).map(({ name }) => name);
  const applied = applyVariants(network, new Map(names.map((name) => [name, tuner.variantOf(name, ROUP)])));
  expect(applied.assignment.size).toBe(names.length);
  const none = createTuner(network, images, 'activations', {
    weights: 'none',
    bias: false,
    activationScale: false,
  });
  expect(none.variantOf(names[0]!, ROUP)).toEqual({ multiplier: ROUP });
});

test('sabotage: a bias that forgets the zero point would be noticed', () => {
  const network = networkOf(3, 'asymmetric');
  const images = randomImages(network, 40, 7);
  const { samples } = sampleExact(network, images, 'activations', { samples: 1500, seed: 1 });
  const layer = network.layers.filter(isWeighted)[1]!;
  const exact = samples.get(layer.name)!;
  const request = { network, layer, multiplier: ROUP, exact, own: exact, factor: 1, rescale: true };
  const variant = tuneLayer({ ...request, roundedOperand: 'activations', choice: FULL_TUNING });
  const wrong = { ...variant, bias: variant.bias!.map((value) => value + 128 * 16) };
  const worst = (one: LayerVariant): number =>
    Math.max(...errors(network, layer, one, exact, 'activations').meanOverDeviation);
  expect(worst(variant)).toBeLessThan(0.01);
  expect(worst(wrong)).toBeGreaterThan(0.01);
});
