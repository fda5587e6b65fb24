import { basename } from 'node:path';
import { badInput, show } from '../../base/errors.ts';
import { readInputFile } from '../../base/files.ts';
import type { Dataset } from './dataset.ts';
import { datasetFromArrays } from './dataset-from-arrays.ts';

const MAGIC = Buffer.from('\x93NUMPY', 'latin1');

/** True when the bytes start like a NumPy .npy file. */
export function isNpy(content: Buffer): boolean {
  return content.subarray(0, MAGIC.length).equals(MAGIC);
}

/**
 * Images and labels as NumPy wrote them with `numpy.save`.
 * @param imagesPath uint8, N × 32 × 32 × 3 or N × 3 × 32 × 32 (then R, G, B planes)
 * @param labelsPath integers, N or N × 1
 * @throws bad-input when a file is missing, cut off, in Fortran order or of another type or shape, or a label is not 0 … 9
 */
export function readNpyPair(imagesPath: string, labelsPath: string): Dataset {
  const images = readNpy(imagesPath);
  if (images.type !== 'u1') {
    throw badInput(
      { where: `${imagesPath}: type`, wanted: 'uint8 (|u1)', found: show(images.descr) },
      'Values 0 … 255 are wanted, not scaled ones: save them as numpy.uint8.',
    );
  }
  const planes = isShape(images.shape, [3, 32, 32]);
  if (!planes && !isShape(images.shape, [32, 32, 3])) {
    throw badInput(
      {
        where: `${imagesPath}: shape`,
        wanted: 'N × 32 × 32 × 3 or N × 3 × 32 × 32',
        found: images.shape.join(' × ') || 'a single number',
      },
      'Images are 32 × 32 RGB pixels; nothing is resized here.',
    );
  }
  const labels = readNpy(labelsPath);
  const read = LABEL_READERS[labels.type];
  if (read === undefined) {
    throw badInput(
      { where: `${labelsPath}: type`, wanted: 'integers', found: show(labels.descr) },
      'Labels are class numbers 0 … 9: numpy.save(FILE, y.astype(numpy.uint8)).',
    );
  }
  if (labels.shape.length !== 1 && !(labels.shape.length === 2 && labels.shape[1] === 1)) {
    throw badInput(
      {
        where: `${labelsPath}: shape`,
        wanted: 'N or N × 1',
        found: labels.shape.join(' × ') || 'a single number',
      },
      'One class number per image; of one-hot labels take y.argmax(1).',
    );
  }
  const view = new DataView(labels.bytes.buffer, labels.bytes.byteOffset, labels.bytes.byteLength);
  const size = itemBytes(labels.type);
  return datasetFromArrays({
    name: basename(imagesPath),
    where: { images: imagesPath, labels: labelsPath },
    labels: Array.from({ length: labels.shape[0]! }, (_, i) => read(view, i * size, labels.littleEndian)),
    pixels: images.bytes,
    order: planes ? 'planes' : 'interleaved',
  });
}

/** An array as it lies in the file: type without byte order, e.g. "u1" or "i8"; C order. */
interface NpyArray {
  readonly descr: string;
  readonly type: string;
  readonly littleEndian: boolean;
  readonly shape: readonly number[];
  readonly bytes: Buffer;
}

const LABEL_READERS: Readonly<
  Record<string, (view: DataView, offset: number, littleEndian: boolean) => number | bigint>
> = {
  u1: (view, offset) => view.getUint8(offset),
  i1: (view, offset) => view.getInt8(offset),
  u2: (view, offset, littleEndian) => view.getUint16(offset, littleEndian),
  i2: (view, offset, littleEndian) => view.getInt16(offset, littleEndian),
  u4: (view, offset, littleEndian) => view.getUint32(offset, littleEndian),
  i4: (view, offset, littleEndian) => view.getInt32(offset, littleEndian),
  u8: (view, offset, littleEndian) => view.getBigUint64(offset, littleEndian),
  i8: (view, offset, littleEndian) => view.getBigInt64(offset, littleEndian),
};

/**
 * Source: NumPy, numpy/lib/format.py: magic, version, length of the header (2 bytes in version 1, else 4), the header
 * as a Python literal {'descr': …, 'fortran_order': …, 'shape': …}, then the numbers.
 */
function readNpy(path: string): NpyArray {
  const content = readInputFile(path, 'a NumPy .npy file');
  if (!isNpy(content)) {
    throw badInput(
      {
        where: path,
        wanted: 'a NumPy .npy file',
        found: `a file that starts ${content.subarray(0, 6).toString('hex')}`,
      },
      'Write it with numpy.save.',
    );
  }
  const wide = content[6]! >= 2;
  const start = wide ? 12 : 10;
  const end =
    content.length < start ? Number.NaN : start + (wide ? content.readUInt32LE(8) : content.readUInt16LE(8));
  const header = end <= content.length ? content.toString('latin1', start, end) : '';
  const descr = /'descr': *'([^']*)'/.exec(header)?.[1];
  const fortran = /'fortran_order': *(True|False)/.exec(header)?.[1];
  const shape = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  if (descr === undefined || fortran === undefined || shape === undefined) {
    throw badInput(
      {
        where: `${path}: header`,
        wanted: 'descr, fortran_order and shape of a plain array',
        found: header === '' ? `a file cut off after ${content.length} bytes` : show(header.trim()),
      },
      'Write it with numpy.save, one array of numbers per file.',
    );
  }
  const dimensions = shape.split(',').map((text) => text.trim()).filter(Boolean).map(Number); // biome-ignore format: one step per word
  if (fortran === 'True' && dimensions.length > 1) {
    throw badInput(
      { where: `${path}: order`, wanted: 'C order', found: 'Fortran order' },
      'Save it as numpy.save(FILE, numpy.ascontiguousarray(x)).',
    );
  }
  const bytes = content.subarray(end);
  const type = descr.slice(1);
  const wanted = dimensions.reduce((product, n) => product * n, itemBytes(type));
  if (bytes.length !== wanted) {
    throw badInput(
      {
        where: path,
        wanted: `${wanted} bytes of numbers (${dimensions.join(' × ')} of ${descr})`,
        found: `${bytes.length} bytes`,
      },
      'The file is cut off or damaged; make or fetch it again.',
    );
  }
  return { descr, type, littleEndian: descr[0] !== '>', shape: dimensions, bytes };
}

function itemBytes(type: string): number {
  return Number(/\d+$/.exec(type)?.[0] ?? Number.NaN);
}

function isShape(shape: readonly number[], image: readonly number[]): boolean {
  return shape.length === 4 && image.every((n, i) => shape[i + 1] === n);
}
