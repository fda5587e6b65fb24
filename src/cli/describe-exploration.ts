import type { Exploration, ExplorationPoint, SearchRecord } from '../explore/exploration.ts';
import {
  isSignificant,
  isUnchanged,
  NOT_SIGNIFICANT,
  NOT_SIGNIFICANT_MEANING,
} from '../report/significance.ts';

/** An exploration as text: its front as a table, what the savings are against, how the searches compare. */
export function describeExploration(exploration: Exploration): string {
  const { network, calibration, test, roundedOperand, searchedStream, exact, front, points } = exploration;
  const baseline = exploration.baselines[searchedStream]!;
  const shown = points.filter(({ id }) => front.includes(id));
  const rows = shown.map((point) => rowOf(point, exploration));
  const heads = [
    ['point', ''],
    ['energy', 'nJ/image'],
    ['saving', '%'],
    ['KL', 'nats'],
    ['calibration', '% right'],
    ...(test === undefined ? [] : [['test', '% right, change in points ± 95 %']]),
    ['assignment', ''],
  ];
  const widths = heads.map((head, i) =>
    Math.max(...head.map(({ length }) => length), ...rows.map((row) => row[i]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, i) =>
        i === cells.length - 1 || i === 0 ? cell.padEnd(widths[i]!) : cell.padStart(widths[i]!),
      )
      .join('  ')
      .trimEnd();
  const role = baseline.role === undefined ? '' : `, ${baseline.role}`;
  const doubtful = shown.some(
    (point) => point.test && !isSignificant(point.test) && !isUnchanged(point.test),
  );
  return [
    `${network.name}, ${exploration.level}, ${roundedOperand} rounded; scored on ${calibration.images} images of ${calibration.name}`,
    '',
    line(heads.map(([head]) => head!)),
    line(heads.map(([, unit]) => unit!)),
    ...rows.map(line),
    '',
    `Saving: multipliers alone, stream ${searchedStream}, against ${baseline.design}${role} (${baseline.energyPerImageNj.toFixed(1)} nJ/image); ` +
      `library ${exploration.library.name}, ${exploration.clockNs} ns.`,
    `Exact int8: ${percent(exact.calibration)} % right on the calibration images` +
      (exact.test === undefined ? '.' : `, ${percent(exact.test)} % of ${exact.test.images} test images.`),
    ...(doubtful ? [`${NOT_SIGNIFICANT_MEANING}.`] : []),
    ...describeSearches(exploration),
  ].join('\n');
}

function rowOf(point: ExplorationPoint, { searchedStream }: Exploration): readonly string[] {
  const { id, calibration, test, name } = point;
  const saving = point.savingPercentByStream[searchedStream]!;
  return [
    id,
    point.energyPerImageNjByStream[searchedStream]!.toFixed(1),
    saving.toFixed(1),
    calibration.klNats.toFixed(4),
    percent(calibration),
    ...(test === undefined ? [] : [`${percent(test)} ${describeChange(test)}`]),
    name,
  ];
}

function describeChange(test: NonNullable<ExplorationPoint['test']>): string {
  const mark = isSignificant(test) || isUnchanged(test) ? '' : NOT_SIGNIFICANT;
  const change = `${test.changePoints.toFixed(2).padStart(6)} ± ${test.changeHalfWidth95Points.toFixed(2).padStart(5)}`;
  return `${mark.padStart(NOT_SIGNIFICANT.length)} ${change}`;
}

/** Hypervolume of each search, and of NSGA-II when it had evaluated as many. */
function describeSearches({ searches, referencePoint, objectives, exact }: Exploration): readonly string[] {
  const volume = (value: number): string => value.toPrecision(4);
  const place = objectives.map((name, i) => `${name} ${volume(referencePoint[i]!)}`).join(', ');
  const width = Math.max(...searches.map(({ method }) => method.length));
  return [
    `Hypervolume up to ${place} (more is better), exact network at ${exact.calibration.klNats} nats:`,
    ...searches.map((search) => {
      const { method, level, evaluations } = search;
      const reached = search.convergence.at(-1)!;
      const rival =
        method === 'nsga2'
          ? undefined
          : searches.find((other) => other.method === 'nsga2' && other.level === level);
      const then = rival && atEvaluations(rival, evaluations);
      const beside =
        then === undefined ? '' : `; nsga2 after ${then.evaluations}: ${volume(then.hypervolume)}`;
      const where = level === undefined ? '' : ` ${level}`;
      return `  ${method.padEnd(width)}${where}  ${volume(reached.hypervolume)}, ${evaluations} assignments, front ${reached.frontSize}${beside}`;
    }),
  ];
}

/** The last generation that had evaluated no more, or the first one. */
function atEvaluations({ convergence }: SearchRecord, evaluations: number) {
  return convergence.findLast((one) => one.evaluations <= evaluations) ?? convergence[0];
}

function percent({ correct, images }: { readonly correct: number; readonly images: number }): string {
  return ((100 * correct) / images).toFixed(2);
}
