import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { ProgressEvent } from '../../src/base/progress.ts';
import { createRng } from '../../src/base/rng.ts';
import { record } from '../../src/cli/commands/record.ts';
import { openOperands } from '../../src/cli/open-operands.ts';
import { type QuantisedNetwork, quantisedNetworkDigest } from '../../src/dnn/quantised-network.ts';
import { writeQuantisedNetwork } from '../../src/dnn/quantised-network-file.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { badInputText } from '../dnn/error-text.ts';
import { temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('record');
afterAll(folder.remove);

const rng = createRng(3);
const weighted = (count: number, outputs: number) => ({
  weights: Int8Array.from({ length: count }, () => rng.nextInt(-127, 127)),
  bias: new Int32Array(outputs),
  multipliers: new Array<number>(outputs).fill(40000),
  shifts: new Array<number>(outputs).fill(26),
  weightScales: new Array<number>(outputs).fill(0.01),
  outputScale: 0.05,
});
/** For the embedded images: 8 × 8 maps of 4 channels after a ReLU, then 10 classes. */
const network: QuantisedNetwork = {
  name: 'small',
  input: { height: 32, width: 32, channels: 3, scale: 1 / 128, zeroPoint: 128 },
  layers: [
    {
      ...weighted(4 * 27, 4),
      name: 'conv',
      op: 'conv2d',
      inputs: ['input'],
      kernel: [3, 3],
      stride: [4, 4],
      pads: [1, 1, 0, 0],
      low: 0,
      high: 127,
    },
    {
      ...weighted(2560, 10),
      name: 'logits',
      op: 'dense',
      inputs: ['conv'],
      low: -(2 ** 31),
      high: 2 ** 31 - 1,
    },
  ],
};
writeQuantisedNetwork(
  join(folder.path, 'network', 'quantised.json'),
  network,
  { percentile: 100, calibrationImages: 1 },
  {},
);

/** Runs the verb in the work folder. */
async function run(options: Readonly<Record<string, string>>) {
  const events: ProgressEvent[] = [];
  const args = { _: [], work: folder.path, network: 'embedded', pairs: '64', images: '3', ...options };
  const outcome = await record.run(args, { onProgress: (event) => events.push(event) });
  return { ...outcome, value: outcome.value as Record<string, unknown>, events };
}

const operandsPath = join(folder.path, 'operands', 'operands.json');

describe('maxdnn record', () => {
  test('writes the operands of every layer, tells what they are, and takes them from there again', async () => {
    const { text, value, events } = await run({ rows: '4', 'accumulator-depth': '16' });
    const lines = text.split('\n');
    expect(lines[0]).toBe(
      'small, 3 images of synthetic-calibration-512-seed1; array 4 × 16, 16 sums per column',
    );
    const words = lines.slice(1, 4).map((line) => line.split(/ {2,}/));
    expect(words[0]).toEqual([
      'layer',
      'products/image',
      'per weight',
      'activations',
      'weights',
      '0 iid %',
      '0 stream %',
      'pairs iid',
      'pairs stream',
    ]);
    expect(words[1]!.slice(0, 4)).toEqual(['conv', '6912', '16', '-128 … 127']);
    expect(words[2]!.slice(0, 4)).toEqual(['logits', '2560', '1', '0 … 127']);
    expect(words[2]!.slice(-2)).toEqual(['64', '256']);
    expect(lines[4]).toBe(operandsPath);
    expect(value).toMatchObject({
      reused: false,
      path: operandsPath,
      network: { name: 'small', sha256: quantisedNetworkDigest(network) },
      array: { rows: 4, columns: 16, accumulatorDepth: 16 },
    });
    expect(events.filter(({ stage }) => stage === 'record').length).toBe(3);
    const before = [operandsPath, operandsPath.replace('.json', '.bin')].map((path) => readFileSync(path));
    expect(before[1]!.length).toBe(2 * 2 * (64 + 256));
    const times = statSync(operandsPath).mtimeMs;
    const again = await run({ rows: '4', 'accumulator-depth': '16' });
    expect(again.value.reused).toBe(true);
    expect(again.events.at(-1)).toMatchObject({ stage: 'record', reused: true });
    expect(statSync(operandsPath).mtimeMs).toBe(times);
    const other = await run({ rows: '4', 'accumulator-depth': '16', seed: '2' });
    expect(other.value.reused).toBe(false);
    expect(readFileSync(operandsPath.replace('.json', '.bin')).equals(before[1]!)).toBe(false);
    expect((await run({ rows: '4', 'accumulator-depth': '16' })).value.reused).toBe(false);
    expect(readFileSync(operandsPath)).toEqual(before[0]);
  });

  test.each([
    ['pairs', '10', 'an integer 64..1048576'],
    ['images', '0', 'an integer 1..16777216'],
    ['seed', '-1', 'an integer 0..4294967295'],
    ['rows', '65', 'an integer 1..64'],
    ['columns', 'x', 'an integer 1..64'],
    ['accumulator-depth', '0', 'an integer 1..1048576'],
  ])('--%s %s is refused', async (option, text, wanted) => {
    await expect(run({ [option]: text })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringContaining(`--${option}: wanted ${wanted}`),
    });
  });

  test('more images than there are are refused', async () => {
    await expect(run({ images: '513' })).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(
        /^images of data set synthetic-calibration-512-seed1: wanted an integer 1 … 512, found 513/,
      ),
    });
  });
});

describe('--operands', () => {
  const SIGNED: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true };

  test('a recording: both orders and both roles of each layer, and where they are from', async () => {
    await run({});
    const { streams, origin } = openOperands(operandsPath, [SIGNED]);
    expect(streams.map(({ identity }) => Object.values(identity).join(' '))).toEqual(
      ['conv', 'logits'].flatMap((layer) =>
        ['layer-iid', 'layer-stream'].flatMap((kind) =>
          ['weight-on-b', 'activation-on-b'].map((role) => `${kind} ${layer} ${role}`),
        ),
      ),
    );
    expect(streams.map((source) => source.streamFor(SIGNED)?.a.length)).toEqual([
      64, 64, 256, 256, 64, 64, 256, 256,
    ]);
    expect(origin).toMatchObject({
      network: { sha256: quantisedNetworkDigest(network) },
      dataset: { images: 3 },
      layers: [
        { layer: 'conv', multiplicationsPerImage: 6912, activationsPerWeight: 64 },
        { layer: 'logits', multiplicationsPerImage: 2560, activationsPerWeight: 1 },
      ],
    });
    const unsigned = streams.map((source) => source.streamFor({ ...SIGNED, aSigned: false }) !== undefined);
    expect(unsigned).toEqual([false, false, false, false, true, false, true, false]);
  });

  test('pairs of the user, checked against the designs', () => {
    mkdirSync(join(folder.path, 'mine'), { recursive: true });
    const path = join(folder.path, 'mine', 'pairs.csv');
    writeFileSync(path, 'a,b\n1,2\n-3,4\n');
    const { streams, origin } = openOperands(path, [SIGNED]);
    expect([streams.length, origin]).toEqual([1, undefined]);
    writeFileSync(path, 'a,b\n1,2\n-3,400\n');
    expect(badInputText(() => openOperands(path, [SIGNED]))).toMatch(
      /line 3: wanted operands of mul_booth_s8, a -128 … 127 and b -128 … 127, found a = -3, b = 400/,
    );
  });

  test('any other file is refused', () => {
    expect(badInputText(() => openOperands('pairs.txt', [SIGNED]))).toBe(
      '--operands: wanted operands.json of "maxdnn record", or a .csv file, found "pairs.txt"\nCheck the path.',
    );
    expect(
      badInputText(() => openOperands(join(folder.path, 'network', 'quantised.json'), [SIGNED])),
    ).toMatch(/wanted an artifact of kind "operand-streams", found kind "quantised-network"/);
  });
});
