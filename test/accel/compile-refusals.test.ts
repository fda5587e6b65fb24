import { describe, expect, test } from 'vitest';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { compileNetwork } from '../../src/accel/compile-network.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import type { QuantisedLayer, QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { badInputText } from '../dnn/error-text.ts';
import { randomImages } from '../dnn/random-network.ts';
import { randomQuantised } from '../dnn/random-quantised.ts';
import { compareLayers, compileSmall, smallArray } from './compare-layers.ts';
import { smallNetwork } from './small-network.ts';

const network = smallNetwork(1, 1);
const exact = uniformAssignment(network, EXACT_INT8);
const spec = smallArray({ lanes: 1 });
const compile = (fields: Partial<ArraySpec>, net: QuantisedNetwork = network, usesBands = false) =>
  compileSmall(net, uniformAssignment(net, EXACT_INT8), { ...spec, ...fields }, { usesBands });

/** What a hint says is enough is enough, and one less is not. */
function smallestThatWorks(field: 'activationWords' | 'weightWords' | 'accumulatorBits', tooSmall: number) {
  const text = badInputText(() => compile({ [field]: tooSmall }));
  const needed = Number(new RegExp(`${field} (\\d+)`).exec(text)?.[1]);
  expect(needed).toBeGreaterThan(tooSmall);
  expect(badInputText(() => compile({ [field]: needed - 1 }))).toContain(`${field} ${needed}`);
  const program = compile({ [field]: needed });
  const result = compareLayers(network, exact, program, imageCodes(randomImages(network, 1, 1), 0));
  expect(result.different).toEqual([]);
  expect(result.compared).toBeGreaterThan(500);
  return { text, program };
}

describe('what does not fit is refused with the smallest that works', () => {
  test('activation memory', () => {
    const { text, program } = smallestThatWorks('activationWords', 20);
    expect(text).toMatch(/^activation memory: wanted at least \d+ words, found 20\n/);
    expect(program.memory.activationWords).toBe(program.spec.activationWords);
  });

  test('weight memory: the layers are split by filter tiles', () => {
    const { program } = smallestThatWorks('weightWords', 20);
    const strided = program.layers.find(({ name }) => name === 'strided')!;
    expect(strided.descriptors.length).toBeGreaterThan(1);
  });

  test('parameter memory: split likewise', () => {
    const program = compile({ parameterWords: 8 });
    const strided = program.layers.find(({ name }) => name === 'strided')!;
    expect(strided.descriptors.length).toBe(Math.ceil(strided.shape.channels / spec.columns));
    const result = compareLayers(network, exact, program, imageCodes(randomImages(network, 1, 1), 0));
    expect(result.different).toEqual([]);
    expect(result.compared).toBeGreaterThan(500);
  });

  test('accumulators', () => {
    const { text } = smallestThatWorks('accumulatorBits', 16);
    expect(text).toMatch(/^layer grouped, filter \d+: wanted sums within 16 bits, found -\d+ … \d+\n/);
  });
});

describe('what the accelerator does not have is refused', () => {
  test("TensorFlow Lite's rounding, additions and pools, all at once", () => {
    const tflite = randomQuantised(1);
    const text = badInputText(() => compile({}, tflite));
    expect(text).toContain(
      "layer sum2 (tfliteAdd): wanted an addition with 16-bit factors, found TensorFlow Lite's",
    );
    expect(text).toContain(
      "layer mean (tfliteAveragePool): wanted an average pool with a multiplier, found TensorFlow Lite's",
    );
    expect(text).toMatch(/layer \w+ \((conv2d|dense)\): wanted rounding half-up-16, found tflite/);
  });

  test('channel offsets between lanes', () => {
    const odd = smallNetwork(1, 2);
    const text = badInputText(() => compile({ lanes: 4 }, odd));
    expect(text).toContain(
      'layer wider (padChannels): wanted a channel offset that is a multiple of 4 lanes (lanes 2 works), found 2',
    );
  });

  test('kernels above 16 × 16', () => {
    const conv: QuantisedLayer = { ...network.layers[0]!, kernel: [1, 17], pads: [0, 8, 0, 8] } as never;
    const large = { ...network, layers: [conv] };
    expect(badInputText(() => compile({}, large))).toContain(
      'layer grouped (conv2d): wanted a kernel of at most 16 × 16, found 1 × 17',
    );
  });
});

test('array and assignment must agree on operand and multipliers', () => {
  const request = { network, assignment: exact, spec, roundedOperand: 'weights' } as const;
  expect(badInputText(() => compileNetwork(request))).toContain(
    'array: weightPort: wanted a (rounded operand: weights), found b',
  );
  const roup = { family: 'roup', bits: 8, P: 1, r: [2, 2, 2] } as const;
  expect(badInputText(() => compile({ multipliers: [roup] }))).toContain(
    "layer grouped: wanted one of the array's multipliers mul_roup_s8_p1_r2, found mul_behavioural_s8",
  );
  const classes = { by: 'column', multiplierOf: [1, 1, 0, 1] } as const;
  expect(badInputText(() => compile({ multipliers: [roup, EXACT_INT8], classes }))).toContain(
    'layer grouped, filter 2, channel 1: wanted mul_roup_s8_p1_r2, which all elements of column 2 have, found mul_behavioural_s8',
  );
});
