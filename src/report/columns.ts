import type { ShareInterval } from '../explore/evaluation.ts';
import type { ReportRow } from './rows.ts';
import { formatPValue, isSignificant, isUnchanged, NOT_SIGNIFICANT } from './significance.ts';

/** One figure per design; the same in every format. */
export interface Column {
  /** Name in the CSV, with the unit. */
  readonly key: string;
  readonly title: string;
  /** Empty for counts. */
  readonly unit: string;
  /** Undefined where the report has no such figure. */
  readonly value: (row: ReportRow) => number | undefined;
  /** Decimals; "auto": 3 significant digits of the smallest figure, 2 where that takes more than 4; at most 6. */
  readonly places: number | 'auto';
  /** True: positive figures get a plus sign. */
  readonly signed?: boolean;
  /** Other text than a decimal number. */
  readonly format?: (value: number) => string;
  /** Stands before the figure where it must not be taken at face value. */
  readonly mark?: (row: ReportRow) => string | undefined;
  /** Half width of the confidence interval, printed behind the figure (not behind the reference's 0 ± 0). */
  readonly plusMinus?: (row: ReportRow) => number | undefined;
}

const MAE_PERCENT: Column = column('mae_percent', 'MAE', '%', 'auto', (row) => row.errors.maePercent);
const WCE_PERCENT: Column = column('wce_percent', 'WCE', '%', 'auto', (row) => row.errors.wcePercent);
const MRED_PERCENT: Column = column('mred_percent', 'MRED', '%', 'auto', (row) => row.errors.mredPercent);
const AREA: Column = column('area_um2', 'Area', 'µm²', 1, (row) => row.cost.areaUm2);
const DELAY: Column = column('delay_ns', 'Delay', 'ns', 3, (row) => row.cost.delayNs);
const ENERGY: Column = column('energy_pj', 'Energy', 'pJ', 4, (row) => row.cost.energyPj);
const GAIN: Column = {
  ...column('energy_gain_percent', 'Energy gain', '%', 1, (row) => row.energyGainPercent),
  signed: true,
};
const GAIN_WITH_GLITCHES: Column = {
  ...column(
    'energy_gain_with_glitches_percent',
    'Gain with glitches',
    '%',
    1,
    (row) => row.glitches?.gainPercent,
  ),
  signed: true,
};
const ACCURACY: Column = column(
  'accuracy_percent',
  'Accuracy',
  '%',
  2,
  (row) => row.accuracy?.accuracyPercent,
);
const CHANGE: Column = {
  ...column('accuracy_change_points', 'Accuracy change', 'points', 2, (row) => row.accuracy?.changePoints),
  signed: true,
  plusMinus: (row) => row.accuracy?.changeHalfWidth95Points,
  mark: ({ accuracy }) =>
    accuracy && !isSignificant(accuracy) && !isUnchanged(accuracy) ? NOT_SIGNIFICANT : undefined,
};
const LOW: Column = column('accuracy_low_95_percent', '95 % low', '%', 2, (row) => percentOf(row, 'low'));
const HIGH: Column = column('accuracy_high_95_percent', '95 % high', '%', 2, (row) => percentOf(row, 'high'));
const TOP5: Column = column('accuracy_top5_percent', 'Top 5', '%', 2, ({ accuracy }) =>
  accuracy === undefined ? undefined : 100 * accuracy.counted.accuracyTop5,
);
const LOST: Column = column('images_lost', 'Lost', 'images', 0, (row) => row.accuracy?.lost);
const GAINED: Column = column('images_gained', 'Gained', 'images', 0, (row) => row.accuracy?.gained);
const P_VALUE: Column = {
  ...column('mcnemar_p', 'McNemar p', '', 3, (row) => row.accuracy?.pValue),
  format: formatPValue,
};
const HALF_WIDTH: Column = column(
  'accuracy_change_half_width_95_points',
  '± 95 %',
  'points',
  2,
  (row) => row.accuracy?.changeHalfWidth95Points,
);
const ENERGY_PER_IMAGE: Column = column(
  'energy_per_image_nj',
  'Energy per image',
  'nJ',
  'auto',
  (row) => row.accuracy?.energyPerImageNj,
);

/** The columns of the result table: error, cost, accuracy. */
export const RESULT_COLUMNS: readonly Column[] = [
  MAE_PERCENT,
  MRED_PERCENT,
  AREA,
  DELAY,
  ENERGY,
  GAIN,
  GAIN_WITH_GLITCHES,
  ACCURACY,
  CHANGE,
];

/** How sure the accuracies are. */
export const ACCURACY_COLUMNS: readonly Column[] = [ACCURACY, LOW, HIGH, TOP5, CHANGE, LOST, GAINED, P_VALUE];

/** All error metrics. */
export const ERROR_COLUMNS: readonly Column[] = [
  column('mae_abs', 'MAE', '', 'auto', (row) => row.errors.maeAbs),
  MAE_PERCENT,
  column('wce_abs', 'WCE', '', 0, (row) => row.errors.wceAbs),
  WCE_PERCENT,
  column('mre_percent', 'MRE', '%', 'auto', (row) => row.errors.mrePercent),
  MRED_PERCENT,
  column('mse', 'MSE', '', 'auto', (row) => row.errors.mse),
  column('ep_percent', 'EP', '%', 1, (row) => row.errors.epPercent),
  { ...column('bias_abs', 'Bias', '', 2, (row) => row.errors.biasAbs), signed: true },
  column('pred2_percent', 'PRED(2 %)', '%', 1, (row) => row.errors.pred2Percent),
  column('error_pairs', 'Pairs', '', 0, (row) => row.errors.pairs),
];

/** Where the energy goes. */
export const COST_COLUMNS: readonly Column[] = [
  column('cells', 'Cells', '', 0, (row) => row.cost.cells),
  AREA,
  DELAY,
  column('internal_pj', 'Internal', 'pJ', 4, (row) => row.cost.internalPj),
  column('switching_pj', 'Switching', 'pJ', 4, (row) => row.cost.switchingPj),
  column('leakage_pj', 'Leakage', 'pJ', 'auto', (row) => row.cost.leakagePj),
  ENERGY,
  GAIN,
  column('glitch_pj', 'Glitches', 'pJ', 4, (row) => row.cost.glitchPj),
  column('energy_with_glitches_pj', 'Energy with glitches', 'pJ', 4, (row) => row.glitches?.energyPj),
  GAIN_WITH_GLITCHES,
  ENERGY_PER_IMAGE,
];

/** Every figure once, for the CSV. */
export const ALL_COLUMNS: readonly Column[] = [
  ...new Map(
    [...ERROR_COLUMNS, ...COST_COLUMNS, ...ACCURACY_COLUMNS, HALF_WIDTH].map((c) => [c.key, c]),
  ).values(),
];

/** What stands where a report has no evaluation. */
export const NOT_EVALUATED = 'not evaluated';

/** Columns that have a figure in at least one row; without an evaluation the accuracy columns fall away. */
export function columnsWithFigures(
  columns: readonly Column[],
  rows: readonly ReportRow[],
): readonly Column[] {
  return columns.filter((entry) => rows.some((row) => entry.value(row) !== undefined));
}

/** Head of a column, e.g. "Area [µm²]". */
export function columnHead(entry: Column): string {
  return entry.unit === '' ? entry.title : `${entry.title} [${entry.unit}]`;
}

/** The figures of a column as text, one per row, all with the same number of decimals so that they align. */
export function formatColumn(entry: Column, rows: readonly ReportRow[]): readonly string[] {
  const values = rows.map(entry.value);
  const places = entry.places === 'auto' ? placesFor(values) : entry.places;
  return rows.map((row, index) => {
    const value = values[index];
    if (value === undefined) return NOT_EVALUATED;
    const mark = entry.mark?.(row);
    const number = entry.format?.(value) ?? formatNumber(value, places, entry.signed ?? false);
    const text = mark === undefined ? number : `${mark} ${number}`;
    const halfWidth = entry.plusMinus?.(row);
    const isReference = halfWidth === 0 && value === 0;
    return halfWidth === undefined || isReference ? text : `${text} ± ${halfWidth.toFixed(places)}`;
  });
}

/** Decimal number with a true minus sign and thin spaces between thousands; what rounds to zero has no sign. */
export function formatNumber(value: number, places: number, signed = false): string {
  const [whole, fraction] = Math.abs(value).toFixed(places).split('.');
  const digits = whole!.replace(/\B(?=(\d{3})+$)/g, whole!.length > 4 ? '\u202f' : '');
  const text = fraction === undefined ? digits : `${digits}.${fraction}`;
  if (!/[1-9]/.test(text)) return text;
  return value < 0 ? `−${text}` : signed ? `+${text}` : text;
}

function percentOf({ accuracy }: ReportRow, end: keyof ShareInterval): number | undefined {
  return accuracy === undefined ? undefined : 100 * accuracy.counted.interval95[end];
}

function placesFor(values: readonly (number | undefined)[]): number {
  const sizes = values.filter((value) => value !== undefined && value !== 0).map((value) => Math.abs(value!));
  if (sizes.length === 0) return 0;
  const magnitude = Math.floor(Math.log10(Math.min(...sizes)));
  return Math.max(0, Math.min(2 - magnitude, Math.max(4, 1 - magnitude), 6));
}

function column(
  key: string,
  title: string,
  unit: string,
  places: number | 'auto',
  value: (row: ReportRow) => number | undefined,
): Column {
  return { key, title, unit, places, value };
}
