import type { Fault } from '../base/errors.ts';
import type { Accuracy, ComparedAccuracy } from '../explore/evaluation.ts';

/** What keeps the counts of one network from belonging together, and to the exact network's images. */
export function findCountFaults(
  where: string,
  counted: Accuracy,
  exact: Accuracy,
  comparison?: ComparedAccuracy,
): readonly Fault[] {
  const faults: Fault[] = [];
  const expectEqual = (what: string, wanted: number | string, found: number | string): void => {
    if (wanted !== found) faults.push({ where, wanted: `${what} ${wanted}`, found: String(found) });
  };
  const { confusion, images, correct, correctTop5, interval95, accuracy } = counted;
  const rowSums = confusion.map(sum);
  expectEqual('a confusion matrix of all images, total', images, sum(rowSums));
  const diagonal = sum(confusion.map((row, label) => row[label] ?? 0));
  expectEqual('right answers on the diagonal of the confusion matrix', correct, diagonal);
  const perClass = counted.perClass.map((entry) => `${entry.label}: ${entry.correct}/${entry.images}`);
  const fromMatrix = confusion.flatMap((row, label) =>
    rowSums[label] === 0 ? [] : [`${label}: ${row[label]}/${rowSums[label]}`],
  );
  expectEqual('right answers per class', fromMatrix.join(', '), perClass.join(', '));
  expectEqual('images per class, as the exact network', exact.confusion.map(sum).join(), rowSums.join());
  if (!(correctTop5 >= correct && correctTop5 <= images)) {
    faults.push({ where, wanted: `${correct} … ${images} images in the top 5`, found: String(correctTop5) });
  }
  if (!(interval95.low <= accuracy && accuracy <= interval95.high)) {
    const found = `${interval95.low} … ${interval95.high}`;
    faults.push({ where, wanted: `an interval that holds ${accuracy}`, found });
  }
  if (comparison !== undefined) {
    const { gained, lost, pValue } = comparison;
    expectEqual('gained − lost =', correct - exact.correct, gained - lost);
    if (!(pValue >= 0 && pValue <= 1)) {
      faults.push({ where, wanted: 'a p-value 0 … 1', found: String(pValue) });
    }
  }
  return faults;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
