import { badInput } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { createRng } from '../base/rng.ts';
import { type Dataset, imageSize, selectImages } from '../dnn/data/dataset.ts';

/**
 * `count` different images by chance, in the order of the set.
 * @throws bad-input when it has fewer
 */
export function sampleImages(dataset: Dataset, count: number, seed: number): Dataset {
  const chosen = drawImages(dataset, count, seed);
  return selectImages(dataset, chosen, `${dataset.name} (${count} by seed ${seed})`);
}

/** Numbers of the images of sampleImages, rising. */
export function drawImages(dataset: Dataset, count: number, seed: number): readonly number[] {
  if (!(count >= 1 && count <= dataset.images)) {
    throw badInput(
      {
        where: `data set ${dataset.name}`,
        wanted: `${count} images to calibrate on`,
        found: String(dataset.images),
      },
      'Ask for fewer images, or give a larger training set.',
    );
  }
  const rng = createRng(seed);
  const order = Array.from({ length: dataset.images }, (_, image) => image);
  for (let i = 0; i < count; i++) {
    const j = rng.nextInt(i, dataset.images - 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.slice(0, count).sort((a, b) => a - b);
}

/**
 * Checks that no test image is one that the search sees, pixel by pixel and whatever the sets are called.
 * @throws bad-input naming the first of them
 */
export function checkImagesApart(calibration: Dataset, test: Dataset): void {
  const seen = new Map(imageDigests(calibration).map((digest, image) => [digest, image]));
  const common = imageDigests(test).flatMap((digest, image) => {
    const other = seen.get(digest);
    return other === undefined ? [] : [[image, other] as const];
  });
  const [first] = common;
  if (first === undefined) return;
  throw badInput(
    {
      where: `test images ${test.name}`,
      wanted: `none of the calibration images ${calibration.name}`,
      found: `${common.length} of them, image ${first[0]} is calibration image ${first[1]}`,
    },
    'Search on training images and keep the test images for the end: give other files to --calibration and --dataset.',
  );
}

function imageDigests(dataset: Dataset): readonly string[] {
  const size = imageSize(dataset);
  const shape = `${dataset.height} ${dataset.width} ${dataset.channels} `;
  return Array.from(
    { length: dataset.images },
    (_, image) => shape + sha256(dataset.pixels.subarray(image * size, (image + 1) * size)),
  );
}
