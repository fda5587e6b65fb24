import { badInput, type Fault, show } from '../../base/errors.ts';
import { createRng } from '../../base/rng.ts';
import { type Dataset, datasetFromRecords, RECORD_BYTES } from '../data/dataset.ts';
import { drawScene, SYNTHETIC_CLASSES } from './scene.ts';

export { SYNTHETIC_CLASSES, type SyntheticClass } from './scene.ts';

/** Independent parts of the set; no image of one occurs in another. */
export type SyntheticSplit = 'train' | 'calibration' | 'test';

/** What to generate. */
export interface SyntheticRequest {
  readonly split: SyntheticSplit;
  /** How many images, 1 … 2^24; the first `count` of the split, so that smaller sets are prefixes of larger ones. */
  readonly count: number;
  /** Integer 0 … 2^32 − 1; default DEFAULT_SYNTHETIC_SEED, which the embedded network was trained with. */
  readonly seed?: number;
}

/** Seed of the embedded data set. */
export const DEFAULT_SYNTHETIC_SEED = 1;

/**
 * The embedded data set: procedurally drawn 32 × 32 RGB images of ten classes (docs/synthetic-dataset.md). Image
 * `index` of a split shows class index mod 10 and depends on nothing but (seed, split, index), and its bytes are the
 * same on every machine.
 * @throws bad-input when the split, the count or the seed is not one of the above
 */
export function generateSyntheticImages(request: SyntheticRequest): Dataset {
  const { split, count, seed } = checkRequest(request);
  const records = new Uint8Array(count * RECORD_BYTES);
  for (let index = 0; index < count; index++) {
    const label = index % SYNTHETIC_CLASSES.length;
    records[index * RECORD_BYTES] = label;
    const pixels = drawScene(SYNTHETIC_CLASSES[label]!, createRng(imageSeed(seed, split, index)));
    records.set(pixels, index * RECORD_BYTES + 1);
  }
  return datasetFromRecords(`synthetic-${split}-${count}-seed${seed}`, records);
}

const SPLIT_NUMBERS: Readonly<Record<SyntheticSplit, number>> = { train: 0, calibration: 1, test: 2 };
const INDEX_BITS = 24;

/** 32-bit seed of one image: distinct for all (split, index) of one data set seed. */
function imageSeed(seed: number, split: SyntheticSplit, index: number): number {
  return (createRng(seed).nextU32() + SPLIT_NUMBERS[split] * 2 ** INDEX_BITS + index) >>> 0;
}

function checkRequest({
  split,
  count,
  seed = DEFAULT_SYNTHETIC_SEED,
}: SyntheticRequest): Required<SyntheticRequest> {
  const faults: Fault[] = [];
  if (!Object.hasOwn(SPLIT_NUMBERS, split)) {
    faults.push({ where: 'split', wanted: Object.keys(SPLIT_NUMBERS).join(', '), found: show(split) });
  }
  if (!Number.isInteger(count) || count < 1 || count > 2 ** INDEX_BITS) {
    faults.push({ where: 'count', wanted: `an integer 1 … ${2 ** INDEX_BITS}`, found: show(count) });
  }
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    faults.push({ where: 'seed', wanted: 'an integer 0 … 2^32 − 1', found: show(seed) });
  }
  if (faults.length > 0) throw badInput(faults, 'These choose the images of the embedded data set.');
  return { split, count, seed };
}
