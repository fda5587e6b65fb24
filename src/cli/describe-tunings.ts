import type { TuningComparison } from '../explore/compare-tunings.ts';
import {
  isSignificant,
  isUnchanged,
  NOT_SIGNIFICANT,
  NOT_SIGNIFICANT_MEANING,
} from '../report/significance.ts';

/** Ways of tuning as a table: KL and accuracy on the calibration images, change on the test images. */
export function describeTunings({ results, exact }: TuningComparison): readonly string[] {
  const width = Math.max(...results.map(({ name }) => name.length));
  const percent = (share: number): string => (100 * share).toFixed(2).padStart(6);
  const lines = results.map(({ name, calibration, test }) => {
    const { klNats, correct, images } = calibration;
    const own = `${name.padEnd(width)}  ${klNats.toFixed(4).padStart(8)}  ${percent(correct / images)}`;
    if (test === undefined) return own;
    const mark = isSignificant(test) || isUnchanged(test) ? '' : NOT_SIGNIFICANT;
    const change = `${test.changePoints.toFixed(2).padStart(7)} ± ${test.changeHalfWidth95Points.toFixed(2)}`;
    return `${own}  ${percent(test.accuracy)}  ${mark.padStart(NOT_SIGNIFICANT.length)} ${change}`;
  });
  const head = `${'tuning'.padEnd(width)}   KL nats  calib.%  test %       change in points`;
  const base =
    exact === undefined ? [] : [`exact int8: ${percent(exact.accuracy).trim()} % of the test images`];
  return [head, ...lines, ...base, `${NOT_SIGNIFICANT_MEANING}.`];
}
