import type { NetworkStream } from '../explore/stream-comparison.ts';
import type { PartName, ReproductionBase, Semantics } from '../reproduce/reproduction.ts';

/** Heads of columns and legends. */
export const SEMANTICS_TITLES: Readonly<Record<Semantics, string>> = {
  fixed: 'static int8',
  recalibrated: 'static int8, batch norm recalibrated',
  alwann: 'as ALWANN runs it',
};

export const STREAM_TITLES: Readonly<Record<NetworkStream, string>> = {
  uniform: 'uniform operands',
  'layer-iid': "layers' operands, random order",
  'layer-stream': "layers' operands, weight-stationary",
};

export const PART_TITLES: Readonly<Record<PartName, string>> = {
  fig3a: 'Fig. 3a: each layer alone',
  fig3b: 'Fig. 3b: the first m layers',
  fig4: 'Fig. 4: all levels',
  table1: 'Table I: proposed assignments and EvoApproxLib',
};

export const NOT_AVAILABLE = 'not available to us';

/** Accuracy in per cent with two decimals. */
export function accuracyPercent(correct: number, { test }: ReproductionBase): string {
  return ((100 * correct) / test.images).toFixed(2);
}

/** A share of accuracy as the papers print it, 0.xxx. */
export function accuracyShare(correct: number, { test }: ReproductionBase): string {
  return (correct / test.images).toFixed(3);
}

export function signed(value: number, places: number): string {
  const text = value.toFixed(places);
  if (Number(text) === 0) return text.replace('-', '');
  return value > 0 ? `+${text}` : text.replace('-', '−');
}
