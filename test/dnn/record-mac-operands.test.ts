import { expect, test } from 'vitest';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { type Dataset, imageCodes } from '../../src/dnn/data/dataset.ts';
import {
  isWeighted,
  type QuantisedConv,
  type QuantisedNetwork,
  type WeightedLayer,
} from '../../src/dnn/quantised-network.ts';
import { recordMacOperands } from '../../src/dnn/record-mac-operands.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { badInputText } from './error-text.ts';

const common = { multipliers: [32768, 32768, 32768], shifts: [20, 20, 20], weightScales: [1, 1, 1] };
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
  ...common,
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
  // 2 / 2^1: the logits are the sums.
  multipliers: [2, 2],
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
const image: Dataset = {
  name: 'one image',
  sha256: '0'.repeat(64),
  images: 1,
  height: 1,
  width: 3,
  channels: 2,
  labels: new Uint8Array(1),
  pixels: Uint8Array.from([188, 189, 198, 199, 208, 209]), // codes 60 61 70 71 80 81
};
const array = { rows: 1, columns: 2, accumulatorDepth: 2 };

test('incoming sums are those of the weights before, by hand', () => {
  expect([...imageCodes(image, 0)]).toEqual([60, 61, 70, 71, 80, 81]);
  const record = recordMacOperands(tiny, image, { pairs: 512, array })[0]!;
  const sums = record.incomingSums((activation, weight) => activation * weight);
  // Weight and activation tell filter, tap and position of a pair.
  const found = new Map<string, number>(
    Array.from(sums, (sum, i) => [`${record.activations[i]}·${record.weights[i]}`, sum] as const),
  );
  const want = {
    '60·1': 0,
    '-5·2': -5,
    '61·2': 60,
    '60·3': -5 - 10,
    '70·3': 60 + 122,
    '61·4': -5 - 10 + 180,
    '81·14': 70 * 11 + 71 * 12 + 80 * 13,
    '71·24': 60 * 21 + 61 * 22 + 70 * 23,
  };
  for (const [pair, sum] of Object.entries(want)) expect([pair, found.get(pair)]).toEqual([pair, sum]);
  // 3 filters × 4 weights × 3 positions, of which 2 weights of each filter read the padding at the first.
  expect(found.size).toBe(36);
  expect(sums).toHaveLength(512);
});

test('other products give other sums', () => {
  const record = recordMacOperands(tiny, image, { pairs: 128, array })[0]!;
  const [exact, doubled] = [1, 2].map((factor) =>
    record.incomingSums((activation, weight) => factor * activation * weight),
  );
  expect([...doubled!]).toEqual([...exact!].map((sum) => 2 * sum));
  expect(exact!.some((sum) => sum !== 0)).toBe(true);
});

test('the last weight completes the sum of the layer', () => {
  const outputs = inferReference(tiny, uniformAssignment(tiny, EXACT_INT8), imageCodes(image, 0));
  const record = recordMacOperands(tiny, image, { pairs: 2048, array })[1]!;
  const sums = record.incomingSums((activation, weight) => activation * weight);
  const logits = [...outputs.get('logits')!];
  let compared = 0;
  for (const [i, sum] of sums.entries()) {
    // The last weights of the two filters of the dense layer are −1 and 8; each code is there once.
    const filter = [-1, 8].indexOf(record.weights[i]!);
    if (filter < 0) continue;
    expect(sum + record.activations[i]! * record.weights[i]!).toBe(logits[filter]);
    compared += 1;
  }
  expect(compared).toBeGreaterThan(100);
});

test('a weight is loaded where it changes and at the beginning of a stretch; the same seed gives the same', () => {
  const records = recordMacOperands(tiny, image, { pairs: 1024, seed: 3, array });
  expect(records.map(({ layer }) => layer)).toEqual(tiny.layers.filter(isWeighted).map(({ name }) => name));
  for (const { weights, isLoaded } of records) {
    expect(isLoaded[0]).toBe(1);
    weights.forEach((weight, i) => {
      if (i > 0 && weight !== weights[i - 1]) expect(isLoaded[i]).toBe(1);
    });
  }
  // Two positions pass a weight of the convolution, then one.
  const loads = records[0]!.isLoaded.reduce((sum, loaded) => sum + loaded, 0);
  expect(loads / 1024).toBeCloseTo(2 / 3, 1);
  expect(records[1]!.isLoaded.every((loaded) => loaded === 1)).toBe(true);
  const again = recordMacOperands(tiny, image, { pairs: 1024, seed: 3, array });
  expect(again.map(({ activations }) => [...activations])).toEqual(
    records.map(({ activations }) => [...activations]),
  );
});

test('too few pairs are refused', () => {
  expect(badInputText(() => recordMacOperands(tiny, image, { pairs: 10 }))).toContain(
    'pairs per layer: wanted an integer 64 … 1048576, found 10',
  );
});
