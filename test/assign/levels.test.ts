import { describe, expect, test } from 'vitest';
import {
  type Axis,
  axisOf,
  axisSizes,
  classCount,
  classesOf,
  findLevelFaults,
  type Level,
  levelMultiplier,
  parseLevel,
  printLevel,
  weightEnergy,
} from '../../src/assign/levels.ts';
import { EXACT_INT8, isMixture, type LayerMultiplier, SKIPPED } from '../../src/dnn/assignment.ts';
import { countWeights } from '../../src/dnn/mixture.ts';
import type { WeightedLayer } from '../../src/dnn/quantised-network.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomConv, randomDense, randomLayers } from './random-layers.ts';

const PALETTE: readonly MultiplierSpec[] = [
  EXACT_INT8,
  ...['mul_roup_s8_p0_r6_4_2_0', 'mul_roup_s8_p1_r2', 'mul_roup_s8_p2_r4'].map(
    (name) => parseDesignName(name)!,
  ),
];

const LEVELS: readonly string[] = [
  'llam',
  'flam',
  ...[1, 2, 3, 4, 255].flatMap((n) => [
    `flam-${n}-modulo`,
    `flam-${n}-contiguous`,
    `flam-${n}-contiguous-uneven`,
    `flam-${n}-sensitivity`,
    `flam-${n}-sensitivity-uneven`,
  ]),
  ...['channel', 'row', 'column'].flatMap((axis) => [
    `klam-${axis}`,
    ...[2, 3].flatMap((n) => [
      `klam-${axis}-${n}-modulo`,
      `klam-${axis}-${n}-contiguous`,
      `klam-${axis}-${n}-sensitivity-uneven`,
    ]),
  ]),
];

const level = (text: string): Level => parseLevel(text, '--level');

/** Design of each weight, or "skipped". */
function designsOf(layer: WeightedLayer, own: LayerMultiplier): readonly string[] {
  if (!isMixture(own)) return [...layer.weights].map(() => designName(own));
  return [...own.index].map((index) => (index === SKIPPED ? 'skipped' : designName(own.specs[index]!)));
}

/** Place of a weight along an axis, counted from the layout of the weights (out, row, column, in). */
function placeOf(layer: WeightedLayer, axis: Axis | undefined, tap: number): number {
  if (axis === undefined) return 0;
  const { row, column, channel } = axisSizes(layer);
  const strides = { filter: row * column * channel, row: column * channel, column: channel, channel: 1 };
  return Math.floor(tap / strides[axis]) % axisSizes(layer)[axis];
}

describe('text of a level', () => {
  test('printed and read again it is the same, for every kind', () => {
    for (const text of LEVELS) expect(printLevel(level(text))).toBe(text);
    expect(LEVELS.length).toBe(48);
    expect(new Set(LEVELS.map((text) => JSON.stringify(level(text)))).size).toBe(48);
  });

  test('the scheme may be left out', () => {
    expect(level('flam-3')).toEqual({ kind: 'flam', classes: 3, scheme: 'modulo' });
    expect(level('klam-row')).toEqual({ kind: 'klam', axis: 'row', classes: 'each', scheme: 'modulo' });
  });

  test.each([
    ['flem-3', 'flam-3'],
    ['FLAM-3', 'flam-3'],
    ['flam-3-contigous', 'flam-3-contiguous'],
    ['klam-rows', 'klam-row'],
    ['klam-chan-2', 'klam-channel-2'],
    ['lam', 'llam'],
    ['flam-0', 'flam-1'],
    ['flam-256', 'flam-255'],
    ['flam-3-modulo-uneven', 'flam-3-modulo'],
  ])('%s is refused, with the nearest level %s', (text, nearest) => {
    let hint: string | undefined;
    try {
      level(text);
    } catch (error) {
      hint = (error as { hint?: string }).hint;
    }
    expect(hint).toBe(`The nearest is ${nearest}.`);
    expect(() => level(nearest)).not.toThrow();
  });

  test('the whole error', () => {
    expect(badInputText(() => level('flem-3'))).toContain(
      '--level: wanted a level: llam, flam-N or klam-channel-N, -row-N, -column-N, N 1..255, then perhaps -contiguous or -sensitivity, found "flem-3"',
    );
  });
});

describe('classes of a layer', () => {
  const layers = randomLayers(40);

  test('each place is in exactly one class, none is empty, equal parts are equal, others differ by one', () => {
    let compared = 0;
    for (const layer of layers) {
      for (const text of LEVELS) {
        const own = level(text);
        if (findLevelFaults(layer, own, '').length > 0) continue;
        const classes = classesOf(layer, own);
        const axis = axisOf(own);
        const count = classCount(layer, own);
        expect(classes.length).toBe(axis === undefined ? 1 : axisSizes(layer)[axis]);
        const sizes = Array.from({ length: count }, (_, i) => classes.filter((c) => c === i).length);
        expect(sizes.reduce((a, b) => a + b)).toBe(classes.length);
        const [least, most] = [Math.min(...sizes), Math.max(...sizes)];
        expect(least).toBeGreaterThan(0);
        const mayDiffer = own.kind !== 'llam' && (own.scheme === 'modulo' || own.isUneven === true);
        expect(most - least).toBeLessThanOrEqual(mayDiffer ? 1 : 0);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(450);
  });

  test('modulo, thirds and sensitivity of six and seven filters', () => {
    const six = randomConv(6, [3, 3], 4);
    const seven = randomConv(7, [3, 3], 4);
    expect(classesOf(six, level('flam-3'))).toEqual([0, 1, 2, 0, 1, 2]);
    expect(classesOf(seven, level('flam-3'))).toEqual([0, 1, 2, 0, 1, 2, 0]);
    expect(classesOf(six, level('flam-3-contiguous'))).toEqual([0, 0, 1, 1, 2, 2]);
    expect(classesOf(seven, level('flam-3-contiguous-uneven'))).toEqual([0, 0, 0, 1, 1, 2, 2]);
    expect(classesOf(six, level('flam'))).toEqual([0, 1, 2, 3, 4, 5]);
    const sensitivity = [5, 1, 4, 1, 9, 0];
    // Rising: filters 5, 1, 3 (equal ones by their number), 2, 0, 4.
    expect(classesOf(six, level('flam-3-sensitivity'), sensitivity)).toEqual([2, 0, 1, 1, 2, 0]);
    expect(classesOf(six, level('flam-2-sensitivity'), sensitivity)).toEqual([1, 0, 1, 0, 1, 0]);
  });

  test('without figures the sensitivity of a place is the sum of its squared real weights', () => {
    const layer = { ...randomConv(4, [1, 2], 1), weightScales: [1, 0.5, 2, 1] };
    layer.weights.set([3, -4, 10, 0, 1, 1, -2, 0]);
    expect(weightEnergy(layer, 'filter')).toEqual([25, 25, 8, 4]);
    expect(weightEnergy(layer, 'column')).toEqual([9 + 25 + 4 + 4, 16 + 4]);
    expect(classesOf(layer, level('flam-2-sensitivity'))).toEqual([1, 1, 0, 0]);
    expect(classesOf(layer, level('klam-column-2-sensitivity'))).toEqual([1, 0]);
  });

  test('a layer with one place is of class 0: dense and 1×1 have one row, a depthwise kernel one channel', () => {
    const single: readonly (readonly [WeightedLayer, string])[] = [
      [randomDense(10, 64), 'klam-row-3-modulo'],
      [randomDense(10, 64), 'klam-column'],
      [randomConv(16, [1, 1], 8), 'klam-column-2-contiguous'],
      [randomConv(16, [3, 3], 1, 1, 16), 'klam-channel-3-modulo'],
      [randomDense(1, 64), 'flam-3-contiguous'],
    ];
    for (const [layer, text] of single) {
      expect(classesOf(layer, level(text))).toEqual([0]);
      expect(classCount(layer, level(text))).toBe(1);
      expect(levelMultiplier(layer, level(text), PALETTE.slice(0, 1))).toBe(PALETTE[0]);
    }
    expect(levelMultiplier(single[0]![0], level('klam-row-3'), PALETTE.slice(1, 4))).toBe(PALETTE[1]);
  });

  test('refused: more classes than places, counts that do not divide, each with the nearest that fit', () => {
    const layer = randomConv(16, [3, 3], 8);
    const text = (own: string) => badInputText(() => classesOf(layer, level(own)));
    expect(text('flam-3-contiguous')).toContain(
      'layer conv: wanted a class count that divides 16 filters: flam-2-contiguous or flam-4-contiguous; or flam-3-contiguous-uneven, found flam-3-contiguous',
    );
    expect(text('klam-channel-5-sensitivity')).toContain(
      'wanted a class count that divides 8 channels: klam-channel-4-sensitivity or klam-channel-8-sensitivity; or klam-channel-5-sensitivity-uneven, found klam-channel-5-sensitivity',
    );
    expect(text('klam-row-4')).toContain(
      'layer conv: wanted at most 3 classes of 3 rows: klam-row-3-modulo, found klam-row-4-modulo',
    );
    expect(badInputText(() => classesOf(layer, level('flam-2-sensitivity'), [1, 2, 3]))).toContain(
      'layer conv: wanted a sensitivity for each of 16 filters, found 3',
    );
  });
});

describe('multiplier of each weight', () => {
  test('is that of the class of its place, null skips, and the counts add up', () => {
    let weights = 0;
    for (const layer of randomLayers(24)) {
      for (const text of LEVELS) {
        const own = level(text);
        if (findLevelFaults(layer, own, '').length > 0) continue;
        const specs = Array.from({ length: classCount(layer, own) }, (_, i) =>
          i % 5 === 3 ? null : PALETTE[i % 5 === 4 ? 0 : i % 5]!,
        );
        const mixed = levelMultiplier(layer, own, specs);
        const classes = classesOf(layer, own);
        const wanted = [...layer.weights.keys()].map((tap) => {
          const spec = specs[classes[placeOf(layer, axisOf(own), tap)]!];
          return spec == null ? 'skipped' : designName(spec);
        });
        const found = designsOf(layer, mixed);
        expect(found).toEqual(wanted);
        const counted = [...countWeights(layer, mixed).values()].reduce((a, b) => a + b, 0);
        expect(counted + found.filter((name) => name === 'skipped').length).toBe(layer.weights.length);
        weights += layer.weights.length;
      }
    }
    expect(weights).toBeGreaterThan(20000);
  });

  test('equal multipliers are one, a layer of one multiplier is no mixture, a layer of none is all skipped', () => {
    const layer = randomConv(6, [3, 3], 2);
    const again = parseDesignName('mul_roup_s8_p1_r2')!;
    expect(levelMultiplier(layer, level('flam-3'), [again, PALETTE[2]!, again])).toBe(again);
    const two = levelMultiplier(layer, level('flam-3'), [again, PALETTE[0]!, PALETTE[2]!]);
    expect(isMixture(two) && two.specs.length).toBe(2);
    const none = levelMultiplier(layer, level('flam-2'), [null, null]);
    expect(new Set(designsOf(layer, none))).toEqual(new Set(['skipped']));
    expect([...countWeights(layer, none)]).toEqual([]);
  });

  test('both rules of skipping, alone and at once, on top of a level', () => {
    const layer = randomConv(6, [3, 3], 4, 9);
    const real = [...layer.weights].map((code, tap) => code * layer.weightScales[Math.floor(tap / 36)]!);
    const mean = real.reduce((a, b) => a + b) / real.length;
    const sigma = Math.sqrt(real.reduce((sum, w) => sum + (w - mean) ** 2, 0) / real.length);
    const distance = real.map((w) => Math.abs(w - mean) / sigma);
    const specs = [PALETTE[0]!, null, PALETTE[2]!];
    const plain = designsOf(layer, levelMultiplier(layer, level('klam-row'), specs));
    const skips = [{ beyondSigma: 1.5 }, { withinSigma: 0.25 }, { beyondSigma: 1.5, withinSigma: 0.25 }];
    for (const skip of skips) {
      const found = designsOf(layer, levelMultiplier(layer, level('klam-row'), specs, { skip }));
      const { beyondSigma = 99, withinSigma = 0 } = skip as { beyondSigma?: number; withinSigma?: number };
      const isOut = distance.map((d) => d < withinSigma || d > beyondSigma);
      expect(isOut.filter(Boolean).length).toBeGreaterThan(10);
      expect(found).toEqual(plain.map((name, tap) => (isOut[tap] ? 'skipped' : name)));
    }
  });

  test('refuses more or fewer multipliers than classes', () => {
    const layer = randomConv(6, [3, 3], 2);
    expect(badInputText(() => levelMultiplier(layer, level('flam-3'), [null, null]))).toContain(
      'layer conv: wanted 3 multipliers, one per class of flam-3-modulo, found 2',
    );
    expect(badInputText(() => levelMultiplier(layer, level('llam'), []))).toContain(
      'layer conv: wanted 1 multipliers, one per class of llam, found 0',
    );
  });

  test('sabotage: a weight in another class is noticed', () => {
    const layer = randomConv(6, [3, 3], 2);
    const mixed = levelMultiplier(layer, level('flam-2'), [PALETTE[0]!, PALETTE[1]!]);
    const before = designsOf(layer, mixed);
    if (!isMixture(mixed)) throw new TypeError('no mixture');
    const index = mixed.index.slice();
    index[7] = 1 - index[7]!;
    expect(designsOf(layer, { ...mixed, index })).not.toEqual(before);
  });
});
