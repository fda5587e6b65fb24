import { readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { badInput, type Fault } from '../../base/errors.ts';
import type { Dataset } from './dataset.ts';
import { datasetFromArrays } from './dataset-from-arrays.ts';
import { readImage } from './read-image.ts';

/** CIFAR-10's classes, in the order of their numbers. Source: A. Krizhevsky, "The CIFAR-10 dataset", batches.meta. */
export const CIFAR10_CLASSES: readonly string[] = [
  'airplane',
  'automobile',
  'bird',
  'cat',
  'deer',
  'dog',
  'frog',
  'horse',
  'ship',
  'truck',
];

const SIDE = 32;
const IMAGE_BYTES = SIDE * SIDE * 3;
const FAULTS_SHOWN = 8;

/**
 * Reads a folder with one sub-folder of PNG or JPEG images per class, of 32 × 32 pixels each. Sub-folders with names of
 * CIFAR-10's classes get their numbers, so that some of them alone keep their meaning; others are numbered in the order
 * of their names. Images follow class by class in the order of their names; hidden files are passed over.
 * @throws bad-input when there is no or an eleventh class, an empty one, or a file that is no image of that size
 */
export function readImageFolder(folder: string): Dataset {
  const classes = visible(folder)
    .filter((entry) => entry.isDirectory())
    .map((entry) => entry.name);
  if (classes.length === 0 || classes.length > CIFAR10_CLASSES.length) {
    throw badInput(
      {
        where: folder,
        wanted: `1 to ${CIFAR10_CLASSES.length} sub-folders of images, one per class`,
        found: `${classes.length} sub-folders`,
      },
      'Lay the images out as FOLDER/CLASS/IMAGE.png.',
    );
  }
  const faults: Fault[] = [];
  const labels: number[] = [];
  const images: Uint8Array[] = [];
  for (const [label, name] of numbered(classes)) {
    const files = visible(join(folder, name)).map((entry) => join(folder, name, entry.name));
    if (files.length === 0) {
      faults.push({ where: join(folder, name), wanted: 'at least one image', found: 'an empty folder' });
    }
    for (const file of files) {
      const content = contentOf(file);
      const image = typeof content === 'string' ? content : readImage(content);
      if (typeof image === 'string')
        faults.push({ where: file, wanted: 'a PNG or JPEG image', found: image });
      else if (image.width !== SIDE || image.height !== SIDE) {
        faults.push({ where: file, wanted: '32 × 32 pixels', found: `${image.width} × ${image.height}` });
      } else {
        labels.push(label);
        images.push(image.pixels);
      }
      if (faults.length === FAULTS_SHOWN) throw refused(faults);
    }
  }
  if (faults.length > 0) throw refused(faults);
  const pixels = new Uint8Array(images.length * IMAGE_BYTES);
  for (const [i, image] of images.entries()) pixels.set(image, i * IMAGE_BYTES);
  return datasetFromArrays({
    name: basename(resolve(folder)),
    where: { images: folder, labels: folder },
    labels,
    pixels,
    order: 'interleaved',
  });
}

/** Class number and sub-folder. */
function numbered(names: readonly string[]): readonly (readonly [number, string])[] {
  const official = names.every((name) => CIFAR10_CLASSES.includes(name));
  return names.map((name, i) => [official ? CIFAR10_CLASSES.indexOf(name) : i, name]);
}

/** Entries that are not hidden, in the order of their names (by code unit, the same on every machine). */
function visible(folder: string) {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !name.startsWith('.'))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** Content of a file, or what is there instead. */
function contentOf(path: string): Buffer | string {
  try {
    return statSync(path).isDirectory() ? 'a folder' : readFileSync(path);
  } catch (error) {
    return `no readable file (${(error as NodeJS.ErrnoException).code ?? String(error)})`;
  }
}

function refused(faults: readonly Fault[]) {
  return badInput(
    faults,
    'Nothing is resized or converted here: scale the images to 32 × 32 first, for example with ImageMagick.',
  );
}
