/**
 * How weights are chosen for an approximate multiplier.
 * - none: as they are.
 * - alwann: map(w) of ALWANN, over all activations alike (weight-map.ts).
 * - measured: the same under the activations that the layer reads.
 * - compensated: for the whole filter, each making up for the errors of the others (choose-codes.ts), with a weight scale
 *   for each filter. Only for multipliers that are sums of products of mapped operands; layers with others (truth
 *   tables) are tuned as "measured".
 */
export type WeightTuning = 'none' | 'alwann' | 'measured' | 'compensated';

export const WEIGHT_TUNINGS: readonly WeightTuning[] = ['none', 'alwann', 'measured', 'compensated'];

/** What tuning may change; hardware stays as it is. */
export interface TuningChoice {
  readonly weights: WeightTuning;
  /** Biases make the mean error of each filter 0; always so with "compensated". */
  readonly bias: boolean;
  /** Activations may get another scale where a layer alone reads them (activation-scale.ts). */
  readonly activationScale: boolean;
}

export const NO_TUNING: TuningChoice = { weights: 'none', bias: false, activationScale: false };

/** Everything on: what loses least. */
export const FULL_TUNING: TuningChoice = { weights: 'compensated', bias: true, activationScale: true };
