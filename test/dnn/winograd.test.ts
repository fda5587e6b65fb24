import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { EXACT_INT8 } from '../../src/dnn/assignment.ts';
import { orderFilters } from '../../src/dnn/filter-blocks.ts';
import { prepareSums } from '../../src/dnn/integer-conv.ts';
import { instantiateKernels } from '../../src/dnn/kernels.ts';
import { layerTerms } from '../../src/dnn/layer-terms.ts';
import { type MatrixPlan, planMatrix } from '../../src/dnn/matrix-plan.ts';
import {
  convGeometry,
  type QuantisedConv,
  type QuantisedNetwork,
  quantisedShapes,
} from '../../src/dnn/quantised-network.ts';
import { layOutWinograd, type WinogradForm } from '../../src/dnn/winograd.ts';
import { operandProduct } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';

const roup = (P: number, ...r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });
const SPECS: readonly MultiplierSpec[] = [
  EXACT_INT8,
  roup(2, 4, 4),
  roup(0, 5, 5, 3, 3),
  roup(0, 6, 4, 2, 0),
];
const FORMS: readonly WinogradForm[] = ['n2', 'n4', 'n4s2'];
const strideOf = (form: WinogradForm): number => (form === 'n4s2' ? 2 : 1);

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
  stride: number,
): Subject {
  const layer: QuantisedConv = {
    name: 'conv',
    op: 'conv2d',
    inputs: ['input'],
    outputScale: 1,
    kernel: [3, 3],
    stride: [stride, stride],
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
  form: WinogradForm,
  change: (plan: MatrixPlan) => void = () => {},
): number[] {
  const { geometry, terms } = planOf(subject, spec);
  const order = orderFilters(terms.terms, subject.layer.bias.length);
  const layout = layOutWinograd(terms, order, geometry, form);
  expect(layout).toBeDefined();
  const matrix: MatrixPlan = { kind: form, order, packed: layout!.pack() };
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
  const stride = layer.stride[0]!;
  for (let y = 0; y + 3 <= height + top + bottom; y += stride) {
    for (let x = 0; x + 3 <= width + left + right; x += stride) {
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
function randomSubject(seed: number, stride = 1): Subject {
  const rng = createRng(seed);
  const isExtreme = seed % 3 === 0;
  const own = (): number => (isExtreme ? [-128, 127][rng.nextInt(0, 1)]! : rng.nextInt(-128, 127));
  const pad = (): number => rng.nextInt(0, 2);
  const shape: Shape = {
    height: rng.nextInt(3, 11) * stride,
    width: rng.nextInt(3, 11) * stride,
    channels: 8 * rng.nextInt(1, 3),
    filters: rng.nextInt(1, 18),
    pads: [pad(), pad(), pad(), pad()],
  };
  return subjectOf(shape, own, own, stride);
}

test.each(FORMS)('%s: sums are those of the definition, for random shapes and ends of int8', (form) => {
  let compared = 0;
  for (let seed = 1; seed <= 24; seed++) {
    const subject = randomSubject(seed, strideOf(form));
    const spec = SPECS[seed % SPECS.length]!;
    const want = sumsByDefinition(subject, spec);
    expect([seed, sumsOf(subject, spec, form)]).toEqual([seed, want]);
    compared += want.length;
  }
  expect(compared).toBeGreaterThan(8000);
});

test.each(FORMS)('%s: filters without weights, a whole block of them, have their bias alone', (form) => {
  const shape: Shape = { height: 8, width: 8, channels: 16, filters: 24, pads: [1, 1, 1, 1] };
  const rng = createRng(9);
  const filterOf = (i: number): number => Math.floor(i / (9 * 16));
  const subject = subjectOf(
    shape,
    () => rng.nextInt(-128, 127),
    (i) => (filterOf(i) >= 8 && filterOf(i) < 16 ? 0 : rng.nextInt(-128, 127)),
    strideOf(form),
  );
  for (const spec of SPECS) expect(sumsOf(subject, spec, form)).toEqual(sumsByDefinition(subject, spec));
  const empty = subjectOf(
    shape,
    () => 1,
    () => 0,
    strideOf(form),
  );
  const { geometry, terms } = planOf(empty, EXACT_INT8);
  expect(layOutWinograd(terms, orderFilters(terms.terms, 24), geometry, form)).toBeUndefined();
  expect(planMatrix(terms, geometry).kind).toBe('direct');
});

describe('sums as large as 32 bits carry', () => {
  // 9 · 224 · 2^14 = 33 030 144, just below 2^25, where 64 · y leaves int32.
  const shape: Shape = { height: 4, width: 4, channels: 224, filters: 3, pads: [1, 1, 1, 1] };
  const filterOf = (i: number): number => Math.floor(i / (9 * 224));

  test.each(FORMS)('come out of %s', (form) => {
    const subject = subjectOf(
      shape,
      () => -128,
      (i) => [-128, 127, i % 2 === 0 ? -128 : 127][filterOf(i)]!,
      strideOf(form),
    );
    const want = sumsByDefinition(subject, EXACT_INT8);
    expect(Math.max(...want)).toBe(33_030_144 - 3000);
    expect(Math.min(...want)).toBeLessThan(-32_000_000);
    expect(sumsOf(subject, EXACT_INT8, form)).toEqual(want);
  });

  test('and larger ones are left to n2 and to the direct kernel', () => {
    const fits = (form: WinogradForm, accumulatorBound: number): boolean => {
      const { geometry, terms } = planOf(randomSubject(1, strideOf(form)), EXACT_INT8);
      const order = orderFilters(terms.terms, geometry.to.channels);
      return layOutWinograd({ ...terms, accumulatorBound }, order, geometry, form) !== undefined;
    };
    expect([fits('n4', 2 ** 25 - 1), fits('n4', 2 ** 25)]).toEqual([true, false]);
    expect([fits('n2', 2 ** 29 - 1), fits('n2', 2 ** 29)]).toEqual([true, false]);
    expect([fits('n4s2', 2 ** 29 - 1), fits('n4s2', 2 ** 29)]).toEqual([true, false]);
  });
});

test('mapped values that leave int16 when transformed are left to another kernel', () => {
  const fits = (form: WinogradForm, activation: number, weight: number): boolean => {
    const { geometry, terms } = planOf(randomSubject(1, strideOf(form)), EXACT_INT8);
    const order = orderFilters(terms.terms, geometry.to.channels);
    const [own] = terms.terms;
    const term = {
      activation: own!.activation.slice().fill(activation),
      weights: own!.weights.slice().fill(weight),
    };
    return layOutWinograd({ ...terms, terms: [term] }, order, geometry, form) !== undefined;
  };
  // |Bᵀ d B| ≤ 4, 100 or 36 · |d|; |G′ g G′ᵀ| ≤ 9, 49 or 36 · |g|, which equal taps reach.
  expect([fits('n2', 8191, 3640), fits('n2', 8192, 1), fits('n2', 1, 3641)]).toEqual([true, false, false]);
  expect([fits('n4', 327, 668), fits('n4', 328, 1), fits('n4', 1, 669)]).toEqual([true, false, false]);
  expect([fits('n4s2', 910, 910), fits('n4s2', 911, 1), fits('n4s2', 1, 911)]).toEqual([true, false, false]);
});

test('maps that tiles of 4 fit take them, small ones tiles of 2', () => {
  const kindOf = (size: number, stride: number): MatrixPlan['kind'] => {
    const shape: Shape = { height: size, width: size, channels: 16, filters: 16, pads: [1, 1, 1, 1] };
    const { geometry, terms } = planOf(
      subjectOf(
        shape,
        (i) => (i % 250) - 125,
        (i) => (i % 250) - 125,
        stride,
      ),
      roup(0, 5, 5, 3, 3),
    );
    return planMatrix(terms, geometry).kind;
  };
  expect([32, 16, 8, 4, 2].map((size) => kindOf(size, 1))).toEqual(['n4', 'n4', 'n4', 'n2', 'direct']);
  expect([32, 16, 4].map((size) => kindOf(size, 2))).toEqual(['n4s2', 'n4s2', 'direct']);
});

test.each(FORMS)('sabotage: one transformed weight of %s is noticed', (form) => {
  const subject = randomSubject(5, strideOf(form));
  const changed = sumsOf(subject, EXACT_INT8, form, ({ packed }) => {
    packed.weights[0]! += 1;
  });
  expect(changed).not.toEqual(sumsByDefinition(subject, EXACT_INT8));
});
