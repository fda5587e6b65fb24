import { badInput } from '../base/errors.ts';
import type { Accuracy, ClassAccuracy } from './evaluation.ts';
import { wilsonInterval } from './wilson-interval.ts';

/** How many classes are ranked per image (all of them where a network has fewer). */
export const RANKED_CLASSES = 5;

/** The best classes of each image. */
export interface Predictions {
  /** Outputs of the network. */
  readonly classes: number;
  /** Classes ranked per image: min(RANKED_CLASSES, classes). */
  readonly ranks: number;
  /** image × rank: the class with the largest logit first; of equal logits the lower class first. */
  readonly ranked: Uint16Array;
}

/** The `ranks` best classes, the largest logit first; of equal logits the lower class first. */
export function rankClasses(logits: Int32Array | Float32Array, ranks: number): readonly number[] {
  const best: number[] = [];
  for (let candidate = 0; candidate < logits.length; candidate++) {
    let place = best.length;
    while (place > 0 && logits[candidate]! > logits[best[place - 1]!]!) place--;
    if (place >= ranks) continue;
    best.splice(place, 0, candidate);
    if (best.length > ranks) best.pop();
  }
  return best;
}

/** Rankings of consecutive parts of a data set as one. */
export function joinPredictions(parts: readonly Predictions[]): Predictions {
  const { classes, ranks } = parts[0]!;
  const ranked = new Uint16Array(parts.reduce((sum, part) => sum + part.ranked.length, 0));
  let offset = 0;
  for (const part of parts) {
    ranked.set(part.ranked, offset);
    offset += part.ranked.length;
  }
  return { classes, ranks, ranked };
}

/** The class with the largest logit. */
export function predictedClass({ ranked, ranks }: Predictions, image: number): number {
  return ranked[image * ranks]!;
}

/** Everything that is counted from predictions and labels. */
export function countAccuracy(predictions: Predictions, labels: Uint8Array): Accuracy {
  const { classes, ranks, ranked } = predictions;
  const confusion = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  let correctTop5 = 0;
  for (const [image, label] of labels.entries()) {
    confusion[label]![predictedClass(predictions, image)]!++;
    if (ranked.subarray(image * ranks, (image + 1) * ranks).includes(label)) correctTop5++;
  }
  const correct = confusion.reduce((sum, row, label) => sum + row[label]!, 0);
  return {
    images: labels.length,
    correct,
    accuracy: correct / labels.length,
    interval95: wilsonInterval(labels.length, correct),
    correctTop5,
    accuracyTop5: correctTop5 / labels.length,
    perClass: confusion.flatMap((row, label) => classAccuracy(row, label)),
    confusion,
  };
}

function classAccuracy(row: readonly number[], label: number): readonly ClassAccuracy[] {
  const images = row.reduce((sum, count) => sum + count, 0);
  if (images === 0) return [];
  const correct = row[label]!;
  return [
    { label, images, correct, accuracy: correct / images, interval95: wilsonInterval(images, correct) },
  ];
}

/**
 * Faults of labels that no output of the network stands for.
 * @throws bad-input, the first eight of them
 */
export function checkLabels(labels: Uint8Array, classes: number, dataset: string): void {
  const wrong = [...labels.entries()].filter(([, label]) => label >= classes);
  if (wrong.length === 0) return;
  throw badInput(
    wrong.slice(0, 8).map(([image, label]) => ({
      where: `data set ${dataset}, image ${image}`,
      wanted: `a label 0 … ${classes - 1} (the network has ${classes} outputs)`,
      found: String(label),
    })),
    `${wrong.length} of ${labels.length} labels are out of range: the data set does not belong to this network.`,
  );
}
