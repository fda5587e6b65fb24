import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { badInput } from '../../base/errors.ts';
import { readInputFile } from '../../base/files.ts';
import { type Dataset, readCifarRecords } from './dataset.ts';
import { readImageFolder } from './read-image-folder.ts';
import { isNpy, readNpyPair } from './read-npy-pair.ts';
import { isPickle, readPythonBatch } from './read-python-batch.ts';

/** What a data set may be, for help texts and errors. */
export const DATASET_FORMATS =
  'CIFAR-10 binary records, a CIFAR-10 Python batch, a folder with one sub-folder of PNG or JPEG images per class, ' +
  'or IMAGES.npy,LABELS.npy';

/** First bytes of files that people may give by mistake: what they are, what to do. */
const FOREIGN: readonly (readonly [number[], string, string])[] = [
  [
    [0x1f, 0x8b],
    'a gzip file',
    'Unpack it first: tar -xzf FILE, then name a batch, for example test_batch.bin.',
  ],
  [[0x50, 0x4b, 3, 4], 'a zip or .npz file', 'Unpack it first, then name the .npy files in it.'],
  [[0x89, 0x50, 0x4e, 0x47], 'one PNG image', 'Name a folder with one sub-folder of images per class.'],
  [[0xff, 0xd8, 0xff], 'one JPEG image', 'Name a folder with one sub-folder of images per class.'],
];

/**
 * Reads labelled 32 × 32 RGB images in any of the formats of docs/datasets.md, told apart by their content.
 * @param source a file or folder, or "IMAGES.npy,LABELS.npy"; IMAGES.npy alone takes IMAGES.labels.npy beside it
 * @throws bad-input when there is nothing readable, it is none of the formats, or its content is faulty
 */
export function readDataset(source: string): Dataset {
  const pair = /^(.+\.npy),(.+\.npy)$/.exec(source);
  if (pair !== null) return readNpyPair(pair[1]!, pair[2]!);
  if (isFolder(source)) {
    refuseBatchFolder(source);
    return readImageFolder(source);
  }
  const content = readInputFile(source, DATASET_FORMATS);
  if (isNpy(content)) return readNpyPair(source, source.replace(/(\.npy)?$/, '.labels.npy'));
  if (isPickle(content)) return readPythonBatch(source);
  const foreign = FOREIGN.find(([start]) => start.every((byte, i) => content[i] === byte));
  if (foreign !== undefined) {
    throw badInput({ where: source, wanted: DATASET_FORMATS, found: foreign[1] }, foreign[2]);
  }
  return readCifarRecords(source);
}

function isFolder(path: string): boolean {
  return existsSync(path) && statSync(path).isDirectory();
}

function refuseBatchFolder(folder: string): void {
  const batch = ['test_batch.bin', 'test_batch'].find((name) => existsSync(join(folder, name)));
  if (batch === undefined) return;
  throw badInput(
    { where: folder, wanted: 'one batch of CIFAR-10', found: 'the folder with all batches' },
    `Name one of its files: ${join(folder, batch)} to test, ${join(folder, batch.replace('test_batch', 'data_batch_1'))} to calibrate.`,
  );
}
