import {
  type ConfusionCell,
  classTable,
  confusionMatrix,
  describeMistakes,
  type NamedAccuracy,
} from './accuracy-content.ts';
import { escapeMarkup } from './escape-markup.ts';
import { wrapTable } from './html-table.ts';

/** How many mistakes are told in words. */
const MISTAKES_TOLD = 8;

/** Accuracy per class of all networks, folded away. */
export function renderClassDetails(networks: readonly NamedAccuracy[], isOpen = false): string {
  const { heads, lines } = classTable(networks);
  const [first, ...labels] = heads;
  const head = `<th scope="col">${first}</th>${labels.map((label) => `<th scope="col">${label}</th>`).join('')}`;
  const body = lines.map(
    ([name, ...cells]) =>
      `<tr><th scope="row">${escapeMarkup(name!)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`,
  );
  const caption = 'Right answers in percent of the images of each class (columns).';
  return details('Accuracy per class', wrapTable('classes', caption, head, body), isOpen);
}

/** Confusion matrices, each folded away. */
export function renderConfusionDetails(
  networks: readonly NamedAccuracy[],
  isOpen = false,
): readonly string[] {
  const [exact, ...others] = networks.map(({ name, accuracy }, index) =>
    details(
      `Confusion matrix: ${name}`,
      `<p class="mistakes">${escapeMarkup(describeMistakes(accuracy, MISTAKES_TOLD))}</p>${renderMatrix(accuracy, index)}`,
      isOpen,
    ),
  );
  if (others.length < 3) return [exact!, ...others];
  return [exact!, details(`Confusion matrices of ${others.length} designs`, others.join('\n'), isOpen)];
}

function renderMatrix(accuracy: NamedAccuracy['accuracy'], index: number): string {
  const matrix = confusionMatrix(accuracy);
  if (matrix === undefined) return '';
  const { classes, cells } = matrix;
  const head = `<th scope="col">true \\ predicted</th>${classes.map((label) => `<th scope="col">${label}</th>`).join('')}`;
  const body = cells.map(
    (row, place) =>
      `<tr><th scope="row">${classes[place]}</th>${row.map((cell) => `<td${heat(cell)}>${cell.count}</td>`).join('')}</tr>`,
  );
  const caption = 'Images by true class (rows) and predicted class (columns).';
  return wrapTable(`confusion-${index}`, caption, head, body, 'matrix');
}

/** Least share of the class's images for each shade of a mistake. */
const SHADES = [0.02, 0.05, 0.1, 0.2];

function heat({ count, isRight, share }: ConfusionCell): string {
  if (isRight) return ' class="right"';
  if (count === 0) return ' class="none"';
  const shade = SHADES.filter((least) => share >= least).length;
  return shade === 0 ? '' : ` class="wrong${shade}"`;
}

function details(summary: string, content: string, isOpen: boolean): string {
  return `<details${isOpen ? ' open' : ''}><summary>${escapeMarkup(summary)}</summary>\n${content}\n</details>`;
}
