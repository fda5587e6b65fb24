import { readArtifact } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { type Dataset, selectImages, sliceDataset } from '../dnn/data/dataset.ts';
import { drawImages, sampleImages } from '../explore/calibration-images.ts';
import { readExploration } from '../report/read-exploration.ts';
import { isTunings, TUNINGS_FORMAT_VERSION, type Tunings } from './tunings.ts';

/**
 * Test images behind the first `skip`, without those that maxdnn explore or tune scored or tuned on.
 * @param resultPath its exploration.json or .tunings.json; `dataset` must be the whole training set that it drew from
 * @throws bad-input when it drew from other images, or none is left
 */
export function unseenImages(dataset: Dataset, skip: number, resultPath?: string): Dataset {
  if (resultPath === undefined && skip < dataset.images) {
    return sliceDataset(dataset, skip, dataset.images - skip);
  }
  const seen = resultPath === undefined ? new Set() : seenImages(dataset, resultPath);
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

/** What was drawn by chance: the first draw with the digest of its images, and another one. */
interface Draws {
  readonly images: number;
  readonly seed: number;
  readonly sha256: string;
  /** Images that the best points were refined on, drawn by the next seed; 0: none. */
  readonly refined: number;
}

function drawsOf(path: string): Draws {
  if (isTunings(path)) {
    const { seed, inputs, results } = readArtifact<Tunings>(path, 'tunings', TUNINGS_FORMAT_VERSION);
    return { images: results[0]!.calibration.images, seed, sha256: inputs.calibration!, refined: 0 };
  }
  const { calibration, tuning } = readExploration(path);
  // Where no number was asked for, the same images served both, and a few more are left out than need be.
  return { ...calibration, refined: Number(tuning['refine-images'] ?? 0) };
}

/** Numbers of the images that were drawn. */
function seenImages(dataset: Dataset, path: string): ReadonlySet<number> {
  const { images, seed, sha256, refined } = drawsOf(path);
  const found = images <= dataset.images ? sampleImages(dataset, images, seed).sha256 : 'fewer images';
  if (found !== sha256) {
    throw badInput(
      {
        where: `data set ${dataset.name}`,
        wanted: `the training set that ${path} drew ${images} images from by seed ${seed}`,
        found: 'another one',
      },
      'Give the file that was --calibration of maxdnn explore or tune to --dataset, without --images.',
    );
  }
  return new Set([
    ...drawImages(dataset, images, seed),
    ...(refined > 0 ? drawImages(dataset, refined, seed + 1) : []),
  ]);
}
