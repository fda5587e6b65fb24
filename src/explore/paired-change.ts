/** Change of accuracy between two networks that saw the same images. */
export interface PairedChange {
  /** Accuracy of the second minus that of the first, percentage points. */
  readonly changePoints: number;
  /** Half width of its 95 % confidence interval, percentage points. */
  readonly halfWidth95Points: number;
}

/** 97.5 % quantile of the normal distribution. */
const QUANTILE = 1.959964;

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
    halfWidth95Points: 100 * QUANTILE * Math.sqrt(variance),
  };
}
