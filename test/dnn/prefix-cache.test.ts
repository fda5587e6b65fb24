import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import {
  EXACT_INT8,
  type LayerMultiplier,
  type MixedAssignment,
  uniformAssignment,
} from '../../src/dnn/assignment.ts';
import { infer } from '../../src/dnn/infer.ts';
import { skipWeights } from '../../src/dnn/mixture.ts';
import { createPrefixCache, type PrefixCache } from '../../src/dnn/prefix-cache.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted } from '../../src/dnn/quantised-network.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork, withExtremeWeights } from './random-network.ts';

const SPECS: readonly MultiplierSpec[] = [
  EXACT_INT8,
  { family: 'roup', bits: 8, P: 2, r: [4, 4] },
  { family: 'roup', bits: 8, P: 0, r: [6, 4, 2, 0] },
];

const float = randomNetwork(3);
const network = withExtremeWeights(quantiseNetwork(float, randomImages(float, 8, 3)), 3);
const images = randomImages(network, 5, 21);
const weighted = network.layers.filter(isWeighted);
const exact = uniformAssignment(network, EXACT_INT8);

/** Logits of all images in order, and how many layers were reused. */
function run(cache: PrefixCache, assignment: MixedAssignment): { logits: number[]; reusedLayers: number } {
  const engine = cache.prepare(assignment);
  const logits = Array.from({ length: images.images }, (_, image) => [...engine.infer(image)]).flat();
  return { logits, reusedLayers: engine.reusedLayers };
}

const change = (from: MixedAssignment, layer: string, to: MultiplierSpec): MixedAssignment =>
  new Map(from).set(layer, to);
const numberOf = (name: string): number => network.layers.findIndex((layer) => layer.name === name);

test('the logits are those of a fresh engine, for a walk over assignments and any room', () => {
  let compared = 0;
  let reused = 0;
  for (const maxBytes of [2 ** 20, 6000, 900, 0]) {
    const rng = createRng(maxBytes);
    const cache = createPrefixCache(network, images, 'activations', maxBytes);
    let assignment: MixedAssignment = exact;
    for (let step = 0; step < 25; step++) {
      const layer = weighted[rng.nextInt(0, weighted.length - 1)]!;
      assignment = change(assignment, layer.name, SPECS[rng.nextInt(0, SPECS.length - 1)]!);
      const { logits, reusedLayers } = run(cache, assignment);
      expect(logits).toEqual([...infer(network, assignment, images)]);
      expect(cache.usedBytes()).toBeLessThanOrEqual(maxBytes);
      compared += logits.length;
      if (reusedLayers > 0) reused++;
      if (maxBytes === 0) expect(reusedLayers).toBe(0);
    }
  }
  expect(compared).toBeGreaterThan(500);
  expect(reused).toBeGreaterThan(20);
});

describe('what is reused', () => {
  const start = () => {
    const cache = createPrefixCache(network, images, 'activations', 2 ** 20);
    expect(run(cache, exact).reusedLayers).toBe(0);
    return cache;
  };

  test('everything before the first layer that differs', () => {
    expect(run(start(), change(exact, 'last', SPECS[1]!)).reusedLayers).toBe(numberOf('last'));
    expect(run(start(), change(exact, 'logits', SPECS[1]!)).reusedLayers).toBe(numberOf('logits'));
    expect(run(start(), change(exact, 'first', SPECS[1]!)).reusedLayers).toBe(0);
  });

  test('mixtures are told apart by the choice for each weight', () => {
    const cache = createPrefixCache(network, images, 'activations', 2 ** 20);
    const first = weighted[0]!;
    const mixed = (limit: number): MixedAssignment =>
      new Map<string, LayerMultiplier>(exact).set(
        first.name,
        skipWeights(first, EXACT_INT8, (code) => code > limit),
      );
    expect(run(cache, mixed(50)).reusedLayers).toBe(0);
    expect(run(cache, mixed(50)).reusedLayers).toBe(numberOf('logits'));
    const other = run(cache, mixed(-20));
    expect(other.reusedLayers).toBe(0);
    expect(other.logits).toEqual([...infer(network, mixed(-20), images)]);
  });

  test('an engine is at its end when the next assignment is prepared', () => {
    const cache = createPrefixCache(network, images, 'activations', 2 ** 20);
    const engine = cache.prepare(exact);
    engine.infer(0);
    cache.prepare(exact);
    expect(() => engine.infer(1)).toThrow('Another assignment was prepared since');
  });

  test('nothing of an assignment that did not see all images', () => {
    const cache = createPrefixCache(network, images, 'activations', 2 ** 20);
    const engine = cache.prepare(exact);
    for (const image of [0, 1, 3, 4]) engine.infer(image);
    expect(cache.usedBytes()).toBe(0);
    engine.infer(2);
    expect(cache.usedBytes()).toBe(0);
    expect(run(cache, exact).reusedLayers).toBe(0);
  });
});
