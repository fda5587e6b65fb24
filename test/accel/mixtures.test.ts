import { describe, expect, test } from 'vitest';
import { type ArrayWish, arrayForAssignment } from '../../src/accel/array-for-assignment.ts';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { EXACT_INT8, type LayerMultiplier, type MixedAssignment, SKIPPED } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { mixWeights, perChannel, perFilter, perRow, skipWeights } from '../../src/dnn/mixture.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../../src/dnn/quantised-network.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomImages } from '../dnn/random-network.ts';
import { compareLayers, compileSmall } from './compare-layers.ts';
import { smallNetwork } from './small-network.ts';

const A: MultiplierSpec = { family: 'roup', bits: 8, P: 0, r: [5, 3, 1, 0] };
const B: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const N: MultiplierSpec = { family: 'narrow', bits: 8, aBits: 5, bBits: 6, architecture: 'baugh-wooley' };
const M: MultiplierSpec = { family: 'narrow', bits: 8, aBits: 4, bBits: 8, architecture: 'booth' };

/** The same rule for each layer. */
function assign(network: QuantisedNetwork, rule: (layer: WeightedLayer) => LayerMultiplier): MixedAssignment {
  return new Map(network.layers.filter(isWeighted).map((layer) => [layer.name, rule(layer)]));
}

const small: ArrayWish = { rows: 4, columns: 4, accumulatorDepth: 16, lanes: 2 };
const NETWORK = smallNetwork(3, 2);

describe('mixtures: every layer of the golden model is that of the definition', () => {
  test.each<[string, (layer: WeightedLayer) => LayerMultiplier, ArrayWish, Partial<ArraySpec>]>([
    ['FLAM, two classes', (l) => perFilter(l, [A, B], (f) => f % 2), small, { elements: 'static' }],
    [
      'FLAM, three classes',
      (l) => perFilter(l, [A, EXACT_INT8, B], (f) => f % 3),
      small,
      { elements: 'dynamic' },
    ],
    [
      'FLAM, three classes on six columns',
      (l) => perFilter(l, [A, N, M], (f) => f % 3),
      { ...small, columns: 6 },
      { elements: 'static' },
    ],
    ['FLAM with narrow ones', (l) => perFilter(l, [A, N, M], (f) => f % 3), small, { elements: 'bank' }],
    [
      'KLAM by row of the kernel',
      (l) => perRow(l, [A, B, EXACT_INT8], (row) => row),
      small,
      { elements: 'dynamic' },
    ],
    [
      'KLAM by channel',
      (l) => (l.name === 'strided' || l.name === 'logits' ? perChannel(l, [A, N], (c) => c % 2) : A),
      { ...small, elements: 'bank' },
      { elements: 'bank' },
    ],
    [
      'KLMS',
      (l) =>
        skipWeights(
          l,
          perFilter(l, [A, B], (f) => f % 2),
          (code, { row }) => row === 1 || Math.abs(code) < 40,
        ),
      small,
      { elements: 'static' },
    ],
    [
      'all of a filter skipped',
      (l) => perFilter(l, [A], (f) => (f < 5 ? SKIPPED : 0)),
      small,
      { elements: 'static' },
    ],
    [
      'a multiplier per weight',
      (l) =>
        mixWeights(l, [A, N, B, M], ({ filter, row, channel }) => (filter * 7 + row * 3 + channel * 5) % 4),
      small,
      { elements: 'bank' },
    ],
    ['one per layer', (l) => (l.name.length % 2 === 0 ? A : N), small, { elements: 'bank' }],
  ])('%s', (_name, rule, wish, wanted) => {
    const assignment = assign(NETWORK, rule);
    let compared = 0;
    for (const rounded of ['activations', 'weights'] as const) {
      const spec = arrayForAssignment(NETWORK, assignment, rounded, wish);
      expect(spec).toMatchObject(wanted);
      const codes = imageCodes(randomImages(NETWORK, 1, 5), 0);
      for (const skipsPasses of [true, false]) {
        const program = compileSmall(NETWORK, assignment, spec, { skipsPasses });
        const result = compareLayers(NETWORK, assignment, program, codes);
        expect(result.different).toEqual([]);
        compared += result.compared;
      }
    }
    expect(compared).toBeGreaterThan(5000);
  });
});

test('KLAM by channel is static by row where the rows are a multiple of the classes', () => {
  const network = withoutGroups(NETWORK);
  const assignment = assign(network, (l) => perChannel(l, [A, N], (c) => c % 2));
  const spec = arrayForAssignment(network, assignment, 'activations', { ...small, rows: 4 });
  expect(spec.classes).toEqual({ by: 'row', multiplierOf: [0, 1, 0, 1] });
  const codes = imageCodes(randomImages(network, 1, 5), 0);
  const result = compareLayers(network, assignment, compileSmall(network, assignment, spec), codes);
  expect(result.different).toEqual([]);
  expect(result.compared).toBeGreaterThan(100);
});

describe('what cannot be static is refused with what works', () => {
  const refusal = (rule: (layer: WeightedLayer) => LayerMultiplier, wish: ArrayWish): string =>
    badInputText(() => arrayForAssignment(NETWORK, assign(NETWORK, rule), 'activations', wish));

  test('FLAM with three classes on four columns', () => {
    expect(
      refusal((l) => perFilter(l, [A, B, EXACT_INT8], (f) => f % 3), { ...small, elements: 'static' }),
    ).toBe(
      'static elements, 4 × 4: wanted one multiplier for ever in each column, or in each row, found mul_roup_s8_p0_r5_3_1_0 and mul_roup_s8_p2_r4 in column 0 (the latter in layer grouped)\n' +
        'Use 3 or 6 columns (--cols), or --elements dynamic or --elements bank.',
    );
  });

  test('KLAM by row of the kernel', () => {
    expect(refusal((l) => perRow(l, [A, N, M], (row) => row), { ...small, elements: 'static' })).toContain(
      'No number of rows or columns avoids it: use --elements bank.',
    );
  });

  test('dynamic elements with a narrow multiplier', () => {
    expect(refusal(() => N, { ...small, elements: 'dynamic' })).toContain(
      'array: multipliers[0]: wanted ROUP of 8 bits or an exact signed 8 × 8 multiplier for dynamic elements (bank takes any), found mul_narrow_s8_a5_b6',
    );
  });
});

test('a pass whose weights are all skipped is left out and costs nothing', () => {
  const assignment = assign(NETWORK, (l) => skipWeights(l, A, (_code, { row }) => row > 0));
  const spec = arrayForAssignment(NETWORK, assignment, 'activations', small);
  const [short, long] = [true, false].map((skipsPasses) =>
    compileSmall(NETWORK, assignment, spec, { skipsPasses }),
  );
  const passes = [short!, long!].map(({ descriptors }) =>
    descriptors.reduce((sum, { passes }) => sum + passes.reduce((a, b) => a + b, 0), 0),
  );
  const skipped = short!.descriptors.reduce((sum, { skippedPasses }) => sum + skippedPasses, 0);
  expect(passes[0]! + skipped).toBe(passes[1]);
  expect(passes[0]! * 1.6).toBeLessThan(passes[1]!);
});

/** The network with only its ungrouped convolution and dense layer. */
function withoutGroups(network: QuantisedNetwork): QuantisedNetwork {
  const layers = network.layers.filter(({ name }) => name === 'strided' || name === 'logits');
  const strided = layers[0] as Extract<WeightedLayer, { op: 'conv2d' }>;
  const channels = strided.weights.length / strided.bias.length / 4;
  return {
    ...network,
    input: { ...network.input, channels, height: 6, width: 8 },
    layers: [
      { ...strided, inputs: ['input'] },
      {
        name: 'end',
        op: 'conv2d',
        inputs: ['strided'],
        kernel: [3, 3],
        stride: [9, 9],
        pads: [0, 0, 0, 0],
        weights: Int8Array.from({ length: 9 * strided.bias.length * 3 }, (_, i) => ((i * 37) % 255) - 127),
        bias: new Int32Array(3),
        multipliers: [40000, 40000, 40000],
        shifts: [24, 24, 24],
        weightScales: [1, 1, 1],
        outputScale: 1,
        low: -128,
        high: 127,
      },
    ],
  };
}
