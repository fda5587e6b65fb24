import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { EXACT_INT8 } from '../../src/dnn/assignment.ts';
import { orderFilters } from '../../src/dnn/filter-blocks.ts';
import { type MatrixPlan, planMatrix, prepareSums } from '../../src/dnn/integer-conv.ts';
import { instantiateKernels } from '../../src/dnn/kernels.ts';
import { layerTerms } from '../../src/dnn/layer-terms.ts';
import {
  convGeometry,
  type QuantisedConv,
  type QuantisedNetwork,
  quantisedShapes,
} from '../../src/dnn/quantised-network.ts';
import { packWinograd, type TileSize } from '../../src/dnn/winograd.ts';
import { operandProduct } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';

const roup = (P: number, ...r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });
const SPECS: readonly MultiplierSpec[] = [
  EXACT_INT8,
  roup(2, 4, 4),
  roup(0, 5, 5, 3, 3),
  roup(0, 6, 4, 2, 0),
];
const TILES: readonly TileSize[] = [2, 4];

interface Shape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly pads: readonly [number, number, number, number];
}

interface Subject {
  readonly network: QuantisedNetwork;
  readonly layer: QuantisedConv;
  readonly codes: Int8Array;
}

function subjectOf(
  { height, width, channels, filters, pads }: Shape,
  codeAt: (i: number) => number,
  weightAt: (i: number) => number,
): Subject {
  const layer: QuantisedConv = {
    name: 'conv',
    op: 'conv2d',
    inputs: ['input'],
    outputScale: 1,
    kernel: [3, 3],
    stride: [1, 1],
    groups: 1,
    pads,
    weights: Int8Array.from({ length: filters * 9 * channels }, (_, i) => weightAt(i)),
    bias: Int32Array.from({ length: filters }, (_, o) => 1000 * o - 3000),
    multipliers: Array<number>(filters).fill(1),
    shifts: Array<number>(filters).fill(20),
    weightScales: Array<number>(filters).fill(1),
    zeroPoint: 0,
    low: -128,
    high: 127,
  };
  const network = {
    name: 'one',
    input: { height, width, channels, scale: 1, zeroPoint: 128 },
    layers: [layer],
  };
  return {
    network,
    layer,
    codes: Int8Array.from({ length: height * width * channels }, (_, i) => codeAt(i)),
  };
}

function planOf({ network, layer }: Subject, spec: MultiplierSpec) {
  const shapes = quantisedShapes(network);
  const geometry = convGeometry(layer, shapes.get('input')!, shapes.get('conv')!);
  return { geometry, terms: layerTerms(network, layer, spec, 'activations') };
}

/** The sums of the Winograd kernel, height × width × filter. */
function sumsOf(
  subject: Subject,
  spec: MultiplierSpec,
  tile: TileSize,
  change: (plan: MatrixPlan) => void = () => {},
): number[] {
  const { geometry, terms } = planOf(subject, spec);
  const order = orderFilters(terms.terms, subject.layer.bias.length);
  const packed = packWinograd(terms, order, geometry, tile);
  expect(packed).toBeDefined();
  const matrix: MatrixPlan = { kind: 'winograd', tile, order, packed: packed! };
  change(matrix);
  const kernels = instantiateKernels();
  const input = kernels.allocate(subject.codes.length);
  const { steps, accumulators, rowBytes } = prepareSums({ kernels, geometry, terms, matrix, input });
  new Int8Array(kernels.memory.buffer, input, subject.codes.length).set(subject.codes);
  for (const step of steps) step();
  const view = new Int32Array(kernels.memory.buffer);
  const { height, width, channels } = geometry.to;
  const padded = 8 * Math.ceil(channels / 8);
  const sums = new Array<number>(height * width * channels);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      for (const [lane, filter] of order.entries()) {
        sums[(y * width + x) * channels + filter] =
          view[(accumulators + y * rowBytes) / 4 + x * padded + lane]!;
      }
    }
  }
  return sums;
}

/** The same by the definition, product by product; the network's input has zero point 0 in int8 codes. */
function sumsByDefinition({ network, layer, codes }: Subject, spec: MultiplierSpec): number[] {
  const { height, width, channels } = network.input;
  const [top, left, bottom, right] = layer.pads!;
  const sums: number[] = [];
  for (let y = 0; y < height + top + bottom - 2; y++) {
    for (let x = 0; x < width + left + right - 2; x++) {
      for (const [filter, bias] of layer.bias.entries()) {
        let sum = bias;
        for (let tap = 0; tap < 9 * channels; tap++) {
          const channel = tap % channels;
          const place = (tap - channel) / channels;
          const row = y - top + Math.floor(place / 3);
          const column = x - left + (place % 3);
          const isInside = row >= 0 && row < height && column >= 0 && column < width;
          const code = isInside ? codes[(row * width + column) * channels + channel]! : 0;
          sum += operandProduct(spec, code, layer.weights[filter * 9 * channels + tap]!);
        }
        sums.push(sum);
      }
    }
  }
  return sums;
}

/** A random shape, one in three with codes and weights at the ends of int8 only. */
function randomSubject(seed: number): Subject {
  const rng = createRng(seed);
  const isExtreme = seed % 3 === 0;
  const own = (): number => (isExtreme ? [-128, 127][rng.nextInt(0, 1)]! : rng.nextInt(-128, 127));
  const pad = (): number => rng.nextInt(0, 2);
  const shape: Shape = {
    height: rng.nextInt(3, 11),
    width: rng.nextInt(3, 11),
    channels: 8 * rng.nextInt(1, 3),
    filters: rng.nextInt(1, 18),
    pads: [pad(), pad(), pad(), pad()],
  };
  return subjectOf(shape, own, own);
}

test.each(TILES)(
  'tiles of %i: sums are those of the definition, for random shapes and ends of int8',
  (tile) => {
    let compared = 0;
    for (let seed = 1; seed <= 24; seed++) {
      const subject = randomSubject(seed);
      const spec = SPECS[seed % SPECS.length]!;
      const want = sumsByDefinition(subject, spec);
      expect([seed, sumsOf(subject, spec, tile)]).toEqual([seed, want]);
      compared += want.length;
    }
    expect(compared).toBeGreaterThan(8000);
  },
);

describe('sums as large as 32 bits carry', () => {
  // 9 · 224 · 2^14 = 33 030 144, just below 2^25, where 64 · y leaves int32.
  const shape: Shape = { height: 4, width: 4, channels: 224, filters: 3, pads: [1, 1, 1, 1] };
  const filterOf = (i: number): number => Math.floor(i / (9 * 224));

  test.each(TILES)('come out of tiles of %i', (tile) => {
    const subject = subjectOf(
      shape,
      () => -128,
      (i) => [-128, 127, i % 2 === 0 ? -128 : 127][filterOf(i)]!,
    );
    const want = sumsByDefinition(subject, EXACT_INT8);
    expect(Math.max(...want)).toBe(33_030_144 - 3000);
    expect(Math.min(...want)).toBeLessThan(-32_000_000);
    expect(sumsOf(subject, EXACT_INT8, tile)).toEqual(want);
  });

  test('and larger ones are left to tiles of 2 and to the direct kernel', () => {
    const { geometry, terms } = planOf(randomSubject(1), EXACT_INT8);
    const order = orderFilters(terms.terms, geometry.to.channels);
    const fits = (tile: TileSize, accumulatorBound: number): boolean =>
      packWinograd({ ...terms, accumulatorBound }, order, geometry, tile) !== undefined;
    expect([fits(4, 2 ** 25 - 1), fits(4, 2 ** 25)]).toEqual([true, false]);
    expect([fits(2, 2 ** 29 - 1), fits(2, 2 ** 29)]).toEqual([true, false]);
  });
});

test('mapped values that leave int16 when transformed are left to another kernel', () => {
  const { geometry, terms } = planOf(randomSubject(1), EXACT_INT8);
  const order = orderFilters(terms.terms, geometry.to.channels);
  const fits = (tile: TileSize, activation: number, weight: number): boolean => {
    const [own] = terms.terms;
    const term = {
      activation: own!.activation.slice().fill(activation),
      weights: own!.weights.slice().fill(weight),
    };
    return packWinograd({ ...terms, terms: [term] }, order, geometry, tile) !== undefined;
  };
  // |Bᵀ d B| ≤ 4 · |d| or 100 · |d|; |G′ g G′ᵀ| reaches 9 · |g| or 49 · |g| for equal taps.
  expect([fits(2, 8191, 3640), fits(2, 8192, 1), fits(2, 1, 3641)]).toEqual([true, false, false]);
  expect([fits(4, 327, 668), fits(4, 328, 1), fits(4, 1, 669)]).toEqual([true, false, false]);
});

test('maps that tiles of 4 fit take them, small ones tiles of 2', () => {
  const tileOf = (size: number): number => {
    const shape: Shape = { height: size, width: size, channels: 16, filters: 16, pads: [1, 1, 1, 1] };
    const { geometry, terms } = planOf(
      subjectOf(
        shape,
        (i) => (i % 250) - 125,
        (i) => (i % 250) - 125,
      ),
      roup(0, 5, 5, 3, 3),
    );
    return planMatrix(terms, geometry).tile;
  };
  expect([32, 16, 8].map(tileOf)).toEqual([4, 4, 4]);
  expect([4, 2].map(tileOf)).toEqual([2, 1]);
});

test.each(TILES)('sabotage: one transformed weight of tiles of %i is noticed', (tile) => {
  const subject = randomSubject(5);
  const changed = sumsOf(subject, EXACT_INT8, tile, ({ packed }) => {
    packed.weights[0]! += 1;
  });
  expect(changed).not.toEqual(sumsByDefinition(subject, EXACT_INT8));
});
