import { basename } from 'node:path';
import { badInput, type Fault } from '../../base/errors.ts';
import { readInputFile, sha256 } from '../../base/files.ts';

/** Labelled images. */
export interface Dataset {
  readonly name: string;
  /** SHA-256 of the images as CIFAR-10 records. */
  readonly sha256: string;
  /** How many images. */
  readonly images: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  /** Class per image, 0 … 9. */
  readonly labels: Uint8Array;
  /** u8, image × height × width × channel (NHWC). */
  readonly pixels: Uint8Array;
}

const SIDE = 32;
const CHANNELS = 3;
const CLASSES = 10;
const PLANE_BYTES = SIDE * SIDE;

/**
 * Bytes of one CIFAR-10 binary record: label, then the planes R, G, B of 32 × 32 pixels, row by row.
 * Source: A. Krizhevsky, "The CIFAR-10 dataset", binary version.
 */
export const RECORD_BYTES = 1 + CHANNELS * PLANE_BYTES;

/**
 * Reads images in the CIFAR-10 binary record format, any number of them.
 * @throws bad-input when the file is missing or empty, no whole number of records, or has a label above 9
 */
export function readCifarRecords(path: string): Dataset {
  return datasetFromRecords(basename(path), readInputFile(path, 'CIFAR-10 binary records'), path);
}

/**
 * Labelled images from records in memory (1 label byte, then R, G, B planes, 3073 bytes each).
 * @param where what to call the records in errors
 * @throws bad-input when they are no whole number of records, none, or have a label above 9
 */
export function datasetFromRecords(name: string, records: Uint8Array, where = name): Dataset {
  const images = records.length / RECORD_BYTES;
  if (!Number.isInteger(images) || images === 0) {
    throw badInput(
      {
        where,
        wanted: `CIFAR-10 binary records of ${RECORD_BYTES} bytes each`,
        found: `${records.length} bytes (${Math.floor(images)} records and ${records.length % RECORD_BYTES} bytes)`,
      },
      'The file is cut off, or it is not the binary version of CIFAR-10 (for example the Python version).',
    );
  }
  const labels = new Uint8Array(images);
  const pixels = new Uint8Array(images * CHANNELS * PLANE_BYTES);
  const faults: Fault[] = [];
  for (let image = 0; image < images; image++) {
    const record = records.subarray(image * RECORD_BYTES, (image + 1) * RECORD_BYTES);
    labels[image] = record[0]!;
    if (record[0]! >= CLASSES && faults.length < 8) {
      faults.push({ where: `${where}, record ${image}`, wanted: 'a label 0 … 9', found: String(record[0]) });
    }
    interleave(record.subarray(1), pixels, image * CHANNELS * PLANE_BYTES);
  }
  if (faults.length > 0) throw badInput(faults, 'Is this CIFAR-10 (one label byte), not CIFAR-100 (two)?');
  return {
    name,
    sha256: sha256(records),
    images,
    height: SIDE,
    width: SIDE,
    channels: CHANNELS,
    labels,
    pixels,
  };
}

/**
 * `count` images from `start` on, as a data set of its own (its sha256 is derived from the whole one's).
 * @throws bad-input when it has fewer images
 */
export function sliceDataset(dataset: Dataset, start: number, count: number): Dataset {
  if (start === 0 && count === dataset.images) return dataset;
  if (!(start >= 0 && count >= 1 && start + count <= dataset.images)) {
    throw badInput(
      {
        where: `data set ${dataset.name}`,
        wanted: `images ${start} … ${start + count - 1}`,
        found: `${dataset.images} images`,
      },
      'Ask for fewer images.',
    );
  }
  const size = imageSize(dataset);
  return {
    ...dataset,
    name: `${dataset.name}[${start}..${start + count - 1}]`,
    sha256: sha256(`${dataset.sha256} ${start} ${count}`),
    images: count,
    labels: dataset.labels.subarray(start, start + count),
    pixels: dataset.pixels.subarray(start * size, (start + count) * size),
  };
}

/** The images of these numbers, as a data set of its own (its sha256 is derived from the whole one's). */
export function selectImages(dataset: Dataset, chosen: readonly number[], name: string): Dataset {
  const size = imageSize(dataset);
  const pixels = new Uint8Array(chosen.length * size);
  for (const [place, image] of chosen.entries()) {
    pixels.set(dataset.pixels.subarray(image * size, (image + 1) * size), place * size);
  }
  return {
    ...dataset,
    name,
    sha256: sha256(`${dataset.sha256} ${chosen.join()}`),
    images: chosen.length,
    labels: Uint8Array.from(chosen, (image) => dataset.labels[image]!),
    pixels,
  };
}

/** Values of one image: height · width · channels. */
export function imageSize(dataset: Dataset): number {
  return dataset.height * dataset.width * dataset.channels;
}

/** int8 input codes of one image, u8 − 128, height × width × channel. */
export function imageCodes(dataset: Dataset, image: number): Int8Array {
  const size = imageSize(dataset);
  const codes = new Int8Array(size);
  const offset = image * size;
  for (let i = 0; i < size; i++) codes[i] = dataset.pixels[offset + i]! - 128;
  return codes;
}

function interleave(planes: Uint8Array, pixels: Uint8Array, offset: number): void {
  for (let channel = 0; channel < CHANNELS; channel++) {
    for (let position = 0; position < PLANE_BYTES; position++) {
      pixels[offset + position * CHANNELS + channel] = planes[channel * PLANE_BYTES + position]!;
    }
  }
}
