import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect } from 'vitest';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { type Dataset, imageCodes } from '../../src/dnn/data/dataset.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { argmax, infer } from '../../src/dnn/infer.ts';
import type { FloatNetwork } from '../../src/dnn/network.ts';
import { importOnnx } from '../../src/dnn/onnx/import-onnx.ts';
import type { QuantisedNetwork } from '../../src/dnn/quantised-network.ts';
import { inferReference } from '../../src/dnn/reference-inference.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import { exactValues } from './exact-values.ts';
import { branchedNetwork } from './onnx-networks.ts';
import { type QdqOptions, quantiseToQdq } from './onnx-qdq.ts';
import { imageTensor, onnxruntimeTest, runOnnx, saturatesUint8 } from './onnxruntime.ts';
import { randomImages, randomNetwork } from './random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-qdq-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'net.onnx');

/** What `compare` counts, over all images. */
interface Difference {
  codes: number;
  different: number;
  /** The same in layers whose inputs are all equal, so that their own rounding is all that differs; and the largest distance. */
  ownCodes: number;
  ownDifferent: number;
  ownLargest: number;
  /** Largest distance of such a value from the middle of two codes before it was rounded; how many were looked at. */
  ownTieDistance: number;
  ownTies: number;
  /** Differences in average pools that keep their scale: there ties are common. */
  poolDifferent: number;
  /** Images of the same class. */
  sameClass: number;
}

function importQdq(model: Uint8Array, network: FloatNetwork): QuantisedNetwork {
  writeFileSync(path, model);
  const { scale, zeroPoint } = network.input;
  const imported = importOnnx(path, { inputScale: { scale, shift: -zeroPoint * scale } });
  if (imported.kind !== 'quantised') throw new Error(imported.kind);
  return imported.network;
}

/** Codes of every QuantizeLinear in onnxruntime beside those of the imported network with exact multipliers. */
async function compare(
  network: FloatNetwork,
  images: Dataset,
  options: QdqOptions,
  change: (network: QuantisedNetwork) => QuantisedNetwork = (same) => same,
): Promise<Difference> {
  const qdq = quantiseToQdq(network, images, options);
  const ours = change(importQdq(qdq.model, network));
  const theirs = await runOnnx(qdq.withCodes, { image: imageTensor(network.input, images) });
  const result = {
    codes: 0,
    different: 0,
    ownCodes: 0,
    ownDifferent: 0,
    ownLargest: 0,
    ownTieDistance: 0,
    ownTies: 0,
    poolDifferent: 0,
    sameClass: 0,
  };
  const offset = options.activations === 'uint8' ? 128 : 0;
  const last = ours.layers.at(-1)!.name;
  const logits = theirs.logits ?? theirs.logits_dq!;
  for (let image = 0; image < images.images; image++) {
    const outputs = inferReference(ours, uniformAssignment(ours, EXACT_INT8), imageCodes(images, image));
    const classes = logits.data.length / images.images;
    const scores = logits.data.subarray(image * classes, (image + 1) * classes) as Float32Array;
    if (argmax(outputs.get(last)!) === argmax(scores)) result.sameClass++;
    /** Layers with any code that differs. */
    const tainted = new Set<string>();
    for (const name of qdq.codes) {
      const layer = ours.layers.find((each) => each.name === layerOf(name, network, ours));
      const got = outputs.get(layer?.name ?? 'input')!;
      const { shape, data } = theirs[name]!;
      const [, channels, height = 1, width = 1] = shape as [number, number, number?, number?];
      const base = image * got.length;
      expect(data.length).toBe(images.images * got.length);
      const indices: number[] = [];
      let largest = 0;
      for (let i = 0; i < got.length; i++) {
        const from = (i % channels) * height * width + Math.floor(i / channels);
        const distance = Math.abs(got[i]! - (data[base + from]! - offset));
        if (distance > 0) indices.push(i);
        largest = Math.max(largest, distance);
      }
      const different = indices.length;
      result.codes += got.length;
      result.different += different;
      if (different > 0) tainted.add(layer?.name ?? 'input');
      if (!layer?.inputs.some((input) => tainted.has(input))) {
        result.ownLargest = Math.max(result.ownLargest, largest);
        if (layer?.op === 'tfliteAveragePool') result.poolDifferent += different;
        else {
          result.ownDifferent += different;
          result.ownCodes += got.length;
          const exact = indices.length > 0 && layer && exactValues(ours, layer, imageCodes(images, image));
          if (!exact) continue;
          for (const i of indices) {
            const distance = Math.abs(exact[i]! - Math.floor(exact[i]!) - 0.5);
            result.ownTieDistance = Math.max(result.ownTieDistance, distance);
            result.ownTies++;
          }
        }
      }
    }
  }
  return result;
}

/** Our layer that gives the codes of a QuantizeLinear. */
function layerOf(code: string, network: FloatNetwork, ours: QuantisedNetwork): string {
  const value = code.replace(/(:0)?_q$/, '');
  const has = (name: string): boolean => ours.layers.some((layer) => layer.name === name);
  if (value === 'image') return has('image/requantise') ? 'image/requantise' : 'input';
  if (has(`${value}/requantise`)) return `${value}/requantise`;
  if (value === 'logits') return ours.layers.at(-1)!.name;
  let name = value;
  while (!has(name)) name = network.layers.find((layer) => layer.name === name)!.inputs[0]!;
  return name;
}

const OPTIONS: readonly QdqOptions[] = [
  { activations: 'uint8', perChannel: true, quantisesLogits: true },
  { activations: 'int8', perChannel: true, quantisesLogits: false },
  { activations: 'uint8', perChannel: false, quantisesLogits: false },
  { activations: 'int8', perChannel: false, quantisesLogits: true, imageShare: 0.9 },
];

/** uint8 where this processor lets them be compared. */
const SUITABLE = saturatesUint8 === '' ? OPTIONS[0]! : { ...OPTIONS[1]!, quantisesLogits: true };

/** onnxruntime rounds halves to even, after a multiplication in float32; we round halves up with a 16-bit multiplier. */
describe.each(OPTIONS.map((options) => [JSON.stringify(options), options] as const))(
  '%s',
  (_name, options) => {
    onnxruntimeTest(
      'codes of random networks are those of onnxruntime but for single steps',
      async ({ annotate }) => {
        const sum = { codes: 0, ownCodes: 0, ownDifferent: 0, ownTies: 0, poolDifferent: 0 };
        for (let seed = 1; seed <= 6; seed++) {
          for (const network of [randomNetwork(seed), wholeZero(branchedNetwork(seed))]) {
            const result = await compare(network, randomImages(network, 4, seed), options);
            for (const key of ['codes', 'ownCodes', 'ownDifferent', 'ownTies', 'poolDifferent'] as const)
              sum[key] += result[key];
            expect(result.ownLargest).toBeLessThanOrEqual(1);
            expect(result.ownTieDistance).toBeLessThan(0.01);
          }
        }
        expect(sum.codes).toBeGreaterThan(60_000);
        expect(sum.ownCodes).toBeGreaterThan(30_000);
        await annotate(JSON.stringify(sum));
        expect(sum.ownDifferent / sum.ownCodes).toBeLessThan(1e-3);
        expect(sum.ownTies).toBe(sum.ownDifferent);
        expect(sum.poolDifferent).toBeGreaterThan(0);
      },
      120_000,
      options.activations === 'uint8' ? saturatesUint8 : '',
    );
  },
);

onnxruntimeTest('the embedded network: few codes differ, no class', async ({ annotate }) => {
  const network = readFloatNetwork(new URL('../../models/synthetic-resnet8.json', import.meta.url).pathname);
  const images = generateSyntheticImages({ split: 'test', count: 2 });
  const result = await compare(network, images, SUITABLE);

  await annotate(JSON.stringify(result));
  expect(result.codes).toBeGreaterThan(200_000);
  expect(result.different / result.codes).toBeLessThan(0.01);
  expect(result.ownLargest).toBe(1);
  expect(result.ownTies).toBe(result.ownDifferent);
  expect(result.ownTieDistance).toBeLessThan(0.01);
  expect(result.sameClass).toBe(2);
});

onnxruntimeTest('the embedded network: classes of 200 images, by the engine', async ({ annotate }) => {
  const network = readFloatNetwork(new URL('../../models/synthetic-resnet8.json', import.meta.url).pathname);
  const calibration = generateSyntheticImages({ split: 'calibration', count: 20 });
  const images = generateSyntheticImages({ split: 'test', count: 200 });
  const { model } = quantiseToQdq(network, calibration, { ...SUITABLE, quantisesLogits: false });
  const ours = importQdq(model, network);
  const logits = infer(ours, uniformAssignment(ours, EXACT_INT8), images);
  const classes = logits.length / images.images;
  const step = ours.layers.at(-1)!.outputScale;
  for (const level of ['all', 'basic'] as const) {
    const feed = { image: imageTensor(network.input, images) };
    const theirs = (await runOnnx(model, feed, level)).logits!.data;
    expect(logits.length).toBe(theirs.length);
    let sameClass = 0;
    for (let i = 0; i < logits.length; i += classes) {
      const scores = theirs.subarray(i, i + classes) as Float32Array;
      if (argmax(logits.subarray(i, i + classes)) === argmax(scores)) sameClass++;
    }
    const largest = logits.reduce((most, code, i) => Math.max(most, Math.abs(code * step - theirs[i]!)), 0);
    await annotate(JSON.stringify({ level, images: images.images, sameClass, largest }));
    expect(sameClass).toBeGreaterThanOrEqual(198);
    expect(largest).toBeLessThan(1);
  }
});

onnxruntimeTest(
  'average pools that keep their scale differ in ties only',
  async ({ annotate }) => {
    const count = { means: 0, ties: 0, different: 0 };
    for (let seed = 1; seed <= 6; seed++) {
      const network = wholeZero(branchedNetwork(seed));
      const images = randomImages(network, 4, seed);
      const qdq = quantiseToQdq(network, images, OPTIONS[0]!);
      const ours = importQdq(qdq.model, network);
      const theirs = await runOnnx(qdq.withCodes, { image: imageTensor(network.input, images) });
      const { 'largest:0_q': from, 'mean:0_q': to } = theirs;
      const [, channels, height, width] = to!.shape as [number, number, number, number];
      const size = channels * height * width;
      for (let image = 0; image < images.images; image++) {
        const codes = imageCodes(images, image);
        const got = inferReference(ours, uniformAssignment(ours, EXACT_INT8), codes).get('mean')!;
        for (let i = 0; i < size; i++) {
          const [channel, pixel] = [i % channels, Math.floor(i / channels)];
          const [y, x] = [Math.floor(pixel / width), pixel % width];
          const plane = image * size + channel * height * width;
          // Window 2 × 2 with one row above and one column to the left outside.
          const inside = [y - 1, y].flatMap((row) => [x - 1, x].map((column) => [row, column] as const));
          const taps = inside.filter(([row, column]) => row >= 0 && column >= 0);
          const sum = taps.reduce(
            (total, [row, column]) => total + from!.data[plane + row * width + column]!,
            0,
          );
          const isTie = (sum / taps.length) % 1 === 0.5;
          count.means++;
          if (isTie) count.ties++;
          if (got[i]! === to!.data[plane + pixel]! - 128) continue;
          count.different++;
          expect(isTie).toBe(true);
        }
      }
    }
    await annotate(JSON.stringify(count));
    expect(count.means).toBeGreaterThan(5000);
    expect(count.different).toBeGreaterThan(0);
  },
  120_000,
  saturatesUint8,
);

onnxruntimeTest('sabotage: a zero point or a multiplier that is off is noticed', async () => {
  const network = randomNetwork(1);
  const images = randomImages(network, 2, 1);
  const good = await compare(network, images, SUITABLE);
  const off = await compare(network, images, SUITABLE, (ours) => ({
    ...ours,
    layers: ours.layers.map((layer) =>
      layer.op === 'conv2d' && layer.name === 'same'
        ? { ...layer, multipliers: layer.multipliers.map((multiplier) => Math.round(multiplier * 0.9)) }
        : layer,
    ),
  }));
  expect(off.different).toBeGreaterThan(good.different + 20);
});

/** The same with a whole zero point, as an int8 network needs. */
function wholeZero(network: FloatNetwork): FloatNetwork {
  return { ...network, input: { ...network.input, zeroPoint: 20 } };
}
