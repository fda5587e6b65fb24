import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { DATASET_FORMATS, readDataset } from '../../src/dnn/data/read-dataset.ts';
import { labelsOf, latin1, planesOf, pythonBatch, someRecords, writeNpy } from './dataset-files.ts';
import { badInputText } from './error-text.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-refusals-'));
afterAll(() => rmSync(folder, { recursive: true }));
const at = (...names: string[]) => join(folder, ...names);
const text = (source: string) => badInputText(() => readDataset(source));

const RECORDS = someRecords(3);
const LABELS = labelsOf(RECORDS);
const PLANES = planesOf(RECORDS);

describe('nothing readable', () => {
  test('a missing and an empty file', () => {
    writeFileSync(at('empty'), '');
    expect(text(at('missing'))).toBe(
      `${at('missing')}: wanted ${DATASET_FORMATS}, found no readable file (ENOENT)\nCheck the path.`,
    );
    expect(text(at('empty'))).toBe(
      `${at('empty')}: wanted ${DATASET_FORMATS}, found an empty file (0 bytes)\nMake or fetch the file again.`,
    );
  });

  test.each([
    [
      'gz',
      '1f8b0800',
      'a gzip file',
      'Unpack it first: tar -xzf FILE, then name a batch, for example test_batch.bin.',
    ],
    ['npz', '504b0304', 'a zip or .npz file', 'Unpack it first, then name the .npy files in it.'],
    ['png', '89504e47', 'one PNG image', 'Name a folder with one sub-folder of images per class.'],
    ['jpg', 'ffd8ffe0', 'one JPEG image', 'Name a folder with one sub-folder of images per class.'],
  ])('a .%s file', (name, start, found, hint) => {
    writeFileSync(at(name), Buffer.from(start, 'hex'));
    expect(text(at(name))).toBe(`${at(name)}: wanted ${DATASET_FORMATS}, found ${found}\n${hint}`);
  });

  test('the folder with all batches', () => {
    mkdirSync(at('cifar'));
    writeFileSync(at('cifar', 'test_batch.bin'), 'x');
    expect(text(at('cifar'))).toBe(
      `${at('cifar')}: wanted one batch of CIFAR-10, found the folder with all batches\n` +
        `Name one of its files: ${at('cifar', 'test_batch.bin')} to test, ${at('cifar', 'data_batch_1.bin')} to calibrate.`,
    );
  });
});

describe('NumPy .npy pairs', () => {
  const [x, y] = [at('x.npy'), at('y.npy')];
  const both = `${x},${y}`;
  const writeImages = (descr = '|u1', shape = '3, 3, 32, 32', bytes: Uint8Array = PLANES, order = 'False') =>
    writeNpy(x, descr, shape, bytes, order);
  const writeLabels = (descr = '|u1', shape = '3,', bytes: Uint8Array = Uint8Array.from(LABELS)) =>
    writeNpy(y, descr, shape, bytes);

  test('no labels beside the images', () => {
    writeImages();
    expect(text(x)).toBe(
      `${at('x.labels.npy')}: wanted a NumPy .npy file, found no readable file (ENOENT)\nCheck the path.`,
    );
  });

  test('scaled images', () => {
    writeImages('<f4', '3, 32, 32, 3', new Uint8Array(4 * PLANES.length));
    expect(text(both)).toBe(
      `${x}: type: wanted uint8 (|u1), found "<f4"\n` +
        'Values 0 … 255 are wanted, not scaled ones: save them as numpy.uint8.',
    );
  });

  test.each([
    ['9, 1024', '9 × 1024'],
    ['1, 96, 96', '1 × 96 × 96'],
    ['9, 32, 32, 1', '9 × 32 × 32 × 1'],
  ])('images of shape (%s)', (shape, found) => {
    writeImages('|u1', shape);
    expect(text(both)).toBe(
      `${x}: shape: wanted N × 32 × 32 × 3 or N × 3 × 32 × 32, found ${found}\n` +
        'Images are 32 × 32 RGB pixels; nothing is resized here.',
    );
  });

  test('Fortran order', () => {
    writeImages('|u1', '3, 3, 32, 32', PLANES, 'True');
    expect(text(both)).toBe(
      `${x}: order: wanted C order, found Fortran order\nSave it as numpy.save(FILE, numpy.ascontiguousarray(x)).`,
    );
  });

  test('a file cut off in its numbers, and in its header', () => {
    writeImages('|u1', '3, 3, 32, 32', PLANES.subarray(0, 5000));
    expect(text(both)).toBe(
      `${x}: wanted 9216 bytes of numbers (3 × 3 × 32 × 32 of |u1), found 5000 bytes\n` +
        'The file is cut off or damaged; make or fetch it again.',
    );
    writeFileSync(x, latin1("\x93NUMPY\x01\x00v\x00{'descr': '|u1'"));
    expect(text(both)).toBe(
      `${x}: header: wanted descr, fortran_order and shape of a plain array, found a file cut off after 25 bytes\n` +
        'Write it with numpy.save, one array of numbers per file.',
    );
  });

  test('no images', () => {
    writeImages('|u1', '0, 3, 32, 32', new Uint8Array());
    writeLabels('|u1', '0,', new Uint8Array());
    expect(text(both)).toBe(`${x}: wanted at least one image, found none\nAn empty set has no accuracy.`);
  });

  test('labels: another type, one-hot, too few, out of range', () => {
    writeImages();
    writeLabels('<f8', '3,', new Uint8Array(24));
    expect(text(both)).toBe(
      `${y}: type: wanted integers, found "<f8"\n` +
        'Labels are class numbers 0 … 9: numpy.save(FILE, y.astype(numpy.uint8)).',
    );
    writeLabels('|u1', '3, 10', new Uint8Array(30));
    expect(text(both)).toBe(
      `${y}: shape: wanted N or N × 1, found 3 × 10\nOne class number per image; of one-hot labels take y.argmax(1).`,
    );
    writeLabels('|u1', '2,', new Uint8Array(2));
    expect(text(both)).toBe(
      `${y}: wanted 3 labels, one per image, found 2 labels\n` +
        'Images and labels must come from the same set, in the same order.',
    );
    writeLabels('<i2', '3,', Uint8Array.from([255, 255, 9, 0, 44, 1]));
    expect(text(both)).toBe(
      `${y}, image 0: wanted a label 0 … 9, found -1\n${y}, image 2: wanted a label 0 … 9, found 300\n` +
        'The classes are those of CIFAR-10, counted from 0.',
    );
  });

  test('something else under the name', () => {
    writeImages();
    writeFileSync(y, 'labels');
    expect(text(both)).toBe(
      `${y}: wanted a NumPy .npy file, found a file that starts 6c6162656c73\nWrite it with numpy.save.`,
    );
  });
});

describe('Python batches', () => {
  const path = at('batch');
  const write = (bytes: Buffer) => writeFileSync(path, bytes);
  const PICKLE_HINT =
    'The file is cut off or damaged, or it is no CIFAR-10 batch. A pickle may run programs; this one was only read.';
  const DATA_HINT = 'Is this a batch of CIFAR-10, Python version?';
  const DATA_WANTED = 'an array of u1 (uint8), N × 3072, in C order';

  test('cut off', () => {
    const whole = pythonBatch(LABELS, PLANES);
    write(whole.subarray(0, 4000));
    expect(text(path)).toBe(`${path}, byte 4000: wanted more of the pickle, found its end\n${PICKLE_HINT}`);
  });

  test('every cut is noticed', () => {
    const whole = pythonBatch(LABELS, PLANES);
    const starts = [2, 3, 10, 50, 120, 200, 260, whole.length - 20, whole.length - 1];
    for (const length of starts) {
      write(whole.subarray(0, length));
      expect(text(path)).toContain('wanted more of the pickle, found its end');
    }
  });

  test('a pickle that would run a program: refused, nothing is run', () => {
    const victim = at('victim');
    write(latin1(`\x80\x02cposix\nsystem\nU${String.fromCharCode(6 + victim.length)}touch ${victim}\x85R.`));
    expect(text(path)).toBe(
      `${path}, byte 15: wanted only numpy.core.multiarray._reconstruct, numpy._core.multiarray._reconstruct, ` +
        `numpy.ndarray, numpy.dtype, _codecs.encode, found the global posix.system\n${PICKLE_HINT}`,
    );
    expect(existsSync(victim)).toBe(false);
    write(latin1('\x80\x02i__builtin__\neval\n.'));
    expect(text(path)).toBe(`${path}, byte 2: wanted an opcode of plain data, found 0x69\n${PICKLE_HINT}`);
  });

  test('broken structure', () => {
    for (const [bytes, wanted, found] of [
      ['\x80\x02.', 'an operand', 'an empty stack'],
      ['\x80\x02e.', 'a mark', 'none'],
      ['\x80\x02h\x07.', 'a stored value 7', 'none'],
      ['\x80\x02K\x01K\x02a.', 'a list', 'something else'],
      ['\x80\x02K\x01K\x02K\x03s.', 'a dictionary', 'something else'],
      ['\x80\x02K\x01)R.', 'a constructor', 'something else'],
      ['\x80\x02K\x01)b.', 'a constructed object', 'something else'],
    ] as const) {
      write(latin1(bytes));
      expect(text(path)).toMatch(new RegExp(`^${path}, byte \\d+: wanted ${wanted}, found ${found}\n`));
    }
  });

  test('CIFAR-100, and batches.meta', () => {
    write(pythonBatch(LABELS, PLANES, { labelsKey: 'fine_labels' }));
    expect(text(path)).toBe(
      `${path}: labels: wanted a list of numbers, found fine_labels and coarse_labels\n` +
        'This is CIFAR-100; CIFAR-10 is wanted.',
    );
    write(pythonBatch(LABELS, PLANES, { labelsKey: 'label_names' }));
    expect(text(path)).toBe(
      `${path}: labels: wanted a list of numbers, found the keys "batch_label, data, filenames, label_names"\n` +
        'This is no batch of CIFAR-10 (batches.meta holds the class names only).',
    );
  });

  test('labels out of range and too few', () => {
    write(pythonBatch([0, 10, 99999], PLANES));
    expect(text(path)).toBe(
      `${path}: labels, image 1: wanted a label 0 … 9, found 10\n` +
        `${path}: labels, image 2: wanted a label 0 … 9, found 99999\n` +
        'The classes are those of CIFAR-10, counted from 0.',
    );
    write(pythonBatch([1, 2], PLANES, { shape: [3, 3072] }));
    expect(text(path)).toBe(
      `${path}: labels: wanted 3 labels, one per image, found 2 labels\n` +
        'Images and labels must come from the same set, in the same order.',
    );
  });

  test.each([
    [{ dtype: 'f4' }, 'an array of f4'],
    [{ shape: [9, 1024] }, 'an array of 9 × 1024'],
    [{ shape: [4, 3072] }, '4 × 3072 with 9216 bytes'],
    [{ fortran: true }, 'an array in Fortran order'],
  ])('data %j', (options, found) => {
    write(pythonBatch(LABELS, PLANES, options));
    expect(text(path)).toBe(`${path}: data: wanted ${DATA_WANTED}, found ${found}\n${DATA_HINT}`);
  });
});
