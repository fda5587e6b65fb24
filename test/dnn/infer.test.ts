import { describe, expect, test } from 'vitest';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { createEngine, infer } from '../../src/dnn/infer.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted, type QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from './error-text.ts';
import { randomImages, randomNetwork, withExtremeWeights } from './random-network.ts';

const roup = (P: number, r: readonly number[], bits = 8): MultiplierSpec => ({ family: 'roup', bits, P, r });

const SPECS: readonly MultiplierSpec[] = [
  EXACT_INT8,
  { family: 'booth', aBits: 9, bBits: 8, aSigned: true, bSigned: true },
  roup(0, [5, 3, 1, 0]),
  roup(0, [7, 7, 0, 2]),
  roup(1, [3, 1, 0]),
  roup(1, [4, 4, 4]),
  roup(2, [4, 4]),
  roup(3, [7]),
  roup(1, [5, 5, 2, 0], 10),
  { family: 'narrow', bits: 8, aBits: 5, bBits: 3, architecture: 'booth' },
];

function sample(seed: number): QuantisedNetwork {
  const network = randomNetwork(seed);
  return withExtremeWeights(quantiseNetwork(network, randomImages(network, 8, seed)), seed);
}

/** Share of the codes of all layers that are neither 0 nor saturated. */
function usefulShare(network: QuantisedNetwork): number {
  const codes = imageCodes(randomImages(network, 1, 99), 0);
  const outputs = inferReference(network, uniformAssignment(network, EXACT_INT8), codes);
  const values = [...outputs].flatMap(([name, output]) => (name === 'logits' ? [] : [...output]));
  return values.filter((value) => value !== 0 && value > -128 && value < 127).length / values.length;
}

/** Outputs that differ between engine and plain reference, and how many were compared, over a few images. */
function compare(
  network: QuantisedNetwork,
  other: QuantisedNetwork,
  spec: MultiplierSpec,
  rounded: RoundedOperand,
) {
  const images = randomImages(network, 2, 99);
  const engine = createEngine(other, uniformAssignment(other, spec), rounded);
  let compared = 0;
  const different = new Set<string>();
  for (let image = 0; image < images.images; image++) {
    const codes = imageCodes(images, image);
    const logits = engine.infer(codes);
    const want = inferReference(network, uniformAssignment(network, spec), codes, rounded);
    for (const [name, values] of want) {
      const got = name === 'logits' ? logits : engine.codesOf(name);
      expect(got.length).toBe(values.length);
      compared += values.length;
      if (!values.every((value, i) => value === got[i])) different.add(name);
    }
  }
  return { compared, different: [...different] };
}

describe.each(SPECS.map((spec) => [designName(spec), spec] as const))('%s', (_name, spec) => {
  test.each(['activations', 'weights'] as const)(
    'kernels give the integers of the definition, %s on port a',
    (rounded) => {
      for (let seed = 1; seed <= 6; seed++) {
        const network = sample(seed);
        const { compared, different } = compare(network, network, spec, rounded);
        expect(different).toEqual([]);
        expect(compared).toBeGreaterThan(500);
      }
    },
  );
});

test('the random networks reach every operator, odd channel counts, strides and −128', () => {
  const networks = [1, 2, 3, 4, 5, 6].map(sample);
  const layers = networks.flatMap(({ layers }) => layers);
  expect([...new Set(layers.map((layer) => layer.op))].sort()).toEqual(
    ['add', 'averagePool', 'conv2d', 'dense', 'padChannels', 'relu'].sort(),
  );
  expect(layers.some((layer) => layer.op === 'conv2d' && layer.stride[0] === 2)).toBe(true);
  expect(layers.some((layer) => isWeighted(layer) && layer.bias.length % 2 === 1)).toBe(true);
  for (const network of networks) expect(usefulShare(network)).toBeGreaterThan(0.3);
  expect(layers.filter(isWeighted).every((layer) => layer.weights[0] === -128)).toBe(true);
});

describe('sabotage is noticed', () => {
  const network = sample(3);

  test('one weight with one bit flipped', () => {
    const layers = network.layers.map((layer) =>
      layer.name === 'same' && isWeighted(layer)
        ? {
            ...layer,
            weights: layer.weights.map((weight, i) => (i === 4 ? weight ^ 64 : weight)),
          }
        : layer,
    );
    const { different } = compare(network, { ...network, layers }, EXACT_INT8, 'activations');
    expect(different).toContain('same');
  });

  test('one term dropped: another r, another perforation', () => {
    const engine = createEngine(network, uniformAssignment(network, roup(0, [5, 3, 1, 0])));
    const codes = imageCodes(randomImages(network, 1, 99), 0);
    engine.infer(codes);
    const want = inferReference(network, uniformAssignment(network, roup(1, [3, 1, 0])), codes);
    expect([...engine.codesOf('first')]).not.toEqual([...want.get('first')!]);
  });

  test('operands swapped where the multiplier is not symmetric', () => {
    const images = randomImages(network, 1, 99);
    const assignment = uniformAssignment(network, roup(1, [4, 4, 4]));
    expect(infer(network, assignment, images, 'weights')).not.toEqual(infer(network, assignment, images));
  });
});

test('the assignment may differ per layer', () => {
  const network = sample(2);
  const images = randomImages(network, 3, 7);
  const assignment = new Map([...uniformAssignment(network, EXACT_INT8), ['same', roup(2, [4, 4])] as const]);
  const logits = infer(network, assignment, images);
  const want = [0, 1, 2].flatMap((i) => [
    ...inferReference(network, assignment, imageCodes(images, i)).get('logits')!,
  ]);
  expect([...logits]).toEqual(want);
  expect(logits).not.toEqual(infer(network, uniformAssignment(network, EXACT_INT8), images));
});

describe('refused', () => {
  const network = sample(1);
  const start = (spec: MultiplierSpec) => () => createEngine(network, uniformAssignment(network, spec));

  test('an unsigned port under signed codes', () => {
    const spec: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: false, bSigned: true };
    expect(badInputText(start(spec))).toBe(
      'multiplier mul_booth_u8xs8 in layer first: wanted a port a for the activations, -128 … 127, found 0 … 255\n' +
        'Use a signed multiplier of at least 8 bits, or put the other operand on that port.',
    );
  });

  test('too few bits', () => {
    expect(badInputText(start(roup(0, [0, 0], 4)))).toContain('wanted a port a for the activations');
  });

  test('sums beyond int32', () => {
    const layers = network.layers.map((layer) =>
      isWeighted(layer) ? { ...layer, bias: layer.bias.map(() => 2 ** 31 - 1) } : layer,
    );
    const run = () => createEngine({ ...network, layers }, uniformAssignment(network, EXACT_INT8));
    expect(badInputText(run)).toMatch(
      /^multiplier mul_behavioural_s8 in layer first: wanted sums within int32, found up to 21\d{8} in/,
    );
  });

  test('images of another shape', () => {
    const images = { ...randomImages(network, 1, 1), height: 3 };
    expect(badInputText(() => infer(network, uniformAssignment(network, EXACT_INT8), images))).toMatch(
      /^data set random 1: wanted images of \d × \d × \d for the network random 1, found 3 × \d × \d\nGive a data set/,
    );
  });
});
