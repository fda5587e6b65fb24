import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import {
  datasetFromRecords,
  imageCodes,
  RECORD_BYTES,
  readCifarRecords,
  sliceDataset,
} from '../../src/dnn/data/dataset.ts';
import { badInputText } from './error-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-records-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'some.bin');

function records(count: number): Uint8Array {
  return Uint8Array.from({ length: count * RECORD_BYTES }, (_, i) =>
    i % RECORD_BYTES === 0 ? (i / RECORD_BYTES) % 10 : (7 * i) % 256,
  );
}

describe('CIFAR-10 records', () => {
  test('planes become pixels, codes are u8 − 128', () => {
    const bytes = records(3);
    writeFileSync(path, bytes);
    const dataset = readCifarRecords(path);
    expect(dataset).toMatchObject({
      name: 'some.bin',
      images: 3,
      height: 32,
      width: 32,
      channels: 3,
      sha256: sha256(bytes),
    });
    expect([...dataset.labels]).toEqual([0, 1, 2]);
    const [image, y, x] = [2, 5, 9];
    for (const channel of [0, 1, 2]) {
      const value = bytes[image * 3073 + 1 + channel * 1024 + y * 32 + x]!;
      expect(dataset.pixels[((image * 32 + y) * 32 + x) * 3 + channel]).toBe(value);
      expect(imageCodes(dataset, image)[(y * 32 + x) * 3 + channel]).toBe(value - 128);
    }
    expect(imageCodes(dataset, 0).length).toBe(3072);
  });

  test('a slice has its own digest and the right images', () => {
    const dataset = datasetFromRecords('d', records(5));
    const slice = sliceDataset(dataset, 2, 2);
    expect([...slice.labels]).toEqual([2, 3]);
    expect(imageCodes(slice, 1)).toEqual(imageCodes(dataset, 3));
    expect(slice.sha256).not.toBe(dataset.sha256);
    expect(sliceDataset(dataset, 0, 5)).toBe(dataset);
    expect(badInputText(() => sliceDataset(dataset, 4, 2))).toBe(
      'data set d: wanted images 4 … 5, found 5 images\nAsk for fewer images.',
    );
  });

  test('a file cut off', () => {
    writeFileSync(path, records(2).subarray(0, 4000));
    expect(badInputText(() => readCifarRecords(path))).toBe(
      `${path}: wanted CIFAR-10 binary records of 3073 bytes each, found 4000 bytes (1 records and 927 bytes)\n` +
        'The file is cut off, or it is not the binary version of CIFAR-10 (for example the Python version).',
    );
  });

  test('an empty and a missing file', () => {
    writeFileSync(path, '');
    expect(badInputText(() => readCifarRecords(path))).toContain('found an empty file (0 bytes)');
    expect(badInputText(() => readCifarRecords(`${path}x`))).toContain('found no readable file (ENOENT)');
  });

  test('labels above 9, all of them named', () => {
    const bytes = records(3);
    bytes[0] = 10;
    bytes[2 * RECORD_BYTES] = 99;
    expect(badInputText(() => datasetFromRecords('d', bytes))).toBe(
      'd, record 0: wanted a label 0 … 9, found 10\nd, record 2: wanted a label 0 … 9, found 99\n' +
        'Is this CIFAR-10 (one label byte), not CIFAR-100 (two)?',
    );
  });
});
