import { describe, expect, test } from 'vitest';
import { EXACT_INT8, type RoundedOperand, uniformAssignment } from '../../src/dnn/assignment.ts';
import { type Dataset, imageCodes } from '../../src/dnn/data/dataset.ts';
import {
  isWeighted,
  type QuantisedConv,
  type QuantisedNetwork,
  quantisedNetworkDigest,
  quantisedShapes,
  type WeightedLayer,
} from '../../src/dnn/quantised-network.ts';
import { type RecordOptions, recordedNetwork, recordOperands } from '../../src/dnn/record-operands.ts';
import {
  type ArrayShape,
  type LayerSchedule,
  nextRun,
  positionTiles,
  runPositions,
  type WeightRun,
} from '../../src/dnn/record-operands-schedule.ts';
import { type OperandPairs, operandSource, streamFrom } from '../../src/dnn/record-operands-source.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { clamp, rescale } from '../../src/dnn/requantise.ts';
import { rescaleTflite } from '../../src/dnn/requantise-tflite.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from './error-text.ts';
import { randomImages } from './random-network.ts';
import { randomQuantised } from './random-quantised.ts';

/** "activation·weight" of each pair. */
function pairsAsText({ activations, weights }: OperandPairs): readonly string[] {
  return Array.from(activations, (activation, i) => `${activation}·${weights[i]}`);
}

/** 1 × 3 pixels of 2 channels, 3 filters of 1 × 2, a column of padding on the left that reads code −5. */
const conv: QuantisedConv = {
  name: 'conv',
  op: 'conv2d',
  inputs: ['input'],
  kernel: [1, 2],
  stride: [1, 1],
  pads: [0, 1, 0, 0],
  weights: Int8Array.from([1, 2, 3, 4, 11, 12, 13, 14, 21, 22, 23, 24]),
  bias: new Int32Array(3),
  multipliers: [32768, 32768, 32768],
  shifts: [20, 20, 20],
  weightScales: [1, 1, 1],
  outputScale: 1,
  low: -128,
  high: 127,
};
const dense: WeightedLayer = {
  name: 'logits',
  op: 'dense',
  inputs: ['conv'],
  weights: Int8Array.from({ length: 18 }, (_, i) => i - 9),
  bias: new Int32Array(2),
  multipliers: [1, 1],
  shifts: [1, 1],
  weightScales: [1, 1],
  outputScale: 1,
  low: -(2 ** 31),
  high: 2 ** 31 - 1,
};
const tiny: QuantisedNetwork = {
  name: 'tiny',
  input: { height: 1, width: 3, channels: 2, scale: 1, zeroPoint: 123 },
  layers: [conv, dense],
};

describe('order of the array, by hand', () => {
  const image = Int8Array.from([60, 61, 70, 71, 80, 81]);
  const source = operandSource(tiny, conv, [image]);
  const array: ArrayShape = { rows: 1, columns: 2, accumulatorDepth: 2 };
  const schedule = { geometry: source.geometry, array, images: 1 };

  test('element in row 0, column 0: filters 0 and 2, both channels, positions 0 and 1, then 2', () => {
    const stream = streamFrom(source, schedule, { image: 0, tile: 0, filter: 0, tap: 0 }, 17);
    const want = [
      ...['-5·1', '60·1', '-5·2', '61·2', '60·3', '70·3', '61·4', '71·4'], // filter 0
      ...['-5·21', '60·21', '-5·22', '61·22', '60·23', '70·23', '61·24', '71·24'], // filter 2
      ...['70·1', '71·2', '80·3', '81·4'], // filter 0, the last position
      ...['70·21', '71·22', '80·23', '81·24'], // filter 2
      ...['-5·1', '60·1'], // the only image again
    ];
    expect(pairsAsText(stream)).toEqual(want);
  });

  test('column 1 has only filter 1 and goes on while column 0 has its second one', () => {
    const stream = streamFrom(source, schedule, { image: 0, tile: 1, filter: 1, tap: 2 }, 3);
    expect(pairsAsText(stream)).toEqual(['80·13', '81·14', '-5·11', '60·11']);
  });

  test('two rows: each has one channel', () => {
    const wide = { ...schedule, array: { rows: 2, columns: 4, accumulatorDepth: 64 } };
    const stream = streamFrom(source, wide, { image: 0, tile: 0, filter: 2, tap: 1 }, 3);
    expect(pairsAsText(stream)).toEqual([
      '-5·22',
      '61·22',
      '71·22',
      '61·24',
      '71·24',
      '81·24',
      '-5·22',
      '61·22',
      '71·22',
    ]);
  });

  test('a dense layer: one activation per weight, image after image', () => {
    const codes = [1, 2].map((image) => Int8Array.from({ length: 9 }, (_, i) => 10 * image + i));
    const flat = operandSource(tiny, dense, codes);
    const places = {
      geometry: flat.geometry,
      array: { rows: 4, columns: 1, accumulatorDepth: 64 },
      images: 2,
    };
    const stream = streamFrom(flat, places, { image: 0, tile: 0, filter: 0, tap: 3 }, 6);
    expect(pairsAsText(stream)).toEqual(['13·-6', '17·-2', '13·3', '17·7', '23·-6', '27·-2']);
  });
});

/** Every run of the array's schedule, element by element, by the loops of the definition. */
function runsByElement({
  geometry,
  array,
  images,
}: LayerSchedule): ReadonlyMap<string, readonly WeightRun[]> {
  const { from, to, kernel, groups } = geometry;
  const [channels, filters] = [from.channels / groups, to.channels / groups];
  const positions = to.height * to.width;
  const elements = new Map<string, WeightRun[]>();
  for (let image = 0; image < images; image++) {
    for (let tile = 0; tile * array.accumulatorDepth < positions; tile++) {
      for (let group = 0; group < groups; group++) {
        for (let firstFilter = 0; firstFilter < filters; firstFilter += array.columns) {
          for (let place = 0; place < kernel[0] * kernel[1]; place++) {
            for (let firstChannel = 0; firstChannel < channels; firstChannel += array.rows) {
              for (let row = 0; row < array.rows && firstChannel + row < channels; row++) {
                for (let column = 0; column < array.columns && firstFilter + column < filters; column++) {
                  const key = `${row} ${column}`;
                  const filter = group * filters + firstFilter + column;
                  const tap = place * channels + firstChannel + row;
                  elements.set(key, [...(elements.get(key) ?? []), { image, tile, filter, tap }]);
                }
              }
            }
          }
        }
      }
    }
  }
  return elements;
}

test('each element goes through its runs in the order of the loops and begins again', () => {
  let compared = 0;
  for (let seed = 1; seed <= 6; seed++) {
    const network = randomQuantised(seed);
    const shapes = quantisedShapes(network);
    const array = { rows: 1 + (seed % 3), columns: 2, accumulatorDepth: 4 + 5 * seed };
    for (const layer of network.layers.filter(isWeighted)) {
      const inputs = [0, 1].map(() => new Int8Array(0));
      const { geometry } = operandSource(network, layer, inputs);
      expect(geometry.to).toEqual(shapes.get(layer.name));
      const schedule = { geometry, array, images: 2 };
      for (const runs of runsByElement(schedule).values()) {
        const next = runs.map((run) => nextRun(schedule, run));
        expect(next).toEqual([...runs.slice(1), runs[0]]);
        compared += next.length;
      }
    }
  }
  expect(compared).toBeGreaterThan(10_000);
});

test('the pairs of all elements, added up, are the sums of the reference inference', () => {
  let multiplications = 0;
  let codesCompared = 0;
  for (let seed = 1; seed <= 4; seed++) {
    const network = randomQuantised(seed);
    const images = randomImages(network, 1, 7);
    const outputs = inferReference(network, uniformAssignment(network, EXACT_INT8), imageCodes(images, 0));
    for (const layer of network.layers.filter(isWeighted)) {
      const source = operandSource(network, layer, [Int8Array.from(outputs.get(layer.inputs[0]!)!)]);
      const array = { rows: 3, columns: 2, accumulatorDepth: 7 };
      const schedule = { geometry: source.geometry, array, images: 1 };
      const { to } = source.geometry;
      const sums = Array.from({ length: to.height * to.width }, () => Array.from(layer.bias));
      for (const runs of runsByElement(schedule).values()) {
        for (const run of runs) {
          const [first] = runPositions(schedule, run);
          const { activations, weights } = streamFrom(source, schedule, run, 1);
          for (const [i, activation] of activations.entries()) {
            sums[first + i]![run.filter]! += (activation - source.inputZeroPoint) * weights[i]!;
            multiplications += 1;
          }
        }
      }
      const rule = layer.rounding === 'tflite' ? rescaleTflite : undefined;
      const codes = sums.flatMap((channels) =>
        channels.map((sum, o) => {
          const [multiplier, shift] = [layer.multipliers[o]!, layer.shifts[o]!];
          const code = rule ? rule(sum, multiplier, shift) : rescale(sum, { multiplier, shift });
          return clamp((layer.zeroPoint ?? 0) + code, layer.low, layer.high);
        }),
      );
      expect(codes).toEqual([...outputs.get(layer.name)!]);
      codesCompared += codes.length;
    }
  }
  expect(multiplications).toBeGreaterThan(20_000);
  expect(codesCompared).toBeGreaterThan(1000);
});

/** How often each pair is multiplied in a layer of some images, by the definition. */
function population(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  images: Dataset,
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let image = 0; image < images.images; image++) {
    const outputs = inferReference(
      network,
      uniformAssignment(network, EXACT_INT8),
      imageCodes(images, image),
    );
    const source = operandSource(network, layer, [Int8Array.from(outputs.get(layer.inputs[0]!)!)]);
    const { to } = source.geometry;
    const array = { rows: 1, columns: 1, accumulatorDepth: to.height * to.width };
    const schedule = { geometry: source.geometry, array, images: 1 };
    for (const run of [...runsByElement(schedule).values()].flat()) {
      for (const pair of pairsAsText(streamFrom(source, schedule, run, 1)))
        counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  return counts;
}

/** Pearson's statistic of counts against shares, bins merged until each expects 5; and its degrees of freedom. */
function chiSquare(found: ReadonlyMap<string, number>, wanted: ReadonlyMap<string, number>) {
  const total = [...wanted.values()].reduce((sum, count) => sum + count, 0);
  const drawn = [...found.values()].reduce((sum, count) => sum + count, 0);
  let [statistic, bins, expected, seen] = [0, 0, 0, 0];
  for (const [pair, count] of wanted) {
    expected += (count * drawn) / total;
    seen += found.get(pair) ?? 0;
    if (expected < 5) continue;
    statistic += (seen - expected) ** 2 / expected;
    bins += 1;
    [expected, seen] = [0, 0];
  }
  return { statistic, freedom: bins - 1 };
}

const ROUGH = { family: 'roup', bits: 8, P: 2, r: [4, 4] } as const;

describe('the sample', () => {
  const network = randomQuantised(3);
  const images = randomImages(network, 3, 17);
  const layer = network.layers.filter(isWeighted)[0]!;
  const record = (options: RecordOptions = {}) =>
    recordOperands(network, images, { pairs: 4096, ...options });
  const counted = (texts: readonly string[]): ReadonlyMap<string, number> => {
    const counts = new Map<string, number>();
    for (const text of texts) counts.set(text, (counts.get(text) ?? 0) + 1);
    return counts;
  };

  test('in random order: every multiplication equally likely, none that does not occur', () => {
    const wanted = population(network, layer, images);
    const found = counted(pairsAsText(record({ pairs: 65536 }).layers[0]!.pairs['layer-iid']));
    expect([...found.keys()].filter((pair) => !wanted.has(pair))).toEqual([]);
    const { statistic, freedom } = chiSquare(found, wanted);
    expect(freedom).toBeGreaterThan(500);
    expect(Math.abs(statistic - freedom)).toBeLessThan(4 * Math.sqrt(2 * freedom));
  });

  test('sabotage: the same check notices a sample that leaves the padding out', () => {
    const wanted = population(network, layer, images);
    const { inputZeroPoint } = operandSource(network, layer, []);
    const all = pairsAsText(record({ pairs: 65536 }).layers[0]!.pairs['layer-iid']);
    const found = counted(all.filter((pair) => !pair.startsWith(`${inputZeroPoint}·`)));
    const { statistic, freedom } = chiSquare(found, wanted);
    expect(statistic - freedom).toBeGreaterThan(10 * Math.sqrt(2 * freedom));
  });

  test('in the order of the array: blocks of its schedule, every weight equally often in the long run', () => {
    const array = { rows: 2, columns: 3, accumulatorDepth: 8 };
    const counts = new Map<number, number>();
    let drawn = 0;
    for (let seed = 1; seed <= 60; seed++) {
      const { layers } = record({ seed, array, pairs: 512 });
      for (const weight of layers[0]!.pairs['layer-stream'].weights) {
        counts.set(weight, (counts.get(weight) ?? 0) + 1);
        drawn += 1;
      }
    }
    expect(drawn).toBe(60 * 2048);
    const worst = [...new Set(layer.weights)].map((code) => {
      const share = layer.weights.filter((weight) => weight === code).length / layer.weights.length;
      return Math.abs((counts.get(code) ?? 0) / drawn / share - 1);
    });
    expect(worst.length).toBeGreaterThan(30);
    expect(Math.max(...worst)).toBeLessThan(0.25);
    expect(worst.reduce((sum, x) => sum + x, 0) / worst.length).toBeLessThan(0.06);
  });

  test.each([
    ['exact', EXACT_INT8],
    ['approximate', ROUGH],
  ] as const)('%s inference: each block is a piece of the schedule of one element', (kind, spec) => {
    const array = { rows: 2, columns: 2, accumulatorDepth: 64 };
    const one = randomImages(network, 1, 5);
    const assignment = uniformAssignment(network, spec);
    const approximate = { assignment, roundedOperand: 'weights' } as const;
    const outputs = inferReference(network, assignment, imageCodes(one, 0), 'weights');
    let found = 0;
    const options = { pairs: 256, array, ...(kind === 'exact' ? {} : { approximate }) };
    for (const operands of recordOperands(network, one, options).layers) {
      const own = network.layers.find(({ name }) => name === operands.layer) as WeightedLayer;
      const source = operandSource(network, own, [Int8Array.from(outputs.get(own.inputs[0]!)!)]);
      const schedule = { geometry: source.geometry, array, images: 1 };
      expect(positionTiles(schedule)).toBe(1);
      const { activationsPerWeight, blocks, pairs } = operands;
      const runs = Math.ceil(64 / activationsPerWeight);
      const length = runs * activationsPerWeight;
      const places = new Set(
        [...runsByElement(schedule).values()]
          .flat()
          .map((run) => pairsAsText(streamFrom(source, schedule, run, runs)).join()),
      );
      const stream = pairsAsText(pairs['layer-stream']);
      expect(stream.length).toBe(1024);
      expect(blocks).toBe(Math.ceil(1024 / length));
      for (let block = 0; block < Math.floor(1024 / length); block++) {
        expect(places.has(stream.slice(block * length, (block + 1) * length).join())).toBe(true);
        found += 1;
      }
    }
    expect(found).toBeGreaterThan(30);
  });

  test('of approximate inference is told from that of exact inference and of other multipliers', () => {
    const digest = (spec: MultiplierSpec, roundedOperand: RoundedOperand) =>
      recordedNetwork(network, { assignment: uniformAssignment(network, spec), roundedOperand }).sha256;
    const all = [
      recordedNetwork(network).sha256,
      digest(EXACT_INT8, 'activations'),
      digest(ROUGH, 'activations'),
      digest(ROUGH, 'weights'),
    ];
    expect(new Set(all).size).toBe(4);
    const approximate = {
      assignment: uniformAssignment(network, ROUGH),
      roundedOperand: 'weights',
    } as const;
    expect(record({ approximate }).network.sha256).toBe(all[3]);
    expect(record().network.sha256).toBe(quantisedNetworkDigest(network));
  });

  test('says what it is and stays within the ranges that it gives', () => {
    const { layers, images: drawn, ...origin } = record({ images: 2, seed: 9 });
    expect(origin).toMatchObject({
      network: { name: network.name },
      dataset: { name: images.name, sha256: images.sha256 },
      seed: 9,
      array: { rows: 16, columns: 16, accumulatorDepth: 64 },
    });
    expect(drawn.length).toBe(2);
    expect(layers.map(({ layer: name }) => name)).toEqual(
      network.layers.filter(isWeighted).map(({ name }) => name),
    );
    for (const { pairs, activationRange, weightRange } of layers) {
      expect(pairs['layer-iid'].weights.length).toBe(4096);
      expect(pairs['layer-stream'].activations.length).toBe(4 * 4096);
      for (const { activations, weights } of Object.values(pairs)) {
        expect(activations.every((code) => code >= activationRange.low && code <= activationRange.high)).toBe(
          true,
        );
        expect(weights.every((code) => code >= weightRange.low && code <= weightRange.high)).toBe(true);
      }
    }
  });

  test('the same seed gives the same pairs, another one others', () => {
    expect(record()).toEqual(record());
    const [first, other] = [record(), record({ seed: 2 })];
    for (const [index, { pairs }] of first.layers.entries()) {
      expect(pairs['layer-iid']).not.toEqual(other.layers[index]!.pairs['layer-iid']);
      expect(pairs['layer-stream']).not.toEqual(other.layers[index]!.pairs['layer-stream']);
    }
  });
});

test('refused: options out of range, all at once; images of another shape', () => {
  const images = randomImages(tiny, 2, 1);
  const array = { rows: 0, columns: 65, accumulatorDepth: 0.5 };
  const text = badInputText(() => recordOperands(tiny, images, { pairs: 10, images: 3, seed: -1, array }));
  expect(text.split('\n')).toEqual([
    'pairs per layer: wanted an integer 64 … 1048576, found 10',
    `images of data set ${images.name}: wanted an integer 1 … 2, found 3`,
    'seed: wanted an integer 0 … 4294967295, found -1',
    'array rows: wanted an integer 1 … 64, found 0',
    'array columns: wanted an integer 1 … 64, found 65',
    'accumulator depth: wanted an integer 1 … 1048576, found 0.5',
    'Give values within these limits.',
  ]);
  expect(badInputText(() => recordOperands(tiny, { ...images, width: 4 }))).toMatch(
    /wanted images of 1 × 3 × 2/,
  );
});
