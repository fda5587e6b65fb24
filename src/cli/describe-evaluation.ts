import type {
  Accuracy,
  AccuracyCount,
  ComparedAccuracy,
  Evaluation,
  ShareInterval,
} from '../explore/evaluation.ts';
import { describeBatchNorm } from '../report/content.ts';
import {
  formatPValue,
  isSignificant,
  isUnchanged,
  NOT_SIGNIFICANT,
  NOT_SIGNIFICANT_MEANING,
} from '../report/significance.ts';

/** An evaluation as text: one line per network, then what the marks mean. */
export function describeEvaluation(evaluation: Evaluation): string {
  const { network, dataset, roundedOperand, float, exact } = evaluation;
  const rows = comparedRows(evaluation);
  const width = Math.max(...rows.map(([name]) => name.length), 'exact int8'.length);
  const line = (name: string, accuracy: Accuracy, change = ''): string =>
    `${name.padEnd(width)} ${percent(accuracy.accuracy)} %  ${interval(accuracy.interval95)}  ` +
    `${percent(accuracy.accuracyTop5)} %${change}`;
  const hasDoubt = rows.some(([, row]) => !isSignificant(row) && !isUnchanged(row));
  return [
    `${network.name} on ${dataset.images} images of ${dataset.name}, ${roundedOperand} rounded, ${describeBatchNorm(evaluation)}`,
    `${''.padEnd(width)} accuracy  95 % interval     top 5     change against exact int8, McNemar's p`,
    ...(float === undefined ? [] : [line('float32', float, ofImages(float.images, dataset.images))]),
    line('exact int8', exact),
    ...rows.map(([name, row]) => line(name, row, `  ${change(row)}`)),
    ...(hasDoubt ? [`${NOT_SIGNIFICANT_MEANING}.`] : []),
  ].join('\n');
}

/** A mark for figures that were taken over the first images only. */
function ofImages(some: number, all: number): string {
  return some === all ? '' : `  (first ${some} images)`;
}

/** Accuracy per class of the exact network and of the first other one, as text. */
export function describeClasses(evaluation: Evaluation): string {
  const [first] = comparedRows(evaluation);
  if (first === undefined) return '';
  const [name, row] = first;
  const lines = evaluation.exact.perClass.map((exact) => {
    const own = row.perClass.find(({ label }) => label === exact.label)!;
    return `${String(exact.label).padStart(5)}  ${String(exact.images).padStart(6)}  ${share(exact)}  ${share(own)}`;
  });
  return [`class  images  exact int8                ${name}`, ...lines].join('\n');
}

function comparedRows({ rows, assignments }: Evaluation): readonly (readonly [string, ComparedAccuracy])[] {
  return [
    ...rows.map((row) => [row.design, row] as const),
    ...assignments.map((row) => [row.name, row] as const),
  ];
}

function change(row: ComparedAccuracy): string {
  if (isUnchanged(row)) return '  0.00 points: every answer as good as before';
  const mark = isSignificant(row) ? ' '.repeat(NOT_SIGNIFICANT.length) : NOT_SIGNIFICANT;
  const points = `${row.changePoints.toFixed(2).padStart(6)} ± ${row.changeHalfWidth95Points.toFixed(2)} points`;
  return `${mark} ${points}, p ${formatPValue(row.pValue).replace(/^(?=\d)/, '= ')}`;
}

function share(count: AccuracyCount): string {
  return `${percent(count.accuracy)} %  ${interval(count.interval95)}`;
}

function interval({ low, high }: ShareInterval): string {
  return `${percent(low)} … ${percent(high)}`;
}

function percent(value: number): string {
  return (100 * value).toFixed(2).padStart(6);
}
