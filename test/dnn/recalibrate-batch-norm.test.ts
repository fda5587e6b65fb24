import { describe, expect, test } from 'vitest';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { calibrateBatchNorm, channelStatistics } from '../../src/dnn/calibrate-batch-norm.ts';
import { type Dataset, imageCodes } from '../../src/dnn/data/dataset.ts';
import { measureSums } from '../../src/dnn/measure-sums.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import {
  type QuantisedConv,
  type QuantisedNetwork,
  quantisedShapes,
} from '../../src/dnn/quantised-network.ts';
import { checkQuantisedNetwork } from '../../src/dnn/quantised-network-check.ts';
import { recalibrateBatchNorm } from '../../src/dnn/recalibrate-batch-norm.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { operandProduct } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from './error-text.ts';
import { randomBranches } from './random-branches.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const COARSE: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [4, 4, 4] };

/** A network with the batch norm statistics of these very images, and its int8 form. */
function calibrated(seed: number, count: number) {
  const images = randomImages(randomNetwork(seed, false), count, seed);
  const network = calibrateBatchNorm(randomNetwork(seed, false), images);
  return { network, images, quantised: quantiseNetwork(network, images, { calibration: 'max' }) };
}

/** Sums of products of the convolution "first" without bias, by output channel, over images. */
function plainSums(quantised: QuantisedNetwork, spec: MultiplierSpec, images: Dataset): readonly number[][] {
  const layer = quantised.layers[0] as QuantisedConv;
  const { height, width, channels: cin } = quantised.input;
  const to = quantisedShapes(quantised).get('first')!;
  const sums: number[][] = Array.from({ length: to.channels }, () => []);
  for (let image = 0; image < images.images; image++) {
    const codes = imageCodes(images, image);
    for (let position = 0; position < to.height * to.width; position++) {
      const top = Math.floor(position / to.width) * layer.stride[0] - layer.pads[0];
      const left = (position % to.width) * layer.stride[1] - layer.pads[1];
      for (let o = 0; o < to.channels; o++) {
        let sum = 0;
        for (let tap = 0; tap < layer.kernel[0] * layer.kernel[1] * cin; tap++) {
          const x = left + (Math.floor(tap / cin) % layer.kernel[1]);
          const y = top + Math.floor(tap / cin / layer.kernel[1]);
          const isInside = x >= 0 && x < width && y >= 0 && y < height;
          const code = isInside ? codes[(y * width + x) * cin + (tap % cin)]! : 0;
          sum += operandProduct(
            spec,
            code,
            layer.weights[o * layer.kernel[0] * layer.kernel[1] * cin + tap]!,
          );
        }
        sums[o]!.push(sum);
      }
    }
  }
  return sums;
}

function statisticsOf(values: readonly number[]): { mean: number; deviation: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, deviation: Math.sqrt(values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length) };
}

test('sums are measured as the definition gives them, however wrong the expectation', () => {
  let compared = 0;
  for (const [seed, spec] of [
    [1, EXACT_INT8],
    [2, COARSE],
    [3, COARSE],
  ] as const) {
    const { quantised, images } = calibrated(seed, 6);
    const want = plainSums(quantised, spec, images).map(statisticsOf);
    const expected = {
      mean: Float64Array.from(want, ({ mean }) => mean + 3000),
      deviation: Float64Array.from(want, ({ deviation }, o) => deviation * [0.05, 1, 30][o % 3]!),
    };
    const assignment = uniformAssignment(quantised, spec);
    const got = measureSums(quantised, 0, expected, assignment, 'activations', images);
    for (const [o, { mean, deviation }] of want.entries()) {
      expect(Math.abs(got.mean[o]! - mean)).toBeLessThan(0.01 * deviation + 0.5);
      expect(Math.abs(got.deviation[o]! / deviation - 1)).toBeLessThan(0.01);
      compared++;
    }
  }
  expect(compared).toBeGreaterThan(8);
});

describe('recalibrated batch norm', () => {
  /** Mean and variance of the float value that the codes of "first" stand for, before its ReLU. */
  function outputStatistics(quantised: QuantisedNetwork, spec: MultiplierSpec, images: Dataset) {
    const first = quantised.layers[0]!;
    const open = { ...quantised, layers: quantised.layers.with(0, { ...first, low: -128 } as QuantisedConv) };
    const values: number[] = [];
    for (let image = 0; image < images.images; image++) {
      const codes = imageCodes(images, image);
      const output = inferReference(open, uniformAssignment(open, spec), codes).get('first')!;
      values.push(...[...output].map((code) => code * first.outputScale));
    }
    const { channels } = quantisedShapes(quantised).get('first')!;
    return channelStatistics(Float32Array.from(values), channels);
  }

  test('gives each channel mean beta and standard deviation gamma again', () => {
    let improved = 0;
    let compared = 0;
    for (let seed = 1; seed <= 6; seed++) {
      const { network, images, quantised } = calibrated(seed, 12);
      const assignment = uniformAssignment(quantised, COARSE);
      const recalibrated = recalibrateBatchNorm(network, quantised, assignment, 'activations', images);
      expect(checkQuantisedNetwork(recalibrated, 'net')).toEqual([]);
      const [before, after] = [quantised, recalibrated].map((one) => outputStatistics(one, COARSE, images));
      const beta = network.tensors.get('bn/beta')!.data;
      const gamma = network.tensors.get('bn/gamma')!.data;
      for (const [c, wanted] of beta.entries()) {
        const errorOf = ({ mean, variance }: NonNullable<typeof after>): number =>
          Math.abs(mean[c]! - wanted) + Math.abs(Math.sqrt(variance[c]!) - gamma[c]!);
        expect(errorOf(after!)).toBeLessThan(0.15);
        if (errorOf(after!) < errorOf(before!)) improved++;
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(20);
    expect(improved).toBeGreaterThan(0.8 * compared);
  });

  test('changes biases and rescaling of the convolutions with batch norm, and nothing else', () => {
    const { network, images, quantised } = calibrated(4, 8);
    const assignment = uniformAssignment(quantised, COARSE);
    const recalibrated = recalibrateBatchNorm(network, quantised, assignment, 'weights', images);
    for (const [index, layer] of recalibrated.layers.entries()) {
      const before = quantised.layers[index]!;
      if (!['first', 'same'].includes(layer.name)) {
        expect(layer).toEqual(before);
        continue;
      }
      const { bias, multipliers, shifts, weightScales } = before as QuantisedConv;
      expect({ ...layer, bias, multipliers, shifts, weightScales }).toEqual(before);
      expect((layer as QuantisedConv).bias).not.toEqual(bias);
    }
  });

  test('under the exact multiplier and the same images changes hardly anything', () => {
    const { network, images, quantised } = calibrated(2, 16);
    const assignment = uniformAssignment(quantised, EXACT_INT8);
    const recalibrated = recalibrateBatchNorm(network, quantised, assignment, 'activations', images);
    let compared = 0;
    for (const name of ['first', 'same']) {
      const [a, b] = [quantised, recalibrated].map(
        ({ layers }) => layers.find((layer) => layer.name === name) as QuantisedConv,
      ) as [QuantisedConv, QuantisedConv];
      for (const [o, scale] of a.weightScales.entries()) {
        expect(Math.abs(b.weightScales[o]! / scale - 1)).toBeLessThan(0.03);
        compared++;
      }
    }
    expect(compared).toBeGreaterThan(2);
  });

  test('refuses networks without batch norm and networks of another origin', () => {
    const branches = randomBranches(1);
    const images = randomImages(branches, 2, 1);
    const quantised = quantiseNetwork(branches, images);
    const assignment = uniformAssignment(quantised, EXACT_INT8);
    expect(
      badInputText(() => recalibrateBatchNorm(branches, quantised, assignment, 'activations', images)),
    ).toBe(
      'network branches 1: wanted a batch norm, found none\n' +
        'Give the float network that the int8 network was quantised from.',
    );
    expect(
      badInputText(() =>
        recalibrateBatchNorm(randomNetwork(1), quantised, assignment, 'activations', images),
      ),
    ).toMatch(
      /^network branches 1: wanted a convolution first of \d+ channels, as in the float network, found none\n/,
    );
  });
});
