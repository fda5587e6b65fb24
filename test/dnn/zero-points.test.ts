import { describe, expect, test } from 'vitest';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { createEngine } from '../../src/dnn/infer.ts';
import { isWeighted, type QuantisedNetwork, quantisedShapes } from '../../src/dnn/quantised-network.ts';
import { checkQuantisedNetwork } from '../../src/dnn/quantised-network-check.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages } from './random-network.ts';
import { randomQuantised } from './random-quantised.ts';

const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });

/** Layers in which engine and definition differ on two images, and how many codes were compared. */
function compare(
  network: QuantisedNetwork,
  other: QuantisedNetwork,
  spec: MultiplierSpec,
  rounded: RoundedOperand = 'activations',
) {
  const engine = createEngine(other, uniformAssignment(other, spec), rounded);
  const images = randomImages(network, 2, 17);
  const different = new Set<string>();
  let compared = 0;
  for (let image = 0; image < images.images; image++) {
    const codes = imageCodes(images, image);
    engine.infer(codes);
    for (const [name, want] of inferReference(network, uniformAssignment(network, spec), codes, rounded)) {
      const got = engine.codesOf(name);
      expect(got.length).toBe(want.length);
      compared += got.length;
      if (!got.every((code, i) => code === want[i])) different.add(name);
    }
  }
  return { compared, different: [...different] };
}

describe('operators with zero points, TensorFlow Lite rounding and groups', () => {
  test.each([
    ['exact', EXACT_INT8],
    ['roup one r', roup(1, [2, 2, 2])],
    ['roup four r', roup(0, [6, 4, 2, 0])],
  ] as const)('%s: the engine gives the integers of the definition', (_name, spec) => {
    let compared = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const network = randomQuantised(seed, seed % 3 !== 0);
      expect(checkQuantisedNetwork(network, 'net')).toEqual([]);
      const result = compare(network, network, spec, seed % 2 === 0 ? 'weights' : 'activations');
      expect(result.different).toEqual([]);
      compared += result.compared;
    }
    expect(compared).toBeGreaterThan(50_000);
  });

  test('most layers have codes between the ends', () => {
    let layers = 0;
    let useful = 0;
    for (let seed = 1; seed <= 10; seed++) {
      const network = randomQuantised(seed);
      const codes = imageCodes(randomImages(network, 1, 17), 0);
      const outputs = inferReference(network, uniformAssignment(network, EXACT_INT8), codes);
      for (const [name, values] of outputs) {
        if (name === 'logits' || name === 'input') continue;
        const { low, high } = { low: Math.min(...values), high: Math.max(...values) };
        const between = values.filter((code) => code > low && code < high).length;
        if (between > values.length / 3) useful++;
        layers++;
      }
    }
    expect(layers).toBe(130);
    expect(useful).toBeGreaterThan(80);
  });

  test('the random networks have every operator that randomNetwork lacks', () => {
    const network = randomQuantised(1);
    expect([...new Set(network.layers.map(({ op }) => op))].sort()).toEqual(
      [
        'add',
        'averagePool',
        'clip',
        'concat',
        'conv2d',
        'dense',
        'maxPool',
        'pad',
        'padChannels',
        'relu',
        'tfliteAdd',
        'tfliteAveragePool',
      ].sort(),
    );
    expect(quantisedShapes(network).size).toBe(network.layers.length + 1);
  });
});

describe('with the exact multiplier the codes stand for (code − zero point)', () => {
  test('moving the input and its zero point together changes nothing, also in the padding', () => {
    let compared = 0;
    for (let seed = 1; seed <= 5; seed++) {
      const network = randomQuantised(seed);
      const conv = network.layers[0]!;
      if (conv.op !== 'conv2d') throw new TypeError(conv.op);
      const zero = network.input.zeroPoint - 128;
      const input = { ...network.input, zeroPoint: 128 };
      const wide = { ...conv, low: -128, high: 127, zeroPoint: 0 };
      const shapeless = { ...network, layers: [wide] };
      const codes = Int8Array.from({ length: input.height * input.width * input.channels }, (_, i) =>
        Math.min(Math.max(((i * 37) % 91) - 45, -128 - Math.min(zero, 0)), 127 - Math.max(zero, 0)),
      );
      const assignment = uniformAssignment(shapeless, EXACT_INT8);
      const moved = inferReference(
        shapeless,
        assignment,
        codes.map((code) => code + zero),
      ).get('first')!;
      const plain = inferReference({ ...shapeless, input }, assignment, codes).get('first')!;
      expect([...moved]).toEqual([...plain]);
      compared += moved.length;
    }
    expect(compared).toBeGreaterThan(300);
  });
});

describe('sabotage is noticed', () => {
  const network = randomQuantised(4);
  const change = (name: string, fields: object): QuantisedNetwork => ({
    ...network,
    layers: network.layers.map((layer) => (layer.name === name ? { ...layer, ...fields } : layer)) as never,
  });

  test.each<[string, string, object]>([
    ['a zero point one off', 'point', { zeroPoint: (network.layers[2]!.zeroPoint ?? 0) ^ 1 }],
    ['another shift of an addition', 'sum2', { outputShift: 21 }],
    ['another padding of a pool', 'most', { pads: [2, 1, 0, 0] }],
    ['the other clip', 'clipped', { low: -89, high: 20 }],
  ])('%s', (_text, name, fields) => {
    const layer = change(name, fields);
    const shapes = [network, layer].map((one) => quantisedShapes(one).get(name));
    if (shapes[0]!.height !== shapes[1]!.height) return expect(shapes[0]).not.toEqual(shapes[1]);
    expect(compare(network, layer, EXACT_INT8).different).toContain(name);
  });

  test('one weight of the depthwise convolution', () => {
    const { weights } = network.layers.filter(isWeighted)[1]!;
    const damaged = change('depthwise', { weights: weights.map((w, i) => (i === 5 ? w ^ 32 : w)) });
    expect(compare(network, damaged, EXACT_INT8).different).toContain('depthwise');
  });
});
