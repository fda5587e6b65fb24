import { expect, test } from 'vitest';
import { defaultArray } from '../../src/accel/array-spec.ts';
import { computeStep } from '../../src/accel/encode-descriptor.ts';
import {
  BURST_LATENCY,
  DESCRIPTOR_OVERHEAD,
  DRAIN_OVERHEAD,
  estimateCycles,
  shortestPass,
  VECTOR_LATENCY,
} from '../../src/accel/estimate-cycles.ts';
import { imageWords } from '../../src/accel/memory-words.ts';
import { runProgram } from '../../src/accel/run-program.ts';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes } from '../../src/dnn/data/dataset.ts';
import { randomImages } from '../dnn/random-network.ts';
import { compileSmall, smallArray } from './compare-layers.ts';
import { smallNetwork } from './small-network.ts';

const spec = defaultArray(8, 8);

test('a convolution takes positions × passes, then drains the last tile', () => {
  const compute = computeStep('conv', { outputHeight: 10, outputWidth: 10, channels: 12 });
  const { compute: cycles } = estimateCycles(spec, { compute, transfers: [] }, [9, 9]);
  const drain = 36 * 1 + DRAIN_OVERHEAD;
  expect(shortestPass(spec)).toBe(11);
  expect(cycles).toBe(11 + 2 * 9 * 100 + drain + 16);
});

test('a pass of one position takes the shortest time there is', () => {
  const compute = computeStep('conv', { outputHeight: 1, outputWidth: 1, channels: 8 });
  const { compute: cycles } = estimateCycles(spec, { compute, transfers: [] }, [10]);
  expect(cycles).toBe(11 + 10 * 11 + 2 + DRAIN_OVERHEAD + 16);
});

test('vector steps take a cycle per word read; transfers a cycle per beat', () => {
  const compute = computeStep('add', { outputHeight: 3, outputWidth: 5, channels: 9 });
  const transfers = [
    { kind: 'loadWeights', base: 'program', offset: 0, local: 0, words: 40 },
    { kind: 'storeActivations', base: 'output', offset: 0, local: 0, words: 20 },
  ] as const;
  expect(estimateCycles(spec, { compute, transfers }, [])).toEqual({
    compute: 2 * 15 * 3 + VECTOR_LATENCY,
    transfer: 40 + 3 * BURST_LATENCY,
    total: 2 * 15 * 3 + VECTOR_LATENCY + DESCRIPTOR_OVERHEAD,
  });
});

test('the golden model counts as many active cycles as the descriptors have passes × positions', () => {
  const network = smallNetwork(1, 2);
  const own = smallArray({ lanes: 2 });
  const program = compileSmall(network, uniformAssignment(network, EXACT_INT8), own);
  const { memory, descriptors, image } = program;
  const { activeCycles } = runProgram({
    spec: own,
    image,
    descriptors: descriptors.length,
    input: imageWords(imageCodes(randomImages(network, 1, 1), 0), memory.input, own),
    outputBytes: memory.outputBytes,
    scratchBytes: 0,
  });
  const wanted = descriptors.map(({ compute, passes }) =>
    passes.reduce((sum, count) => sum + count * compute.outputHeight * compute.outputWidth, 0),
  );
  expect(wanted.filter((cycles) => cycles > 0).length).toBe(4);
  expect(activeCycles).toEqual(wanted);
});
