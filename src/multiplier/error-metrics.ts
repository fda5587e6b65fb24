import { createRng } from '../base/rng.ts';
import { compileOperandProduct } from './golden.ts';
import { type MultiplierSpec, operandRange, portShape } from './spec.ts';

/**
 * Error of a multiplier against the exact product of its operands, all operand pairs equally likely.
 * Names as in EvoApproxLib. "Percent" of MAE, WCE, bias is relative to 2^(aBits+bBits) of the operands.
 * Source: V. Mrazek et al., "EvoApprox8b: Library of Approximate Adders and Multipliers …", DATE 2017.
 */
export interface ErrorMetrics {
  /** Operand pairs that the figures were taken over. */
  readonly pairs: number;
  /** True: all pairs; false: seeded uniform sample. */
  readonly exhaustive: boolean;
  /** Mean |error|. */
  readonly maeAbs: number;
  readonly maePercent: number;
  /** Largest |error| seen. */
  readonly wceAbs: number;
  readonly wcePercent: number;
  /** Mean of |error| / max(1, |exact|) over all pairs, in percent. */
  readonly mrePercent: number;
  /** Mean of |error| / |exact| over the pairs whose exact product is not 0, in percent (EvoApproxLib's MRE). */
  readonly mredPercent: number;
  /** Largest |error| / |exact| over the pairs whose exact product is not 0, in percent (EvoApproxLib's WCRE). */
  readonly wcrePercent: number;
  /** Mean of error². */
  readonly mse: number;
  /** Share of pairs with a wrong product, in percent. */
  readonly epPercent: number;
  /** Mean error (approximate − exact), signed. */
  readonly biasAbs: number;
  /** Share of pairs with relative error below 2 % (an exact 0 counts when it is met exactly), in percent. */
  readonly pred2Percent: number;
}

/** Pairs sampled where all pairs would be more than 2^20. */
export const SAMPLED_PAIRS = 2 ** 22;
const EXHAUSTIVE_LIMIT = 2 ** 20;

/**
 * Error metrics over all operand pairs where these are at most 2^20, else over SAMPLED_PAIRS seeded ones.
 * @param seed used only when sampling
 */
export function errorMetrics(spec: MultiplierSpec, seed = 1): ErrorMetrics {
  const range = operandRange(spec);
  const aCount = range.aMax - range.aMin + 1;
  const bCount = range.bMax - range.bMin + 1;
  const exhaustive = aCount * bCount <= EXHAUSTIVE_LIMIT;
  const pairs = exhaustive ? aCount * bCount : SAMPLED_PAIRS;
  const rng = createRng(seed);
  const product = compileOperandProduct(spec);

  let sumAbs = 0;
  let worst = 0;
  let sumRelative = 0;
  let sumRelativeNonZero = 0;
  let worstRelative = 0;
  let nonZeroPairs = 0;
  let sumSquares = 0;
  let wrong = 0;
  let sum = 0;
  let within2Percent = 0;
  for (let index = 0; index < pairs; index++) {
    const a = exhaustive ? range.aMin + Math.floor(index / bCount) : rng.nextInt(range.aMin, range.aMax);
    const b = exhaustive ? range.bMin + (index % bCount) : rng.nextInt(range.bMin, range.bMax);
    const exact = a * b;
    const error = product(a, b) - exact;
    const distance = Math.abs(error);
    sum += error;
    sumAbs += distance;
    sumSquares += error * error;
    if (distance > worst) worst = distance;
    if (error !== 0) wrong++;
    sumRelative += distance / Math.max(1, Math.abs(exact));
    if (exact !== 0) {
      nonZeroPairs++;
      const relative = distance / Math.abs(exact);
      sumRelativeNonZero += relative;
      if (relative > worstRelative) worstRelative = relative;
      if (relative < 0.02) within2Percent++;
    } else if (error === 0) within2Percent++;
  }

  const { aBits, bBits } = portShape(spec);
  const fullScale = spec.family === 'narrow' ? 4 ** spec.bits : 2 ** (aBits + bBits);
  return {
    pairs,
    exhaustive,
    maeAbs: sumAbs / pairs,
    maePercent: (100 * sumAbs) / pairs / fullScale,
    wceAbs: worst,
    wcePercent: (100 * worst) / fullScale,
    mrePercent: (100 * sumRelative) / pairs,
    mredPercent: (100 * sumRelativeNonZero) / nonZeroPairs,
    wcrePercent: 100 * worstRelative,
    mse: sumSquares / pairs,
    epPercent: (100 * wrong) / pairs,
    biasAbs: sum / pairs,
    pred2Percent: (100 * within2Percent) / pairs,
  };
}
