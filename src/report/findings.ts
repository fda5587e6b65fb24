import { formatNumber } from './columns.ts';
import type { Statement } from './content.ts';
import { paretoFront } from './pareto.ts';
import type { Report, ReportRow, RowAccuracy } from './rows.ts';

/** Loss of accuracy that the findings take for tolerable, in percentage points. */
const TOLERABLE_LOSS_POINTS = 1;

/**
 * Differences in energy below this share are taken for chance: circuits whose statements were put into another order
 * spread by up to 3.4 % (docs/space.md, Noise).
 */
const SYNTHESIS_NOISE = 0.05;

/** A row with its accuracy. */
export type EvaluatedRow = ReportRow & { readonly accuracy: RowAccuracy };

/** A uniform ROUP and one exact narrow multiplier that computes the same. */
export interface TwinPair {
  readonly roup: ReportRow;
  readonly twin: ReportRow;
  /** (energy of the twin / energy of the ROUP − 1) · 100; negative: the twin needs less. */
  readonly twinEnergyPercent: number;
  readonly winner: 'twin' | 'roup' | 'none';
}

/** What the tables say, in sentences that follow from the rows alone. */
export function describeFindings(report: Report): readonly Statement[] {
  return [
    ...report.rows.filter((row) => row.isBaseline).map(describeBaseline),
    ...describeTolerable(report),
    ...describeTwins(report),
    ...describeFront(report),
  ];
}

/** Rows on the energy-accuracy front; empty without an evaluation. */
export function frontRows(report: Report): readonly EvaluatedRow[] {
  const points = evaluatedRows(report).map((row) => ({
    row,
    energyPj: row.cost.energyPj,
    merit: row.accuracy.changePoints,
  }));
  return paretoFront(points).map(({ row }) => row);
}

/** Rows that have an accuracy. */
export function evaluatedRows(report: Report): readonly EvaluatedRow[] {
  return report.rows.filter((row): row is EvaluatedRow => row.accuracy !== undefined);
}

/** Each uniform ROUP with each of its twins. */
export function twinPairs(report: Report): readonly TwinPair[] {
  return report.rows.flatMap((roup) =>
    roup.twins.map((design) => {
      const twin = report.rows.find((row) => row.design === design)!;
      const ratio = twin.cost.energyPj / roup.cost.energyPj;
      const winner = Math.abs(ratio - 1) < SYNTHESIS_NOISE ? 'none' : ratio < 1 ? 'twin' : 'roup';
      return { roup, twin, twinEnergyPercent: (ratio - 1) * 100, winner };
    }),
  );
}

function describeBaseline(row: ReportRow): Statement {
  return {
    lead: `Best exact baseline: ${row.label}, ${energy(row)} per multiplication.`,
    text: `${row.design}; every energy gain of this width is against it.`,
  };
}

function describeTolerable(report: Report): readonly Statement[] {
  const within = evaluatedRows(report)
    .filter((row) => row.accuracy.changePoints >= -TOLERABLE_LOSS_POINTS)
    .sort((x, y) => y.energyGainPercent - x.energyGainPercent);
  const overall = within[0];
  if (overall === undefined) return [];
  const best = within.find((row) => row.section === 'roup');
  const statement = (what: string, row: EvaluatedRow): Statement => ({
    lead: `Largest gain at a loss of at most ${TOLERABLE_LOSS_POINTS} point${what}: ${row.label}.`,
    text: `${percent(row.energyGainPercent)} energy gain, accuracy ${change(row.accuracy)}.`,
  });
  if (best === undefined || best === overall) return [statement('', overall)];
  return [statement(', all designs', overall), statement(', ROUP only', best)];
}

function describeTwins(report: Report): readonly Statement[] {
  const pairs = twinPairs(report);
  if (pairs.length === 0) return [];
  const wins = (winner: TwinPair['winner']): number => pairs.filter((pair) => pair.winner === winner).length;
  return [
    {
      lead: `Uniform ROUP against its exact narrow twin: the twin needs less energy in ${wins('twin')} of ${pairs.length} pairs.`,
      text: `ROUP needs less in ${wins('roup')}; in ${wins('none')} the difference is below ${SYNTHESIS_NOISE * 100} %, which synthesis noise covers. Saturation of the largest code apart, only unequal r computes something that a narrower exact multiplier does not.`,
    },
  ];
}

function describeFront(report: Report): readonly Statement[] {
  const front = frontRows(report);
  if (front.length === 0) return [];
  return [
    {
      lead: `${front.length} of ${report.rows.length} designs are on the energy-accuracy front.`,
      text: `By rising energy: ${front.map((row) => row.label).join('; ')}. Neighbours within the confidence interval or the synthesis noise are not told apart.`,
    },
  ];
}

function energy(row: ReportRow): string {
  return `${formatNumber(row.cost.energyPj, 4)} pJ`;
}

function percent(value: number): string {
  return `${formatNumber(value, 1, true)} %`;
}

function change({ changePoints, changeHalfWidth95Points }: RowAccuracy): string {
  return `${formatNumber(changePoints, 2, true)} ± ${formatNumber(changeHalfWidth95Points, 2)} points`;
}
