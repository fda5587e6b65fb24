import { describe, expect, test } from 'vitest';
import { applyVariants } from '../../src/dnn/apply-variants.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { createEngine, infer } from '../../src/dnn/infer.ts';
import type { LayerVariant, NetworkVariant } from '../../src/dnn/layer-variant.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../../src/dnn/quantised-network.ts';
import { rescalableInput, rescaleInputOf } from '../../src/dnn/rescale-activation.ts';
import { badInputText } from './error-text.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const float = randomNetwork(3);
const network = quantiseNetwork(float, randomImages(float, 8, 3));
const images = randomImages(network, 40, 21);
const weighted = network.layers.filter(isWeighted);
const free = weighted.filter(({ name }) => rescalableInput(network, name) !== undefined);
const exact: NetworkVariant = new Map(weighted.map(({ name }) => [name, { multiplier: EXACT_INT8 }]));
const withOwn = (name: string, own: Partial<LayerVariant>): NetworkVariant =>
  new Map(exact).set(name, { multiplier: EXACT_INT8, ...own });

/** Logits as numbers, whatever the scale of the last layer. */
function values(from: QuantisedNetwork): Float64Array {
  const scale = from.layers.at(-1)!.outputScale;
  return Float64Array.from(infer(from, uniformAssignment(from, EXACT_INT8), images), (code) => code * scale);
}

describe('scales of activations', () => {
  test('the image keeps its scale, other inputs of a single reader are free', () => {
    expect(rescalableInput(network, weighted[0]!.name)).toBeUndefined();
    expect(free.length).toBeGreaterThanOrEqual(2);
  });

  test('codes are those of before over the factor, saturated at the largest code', () => {
    let [compared, saturated] = [0, 0];
    for (const { name } of free) {
      for (const factor of [0.5, 0.7, 1.6]) {
        const root = rescalableInput(network, name)!;
        const rescaled = rescaleInputOf(network, name, factor);
        const [before, after] = [network, rescaled].map((one) =>
          createEngine(one, uniformAssignment(one, EXACT_INT8)),
        );
        for (let image = 0; image < images.images; image++) {
          before!.infer(imageCodes(images, image));
          after!.infer(imageCodes(images, image));
          const codes = after!.codesOf(root);
          for (const [i, code] of before!.codesOf(root).entries()) {
            compared++;
            const isSaturated = [code, codes[i]!].some((one) => one >= 127 || one <= -128);
            if (isSaturated || Math.abs(code / factor) >= 126.5 - 0.5 / factor) {
              saturated++;
              continue;
            }
            expect(Math.abs(codes[i]! * factor - code)).toBeLessThanOrEqual(0.5 + 0.5 * factor + 0.01);
          }
        }
      }
    }
    expect(compared).toBeGreaterThan(5000);
    expect(saturated).toBeLessThan(compared / 2);
  });

  test('what the network computes stays the same but for rounding', () => {
    const want = values(network);
    const spread = Math.max(...want) - Math.min(...want);
    for (const { name } of free) {
      const found = values(rescaleInputOf(network, name, 1.3));
      const worst = Math.max(...found.map((value, i) => Math.abs(value - want[i]!)));
      expect(worst).toBeGreaterThan(0);
      expect(worst).toBeLessThan(0.08 * spread);
    }
  });

  test('sabotage: a bias that is left in the old scale would be noticed', () => {
    const want = values(network);
    const { name } = free.find(({ bias }) => bias.some((value) => Math.abs(value) > 1000))!;
    const rescaled = rescaleInputOf(network, name, 3);
    const old = network.layers.find((layer) => layer.name === name) as WeightedLayer;
    const wrong = {
      ...rescaled,
      layers: rescaled.layers.map((layer) => (layer.name === name ? { ...layer, bias: old.bias } : layer)),
    } as QuantisedNetwork;
    const worst = (one: QuantisedNetwork): number =>
      Math.max(...values(one).map((value, i) => Math.abs(value - want[i]!)));
    expect(worst(wrong)).toBeGreaterThan(1.5 * worst(rescaled));
  });
});

test('weights and biases of a variant take the place of the network’s', () => {
  const layer = weighted[1]!;
  const weights = layer.weights.map((code) => -code);
  const bias = layer.bias.map((value) => value + 7);
  const applied = applyVariants(network, withOwn(layer.name, { weights, bias }));
  const own = applied.network.layers.find(({ name }) => name === layer.name) as WeightedLayer;
  expect(own.weights).toEqual(weights);
  expect(own.bias).toEqual(bias);
  expect(applied.assignment.size).toBe(weighted.length);
  const untouched = applied.network.layers.filter((one, i) => one === network.layers[i]);
  expect(untouched.length).toBe(network.layers.length - 1);
});

test('refusals name what does not fit', () => {
  const { name } = weighted[1]!;
  expect(badInputText(() => applyVariants(network, withOwn(name, { weights: new Int8Array(3) })))).toContain(
    `weights of ${name}: wanted ${weighted[1]!.weights.length}, found 3`,
  );
  expect(
    badInputText(() => applyVariants(network, new Map(exact).set('conv99', exact.get(name)!))),
  ).toContain('found conv99');
  expect(badInputText(() => rescaleInputOf(network, weighted[0]!.name, 0.5))).toContain(
    'wanted a layer that alone reads activations whose scale is free, found none',
  );
});
