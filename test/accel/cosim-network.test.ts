import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { arrayForAssignment } from '../../src/accel/array-for-assignment.ts';
import { compareResults, cosimulateNetwork } from '../../src/accel/cosim-network.ts';
import { generateAccelerator } from '../../src/accel/generate-accelerator.ts';
import { imageWords } from '../../src/accel/memory-words.ts';
import { planNetwork } from '../../src/assign/layer-plan.ts';
import { parseLevel } from '../../src/assign/levels.ts';
import type { ProgressEvent } from '../../src/base/progress.ts';
import { type MixedAssignment, uniformAssignment } from '../../src/dnn/assignment.ts';
import { imageCodes, sliceDataset } from '../../src/dnn/data/dataset.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted, type QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import { randomImages } from '../dnn/random-network.ts';
import { smallArray } from './compare-layers.ts';
import { BOOTH, roup } from './core-specs.ts';
import { smallNetwork } from './small-network.ts';

const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-network-'));
afterAll(() => rmSync(outDir, { recursive: true, force: true }));

const MILD = roup(1, 4, 2, 2);
const ROUGH = roup(2, 5, 4);

describe('small networks with every operator', () => {
  const spec = smallArray({ elements: 'bank', multipliers: [BOOTH, MILD], lanes: 2 });
  const run = (network: QuantisedNetwork, assignment: MixedAssignment, more: object = {}) =>
    cosimulateNetwork({
      network,
      assignment,
      roundedOperand: 'activations',
      spec,
      images: randomImages(network, 3, 5),
      outDir,
      multipliers: process.env.MAXDNN_FULL === '1' ? 'gates' : 'words', // circuits take Verilator three times as long
      ...more,
    });

  test.each([1, 2, 3])('network %i, image after image, slow and stuttering memory', async (seed) => {
    const network = smallNetwork(seed, 2);
    const layers = network.layers.filter(isWeighted);
    const assignment = new Map(layers.map(({ name }, i) => [name, [BOOTH, MILD][i % 2]!]));
    const events: ProgressEvent[] = [];
    const onProgress = (event: ProgressEvent): void => void events.push(event);
    const result = await run(network, assignment, { latency: [0, 30], stallPercent: 25, seed, onProgress });
    expect(result.verified, JSON.stringify(result.layers)).toBe(true);
    expect(result.layers.map(({ layer }) => layer)).toEqual(network.layers.map(({ name }) => name));
    const compared = result.layers.reduce((sum, { numbersCompared }) => sum + numbersCompared, 0);
    expect(compared).toBeGreaterThan(15_000);
    expect(result.imageCycles.length).toBe(3);
    expect(events.filter(({ stage }) => stage === 'cosim').map(({ done }) => done)).toEqual([1, 2, 3]);
    const active = result.counters.map((own) => own.active);
    expect(active.length).toBe(result.program.descriptors.length);
    expect(Math.max(...active)).toBeGreaterThan(50);
  });

  test('sabotage: one wrong byte of one layer is noticed', async () => {
    const network = smallNetwork(1, 2);
    const assignment = uniformAssignment(network, BOOTH);
    const images = randomImages(network, 3, 5);
    const { program, verified } = await run(network, assignment);
    expect(verified).toBe(true);
    const request = { network, assignment, roundedOperand: 'activations', spec, images, outDir } as const;
    const inputs = [0, 1, 2].map((image) =>
      imageWords(imageCodes(images, image), program.memory.input, spec),
    );
    const results = Uint8Array.from(readFileSync(join(outDir, 'output.bin')));
    const place = program.memory.outputs[2]!;
    results[2 * program.memory.outputBytes + place.offset + 8 * place.firstWord]! ^= 1;
    const wrong = compareResults(request, program, inputs, results).filter(
      ({ mismatchCount }) => mismatchCount > 0,
    );
    expect(wrong.map(({ layer, mismatchCount }) => [layer, mismatchCount])).toEqual([[place.layer, 1]]);
    expect(wrong[0]!.mismatches[0]).toMatch(
      /^image 2, number 0: infer (-?\d+), golden model \1, Verilog -?\d+$/,
    );
  });

  test.runIf(process.env.MAXDNN_FULL)(
    'sabotage: Verilog that subtracts the bias is noticed, from the first layer on',
    async () => {
      const network = smallNetwork(1, 2);
      const verilog = generateAccelerator(spec).map(({ name, text }) => ({
        name,
        text: name === 'maxdnn_lane.v' ? text.replace('x_i + bias_i', 'x_i - bias_i') : text,
      }));
      const wrong = await run(network, uniformAssignment(network, BOOTH), { verilog });
      expect(wrong.verified).toBe(false);
      const different = wrong.layers.filter(({ mismatchCount }) => mismatchCount > 0);
      expect(different[0]!.layer).toBe(network.layers.find(isWeighted)!.name);
      expect(different[0]!.mismatches[0]).toMatch(
        /^image 0, number \d+: infer -?\d+, golden model -?\d+, Verilog -?\d+$/,
      );
    },
  );
});

describe.runIf(process.env.MAXDNN_FULL)('the embedded ResNet-8, 8 × 8 elements, multipliers as gates', () => {
  const train = generateSyntheticImages({ split: 'train', count: 64 });
  const network = quantiseNetwork(readFloatNetwork('models/synthetic-resnet8.json'), train);
  const layers = network.layers.filter(isWeighted);
  const level = (text: string, specs: readonly (typeof BOOTH)[], skip = {}): MixedAssignment =>
    planNetwork(
      network,
      new Map(
        layers.map(({ name, op }) => [
          name,
          op === 'dense'
            ? { level: { kind: 'llam' }, specs: [BOOTH] }
            : { level: parseLevel(text, ''), specs, ...skip },
        ]),
      ),
    );
  const cases: readonly (readonly [string, MixedAssignment, string])[] = [
    ['exact', uniformAssignment(network, BOOTH), 'static'],
    ['LLAM', new Map(layers.map(({ name }, i) => [name, [BOOTH, MILD, ROUGH][i % 3]!])), 'dynamic'],
    ['FLAM', uniformFlam(), 'static'],
    ['KLAM-channel', level('klam-channel-2', [MILD, ROUGH]), 'dynamic'],
    ['KLAM-row', level('klam-row', [ROUGH, BOOTH, ROUGH]), 'dynamic'],
    ['KLMS', level('klam-row', [ROUGH, BOOTH, ROUGH], { skip: { withinSigma: 0.25 } }), 'dynamic'],
  ];

  test.each(cases)('%s: 10 images, every layer', async (_name, assignment, elements) => {
    const spec = arrayForAssignment(network, assignment, 'activations', { rows: 8, columns: 8 });
    expect(spec.elements).toBe(elements);
    const images = sliceDataset(train, 0, 10);
    const result = await cosimulateNetwork({
      network,
      assignment,
      roundedOperand: 'activations',
      spec,
      images,
      outDir,
    });
    expect(result.verified, JSON.stringify(result.layers)).toBe(true);
    const compared = result.layers.reduce((sum, { numbersCompared }) => sum + numbersCompared, 0);
    expect(compared).toBe(10 * 120_906);
  });

  /** Filters in two classes, also of the dense layer, so that each column keeps one multiplier. */
  function uniformFlam(): MixedAssignment {
    return planNetwork(
      network,
      new Map(layers.map(({ name }) => [name, { level: parseLevel('flam-2', ''), specs: [MILD, ROUGH] }])),
    );
  }
});
