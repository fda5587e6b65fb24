import { formatNumber } from './columns.ts';
import type { Statement } from './content.ts';
import { designLabel } from './design-label.ts';
import { CLASS_TITLES, type SpaceClass } from './space-class.ts';
import { SPACE_ERRORS, type SpaceEnergy, type SpaceReport, type SpaceRow } from './space-rows.ts';

/**
 * Differences in energy up to this share are not counted: several times what chance of synthesis makes of one design
 * (docs/space.md: standard deviation below 1 %, scripts/measure-noise.mjs), so that a choice of other recipes is covered.
 */
export const SPACE_NOISE_PERCENT = 5;

/** Classes that approximate in the multiplier itself; a narrow one is exact on rounded operands. */
const ROUP_CLASSES: readonly SpaceClass[] = ['rounding-only', 'perforation-only', 'roup'];

/** True for a ROUP whose rows are rounded unequally: the only ones that no narrower exact multiplier equals. */
export function isAsymmetric(row: SpaceRow): boolean {
  return ROUP_CLASSES.includes(row.class) && !row.isUniform;
}

/** What each energy is called in running text. */
export const ENERGY_TITLES: Readonly<Record<SpaceEnergy, string>> = {
  settled: 'without glitches',
  'with-glitches': 'with glitches',
};

/** What the space says, in sentences that follow from its rows alone. */
export function describeSpace(report: SpaceReport): readonly Statement[] {
  const { baseline, rows } = report;
  const front = rows.filter((row) => row.onFront);
  const classes = Object.keys(CLASS_TITLES) as SpaceClass[];
  const shares = classes
    .map((own) => ({ own, all: count(rows, own), onFront: count(front, own) }))
    .filter(({ all }) => all > 0);
  const missed = rows.filter((row) => !row.cost.meetsClock).length;
  return [
    {
      lead: `Best exact baseline: ${designLabel(baseline.spec)}, ${energy(baseline.energyPj)}.`,
      text: `Every gain is against it, at ${report.clockNs} ns, on uniform operands, ${ENERGY_TITLES[report.energy]}.`,
    },
    {
      lead: `${front.length} of ${rows.length} designs are on the front of error, energy and delay.`,
      text: `${shares.map(({ own, all, onFront }) => `${CLASS_TITLES[own]}: ${onFront} of ${all}`).join('; ')}.`,
    },
    ...describeRivals(report),
    ...describeTwins(report),
    ...(missed === 0
      ? []
      : [
          {
            lead: `${missed} designs miss the clock target.`,
            text: 'They are in the CSV, on no front, and stand against none.',
          },
        ]),
  ];
}

/** Asymmetric ROUP against every exact or narrow design that is at least as good. */
function describeRivals({ rows, error }: SpaceReport): readonly Statement[] {
  const own = rows.filter((row) => isAsymmetric(row) && row.cost.meetsClock);
  if (own.length === 0) return [];
  const better = own.filter(({ toRivalPercent }) => toRivalPercent < 0);
  const clear = own.filter(({ toRivalPercent }) => toRivalPercent < -SPACE_NOISE_PERCENT);
  const best = own.reduce((least, row) => (row.toRivalPercent < least.toRivalPercent ? row : least));
  const { title, unit } = SPACE_ERRORS[error];
  return [
    {
      lead: `Asymmetric ROUP against exact and narrow designs of at most its ${title}: ${clear.length} of ${own.length} need less energy by more than ${SPACE_NOISE_PERCENT} %.`,
      text: `${better.length} need less at all; up to ${SPACE_NOISE_PERCENT} % is not counted. Largest difference: ${best.label} (${title} ${best.error.toPrecision(3)} ${unit}, ${energy(best.energyPj)}), ${formatNumber(best.toRivalPercent, 1, true)} % against ${designLabel(best.rival.spec)} (${energy(best.rival.energyPj)}).`,
    },
  ];
}

/** Uniform ROUP against the cheapest of the three ways to build its exact twin. */
function describeTwins({ rows }: SpaceReport): readonly Statement[] {
  const pairs = rows.flatMap(({ isUniform, twin, energyPj }) =>
    isUniform && twin !== undefined ? [(twin.energyPj / energyPj - 1) * 100] : [],
  );
  if (pairs.length === 0) return [];
  const twinWins = pairs.filter((percent) => percent < -SPACE_NOISE_PERCENT).length;
  const roupWins = pairs.filter((percent) => percent > SPACE_NOISE_PERCENT).length;
  return [
    {
      lead: `Uniform ROUP against the cheapest of its exact twins: the twin needs less in ${twinWins} of ${pairs.length} pairs.`,
      text: `ROUP needs less in ${roupWins}; in the others the difference is within ${SPACE_NOISE_PERCENT} %. A twin saturates the largest code, so its error differs a little.`,
    },
  ];
}

/** The cheapest design per class at each of some bounds of the error. */
export interface ErrorLevel {
  readonly bound: number;
  /** In the order of `classes`; undefined where the class has none. */
  readonly cheapest: readonly (SpaceRow | undefined)[];
}

/** Groups that the levels compare. */
export const LEVEL_GROUPS: readonly {
  readonly title: string;
  readonly isIn: (row: SpaceRow) => boolean;
}[] = [
  { title: 'Exact or narrow', isIn: (row) => row.class === 'exact' || row.class === 'narrow' },
  { title: 'ROUP, unequal r', isIn: isAsymmetric },
  { title: 'Rounding only', isIn: (row) => row.class === 'rounding-only' },
  { title: 'Perforation only', isIn: (row) => row.class === 'perforation-only' },
  { title: 'P > 0 and r > 0', isIn: (row) => row.class === 'roup' },
];

/** Cheapest design of each group with at most a given error; bounds 1, 2, 5 per decade over the errors of the space. */
export function errorLevels({ rows }: SpaceReport): readonly ErrorLevel[] {
  const errors = rows.map(({ error }) => error).filter((error) => error > 0);
  if (errors.length === 0) return [];
  const first = Math.floor(Math.log10(Math.min(...errors)));
  const last = Math.floor(Math.log10(Math.max(...errors)));
  const bounds = Array.from({ length: last - first + 1 }, (_, index) => first + index).flatMap((decade) =>
    [1, 2, 5].map((factor) => Number(`${factor}e${decade}`)),
  );
  return bounds
    .filter((bound) => bound >= Math.min(...errors) && bound <= Math.max(...errors))
    .map((bound) => ({
      bound,
      cheapest: LEVEL_GROUPS.map(({ isIn }) =>
        rows
          .filter((row) => row.cost.meetsClock && row.error <= bound && isIn(row))
          .reduce<SpaceRow | undefined>(
            (best, row) => (best === undefined || row.energyPj < best.energyPj ? row : best),
            undefined,
          ),
      ),
    }));
}

function count(rows: readonly SpaceRow[], own: SpaceClass): number {
  return rows.filter((row) => row.class === own).length;
}

function energy(energyPj: number): string {
  return `${formatNumber(energyPj, 4)} pJ`;
}
