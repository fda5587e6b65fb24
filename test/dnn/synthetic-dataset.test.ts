import { describe, expect, it } from 'vitest';
import { readArtifact } from '../../src/base/artifact.ts';
import { sha256 } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { createRng } from '../../src/base/rng.ts';
import { type Dataset, imageSize, sliceDataset } from '../../src/dnn/data/dataset.ts';
import { inferFloat } from '../../src/dnn/float-inference.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { generateSyntheticImages, SYNTHETIC_CLASSES } from '../../src/dnn/synthetic/dataset.ts';
import { drawScene } from '../../src/dnn/synthetic/scene.ts';

const FILE = shippedFile('models', 'synthetic-resnet8.json');
const CLASSES = SYNTHETIC_CLASSES.length;
const train = generateSyntheticImages({ split: 'train', count: 1000 });
const calibration = generateSyntheticImages({ split: 'calibration', count: 500 });
const test = generateSyntheticImages({ split: 'test', count: 1000 });

describe('bytes of the embedded data set', () => {
  it('are published constants', () => {
    expect(test.pixels.length).toBe(1000 * 3072);
    expect([train.sha256, calibration.sha256, test.sha256]).toEqual([
      '330f0eabeb9dd230540e27bd4e72b833de915d03330fff061494803b6442f5f7',
      'efbcffb5017f19ffb01cf36fb95ab49eef0a7893e825b2618fafea591e0a15a4',
      'd3f3503755c0f11a4f5998bbaff5e31d45cbb71de731673cd48d33ed6bfa8b31',
    ]);
  });

  it('change with the seed', () => {
    const other = generateSyntheticImages({ split: 'test', count: 1000, seed: 2 });
    expect(other.sha256).not.toBe(test.sha256);
    expect(commonImages(other, test)).toEqual({ compared: 1000, common: 0 });
  });

  it('of an image do not depend on how many are asked for', () => {
    const few = generateSyntheticImages({ split: 'test', count: 30 });
    expect(few.pixels.length).toBe(30 * 3072);
    expect(sha256(few.pixels)).toBe(sha256(test.pixels.subarray(0, 30 * 3072)));
  });
});

describe('splits', () => {
  it('have no image in common', () => {
    expect(commonImages(train, test)).toEqual({ compared: 1000, common: 0 });
    expect(commonImages(train, calibration)).toEqual({ compared: 1000, common: 0 });
    expect(commonImages(calibration, test)).toEqual({ compared: 500, common: 0 });
  });

  it('sabotage: a shared image would be noticed', () => {
    const leaky = { ...test, pixels: test.pixels.slice() };
    leaky.pixels.set(train.pixels.subarray(7 * 3072, 8 * 3072), 500 * 3072);
    expect(commonImages(leaky, train)).toEqual({ compared: 1000, common: 1 });
  });
});

describe('classes', () => {
  it('are equally frequent', () => {
    const counts = SYNTHETIC_CLASSES.map((_, label) => test.labels.filter((l) => l === label).length);
    expect(counts).toEqual(Array(10).fill(100));
  });

  it('all give another image from the same random numbers', () => {
    const images = SYNTHETIC_CLASSES.map((kind) => sha256(drawScene(kind, createRng(5))));
    expect(images.length).toBe(10);
    expect(new Set(images).size).toBe(10);
  });

  it('cannot be told by the mean colour', () => {
    const { images, accuracy } = meanColourAccuracy(train, test);
    expect(images).toBe(1000);
    expect(accuracy).toBeLessThan(0.2);
  });

  it('sabotage: a tint per class would be told', () => {
    const { accuracy } = meanColourAccuracy(tinted(train), tinted(test));
    expect(accuracy).toBeGreaterThan(0.5);
  });
});

it('pixels use the whole range in each channel', () => {
  for (let channel = 0; channel < 3; channel++) {
    const values = test.pixels.filter((_, i) => i % 3 === channel);
    expect(values.length).toBe(1000 * 1024);
    expect(new Set(values).size).toBe(256);
  }
});

it('refuses what it cannot generate, all faults at once', () => {
  const request = { split: 'validation' as 'test', count: 0, seed: 0.5 };
  expect(() => generateSyntheticImages(request)).toThrow(
    'split: wanted train, calibration, test, found "validation"\n' +
      'count: wanted an integer 1 … 16777216, found 0\n' +
      'seed: wanted an integer 0 … 2^32 − 1, found 0.5',
  );
});

describe('the embedded network', () => {
  const logits = inferFloat(readFloatNetwork(FILE), sliceDataset(test, 0, 200));

  it('was trained beside the test images that are generated now', () => {
    const { inputs } = readArtifact(FILE, 'float-network', 1);
    expect(inputs.test).toBe(generateSyntheticImages({ split: 'test', count: 2000 }).sha256);
  });

  it('recognises as many of 200 test images as the training script found in numpy', () => {
    expect(logits.length).toBe(200 * CLASSES);
    expect(correct(logits, test.labels, 0)).toBe(191);
  });

  it('sabotage: with labels off by one it does not', () => {
    expect(correct(logits, test.labels, 1)).toBeLessThan(20);
  });
});

/** How many of 200 predictions are the label plus `shift`. */
function correct(logits: Float32Array, labels: Uint8Array, shift: number): number {
  let count = 0;
  for (let image = 0; image < logits.length / CLASSES; image++) {
    const row = logits.subarray(image * CLASSES, (image + 1) * CLASSES);
    if (row.indexOf(Math.max(...row)) === (labels[image]! + shift) % CLASSES) count++;
  }
  return count;
}

function imageHashes(dataset: Dataset): readonly string[] {
  const size = imageSize(dataset);
  return Array.from({ length: dataset.images }, (_, i) =>
    sha256(dataset.pixels.subarray(i * size, (i + 1) * size)),
  );
}

/** Images of the first set that the second holds too. */
function commonImages(a: Dataset, b: Dataset): { compared: number; common: number } {
  const others = new Set(imageHashes(b));
  const hashes = imageHashes(a);
  return { compared: hashes.length, common: hashes.filter((hash) => others.has(hash)).length };
}

function meanColour(dataset: Dataset, image: number): readonly number[] {
  const sums = [0, 0, 0];
  for (let i = 0; i < 3072; i++) sums[i % 3]! += dataset.pixels[image * 3072 + i]! / 1024;
  return sums;
}

/** Share of `target` whose class a nearest-centroid rule over the mean colour, learnt on `source`, gets right. */
function meanColourAccuracy(source: Dataset, target: Dataset): { images: number; accuracy: number } {
  const centroids = Array.from({ length: CLASSES }, () => [0, 0, 0]);
  for (let image = 0; image < source.images; image++) {
    meanColour(source, image).forEach((value, c) => {
      centroids[source.labels[image]!]![c]! += (value * CLASSES) / source.images;
    });
  }
  let hits = 0;
  for (let image = 0; image < target.images; image++) {
    const colour = meanColour(target, image);
    const distances = centroids.map((centroid) =>
      centroid.reduce((sum, value, c) => sum + (value - colour[c]!) ** 2, 0),
    );
    if (distances.indexOf(Math.min(...distances)) === target.labels[image]) hits++;
  }
  return { images: target.images, accuracy: hits / target.images };
}

/** Each image's colours replaced by ones that depend on its class, plus a tenth of its own. */
function tinted(dataset: Dataset): Dataset {
  const pixels = dataset.pixels.map((value, i) => {
    const label = dataset.labels[Math.floor(i / 3072)]!;
    return (i % 3 === 0 ? label * 20 : i % 3 === 1 ? 200 - label * 20 : 100) + value / 10;
  });
  return { ...dataset, pixels };
}
