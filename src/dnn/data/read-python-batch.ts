import { basename } from 'node:path';
import { badInput, show } from '../../base/errors.ts';
import { readInputFile } from '../../base/files.ts';
import type { Dataset } from './dataset.ts';
import { datasetFromArrays } from './dataset-from-arrays.ts';
import { isCall, isName, type PickleValue, readPickle } from './read-pickle.ts';

const IMAGE_BYTES = 3 * 32 * 32;

/** True when the bytes start like a pickle of protocol 2 to 5. (Binary records start with a label, 0 … 9.) */
export function isPickle(content: Buffer): boolean {
  return content[0] === 0x80 && content[1]! >= 2 && content[1]! <= 5;
}

/**
 * Reads a batch of CIFAR-10's Python version (data_batch_1 … 5, test_batch): a pickled dictionary with `data`, uint8
 * N × 3072 (planes R, G, B), and `labels`, a list. Nothing in the pickle is executed.
 * Source: A. Krizhevsky, "The CIFAR-10 dataset", Python version.
 * @throws bad-input when it is cut off, no such dictionary, or a label is not 0 … 9
 */
export function readPythonBatch(path: string): Dataset {
  const batch = readPickle(readInputFile(path, 'a CIFAR-10 Python batch'), path);
  const entries = batch instanceof Map ? batch : new Map<PickleValue, PickleValue>();
  const labels = entries.get('labels');
  if (!(Array.isArray(labels) && labels.every((label) => typeof label === 'number'))) {
    const fine = entries.has('fine_labels');
    throw badInput(
      {
        where: `${path}: labels`,
        wanted: 'a list of numbers',
        found: fine
          ? 'fine_labels and coarse_labels'
          : `the keys ${show([...entries.keys()].map(String).sort().join(', '))}`,
      },
      fine
        ? 'This is CIFAR-100; CIFAR-10 is wanted.'
        : 'This is no batch of CIFAR-10 (batches.meta holds the class names only).',
    );
  }
  return datasetFromArrays({
    name: basename(path),
    where: { images: path, labels: `${path}: labels` },
    labels: labels as number[],
    pixels: imageBytes(entries.get('data'), `${path}: data`),
    order: 'planes',
  });
}

/**
 * The bytes of a pickled numpy array, uint8 N × 3072 in C order. Numpy pickles an array as
 * `_reconstruct(ndarray, (0,), 'b')` with the state (version, shape, dtype, in Fortran order?, bytes), and a dtype as
 * `dtype('u1', …)`. Source: NumPy, ndarray.__reduce__ and dtype.__reduce__.
 */
function imageBytes(data: PickleValue | undefined, where: string): Uint8Array {
  const state =
    isCall(data) && data.call === 'numpy.reconstruct' && isName(data.arguments[0]) ? data.state : undefined;
  const [, shape, type, fortran, bytes] = Array.isArray(state) ? (state as readonly PickleValue[]) : [];
  const code = isCall(type) && type.call === 'numpy.dtype' ? String(type.arguments[0]) : undefined;
  const found = !Array.isArray(shape)
    ? 'no array'
    : code !== 'u1'
      ? `an array of ${code ?? 'objects'}`
      : shape.length !== 2 || shape[1] !== IMAGE_BYTES
        ? `an array of ${shape.join(' × ')}`
        : fortran !== false
          ? 'an array in Fortran order'
          : !Buffer.isBuffer(bytes) || bytes.length !== Number(shape[0]) * IMAGE_BYTES
            ? `${shape.join(' × ')} with ${Buffer.isBuffer(bytes) ? bytes.length : 'no'} bytes`
            : undefined;
  if (found === undefined) return bytes as Buffer;
  throw badInput(
    { where, wanted: `an array of u1 (uint8), N × ${IMAGE_BYTES}, in C order`, found },
    'Is this a batch of CIFAR-10, Python version?',
  );
}
