import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { compileOperandProduct } from '../../src/multiplier/golden.ts';
import type { RoupSpec } from '../../src/multiplier/spec.ts';
import { loadTruthTable } from '../../src/multiplier/truth-table.ts';
import {
  applyWeightMap,
  countRemapped,
  mapWeights,
  type WeightMapRequest,
} from '../../src/tune/weight-map.ts';
import { badInputText } from '../dnn/error-text.ts';
import { DATA_DIR } from '../tool-missing.ts';

const INT8 = { low: -128, high: 127 };
const UINT8 = { low: 0, high: 255 };

/** The definition, word for word: every candidate's whole sum, ties keep w, else the lowest. */
function mapByBruteForce({ product, activations, weights, histogram }: WeightMapRequest): number[] {
  const map: number[] = [];
  for (let w = weights.low; w <= weights.high; w++) {
    const sums = new Map<number, number>();
    for (let candidate = weights.low; candidate <= weights.high; candidate++) {
      let sum = 0;
      for (let a = activations.low; a <= activations.high; a++) {
        sum += (histogram?.[a - activations.low] ?? 1) * Math.abs(a * w - product(a, candidate));
      }
      sums.set(candidate, sum);
    }
    const least = Math.min(...sums.values());
    const best = [...sums].filter(([, sum]) => sum === least).map(([candidate]) => candidate);
    map.push(best.includes(w) ? w : best[0]!);
  }
  return map;
}

describe.each([
  ['ROUP(P2, r4)', { family: 'roup', bits: 8, P: 2, r: [4, 4] }],
  ['ROUP(P1, r3,1,0)', { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] }],
] as const)('%s', (_name, spec: RoupSpec) => {
  const product = compileOperandProduct(spec);
  const requests: Record<string, WeightMapRequest> = {
    'activation rounded': { product, activations: INT8, weights: INT8 },
    'weight rounded': {
      product: (a, w) => product(w, a),
      activations: { low: -40, high: 80 },
      weights: INT8,
    },
    'after a ReLU': { product, activations: { low: 0, high: 127 }, weights: { low: -100, high: 90 } },
    'with a histogram': { product, activations: INT8, weights: INT8, histogram: randomHistogram(256, 5) },
  };

  test.each(Object.entries(requests))('%s: the map is that of the definition', (_case, request) => {
    const map = [...mapWeights(request)];
    expect(map.length).toBe(request.weights.high - request.weights.low + 1);
    expect(map).toEqual(mapByBruteForce(request));
  });
});

test('an exact multiplier leaves every weight, whatever the activations', () => {
  const exact = { product: (a: number, w: number) => a * w, activations: INT8, weights: INT8 };
  expect(countRemapped(mapWeights(exact), -128)).toBe(0);
  const never = { ...exact, product: () => 7, histogram: new Float64Array(256) };
  expect(countRemapped(mapWeights(never), -128)).toBe(0);
});

test('ties: w stays, else the lowest weight wins', () => {
  const weights = { low: 0, high: 7 };
  const activations = { low: 1, high: 1 };
  const even = (_a: number, w: number): number => w - (w % 2);
  // 0 and 1 give 0, 2 and 3 give 2, …: an odd w is as far from the pair below as from that above, and stays.
  expect([...mapWeights({ product: even, activations, weights })]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  // Only 4 … 7 give anything: 4; 4 for 2 … 7 (2 ties with 0 and stays), whose lowest is 4.
  const coarse = (_a: number, w: number): number => (w >= 4 ? 4 : 0);
  expect([...mapWeights({ product: coarse, activations, weights })]).toEqual([0, 1, 2, 4, 4, 5, 6, 7]);
});

test('a histogram moves the map to the activations that occur', () => {
  const product = (a: number, w: number): number => (a === 3 ? 3 * (w + 1) : a * w);
  const request = { product, activations: { low: 0, high: 9 }, weights: { low: 0, high: 15 } };
  expect(countRemapped(mapWeights(request), 0)).toBe(0);
  const onlyThree = Float64Array.from({ length: 10 }, (_, a) => (a === 3 ? 4 : 0));
  const map = mapWeights({ ...request, histogram: onlyThree });
  expect([...map]).toEqual([0, ...Array.from({ length: 15 }, (_, index) => index)]);
  expect([...applyWeightMap(Int8Array.of(3, 15, 1), map, 0)]).toEqual([2, 14, 0]);
});

test('sabotage: one changed product changes the map', () => {
  const product = (a: number, w: number): number => a * w + (w === 5 ? a : 0);
  const map = mapWeights({ product, activations: UINT8, weights: UINT8 });
  // 5 gives 6·a: 5 is best made by 4 (error a, as with 6 and with itself: it stays); 6 has itself.
  expect(countRemapped(map, 0)).toBe(0);
  const worse = (a: number, w: number): number => a * w + (w === 5 ? 2 * a : 0);
  const changed = mapWeights({ product: worse, activations: UINT8, weights: UINT8 });
  expect(countRemapped(changed, 0)).toBe(1);
  expect(changed[5]).toBe(4);
});

test('what does not fit is refused', () => {
  const product = (a: number, w: number): number => a * w;
  expect(
    badInputText(() =>
      mapWeights({ product, activations: { low: 1, high: 0 }, weights: { low: 0, high: 40000 } }),
    ),
  ).toBe(
    'activations to map weights for: wanted integers low ≤ high within int16, found 1 … 0\n' +
      'weights to map: wanted integers low ≤ high within int16, found 0 … 40000\n' +
      'Give one count for each activation code, from low to high.',
  );
  const request = { product, activations: INT8, weights: INT8 };
  expect(badInputText(() => mapWeights({ ...request, histogram: new Float64Array(128) }))).toBe(
    'histogram of activations: wanted 256 counts, found 128\n' +
      'Give one count for each activation code, from low to high.',
  );
  const histogram = new Float64Array(256);
  histogram[3] = Number.NaN;
  expect(badInputText(() => mapWeights({ ...request, histogram }))).toBe(
    'histogram of activations, activation -125: wanted a count ≥ 0, found "NaN"\n' +
      'Give one count for each activation code, from low to high.',
  );
});

describe.skipIf(DATA_DIR === undefined)('EvoApproxLib [skipped without MAXDNN_DATA]', () => {
  const mapOf = (name: string, swapped = false): Int16Array => {
    const product = compileOperandProduct(loadTruthTable(join(DATA_DIR!, 'evoapprox', `mul8u_${name}.bin`)));
    const ordered = swapped ? (a: number, w: number): number => product(w, a) : product;
    return mapWeights({ product: ordered, activations: UINT8, weights: UINT8 });
  };

  test.each([
    ['7C1', 39],
    ['2AC', 0],
    ['2HH', 0],
    ['NGR', 0],
    ['ZFB', 0],
  ])('mul8u_%s: %i weights are mapped to others', (name, count) => {
    expect(countRemapped(mapOf(name), 0)).toBe(count);
  });

  test('the map of mul8u_7C1 is that of the definition, all 256 weights', () => {
    const product = compileOperandProduct(loadTruthTable(join(DATA_DIR!, 'evoapprox', 'mul8u_7C1.bin')));
    const map = [...mapOf('7C1')];
    expect(map.length).toBe(256);
    expect(map).toEqual(mapByBruteForce({ product, activations: UINT8, weights: UINT8 }));
  });

  test('sabotage: with the operands exchanged, mul8u_7C1 maps 2 weights', () => {
    expect(countRemapped(mapOf('7C1', true), 0)).toBe(2);
  });
});

function randomHistogram(length: number, seed: number): Float64Array {
  const rng = createRng(seed);
  return Float64Array.from({ length }, () => (rng.nextFloat() < 0.3 ? 0 : rng.nextInt(0, 1000)));
}
