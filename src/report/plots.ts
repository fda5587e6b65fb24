import { operandBits } from './baseline.ts';
import { formatNumber } from './columns.ts';
import { plotLabel } from './design-label.ts';
import { evaluatedRows, frontRows, twinPairs } from './findings.ts';
import { paretoFront } from './pareto.ts';
import type { Report, ReportRow } from './rows.ts';
import { changeScale, errorScale, linearScale } from './scale.ts';
import type { Scatter, ScatterPoint } from './svg.ts';

/** Energy per multiplication against accuracy change; undefined without an evaluation. */
export function accuracyPlot(report: Report): Scatter | undefined {
  const rows = evaluatedRows(report);
  if (rows.length === 0) return undefined;
  const points = rows.map((row) => ({
    ...pointOf(report, row),
    y: row.accuracy.changePoints,
    halfWidthY: row.accuracy.changeHalfWidth95Points,
  }));
  return {
    ...common(report, points),
    id: 'energy-accuracy',
    title: 'Energy and accuracy',
    description: `Energy per multiplication in picojoule against accuracy change in points, ${points.length} designs. The result table holds the same figures.`,
    yTitle: 'Accuracy change [points]',
    yScale: changeScale(points.flatMap(({ y, halfWidthY }) => [y - halfWidthY, y, y + halfWidthY])),
    points,
    front: frontRows(report).map((row) => row.design),
  };
}

/** Energy per multiplication against mean absolute error. */
export function errorPlot(report: Report): Scatter {
  const points = report.rows.map((row) => ({ ...pointOf(report, row), y: row.errors.maePercent }));
  const front = paretoFront(points.map((p) => ({ design: p.design, energyPj: p.x, merit: -p.y })));
  return {
    ...common(report, points),
    id: 'error-energy',
    title: 'Energy and arithmetic error',
    description: `Energy per multiplication in picojoule against mean absolute error in percent of 2^(2N), ${points.length} designs. The result table holds the same figures.`,
    yTitle: 'MAE [% of 2^(2N)]',
    yScale: errorScale(points.map((point) => point.y)),
    points,
    front: front.map((point) => point.design),
  };
}

function common(report: Report, points: readonly ScatterPoint[]) {
  const baselines = report.rows.filter((row) => row.isBaseline);
  return {
    xTitle: 'Energy per multiplication [pJ]',
    xScale: linearScale(points.map((point) => point.x)),
    pairs: twinPairs(report).map(({ roup, twin }) => [roup.design, twin.design] as const),
    ...(baselines.length === 1 ? { baseline: baselines[0]!.design } : {}),
  };
}

function pointOf(report: Report, row: ReportRow): Omit<ScatterPoint, 'y'> {
  const widths = new Set(
    report.rows.filter((other) => other.isBaseline).map((other) => operandBits(other.spec)),
  );
  const { accuracy } = row;
  return {
    design: row.design,
    kind: row.kind,
    label: plotLabel(row.spec, widths.size > 1),
    x: row.cost.energyPj,
    tooltip: [
      row.label,
      row.design,
      `${formatNumber(row.cost.energyPj, 4)} pJ, ${formatNumber(row.energyGainPercent, 1, true)} % gain`,
      `MAE ${formatNumber(row.errors.maePercent, 4)} %`,
      ...(accuracy === undefined
        ? []
        : [
            `${formatNumber(accuracy.changePoints, 2, true)} ± ${formatNumber(accuracy.changeHalfWidth95Points, 2)} points`,
          ]),
    ],
  };
}
