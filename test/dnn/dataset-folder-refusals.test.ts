import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { afterAll, describe, expect, test } from 'vitest';
import { readDataset } from '../../src/dnn/data/read-dataset.ts';
import { badInputText } from './error-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-image-folders-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);
const text = (source: string) => badInputText(() => readDataset(source));

describe('folders of images that are refused', () => {
  const HINT =
    'Nothing is resized or converted here: scale the images to 32 × 32 first, for example with ImageMagick.';
  const make = (name: string, files: Readonly<Record<string, Uint8Array | string>>) => {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(at(name, path, '..'), { recursive: true });
      writeFileSync(at(name, path), content);
    }
    return at(name);
  };
  const png = (width: number, height: number, channels = 3, value = 9) =>
    encodePng({ width, height, channels, data: new Uint8Array(width * height * channels).fill(value) });
  const jpg = (width: number, height: number) =>
    jpeg.encode({ width, height, data: Buffer.alloc(width * height * 4, 77) }).data;

  test('no sub-folder, and eleven', () => {
    expect(text(make('flat', { '0.png': png(32, 32) }))).toBe(
      `${at('flat')}: wanted 1 to 10 sub-folders of images, one per class, found 0 sub-folders\n` +
        'Lay the images out as FOLDER/CLASS/IMAGE.png.',
    );
    const eleven = Object.fromEntries(Array.from({ length: 11 }, (_, i) => [`c${i}/0.png`, '']));
    expect(text(make('eleven', eleven))).toContain('found 11 sub-folders');
  });

  test('mixed sizes, each named; an empty class', () => {
    const name = make('sizes', { 'a/0.png': png(32, 32), 'a/1.png': png(28, 28), 'b/0.jpg': jpg(32, 48) });
    mkdirSync(at('sizes', 'c'));
    expect(text(name)).toBe(
      `${at('sizes', 'a', '1.png')}: wanted 32 × 32 pixels, found 28 × 28\n` +
        `${at('sizes', 'b', '0.jpg')}: wanted 32 × 32 pixels, found 32 × 48\n` +
        `${at('sizes', 'c')}: wanted at least one image, found an empty folder\n${HINT}`,
    );
  });

  test('transparent, 16-bit, cut off, empty, and no images at all', () => {
    const deep = encodePng({ width: 32, height: 32, channels: 3, depth: 16, data: new Uint16Array(3072) });
    const name = make('odd', {
      'a/0.png': png(32, 32, 4, 128),
      'a/1.png': deep,
      'a/2.jpg': jpg(32, 32).subarray(0, -2),
      'a/3.jpg': '',
      'a/4.txt': 'text',
    });
    mkdirSync(at('odd', 'a', 'folder'));
    expect(text(name)).toBe(
      `${at('odd', 'a', '0.png')}: wanted a PNG or JPEG image, found a PNG with transparent pixels\n` +
        `${at('odd', 'a', '1.png')}: wanted a PNG or JPEG image, found a PNG with 16 bits per channel\n` +
        `${at('odd', 'a', '2.jpg')}: wanted a PNG or JPEG image, found a JPEG that is cut off\n` +
        `${at('odd', 'a', '3.jpg')}: wanted a PNG or JPEG image, found an empty file\n` +
        `${at('odd', 'a', '4.txt')}: wanted a PNG or JPEG image, found a file that starts 74657874\n` +
        `${at('odd', 'a', 'folder')}: wanted a PNG or JPEG image, found a folder\n${HINT}`,
    );
  });

  test('a PNG that is cut off, and one with a flipped bit', () => {
    const whole = Buffer.from(png(32, 32));
    const flipped = Buffer.from(whole);
    flipped[50]! ^= 1;
    const name = make('damaged', { 'a/0.png': whole.subarray(0, 60), 'a/1.png': flipped });
    const lines = text(name).split('\n');
    expect(lines.length).toBe(3);
    for (const [i, line] of lines.slice(0, 2).entries()) {
      expect(line).toMatch(
        new RegExp(
          `^${at('damaged', 'a', `${i}.png`)}: wanted a PNG or JPEG image, found a damaged PNG \\(.+\\)$`,
        ),
      );
    }
  });

  test('not more than eight faults are listed, and the rest is not decoded', () => {
    const many = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`a/${i}.png`, png(8, 8)]));
    expect(text(make('many', many)).split('\n').length).toBe(9);
  });
});
