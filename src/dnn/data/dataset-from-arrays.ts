import { badInput, type Fault } from '../../base/errors.ts';
import { type Dataset, datasetFromRecords, RECORD_BYTES } from './dataset.ts';

/** Images of 32 × 32 RGB pixels with their labels, as a file other than CIFAR-10's binary records holds them. */
export interface ImageArrays {
  /** Name of the data set. */
  readonly name: string;
  /** What to call the images and the labels in errors. */
  readonly where: { readonly images: string; readonly labels: string };
  /** Class per image; 0 … 9 is checked here. */
  readonly labels: ArrayLike<number | bigint>;
  /** u8, 3072 per image. */
  readonly pixels: Uint8Array;
  /** Order of one image's bytes: planes R, G, B row by row, or R, G, B of one pixel after the other. */
  readonly order: 'planes' | 'interleaved';
}

const IMAGE_BYTES = RECORD_BYTES - 1;
const CHANNELS = 3;
const POSITIONS = IMAGE_BYTES / CHANNELS;
const CLASSES = 10;
const FAULTS_SHOWN = 8;

/**
 * The data set of images and labels in memory. The same images have the same digest whatever file they came from.
 * @throws bad-input when there are none, more or fewer labels than images, or labels that are no integers 0 … 9
 */
export function datasetFromArrays({ name, where, labels, pixels, order }: ImageArrays): Dataset {
  const images = pixels.length / IMAGE_BYTES;
  if (images === 0) {
    throw badInput(
      { where: where.images, wanted: 'at least one image', found: 'none' },
      'An empty set has no accuracy.',
    );
  }
  if (labels.length !== images) {
    throw badInput(
      { where: where.labels, wanted: `${images} labels, one per image`, found: `${labels.length} labels` },
      'Images and labels must come from the same set, in the same order.',
    );
  }
  const faults: Fault[] = [];
  const records = new Uint8Array(images * RECORD_BYTES);
  for (let image = 0; image < images; image++) {
    const label = Number(labels[image]);
    if (!(Number.isInteger(label) && label >= 0 && label < CLASSES) && faults.length < FAULTS_SHOWN) {
      faults.push({
        where: `${where.labels}, image ${image}`,
        wanted: 'a label 0 … 9',
        found: String(label),
      });
    }
    records[image * RECORD_BYTES] = label;
    const planes = records.subarray(image * RECORD_BYTES + 1, (image + 1) * RECORD_BYTES);
    const source = pixels.subarray(image * IMAGE_BYTES, (image + 1) * IMAGE_BYTES);
    if (order === 'planes') planes.set(source);
    else separate(source, planes);
  }
  if (faults.length > 0) throw badInput(faults, 'The classes are those of CIFAR-10, counted from 0.');
  return datasetFromRecords(name, records, where.images);
}

function separate(pixels: Uint8Array, planes: Uint8Array): void {
  for (let position = 0; position < POSITIONS; position++) {
    for (let channel = 0; channel < CHANNELS; channel++) {
      planes[channel * POSITIONS + position] = pixels[position * CHANNELS + channel]!;
    }
  }
}
