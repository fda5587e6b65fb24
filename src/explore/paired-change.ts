import { type Predictions, predictedClass } from './classification.ts';
import type { Comparison } from './evaluation.ts';
import { mcnemarPValue } from './mcnemar.ts';
import { NORMAL_QUANTILE_975 } from './wilson-interval.ts';

/** Change of accuracy between two networks that saw the same images. */
export interface PairedChange {
  /** Accuracy of the second minus that of the first, percentage points. */
  readonly changePoints: number;
  /** Half width of its 95 % confidence interval, percentage points. */
  readonly halfWidth95Points: number;
}

/**
 * Change from the numbers of discordant images, with the Wald interval for a difference of paired proportions after
 * adding ½ to each cell of the 2 × 2 table, so that few or no discordant images do not pretend certainty.
 * Source: A. Agresti, Y. Min, "Simple improved confidence intervals for comparing matched proportions",
 * Statistics in Medicine 24, 2005.
 * @param lost images that only the first network has right
 * @param gained images that only the second has right
 */
export function pairedChange(images: number, lost: number, gained: number): PairedChange {
  const [b, c, n] = [lost + 0.5, gained + 0.5, images + 2];
  const variance = (b + c - (b - c) ** 2 / n) / n ** 2;
  return {
    changePoints: (100 * (gained - lost)) / images,
    halfWidth95Points: 100 * NORMAL_QUANTILE_975 * Math.sqrt(variance),
  };
}

/** Counts the discordant images of two predictions and tests their difference. */
export function comparePaired(predictions: Predictions, exact: Predictions, labels: Uint8Array): Comparison {
  let lost = 0;
  let gained = 0;
  for (const [image, label] of labels.entries()) {
    const wasRight = predictedClass(exact, image) === label;
    const isRight = predictedClass(predictions, image) === label;
    if (wasRight && !isRight) lost++;
    if (!wasRight && isRight) gained++;
  }
  const { changePoints, halfWidth95Points } = pairedChange(labels.length, lost, gained);
  const pValue = mcnemarPValue(lost, gained);
  return { changePoints, changeHalfWidth95Points: halfWidth95Points, lost, gained, pValue };
}
