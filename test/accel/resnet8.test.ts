import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { arrayForAssignment } from '../../src/accel/array-for-assignment.ts';
import { NAMED_ARRAYS } from '../../src/accel/array-spec.ts';
import { compileNetwork } from '../../src/accel/compile-network.ts';
import { imageWords, readOutput } from '../../src/accel/memory-words.ts';
import { runProgram } from '../../src/accel/run-program.ts';
import { levelMultiplier } from '../../src/assign/levels.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { EXACT_INT8, type MixedAssignment, uniformAssignment } from '../../src/dnn/assignment.ts';
import { calibrateBatchNorm } from '../../src/dnn/calibrate-batch-norm.ts';
import { type Dataset, imageCodes, readCifarRecords, sliceDataset } from '../../src/dnn/data/dataset.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { createEngine } from '../../src/dnn/infer.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted, type QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import { importTensorflowGraph } from '../../src/dnn/tensorflow/import-tensorflow.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { DATA_DIR } from '../tool-missing.ts';

const roup = (P: number, r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });

interface Setup {
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  readonly size: keyof typeof NAMED_ARRAYS;
  readonly activationWords?: number;
}

/** Layers in which golden model and kernels differ, how many numbers were compared, and seconds of the golden model. */
function compare({ network, assignment, size, ...fields }: Setup, images: Dataset, image: number) {
  const spec = arrayForAssignment(network, assignment, 'activations', { ...NAMED_ARRAYS[size], ...fields });
  const program = compileNetwork({
    network,
    assignment,
    spec,
    roundedOperand: 'activations',
    dumpsLayers: true,
  });
  const codes = imageCodes(images, image);
  const { memory } = program;
  const start = performance.now();
  const { output } = runProgram({
    spec: program.spec,
    image: program.image,
    descriptors: program.descriptors.length,
    input: imageWords(codes, memory.input, spec),
    outputBytes: memory.outputBytes,
    scratchBytes: memory.scratchBytes,
  });
  const seconds = (performance.now() - start) / 1000;
  const engine = createEngine(network, assignment, 'activations');
  const logits = engine.infer(codes);
  const last = network.layers.at(-1)!.name;
  let compared = 0;
  const different: string[] = [];
  for (const place of memory.outputs) {
    const want = place.layer === last ? logits : engine.codesOf(place.layer);
    const found = readOutput(output, place, spec);
    compared += found.length;
    if (found.length !== want.length || found.some((value, i) => value !== want[i])) {
      different.push(place.layer);
    }
  }
  return { compared, different, seconds, elements: spec.elements };
}

function flam(network: QuantisedNetwork, specs: readonly MultiplierSpec[]): MixedAssignment {
  const level = { kind: 'flam', classes: specs.length, scheme: 'modulo' } as const;
  return new Map(
    network.layers.filter(isWeighted).map((layer) => [layer.name, levelMultiplier(layer, level, specs)]),
  );
}

describe('the embedded ResNet-8', () => {
  const calibration = generateSyntheticImages({ split: 'calibration', count: 32 });
  const network = quantiseNetwork(
    readFloatNetwork(shippedFile('models', 'synthetic-resnet8.json')),
    calibration,
  );
  const images = generateSyntheticImages({ split: 'test', count: 2 });

  test.each([
    ['16x16', uniformAssignment(network, roup(1, [2, 2, 2])), 'static'],
    ['8x8', flam(network, [roup(0, [5, 3, 1, 0]), EXACT_INT8]), 'static'],
    ['4x4', flam(network, [roup(0, [5, 3, 1, 0]), EXACT_INT8, roup(2, [4, 4])]), 'dynamic'],
  ] as const)('%s: every layer of the golden model is that of the kernels', (size, assignment, elements) => {
    let compared = 0;
    for (const image of [0, 1]) {
      const result = compare({ network, assignment, size }, images, image);
      expect(result.different).toEqual([]);
      expect(result.elements).toBe(elements);
      expect(result.seconds).toBeLessThan(5);
      compared += result.compared;
    }
    expect(compared).toBeGreaterThan(100_000);
  });

  test('16x16 with an eighth of the activation memory: bands', () => {
    const assignment = uniformAssignment(network, EXACT_INT8);
    const result = compare({ network, assignment, size: '16x16', activationWords: 512 }, images, 0);
    expect(result.different).toEqual([]);
    expect(result.compared).toBeGreaterThan(50_000);
  });
});

const reason = DATA_DIR === undefined ? ' (skipped: MAXDNN_DATA is not set)' : '';

describe.skipIf(DATA_DIR === undefined)(`ResNet-8 of ALWANN${reason}`, () => {
  test('8x8: every layer of the golden model is that of the kernels', () => {
    const data = (name: string): string => join(DATA_DIR!, name);
    const train = sliceDataset(readCifarRecords(data('cifar10/train_lossless_5085.bin')), 0, 32);
    const imported = importTensorflowGraph(data('models/alwann_resnet8.pb'));
    const network = quantiseNetwork(calibrateBatchNorm(imported, train), train);
    const assignment = flam(network, [roup(1, [3, 1, 0]), roup(0, [5, 3, 1, 0])]);
    const result = compare({ network, assignment, size: '8x8' }, train, 3);
    expect(result.different).toEqual([]);
    expect(result.compared).toBeGreaterThan(100_000);
    expect(result.seconds).toBeLessThan(5);
  });
});
