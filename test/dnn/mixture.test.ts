import { describe, expect, test } from 'vitest';
import { createRng, type Rng } from '../../src/base/rng.ts';
import { EXACT_INT8, type LayerMultiplier, SKIPPED } from '../../src/dnn/assignment.ts';
import { createEngine } from '../../src/dnn/infer.ts';
import { layerTerms } from '../../src/dnn/layer-terms.ts';
import { planMatrix } from '../../src/dnn/matrix-plan.ts';
import {
  countWeights,
  mixWeights,
  perChannel,
  perColumn,
  perFilter,
  perRow,
  skipWeights,
} from '../../src/dnn/mixture.ts';
import {
  convGeometry,
  type QuantisedConv,
  type QuantisedNetwork,
  quantisedShapes,
} from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { fitRescale } from '../../src/dnn/requantise.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { registerTable } from '../../src/multiplier/table-registry.ts';
import { badInputText } from './error-text.ts';

const roup = (P: number, ...r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });

const SPECS: readonly MultiplierSpec[] = [
  EXACT_INT8,
  roup(2, 4, 4),
  roup(0, 6, 4, 2, 0),
  roup(1, 3, 1, 0),
  roup(0, 7, 0, 0, 7),
  { family: 'narrow', bits: 8, aBits: 4, bBits: 5, architecture: 'booth' },
];

/** A multiplier without any structure: products at random. */
const TABLE: MultiplierSpec = ((): MultiplierSpec => {
  const rng = createRng(77);
  const codes = Uint16Array.from({ length: 65536 }, () => rng.nextInt(0, 65535));
  return { family: 'table', name: 'random', operands: 'signed', sha256: registerTable(codes) };
})();

/** One convolution of a random shape, weights over the whole of int8; every third suits Winograd. */
function randomLayer(seed: number): { network: QuantisedNetwork; layer: QuantisedConv } {
  const rng = createRng(seed);
  const pick = <T>(values: readonly T[]): T => values[rng.nextInt(0, values.length - 1)]!;
  const isRegular = seed % 3 === 0;
  const kernel = isRegular ? ([3, 3] as const) : ([rng.nextInt(1, 4), rng.nextInt(1, 4)] as const);
  const stride = isRegular ? ([1, 1] as const) : ([rng.nextInt(1, 3), rng.nextInt(1, 2)] as const);
  const isDepthwise = seed % 6 === 5;
  const groups = isDepthwise ? rng.nextInt(2, 20) : seed % 6 === 1 ? rng.nextInt(2, 3) : 1;
  const channels = isRegular ? pick([8, 16, 24]) : groups * (isDepthwise ? 1 : rng.nextInt(1, 5));
  const filters = isDepthwise ? groups : groups * rng.nextInt(1, Math.floor(20 / groups));
  const taps = (kernel[0] * kernel[1] * channels) / groups;
  const fits = Array.from({ length: filters }, () =>
    fitRescale((0.5 + rng.nextFloat()) / (74 * Math.sqrt(taps))),
  );
  const layer: QuantisedConv = {
    name: 'conv',
    op: 'conv2d',
    inputs: ['input'],
    outputScale: 1,
    kernel,
    stride,
    groups,
    pads: [rng.nextInt(0, 2), rng.nextInt(0, 2), rng.nextInt(0, 2), rng.nextInt(0, 2)],
    weights: Int8Array.from({ length: filters * taps }, (_, i) => (i === 0 ? -128 : rng.nextInt(-128, 127))),
    bias: Int32Array.from({ length: filters }, () => rng.nextInt(-3000, 3000)),
    multipliers: fits.map(({ multiplier }) => multiplier),
    shifts: fits.map(({ shift }) => shift),
    weightScales: fits.map(() => 1),
    zeroPoint: pick([0, 0, -7]),
    low: -128,
    high: 127,
  };
  const zeroPoint = pick([128, 128, 100]);
  const size = { height: rng.nextInt(4, 9), width: rng.nextInt(4, 9), channels };
  const network = { name: 'one', input: { ...size, scale: 1, zeroPoint }, layers: [layer] };
  return { network, layer };
}

const LEVELS: Readonly<Record<string, (layer: QuantisedConv, rng: Rng) => LayerMultiplier>> = {
  'one multiplier': (_layer, rng) => SPECS[rng.nextInt(0, SPECS.length - 1)]!,
  'a truth table': () => TABLE,
  'a truth table among others': (layer, rng) =>
    skipWeights(
      layer,
      perFilter(layer, [TABLE, roup(0, 6, 4, 2, 0)], (filter) => filter % 2),
      () => rng.nextInt(0, 9) === 0,
    ),
  'per filter': (layer, rng) => perFilter(layer, SPECS, choices(rng, layer.bias.length)),
  'per channel': (layer, rng) => perChannel(layer, SPECS, choices(rng, 24)),
  'per row': (layer, rng) => perRow(layer, SPECS, choices(rng, 4)),
  'per column': (layer, rng) => perColumn(layer, SPECS, choices(rng, 4)),
  'per weight': (layer, rng) => mixWeights(layer, SPECS, () => rng.nextInt(0, SPECS.length - 1)),
  'tails skipped': (layer) => skipWeights(layer, roup(2, 4, 2), (code) => Math.abs(code) > 90),
  'blocks skipped in a mixture': (layer, rng) =>
    skipWeights(
      layer,
      perFilter(layer, SPECS, choices(rng, layer.bias.length)),
      (_code, { channel, filter }) => channel % 3 === 1 || filter % 5 === 0,
    ),
  'all skipped': (layer) => skipWeights(layer, EXACT_INT8, () => true),
};

/** A choice of one of two multipliers for each of `count` classes. */
function choices(rng: Rng, count: number): (index: number) => number {
  const pair = [rng.nextInt(0, SPECS.length - 1), rng.nextInt(0, SPECS.length - 1)];
  const chosen = Array.from({ length: count }, () => pair[rng.nextInt(0, 1)]!);
  return (index) => chosen[index]!;
}

/** Values of the engine, by both ways to the products, that differ from the definition's; how many were compared. */
function compare(
  network: QuantisedNetwork,
  multiplier: LayerMultiplier,
  wanted: LayerMultiplier,
  seed: number,
): { compared: number; different: number } {
  const rng = createRng(seed);
  const { height, width, channels } = network.input;
  const codes = Int8Array.from({ length: height * width * channels }, (_, i) =>
    i % 7 === 0 ? [-128, 127][rng.nextInt(0, 1)]! : rng.nextInt(-128, 127),
  );
  const rounded = seed % 2 === 0 ? 'activations' : 'weights';
  const assignment = new Map([['conv', multiplier]]);
  const want = inferReference(network, new Map([['conv', wanted]]), codes, rounded).get('conv')!;
  let different = 0;
  for (const products of ['decomposed', 'table'] as const) {
    const got = createEngine(network, assignment, rounded, { products }).infer(codes);
    expect(got.length).toBe(want.length);
    different += want.filter((value, i) => value !== got[i]).length;
  }
  return { compared: 2 * want.length, different };
}

const SEEDS = Array.from({ length: 24 }, (_, i) => i + 1);

test.each(Object.entries(LEVELS))(
  '%s: every product is by the multiplier of its own weight',
  (_name, mix) => {
    let compared = 0;
    for (const seed of SEEDS) {
      const { network, layer } = randomLayer(seed);
      const multiplier = mix(layer, createRng(seed + 1000));
      const result = compare(network, multiplier, multiplier, seed);
      expect([seed, result.different]).toEqual([seed, 0]);
      compared += result.compared;
    }
    expect(compared).toBeGreaterThan(6000);
  },
);

test('the layers reach all kernels', () => {
  const kinds = SEEDS.map((seed) => {
    const { network, layer } = randomLayer(seed);
    const shapes = quantisedShapes(network);
    const geometry = convGeometry(layer, shapes.get('input')!, shapes.get('conv')!);
    if (geometry.groups > 1) return geometry.groups === layer.bias.length ? 'depthwise' : 'grouped';
    return planMatrix(layerTerms(network, layer, roup(0, 4, 2, 0, 0), 'activations'), geometry).kind;
  });
  expect(kinds.filter((kind) => kind === 'n2' || kind === 'n4').length).toBe(8);
  expect(new Set(kinds)).toContain('n2');
  expect(new Set(kinds)).toContain('n4');
  expect(kinds.filter((kind) => kind === 'direct').length).toBe(8);
  expect(kinds.filter((kind) => kind === 'grouped').length).toBeGreaterThan(1);
  expect(kinds.filter((kind) => kind === 'depthwise').length).toBeGreaterThan(3);
});

test('filters of the same multipliers share blocks, and unused taps are left out', () => {
  const { network, layer } = randomLayer(9);
  const wide = { ...layer, bias: new Int32Array(16), kernel: [3, 3] as const };
  const weights = Int8Array.from({ length: 16 * 9 * network.input.channels }, (_, i) => (i % 100) + 1);
  const full = { ...wide, weights };
  const shapes = quantisedShapes({ ...network, layers: [full] });
  const geometry = {
    ...convGeometry(full, shapes.get('input')!, shapes.get('conv')!),
    stride: [1, 2] as const,
  };
  const plan = (multiplier: LayerMultiplier) =>
    planMatrix(layerTerms({ ...network, layers: [full] }, full, multiplier, 'activations'), geometry);
  const whole = plan(EXACT_INT8).packed.pairs;
  expect(plan(perFilter(full, [EXACT_INT8, roup(2, 4, 4)], (filter) => filter % 2)).packed.pairs).toBe(whole);
  expect(plan(perRow(full, [EXACT_INT8, roup(2, 4, 4)], (row) => row % 2)).packed.pairs).toBe(whole);
  expect(plan(skipWeights(full, EXACT_INT8, (_code, { row }) => row === 0)).packed.pairs).toBe(
    (2 * whole) / 3,
  );
  expect(plan(skipWeights(full, EXACT_INT8, (_code, { filter }) => filter < 8)).packed.pairs).toBe(whole / 2);
});

describe('sabotage is noticed', () => {
  const { network, layer } = randomLayer(6);
  const mixture = perFilter(layer, SPECS, (filter) => filter % SPECS.length);

  test('the multiplier of one weight', () => {
    const other = { ...mixture, index: mixture.index.map((entry, i) => (i === 5 ? (entry + 1) % 6 : entry)) };
    expect(compare(network, other, mixture, 6).different).toBeGreaterThan(0);
  });

  test('one weight not skipped', () => {
    const skipped = skipWeights(layer, EXACT_INT8, (_code, { channel }) => channel === 0);
    const other = { ...skipped, index: skipped.index.map((entry, i) => (i === 0 ? 0 : entry)) };
    expect(compare(network, other, skipped, 6).different).toBeGreaterThan(0);
  });
});

test('weights are counted by their multiplier', () => {
  const { layer } = randomLayer(6);
  const [rows, columns] = layer.kernel;
  const mixture = perRow(layer, [EXACT_INT8, roup(2, 4, 4)], (row) => (row === 0 ? 1 : 0));
  const skipped = skipWeights(layer, mixture, (_code, { row }) => row === 1);
  const perRowCount = layer.weights.length / rows!;
  expect(countWeights(layer, EXACT_INT8)).toEqual(new Map([[EXACT_INT8, layer.weights.length]]));
  expect(countWeights(layer, skipped)).toEqual(
    new Map([
      [roup(2, 4, 4), perRowCount],
      [EXACT_INT8, perRowCount * (rows! - 2)],
    ]),
  );
  expect(columns).toBe(3);
});

describe('refused', () => {
  const { network, layer } = randomLayer(6);
  const start = (multiplier: LayerMultiplier) => () => createEngine(network, new Map([['conv', multiplier]]));
  const hint = '\nMake it with the functions of mixture.ts from this very layer.';

  test('an index of another length', () => {
    const index = new Uint8Array(3);
    expect(badInputText(start({ specs: [EXACT_INT8], index }))).toBe(
      `mixture of multipliers in layer conv: wanted ${layer.weights.length} entries, found 3${hint}`,
    );
  });

  test('an index to no multiplier', () => {
    const index = new Uint8Array(layer.weights.length).fill(SKIPPED);
    index[2] = 1;
    expect(badInputText(start({ specs: [EXACT_INT8], index }))).toBe(
      `mixture of multipliers in layer conv, weight 2: wanted 0 … 0 or 255 (skipped), found 1${hint}`,
    );
  });

  test('a choice of no multiplier', () => {
    expect(badInputText(() => perRow(layer, [EXACT_INT8], (row) => row))).toBe(
      'mixture of multipliers in layer conv, filter 0, row 1, column 0, channel 0: wanted 0 … 0, found 1\n' +
        'The multipliers are 0 mul_behavioural_s8.',
    );
    expect(badInputText(() => perRow(layer, [], () => 0))).toBe(
      'mixture of multipliers in layer conv: wanted 1 … 255 multipliers, found 0\nGive between 1 and 255.',
    );
  });
});
