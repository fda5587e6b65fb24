import { badInput } from '../base/errors.ts';
import type { Dataset } from './data/dataset.ts';
import { runFloat } from './float-inference.ts';
import type { FloatNetwork } from './network.ts';
import {
  histogramOfMagnitudes,
  leastErrorMagnitude,
  type MagnitudeHistogram,
  percentileOfMagnitudes,
} from './percentile.ts';

/**
 * How the scale of an activation follows from its values on the calibration images: code 127 stands for the largest
 * magnitude ("max"), for the one that a percentile of the values does not exceed, or for the bound with the least
 * mean squared error.
 */
export type Calibration = 'max' | 'percentile' | 'mse';

/**
 * Codes of activations that are never negative (behind a ReLU): "symmetric" 0 … 127 with zero point 0; "asymmetric"
 * −128 … 127 with zero point −128, steps half as large. All others are symmetric.
 */
export type ActivationCodes = 'symmetric' | 'asymmetric';

export const ACTIVATION_CODES: readonly ActivationCodes[] = ['symmetric', 'asymmetric'];

export const CALIBRATIONS: readonly Calibration[] = ['max', 'percentile', 'mse'];

/** Values of the outputs of the layers of these names over all images, by magnitude. */
export function measureRanges(
  network: FloatNetwork,
  images: Dataset,
  layers: ReadonlySet<string>,
): ReadonlyMap<string, MagnitudeHistogram> {
  const ranges = new Map<string, MagnitudeHistogram>();
  runFloat(network, images, (name, values) => {
    if (layers.has(name)) ranges.set(name, histogramOfMagnitudes(values));
  });
  return ranges;
}

/** The magnitude that code 127 stands for; never 0. */
export function chooseMagnitude(
  histogram: MagnitudeHistogram,
  calibration: Calibration,
  percentile: number,
): number {
  switch (calibration) {
    case 'max':
      return histogram.magnitude || 1;
    case 'percentile':
      return percentileOfMagnitudes(histogram, percentile) || 1;
    case 'mse':
      return leastErrorMagnitude(histogram) || 1;
  }
}

/** @throws bad-input unless 0 < percentile ≤ 100 */
export function checkPercentile(percentile: number): void {
  if (percentile > 0 && percentile <= 100) return;
  throw badInput(
    { where: 'percentile', wanted: '0 < percentile ≤ 100', found: String(percentile) },
    'Try 99.99.',
  );
}
