import { formatNumber } from './columns.ts';
import type { ExplorationView, PointView } from './exploration-view.ts';
import { errorScale, type Scale } from './scale.ts';
import { isSignificant, isUnchanged, NOT_SIGNIFICANT } from './significance.ts';

/** What a point loses, measured in one of three ways. */
export type LossKey = 'test' | 'calibration' | 'kl';

export interface Loss {
  readonly key: LossKey;
  /** Short name, for toggles. */
  readonly name: string;
  /** Title of an axis, with unit. */
  readonly title: string;
  /** Larger is worse; undefined where it was not measured. */
  readonly of: (point: PointView) => number | undefined;
  /** Half width of its 95 % interval, where there is one. */
  readonly halfWidth: (point: PointView) => number | undefined;
  /** In words, e.g. "accuracy −1.2 ± 0.8 points on test images". */
  readonly describe: (point: PointView) => string;
}

const TEST: Loss = {
  key: 'test',
  name: 'Accuracy, test',
  title: 'Loss of accuracy on test images [points]',
  of: ({ test }) => (test === undefined ? undefined : -test.changePoints),
  halfWidth: ({ test }) => test?.changeHalfWidth95Points,
  describe: (point) => `accuracy ${describeTestChange(point)} points on test images`,
};

const CALIBRATION: Loss = {
  key: 'calibration',
  name: 'Accuracy, calibration',
  title: 'Loss of accuracy on calibration images [points]',
  of: ({ calibrationChangePoints }) => -calibrationChangePoints,
  halfWidth: () => undefined,
  describe: ({ calibrationChangePoints }) =>
    `accuracy ${formatNumber(calibrationChangePoints, 2, true)} points on calibration images`,
};

const KL: Loss = {
  key: 'kl',
  name: 'KL divergence',
  title: 'KL divergence on calibration images [nats]',
  of: ({ calibration }) => calibration.klNats,
  halfWidth: () => undefined,
  describe: ({ calibration }) => `KL ${formatKl(calibration.klNats)} nats on calibration images`,
};

/** The losses that an exploration has, the most telling one first. */
export function lossesOf({ front }: Pick<ExplorationView, 'front'>): readonly Loss[] {
  return front.some(({ test }) => test !== undefined) ? [TEST, CALIBRATION, KL] : [CALIBRATION, KL];
}

/** Change of accuracy on test images with its interval and mark, e.g. "n.s. −0.39 ± 0.81". */
export function describeTestChange({ test }: PointView): string {
  if (test === undefined) return 'not measured';
  const change = `${formatNumber(test.changePoints, 2, true)} ± ${formatNumber(test.changeHalfWidth95Points, 2)}`;
  return isSignificant(test) || isUnchanged(test) ? change : `${NOT_SIGNIFICANT} ${change}`;
}

/** A KL divergence with three significant digits. */
export function formatKl(klNats: number): string {
  if (klNats === 0) return '0';
  return klNats < 1e-4 ? klNats.toExponential(1).replace('-', '−') : klNats.toPrecision(3);
}

/** Logarithmic axis for KL divergences with an own place for 0; small decades as powers of ten. */
export function klScale(values: readonly number[]): Scale {
  const scale = errorScale([0, ...values]);
  return {
    ...scale,
    ticks: scale.ticks.map(({ value, label }) => ({
      value,
      label: value === 0 || value >= 1e-3 ? label : powerOfTen(value),
    })),
  };
}

/** "10⁻⁴", "2·10⁻⁴". */
function powerOfTen(value: number): string {
  const [mantissa, exponent] = value.toExponential(0).split('e');
  const raised = [...exponent!].map((digit) => SUPERSCRIPTS[digit] ?? '').join('');
  return `${mantissa === '1' ? '' : `${mantissa}·`}10${raised}`;
}

const SUPERSCRIPTS: Readonly<Record<string, string>> = {
  ...Object.fromEntries([...'⁰¹²³⁴⁵⁶⁷⁸⁹'].map((raised, digit) => [String(digit), raised])),
  '-': '⁻',
};

/** Bounds of accuracy loss that the headline names the best points of, percentage points. */
export const LOSS_BOUNDS_POINTS = [1, 2, 4] as const;

/** The point of the front with the largest saving on the searched stream of those within a bound of loss. */
export function bestWithin(
  { front, exploration }: ExplorationView,
  loss: Loss,
  boundPoints: number,
): PointView | undefined {
  const saving = (point: PointView): number => point.savingPercentByStream[exploration.searchedStream]!;
  return front
    .filter((point) => (loss.of(point) ?? Number.POSITIVE_INFINITY) <= boundPoints + 1e-9)
    .reduce<PointView | undefined>(
      (best, point) => (best === undefined || saving(point) > saving(best) ? point : best),
      undefined,
    );
}
