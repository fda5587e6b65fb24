import { type Comparison, SIGNIFICANCE } from '../explore/evaluation.ts';

/** What stands before a change that the images do not tell from 0. */
export const NOT_SIGNIFICANT = 'n.s.';

/** Level of the test, per cent. */
export const SIGNIFICANCE_PERCENT: number = SIGNIFICANCE * 100;

/** What the mark means, for captions. */
export const NOT_SIGNIFICANT_MEANING = `${NOT_SIGNIFICANT}: not distinguishable from 0 at ${SIGNIFICANCE_PERCENT} % on these images (exact McNemar test)`;

/** True when the images tell the network from the exact one. */
export function isSignificant({ pValue }: Pick<Comparison, 'pValue'>): boolean {
  return pValue < SIGNIFICANCE;
}

/** True when not one image is answered better or worse: nothing to test. */
export function isUnchanged({ lost, gained }: Pick<Comparison, 'lost' | 'gained'>): boolean {
  return lost === 0 && gained === 0;
}

/** A p-value as people read it: "0.049", "< 0.001". */
export function formatPValue(pValue: number): string {
  return pValue < 0.001 ? '< 0.001' : pValue.toFixed(3);
}
