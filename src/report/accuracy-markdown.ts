import { classTable, confusionMatrix, describeMistakes, type NamedAccuracy } from './accuracy-content.ts';
import { escapeMarkdown, joinTable } from './markdown-table.ts';

/** How many mistakes are told in words. */
const MISTAKES_TOLD = 8;

/** Accuracy per class of all networks, and the confusion matrix of the first (the exact one) and of `more` others. */
export function renderClassTables(networks: readonly NamedAccuracy[], more = 0): readonly string[] {
  const { heads, lines } = classTable(networks);
  const code = (name: string): string => `\`${name}\``;
  return [
    'Right answers in percent of the images of each class (columns):',
    joinTable(
      heads,
      lines.map(([name, ...cells]) => [code(name!), ...cells]),
      1,
    ),
    ...networks.slice(0, 1 + more).flatMap(({ name, accuracy }) => {
      const matrix = confusionMatrix(accuracy);
      const mistakes = `Confusion of ${code(name)}. ${escapeMarkdown(describeMistakes(accuracy, MISTAKES_TOLD))}`;
      if (matrix === undefined) return [mistakes];
      const { classes, cells } = matrix;
      const table = joinTable(
        ['true \\\\ predicted', ...classes.map(String)],
        cells.map((row, place) => [`**${classes[place]}**`, ...row.map(({ count }) => String(count))]),
        1,
      );
      return [mistakes, table];
    }),
  ];
}
