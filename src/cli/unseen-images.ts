import { badInput } from '../base/errors.ts';
import { type Dataset, selectImages, sliceDataset } from '../dnn/data/dataset.ts';
import { drawImages, sampleImages } from '../explore/calibration-images.ts';
import { readExploration } from '../report/read-exploration.ts';

/**
 * Test images behind the first `skip`, without those that an exploration scored or tuned on.
 * @param explorationPath its exploration.json; `dataset` must be the whole training set that it drew from
 * @throws bad-input when it drew from other images, or none is left
 */
export function unseenImages(dataset: Dataset, skip: number, explorationPath?: string): Dataset {
  if (explorationPath === undefined && skip < dataset.images) {
    return sliceDataset(dataset, skip, dataset.images - skip);
  }
  const seen = explorationPath === undefined ? new Set() : seenImages(dataset, explorationPath);
  const left = Array.from({ length: dataset.images }, (_, image) => image).filter(
    (image) => image >= skip && !seen.has(image),
  );
  if (left.length === 0) {
    throw badInput(
      { where: `data set ${dataset.name}`, wanted: 'images that were not seen', found: 'none' },
      'Skip fewer images, or give a larger set.',
    );
  }
  return selectImages(dataset, left, `${dataset.name} (${left.length} unseen)`);
}

/** Numbers of the images that the exploration drew: to score assignments, and to refine the best ones. */
function seenImages(dataset: Dataset, path: string): ReadonlySet<number> {
  const { calibration, tuning } = readExploration(path);
  const { images, seed, sha256 } = calibration;
  const found = images <= dataset.images ? sampleImages(dataset, images, seed).sha256 : 'fewer images';
  if (found !== sha256) {
    throw badInput(
      {
        where: `data set ${dataset.name}`,
        wanted: `the training set that ${path} drew ${calibration.name} from`,
        found: 'another one',
      },
      'Give the file that was --calibration of maxdnn explore to --dataset, without --images.',
    );
  }
  /** Where no number was asked for, the same images served both, and a few more are left out than need be. */
  const refined = Number(tuning['refine-images'] ?? 0);
  return new Set([
    ...drawImages(dataset, images, seed),
    ...(refined > 0 ? drawImages(dataset, refined, seed + 1) : []),
  ]);
}
