import type { ShareInterval } from './evaluation.ts';

/** 97.5 % quantile of the normal distribution. */
export const NORMAL_QUANTILE_975 = 1.959963984540054;

/**
 * Wilson's 95 % score interval: the shares p with |correct/images − p| ≤ z·√(p(1 − p)/images). Within 0 … 1 and of
 * sensible width also at 0 % and 100 %.
 * Source: E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22, 1927.
 * @param images at least 1
 * @param correct 0 … images
 */
export function wilsonInterval(images: number, correct: number): ShareInterval {
  const z = NORMAL_QUANTILE_975;
  const share = correct / images;
  const centre = share + z ** 2 / (2 * images);
  const spread = z * Math.sqrt((share * (1 - share)) / images + z ** 2 / (4 * images ** 2));
  const scale = 1 + z ** 2 / images;
  return {
    low: correct === 0 ? 0 : Math.max(0, (centre - spread) / scale),
    high: correct === images ? 1 : Math.min(1, (centre + spread) / scale),
  };
}
