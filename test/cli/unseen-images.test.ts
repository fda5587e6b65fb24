import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { unseenImages } from '../../src/cli/unseen-images.ts';
import { imageSize } from '../../src/dnn/data/dataset.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import { drawImages, sampleImages } from '../../src/explore/calibration-images.ts';
import { sampleExploration } from '../report/exploration-sample.ts';
import { temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('unseen');
afterAll(folder.remove);
const training = generateSyntheticImages({ split: 'calibration', count: 30 });

/** exploration.json of one that scored 8 of the training images by seed 3 and refined on `refined` by seed 4. */
function exploration(name: string, refined?: number): string {
  const path = join(folder.path, name);
  const { name: set, sha256, images } = sampleImages(training, 8, 3);
  const tuning = refined === undefined ? {} : { 'refine-images': String(refined) };
  const calibration = { name: set, sha256, images, seed: 3 };
  writeFileSync(path, JSON.stringify({ ...sampleExploration(), calibration, tuning }));
  return path;
}

describe('test images that nothing has seen', () => {
  test('behind the first ones', () => {
    const { images, labels, pixels } = unseenImages(training, 10);
    expect(images).toBe(20);
    expect(labels).toEqual(training.labels.subarray(10));
    expect(pixels).toEqual(training.pixels.subarray(10 * imageSize(training)));
    expect(unseenImages(training, 0)).toBe(training);
  });

  test('without those that an exploration scored or refined on', () => {
    const scored = drawImages(training, 8, 3);
    const seen = new Set([...scored, ...drawImages(training, 12, 4)]);
    expect(seen.size).toBeGreaterThan(12);
    const left = (used: ReadonlySet<number>, skip: number) =>
      [...training.labels.keys()].filter((image) => image >= skip && !used.has(image));
    for (const [path, used] of [
      [exploration('plain.json'), new Set(scored)],
      [exploration('refined.json', 12), seen],
    ] as const) {
      const unseen = unseenImages(training, 5, path);
      const numbers = left(used, 5);
      expect(unseen.images).toBe(numbers.length);
      expect([...unseen.labels]).toEqual(numbers.map((image) => training.labels[image]));
      const size = imageSize(training);
      for (const [place, image] of numbers.entries()) {
        const own = unseen.pixels.subarray(place * size, (place + 1) * size);
        expect(own).toEqual(training.pixels.subarray(image * size, (image + 1) * size));
      }
    }
  });

  test('without those that maxdnn tune drew', () => {
    const path = join(folder.path, 'mine.tunings.json');
    const { sha256 } = sampleImages(training, 9, 1);
    const results = [{ calibration: { images: 9 } }];
    const inputs = { calibration: sha256 };
    writeFileSync(path, JSON.stringify({ kind: 'tunings', formatVersion: 1, inputs, seed: 1, results }));
    const drawn = new Set(drawImages(training, 9, 1));
    const left = [...training.labels.keys()].filter((image) => !drawn.has(image));
    expect(left).toHaveLength(21);
    expect([...unseenImages(training, 0, path).labels]).toEqual(left.map((image) => training.labels[image]));
  });

  test('refused: images of another set, a set that is too small, nothing left', () => {
    const path = exploration('drawn.json');
    const wanted = `wanted the training set that ${path} drew 8 images from by seed 3, found another one`;
    const other = generateSyntheticImages({ split: 'test', count: 30 });
    expect(() => unseenImages(other, 0, path)).toThrow(`data set ${other.name}: ${wanted}`);
    const small = generateSyntheticImages({ split: 'calibration', count: 7 });
    expect(() => unseenImages(small, 0, path)).toThrow(`data set ${small.name}: ${wanted}`);
    for (const explored of [undefined, path]) {
      expect(() => unseenImages(training, 30, explored)).toThrow(
        `data set ${training.name}: wanted images that were not seen, found none`,
      );
    }
  });
});
