import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { encode as encodePng } from 'fast-png';
import jpeg from 'jpeg-js';
import { afterAll, describe, expect, test } from 'vitest';
import { type Dataset, datasetFromRecords } from '../../src/dnn/data/dataset.ts';
import { readDataset } from '../../src/dnn/data/read-dataset.ts';
import { labelsOf, planesOf, pythonBatch, someRecords, writeNpy } from './dataset-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-readers-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);

const RECORDS = someRecords(12);
const WANTED = datasetFromRecords('wanted', RECORDS);
const LABELS = labelsOf(RECORDS);

/** Same images, labels and digest; returns how many bytes were compared. */
function expectSame(found: Dataset, wanted = WANTED): number {
  expect(found.sha256).toBe(wanted.sha256);
  expect([...found.labels]).toEqual([...wanted.labels]);
  expect(Buffer.compare(found.pixels, wanted.pixels)).toBe(0);
  return found.pixels.length;
}

test('binary records, told from the others by their content', () => {
  writeFileSync(at('some.dat'), RECORDS);
  const dataset = readDataset(at('some.dat'));
  expect(dataset.name).toBe('some.dat');
  expect(expectSame(dataset)).toBe(12 * 3072);
});

describe('a CIFAR-10 Python batch', () => {
  test('byte by byte as Python 2 wrote it', () => {
    writeFileSync(at('test_batch'), pythonBatch(LABELS, planesOf(RECORDS)));
    const dataset = readDataset(at('test_batch'));
    expect(dataset.name).toBe('test_batch');
    expect(expectSame(dataset)).toBe(12 * 3072);
  });
});

describe('NumPy .npy pairs', () => {
  test('N × 32 × 32 × 3 with the labels beside it, and N × 3 × 32 × 32 with both named', () => {
    writeNpy(at('x.npy'), '|u1', '12, 32, 32, 3', WANTED.pixels);
    writeNpy(at('x.labels.npy'), '|u1', '12,', Uint8Array.from(LABELS));
    expect(expectSame(readDataset(at('x.npy')))).toBe(12 * 3072);
    writeNpy(at('planes.npy'), '|u1', '12, 3, 32, 32', planesOf(RECORDS));
    expect(expectSame(readDataset(`${at('planes.npy')},${at('x.labels.npy')}`))).toBe(12 * 3072);
  });

  const TYPES = ['|i1', '<i2', '>i2', '<u2', '<i4', '>i4', '<u4', '<i8', '>i8', '<u8'];
  test.each(TYPES)('labels of type %s, N × 1', (descr) => {
    const size = Number(descr[2]);
    const bytes = Buffer.alloc(12 * size);
    for (const [i, label] of LABELS.entries()) bytes[i * size + (descr[0] === '>' ? size - 1 : 0)] = label;
    writeNpy(at('y.npy'), descr, '12, 1', bytes);
    writeNpy(at('x.npy'), '|u1', '12, 32, 32, 3', WANTED.pixels);
    expect(expectSame(readDataset(`${at('x.npy')},${at('y.npy')}`))).toBe(12 * 3072);
  });
});

const PYTHON = ['/usr/bin/python3', 'python3'].find(
  (program) => spawnSync(program, ['-c', 'import numpy']).status === 0,
);

describe.skipIf(PYTHON === undefined)(
  `files that Python and numpy write${PYTHON === undefined ? ' [skipped: no python3 with numpy]' : ''}`,
  () => {
    test('pickles of protocol 2, 3 and 4 with keys of bytes and of text, .npy of three versions', () => {
      writeFileSync(at('records.bin'), RECORDS);
      const script = `
import numpy, pickle, sys
folder = sys.argv[1]
r = numpy.fromfile(folder + '/records.bin', numpy.uint8).reshape(-1, 3073)
labels, data = r[:, 0].tolist(), numpy.ascontiguousarray(r[:, 1:])
for protocol in (2, 3, 4):
    pickle.dump({b'batch_label': b'x', b'labels': labels, b'data': data, b'filenames': [b'a.png']}, open(f'{folder}/bytes{protocol}', 'wb'), protocol)
    pickle.dump({'data': data, 'labels': labels}, open(f'{folder}/text{protocol}', 'wb'), protocol)
x = numpy.ascontiguousarray(data.reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1))
for version in (1, 2, 3):
    for name, array in (('v%d' % version, x), ('v%d.labels' % version, r[:, 0].astype(numpy.int64))):
        with open(f'{folder}/{name}.npy', 'wb') as file:
            numpy.lib.format.write_array(file, array, (version, 0))
`;
      const run = spawnSync(PYTHON!, ['-c', script, folder], { encoding: 'utf8' });
      expect(run).toMatchObject({ status: 0, stderr: '' });
      const names = [2, 3, 4]
        .flatMap((n) => [`bytes${n}`, `text${n}`])
        .concat(['v1.npy', 'v2.npy', 'v3.npy']);
      const compared = names.map((name) => expectSame(readDataset(at(name))));
      expect(compared).toEqual(Array.from({ length: 9 }, () => 12 * 3072));
    });
  },
);

describe('a folder of images per class', () => {
  const image = (i: number) => WANTED.pixels.subarray(i * 3072, (i + 1) * 3072);
  const png = (data: Uint8Array, channels: number) => encodePng({ width: 32, height: 32, data, channels });

  test('PNG: RGB, opaque RGBA; numbers in the order of the names; hidden files passed over', () => {
    mkdirSync(at('png', 'b-later'), { recursive: true });
    mkdirSync(at('png', 'a-first'));
    writeFileSync(at('png', 'a-first', 'z.png'), png(image(0), 3));
    const rgba = Uint8Array.from({ length: 4096 }, (_, i) =>
      i % 4 === 3 ? 255 : image(1)[(i >> 2) * 3 + (i % 4)]!,
    );
    writeFileSync(at('png', 'b-later', '0.png'), png(rgba, 4));
    writeFileSync(at('png', 'b-later', '1.png'), png(image(2), 3));
    writeFileSync(at('png', 'b-later', '.DS_Store'), 'x');
    writeFileSync(at('png', 'README'), 'x');
    const dataset = readDataset(at('png'));
    const planes = RECORDS.subarray(0, 3 * 3073);
    const records = Buffer.from(planes);
    for (const [i, label] of [0, 1, 1].entries()) records[i * 3073] = label;
    expect(dataset.name).toBe('png');
    expect(expectSame(dataset, datasetFromRecords('wanted', records))).toBe(3 * 3072);
  });

  test('grey and indexed PNG become RGB', () => {
    mkdirSync(at('grey', 'a'), { recursive: true });
    const grey = Uint8Array.from({ length: 1024 }, (_, i) => (i * 5) % 256);
    writeFileSync(at('grey', 'a', '0.png'), png(grey, 1));
    const palette = [[1, 2, 3], [200, 100, 0]]; // biome-ignore format: short
    const indices = Uint8Array.from({ length: 1024 }, (_, i) => i % 2);
    writeFileSync(
      at('grey', 'a', '1.png'),
      encodePng({ width: 32, height: 32, data: indices, channels: 1, depth: 8, palette }),
    );
    const { pixels } = readDataset(at('grey'));
    expect([...pixels.subarray(0, 3072)]).toEqual([...grey].flatMap((v) => [v, v, v]));
    expect([...pixels.subarray(3072)]).toEqual([...indices].flatMap((v) => palette[v]!));
  });

  test('JPEG; names of CIFAR-10 classes keep their numbers', () => {
    for (const [name, colour] of [
      ['truck', [250, 10, 90]],
      ['cat', [20, 200, 130]],
    ] as const) {
      mkdirSync(at('jpeg', name), { recursive: true });
      const data = Buffer.from(Array.from({ length: 1024 }, () => [...colour, 255]).flat());
      writeFileSync(at('jpeg', name, '0.jpg'), jpeg.encode({ width: 32, height: 32, data }, 95).data);
    }
    const { labels, pixels } = readDataset(at('jpeg'));
    expect([...labels]).toEqual([3, 9]);
    const wanted = [20, 200, 130, 250, 10, 90];
    const found = [0, 1].flatMap((i) => [...pixels.subarray(i * 3072 + 1500, i * 3072 + 1503)]);
    for (const [i, value] of found.entries()) expect(Math.abs(value - wanted[i]!)).toBeLessThanOrEqual(3);
    expect(found.length).toBe(6);
  });
});

test('sabotage: one changed pixel, or two swapped labels, is another data set', () => {
  const changed = Uint8Array.from(WANTED.pixels);
  changed[20000]! ^= 1;
  writeNpy(at('x.npy'), '|u1', '12, 32, 32, 3', changed);
  writeNpy(at('x.labels.npy'), '|u1', '12,', Uint8Array.from(LABELS));
  expect(() => expectSame(readDataset(at('x.npy')))).toThrow();
  writeNpy(at('x.npy'), '|u1', '12, 32, 32, 3', WANTED.pixels);
  writeNpy(at('x.labels.npy'), '|u1', '12,', Uint8Array.from([LABELS[1]!, LABELS[0]!, ...LABELS.slice(2)]));
  expect(() => expectSame(readDataset(at('x.npy')))).toThrow();
});
