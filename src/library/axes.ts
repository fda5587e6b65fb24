import type { OutputPin } from './cell.ts';

/** Input transition times (30 % … 70 % of the supply), ns. */
export const SLEWS_NS: readonly number[] = [0.0012, 0.005, 0.017, 0.04, 0.08, 0.13, 0.2];

/** Loads as shares of the largest one; the first point is MIN_LOAD_FF instead. */
export const LOAD_SHARES: readonly number[] = [0, 1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1];

const MIN_LOAD_FF = 0.3;

/** Load axis of an output, fF. */
export function loadsOf(output: OutputPin): number[] {
  return LOAD_SHARES.map((share) => (share === 0 ? MIN_LOAD_FF : share * output.maxLoadFf));
}

/** Transition times of both axes of setup, hold, recovery and removal, ns. */
export const CONSTRAINT_SLEWS_NS: readonly number[] = [0.0012, 0.04, 0.2];
