import type { Accuracy, Evaluation } from '../explore/evaluation.ts';
import { formatNumber } from './columns.ts';

/** A network of an evaluation and what was counted of it. */
export interface NamedAccuracy {
  readonly name: string;
  readonly accuracy: Accuracy;
}

/** Exact int8 first, then each design and each assignment. */
export function namedAccuracies({ exact, rows, assignments }: Evaluation): readonly NamedAccuracy[] {
  return [
    { name: 'exact int8', accuracy: exact },
    ...rows.map((row) => ({ name: row.design, accuracy: row })),
    ...assignments.map((row) => ({ name: row.name, accuracy: row })),
  ];
}

/** A table as text. */
export interface TextTable {
  readonly heads: readonly string[];
  readonly lines: readonly (readonly string[])[];
}

/** Accuracy per class in percent: a line per network, a column per class that has images. */
export function classTable(networks: readonly NamedAccuracy[]): TextTable {
  const classes = networks[0]!.accuracy.perClass;
  return {
    heads: ['Network', ...classes.map(({ label }) => String(label))],
    lines: [
      ['images', ...classes.map(({ images }) => String(images))],
      ...networks.map(({ name, accuracy }) => [
        name,
        ...accuracy.perClass.map((entry) => formatNumber(100 * entry.accuracy, 1)),
      ]),
    ],
  };
}

/** Classes of a matrix that is still read as one. */
const MATRIX_CLASSES = 20;

/** One cell of a confusion matrix. */
export interface ConfusionCell {
  readonly count: number;
  readonly isRight: boolean;
  /** Share of the images of the true class, 0 … 1. */
  readonly share: number;
}

/** Images by true and predicted class. */
export interface ConfusionMatrix {
  /** Classes that have images or are predicted. */
  readonly classes: readonly number[];
  /** By true class, then predicted class. */
  readonly cells: readonly (readonly ConfusionCell[])[];
}

/** The matrix of the classes that occur; undefined where these are too many to read. */
export function confusionMatrix({ confusion }: Accuracy): ConfusionMatrix | undefined {
  const images = confusion.map((row) => row.reduce((sum, count) => sum + count, 0));
  const classes = [...confusion.keys()].filter(
    (label) => images[label]! > 0 || confusion.some((row) => row[label]! > 0),
  );
  if (classes.length > MATRIX_CLASSES) return undefined;
  const cell = (label: number, guess: number): ConfusionCell => {
    const count = confusion[label]![guess]!;
    return { count, isRight: label === guess, share: images[label] === 0 ? 0 : count / images[label]! };
  };
  return { classes, cells: classes.map((label) => classes.map((guess) => cell(label, guess))) };
}

/** The most frequent mistakes, "true→predicted (images)", at most `limit`. */
export function describeMistakes({ confusion }: Accuracy, limit: number): string {
  const mistakes = confusion.flatMap((row, label) =>
    row.flatMap((count, guess) => (label === guess || count === 0 ? [] : [{ label, guess, count }])),
  );
  mistakes.sort((x, y) => y.count - x.count || x.label - y.label || x.guess - y.guess);
  if (mistakes.length === 0) return 'No mistakes.';
  const told = mistakes.slice(0, limit).map(({ label, guess, count }) => `${label}→${guess} (${count})`);
  return `Most frequent mistakes, true→predicted (images): ${told.join(', ')}.`;
}
