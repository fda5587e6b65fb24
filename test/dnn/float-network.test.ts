import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { calibrateBatchNorm, channelStatistics } from '../../src/dnn/calibrate-batch-norm.ts';
import { inferFloat, runFloat } from '../../src/dnn/float-inference.ts';
import { readFloatNetwork, writeFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { floatShapes } from '../../src/dnn/float-shapes.ts';
import { type FloatNetwork, floatNetworkDigest, isCalibrated, type Shape } from '../../src/dnn/network.ts';
import { badInputText } from './error-text.ts';
import { randomBranches } from './random-branches.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-float-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.json');
const bin = join(folder, 'net.bin');

// biome-ignore lint/suspicious/noExplicitAny: files are damaged on purpose
type Json = any;

/** Text of the error after the JSON was changed. */
function textAfter(change: (file: Json) => void): string {
  writeFloatNetwork(path, randomNetwork(1));
  const file = JSON.parse(readFileSync(path, 'utf8'));
  change(file);
  writeFileSync(path, JSON.stringify(file));
  return badInputText(() => readFloatNetwork(path));
}

describe('float network files', () => {
  test('come back as they were written', () => {
    for (let seed = 1; seed <= 5; seed++) {
      const network = randomNetwork(seed, seed % 2 === 0);
      writeFloatNetwork(path, network, { images: 'abc' }, 'random weights');
      const read = readFloatNetwork(path);
      expect(read).toEqual(network);
      expect(floatNetworkDigest(read)).toBe(floatNetworkDigest(network));
    }
  });

  test('the digest notices one changed weight and one changed pad', () => {
    const network = randomNetwork(1);
    const data = network.tensors.get('same/weights')!.data;
    const before = floatNetworkDigest(network);
    data[3]! += 1e-3;
    expect(floatNetworkDigest(network)).not.toBe(before);
    data[3]! -= 1e-3;
    const layers = network.layers.map((layer) =>
      layer.op === 'conv2d' ? { ...layer, pads: [1, 2, 1, 1] as const } : layer,
    );
    expect(floatNetworkDigest({ ...network, layers })).not.toBe(before);
  });

  test('several schema faults are listed together, with their places', () => {
    const text = textAfter((file) => {
      file.input.scale = 0;
      delete file.layers[0].stride;
      file.layers[1].momentum = 0.9;
      file.layers[2].op = 'gelu';
    });
    expect(text).toBe(
      `${path}: input.scale: wanted a number above 0, found 0\n` +
        `${path}: layers[0]: wanted field "stride", found none\n` +
        `${path}: layers[1]: wanted no other fields, found field "momentum"\n` +
        `${path}: layers[2].op: wanted one of conv2d, batchNorm, relu, clip, add, concat, averagePool, maxPool, pad, padChannels, globalAveragePool, dense, found "gelu"\n` +
        'See docs/network-format.md, or export the network again.',
    );
  });

  test.each<[string, (file: Json) => void, RegExp]>([
    [
      'an unknown input',
      (f) => (f.layers[2].inputs = ['nowhere']),
      /layer relu: wanted inputs among .* found "nowhere"/,
    ],
    [
      'a missing tensor',
      (f) => (f.layers[0].weights = 'none'),
      /layer first: wanted the tensor "none", found none of/,
    ],
    [
      'a wrong kernel shape',
      (f) => (f.layers[3].weights = 'first/weights'),
      /layer same: wanted weights of shape \[kh, kw/,
    ],
    ['a gap in the bin', (f) => (f.tensors[1].offset += 4), /tensor .*: wanted offset \d+, found \d+/],
    [
      'a wrong length',
      (f) => (f.bin.bytes += 4),
      /\/bin\/bytes: wanted \d+, the end of the last tensor, found \d+/,
    ],
    [
      'mean without variance',
      (f) => delete f.layers[1].variance,
      /"mean" and "variance" both or neither, found only one/,
    ],
    ['a layer nobody reads', (f) => (f.layers[2].name = 'lonely'), /wanted inputs among "input"/],
    [
      'a doubled name',
      (f) => (f.layers[1].name = 'first'),
      /layer first: wanted a name of its own, found a second "first"/,
    ],
    [
      'another version',
      (f) => (f.formatVersion = 7),
      /wanted format version 1 of "float-network", found format version 7/,
    ],
    [
      'another kind',
      (f) => (f.kind = 'verdict'),
      /wanted an artifact of kind "float-network", found kind "verdict"/,
    ],
  ])('refuses %s', (_name, change, text) => {
    expect(textAfter(change)).toMatch(text);
  });

  test('a damaged, cut or missing bin', () => {
    writeFloatNetwork(path, randomNetwork(1));
    const bytes = readFileSync(bin);
    const damaged = Buffer.from(bytes);
    damaged[5]! ^= 1;
    writeFileSync(bin, damaged);
    expect(badInputText(() => readFloatNetwork(path))).toBe(
      `${bin}: wanted ${bytes.length} bytes with SHA-256 ${sha256(bytes)}, found ${bytes.length} bytes with SHA-256 ` +
        `${sha256(damaged)}\nIt does not belong to ${path}, or it is damaged: export the network again.`,
    );
    truncateSync(bin, 0);
    expect(badInputText(() => readFloatNetwork(path))).toBe(
      `${bin}: wanted the numbers of a float network, found an empty file (0 bytes)\nMake or fetch the file again.`,
    );
    rmSync(bin);
    expect(badInputText(() => readFloatNetwork(path))).toContain('found no readable file (ENOENT)');
  });

  test('numbers that are not finite', () => {
    const network = randomNetwork(1);
    network.tensors.get('bn/gamma')!.data[0] = Number.NaN;
    writeFloatNetwork(path, network);
    expect(badInputText(() => readFloatNetwork(path))).toBe(
      `${path}, tensor bn/gamma[0]: wanted a finite number, found NaN\nThe training diverged or the export is wrong.`,
    );
  });
});

describe('float inference', () => {
  test('equals the definition of every operator', () => {
    let compared = 0;
    for (let seed = 1; seed <= 12; seed++) {
      const network = seed % 2 === 0 ? randomNetwork(seed) : randomBranches(seed);
      const images = randomImages(network, 3, seed);
      const outputs = new Map<string, readonly [Float32Array, Shape]>();
      runFloat(network, images, (name, values, shape) => outputs.set(name, [values, shape]));
      for (const layer of network.layers) {
        const inputs = layer.inputs.map((name) => outputs.get(name)!);
        const [got, shape] = outputs.get(layer.name)!;
        const size = shape.height * shape.width * shape.channels;
        for (let i = 0; i < got.length; i++) {
          const want = definition(network, layer, inputs, Math.floor(i / size), shape, i % size);
          expect(Math.abs(got[i]! - want)).toBeLessThanOrEqual(1e-4 * (1 + Math.abs(want)));
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(20_000);
  });

  test('in chunks equals all at once', () => {
    const network = randomNetwork(4);
    const images = randomImages(network, 70, 4);
    expect(inferFloat(network, images)).toEqual(runFloat(network, images));
  });

  test('batch norm statistics: mean and biased variance of the batch', () => {
    expect(channelStatistics(Float32Array.of(1, 10, 3, 10, 5, 16), 2)).toEqual({
      mean: Float32Array.of(3, 12),
      variance: Float32Array.of(8 / 3, 8),
    });
    const network = randomNetwork(2, false);
    const images = randomImages(network, 40, 2);
    expect(isCalibrated(network)).toBe(false);
    expect(badInputText(() => inferFloat(network, images))).toMatch(
      /^batch norm bn: wanted mean and variance, found none/,
    );
    const calibrated = calibrateBatchNorm(network, images);
    expect(isCalibrated(calibrated)).toBe(true);
    // With the statistics of this very batch, the output of a batch norm has mean beta and standard deviation gamma.
    runFloat(calibrated, images, (name, values, { channels }) => {
      if (name !== 'bn2') return;
      const { mean, variance } = channelStatistics(values, channels);
      const data = (role: string) => calibrated.tensors.get(`bn2/${role}`)!.data;
      for (let c = 0; c < channels; c++) {
        expect(mean[c]).toBeCloseTo(data('beta')[c]!, 3);
        expect(Math.sqrt(variance[c]!)).toBeCloseTo(data('gamma')[c]!, 1);
      }
    });
    expect(calibrateBatchNorm(calibrated, images)).toBe(calibrated);
  });
});

/** One output value straight from docs/network-format.md. */
function definition(
  network: FloatNetwork,
  layer: FloatNetwork['layers'][number],
  inputs: readonly (readonly [Float32Array, Shape])[],
  image: number,
  shape: Shape,
  index: number,
): number {
  const c = index % shape.channels;
  const x = Math.floor(index / shape.channels) % shape.width;
  const y = Math.floor(index / shape.channels / shape.width);
  const [values, from] = inputs[0]!;
  const at = (row: number, column: number, channel: number, [data, size] = inputs[0]!): number =>
    row < 0 ||
    column < 0 ||
    row >= size.height ||
    column >= size.width ||
    channel < 0 ||
    channel >= size.channels
      ? 0
      : data[((image * size.height + row) * size.width + column) * size.channels + channel]!;
  const tensor = (name: string | undefined) => network.tensors.get(name ?? '')?.data;
  switch (layer.op) {
    case 'conv2d': {
      const [kh, kw, cin] = network.tensors.get(layer.weights)!.shape as [number, number, number];
      const firstIn = Math.floor(c / (shape.channels / (layer.groups ?? 1))) * cin;
      let sum = tensor(layer.bias)?.[c] ?? 0;
      for (let ky = 0; ky < kh; ky++)
        for (let kx = 0; kx < kw; kx++)
          for (let i = 0; i < cin; i++)
            sum +=
              at(
                y * layer.stride[0] + ky - layer.pads[0],
                x * layer.stride[1] + kx - layer.pads[1],
                firstIn + i,
              ) * tensor(layer.weights)![((ky * kw + kx) * cin + i) * shape.channels + c]!;
      return sum;
    }
    case 'dense': {
      const size = values.length / (inputs[0]![0].length / (from.height * from.width * from.channels));
      let sum = tensor(layer.bias)?.[c] ?? 0;
      for (let i = 0; i < size; i++)
        sum += values[image * size + i]! * tensor(layer.weights)![i * shape.channels + c]!;
      return sum;
    }
    case 'batchNorm': {
      const scale = tensor(layer.gamma)![c]! / Math.sqrt(tensor(layer.variance)![c]! + layer.epsilon);
      return (at(y, x, c) - tensor(layer.mean)![c]!) * scale + tensor(layer.beta)![c]!;
    }
    case 'relu':
      return Math.max(at(y, x, c), 0);
    case 'add':
      return at(y, x, c) + at(y, x, c, inputs[1]);
    case 'clip':
      return Math.min(Math.max(at(y, x, c), layer.low), layer.high);
    case 'averagePool':
    case 'maxPool': {
      const [top, left] = layer.pads ?? [0, 0];
      const window: number[] = [];
      for (let ky = 0; ky < layer.kernel[0]; ky++) {
        for (let kx = 0; kx < layer.kernel[1]; kx++) {
          const [row, column] = [y * layer.stride[0] + ky - top, x * layer.stride[1] + kx - left];
          if (row >= 0 && row < from.height && column >= 0 && column < from.width)
            window.push(at(row, column, c));
        }
      }
      if (layer.op === 'maxPool') return Math.max(...window);
      return window.reduce((sum, value) => sum + value, 0) / window.length;
    }
    case 'pad':
      return at(y - layer.pads[0], x - layer.pads[1], c);
    case 'concat': {
      let channel = c;
      let source = 0;
      while (channel >= inputs[source]![1].channels) channel -= inputs[source++]![1].channels;
      return at(y, x, channel, inputs[source]);
    }
    case 'globalAveragePool': {
      let sum = 0;
      for (let row = 0; row < from.height; row++)
        for (let column = 0; column < from.width; column++) sum += at(row, column, c);
      return sum / (from.height * from.width);
    }
    case 'padChannels':
      return at(y, x, c - layer.before);
  }
}

test('shapes of a two-strided convolution with lopsided padding', () => {
  const network = randomNetwork(3);
  const shapes = floatShapes(network);
  const first = network.layers[0]!;
  if (first.op !== 'conv2d') throw new TypeError(first.op);
  const kernel = network.tensors.get(first.weights)!.shape[0]!;
  const { height } = network.input;
  const [top, , bottom] = first.pads;
  expect(shapes.get('first')!.height).toBe(
    Math.floor((height + top + bottom - kernel) / first.stride[0]) + 1,
  );
});
