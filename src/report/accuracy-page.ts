import { join } from 'node:path';
import { writeFileAtomic } from '../base/files.ts';
import type { AssignmentRow, ComparedAccuracy, Evaluation } from '../explore/evaluation.ts';
import { designName } from '../multiplier/spec.ts';
import { type NamedAccuracy, namedAccuracies } from './accuracy-content.ts';
import { renderClassDetails, renderConfusionDetails } from './accuracy-html.ts';
import { renderClassTables } from './accuracy-markdown.ts';
import { formatNumber } from './columns.ts';
import { describeNetwork, type Statement } from './content.ts';
import { escapeMarkup } from './escape-markup.ts';
import { wrapTable } from './html-table.ts';
import { escapeMarkdown, joinTable } from './markdown-table.ts';
import { renderPage, renderSources } from './page-frame.ts';
import {
  formatPValue,
  isSignificant,
  isUnchanged,
  NOT_SIGNIFICANT,
  NOT_SIGNIFICANT_MEANING,
} from './significance.ts';

/** What was written. */
export interface WrittenAccuracy {
  readonly htmlPath: string;
  readonly markdownPath: string;
}

/**
 * Writes accuracy.html and accuracy.md: the networks of an evaluation beside exact int8, with intervals and test, the
 * multipliers by layer, classes and confusion matrices. The same evaluation gives the same bytes.
 */
export function writeAccuracyPage(evaluation: Evaluation, outDir: string): WrittenAccuracy {
  const paths = {
    htmlPath: join(outDir, 'accuracy.html'),
    markdownPath: join(outDir, 'accuracy.md'),
  };
  writeFileAtomic(paths.htmlPath, renderAccuracyHtml(evaluation));
  writeFileAtomic(paths.markdownPath, renderAccuracyMarkdown(evaluation));
  return paths;
}

const HEADS = [
  'Network',
  'Accuracy [%]',
  '95 % low [%]',
  '95 % high [%]',
  'Top 5 [%]',
  'Change [points]',
  'Lost',
  'Gained',
  'McNemar p',
  'Energy per image [nJ]',
];
const CAPTION = `Change against exact int8 on the same images; interval: Wilson, 95 %. ${NOT_SIGNIFICANT_MEANING}.`;

/** The page as HTML that needs nothing from outside. */
export function renderAccuracyHtml(evaluation: Evaluation): string {
  const networks = namedAccuracies(evaluation);
  const cells = (texts: readonly string[]): string =>
    texts.map((text) => `<td>${escapeMarkup(text)}</td>`).join('');
  const { heads, lines } = resultLines(evaluation);
  const body = lines.map(
    ([name, ...rest]) => `<tr><th scope="row">${escapeMarkup(name!)}</th>${cells(rest)}</tr>`,
  );
  const head = heads.map((text) => `<th scope="col">${escapeMarkup(text)}</th>`).join('');
  const layers = layerLines(evaluation).map(
    ({ name, lines: own }) =>
      `<h2>Multipliers of ${escapeMarkup(name)}</h2>\n<dl class="terms">${own
        .map(({ lead, text }) => `<dt>${escapeMarkup(lead)}</dt><dd><code>${escapeMarkup(text)}</code></dd>`)
        .join('\n')}</dl>`,
  );
  return renderPage({
    title: titleOf(evaluation),
    blocks: [
      renderSources(describeNetwork({ evaluation })),
      '<h2>Accuracy</h2>',
      wrapTable('accuracy', CAPTION, head, body),
      ...layers,
      '<h2>Classes</h2>',
      renderClassDetails(networks, true),
      ...renderConfusionDetails(networks, networks.length <= 3),
    ],
    footer: `maxdnn ${evaluation.maxdnnVersion}. The same figures in full precision: evaluation.json.`,
  });
}

/** The page as Markdown (GitHub tables). */
export function renderAccuracyMarkdown(evaluation: Evaluation): string {
  const list = (statements: readonly Statement[], isCode = false): string =>
    statements
      .map(
        ({ lead, text }) => `- **${escapeMarkdown(lead)}:** ${isCode ? `\`${text}\`` : escapeMarkdown(text)}`,
      )
      .join('\n');
  const { heads, lines } = resultLines(evaluation);
  const networks = namedAccuracies(evaluation);
  const blocks = [
    `# ${escapeMarkdown(titleOf(evaluation))}`,
    list(describeNetwork({ evaluation })),
    '## Accuracy',
    CAPTION,
    joinTable(
      heads.map(escapeMarkdown),
      lines.map(([name, ...rest]) => [`\`${name}\``, ...rest]),
      1,
    ),
    ...layerLines(evaluation).flatMap(({ name, lines: own }) => [
      `## Multipliers of ${escapeMarkdown(name)}`,
      list(own, true),
    ]),
    '## Classes',
    ...renderClassTables(networks, 2),
  ];
  return `${blocks.join('\n\n')}\n`;
}

function titleOf(evaluation: Evaluation): string {
  const names = namedAccuracies(evaluation).slice(1);
  const what = names.length === 1 ? names[0]!.name : `${names.length} choices of multipliers`;
  return `Accuracy of ${evaluation.network.name} with ${what}`;
}

/** A line per network; the energy column only where one has an energy. */
function resultLines(evaluation: Evaluation): {
  readonly heads: readonly string[];
  readonly lines: readonly (readonly string[])[];
} {
  const compared: readonly ComparedAccuracy[] = [...evaluation.rows, ...evaluation.assignments];
  const hasEnergy = compared.some((row) => row.energyPerImageNj !== undefined);
  const { float } = evaluation;
  const plain: readonly NamedAccuracy[] = [
    ...(float === undefined ? [] : [{ name: 'float32', accuracy: float }]),
    { name: 'exact int8', accuracy: evaluation.exact },
  ];
  const names = namedAccuracies(evaluation).slice(1);
  const lines = [
    ...plain.map((entry) => [...accuracyCells(entry), '', '', '', '', '']),
    ...compared.map((row, index) => [...accuracyCells(names[index]!), ...changeCells(row)]),
  ];
  return {
    heads: hasEnergy ? HEADS : HEADS.slice(0, -1),
    lines: hasEnergy ? lines : lines.map((line) => line.slice(0, -1)),
  };
}

function accuracyCells({ name, accuracy }: NamedAccuracy): readonly string[] {
  const { low, high } = accuracy.interval95;
  const shares = [accuracy.accuracy, low, high, accuracy.accuracyTop5];
  return [name, ...shares.map((share) => formatNumber(100 * share, 2))];
}

function changeCells(row: ComparedAccuracy): readonly string[] {
  const isDoubtful = !isSignificant(row) && !isUnchanged(row);
  const change = `${formatNumber(row.changePoints, 2, true)} ± ${formatNumber(row.changeHalfWidth95Points, 2)}`;
  return [
    isDoubtful ? `${NOT_SIGNIFICANT} ${change}` : change,
    String(row.lost),
    String(row.gained),
    formatPValue(row.pValue),
    row.energyPerImageNj === undefined ? '' : formatNumber(row.energyPerImageNj, 0),
  ];
}

function describeLayer(own: AssignmentRow['layers'][string]): string {
  if ('family' in own) return designName(own);
  const parts = own.multipliers.map(({ spec, weights }) => `${designName(spec)} (${weights} weights)`);
  return [...parts, ...(own.skippedWeights > 0 ? [`skipped (${own.skippedWeights} weights)`] : [])].join(
    ', ',
  );
}

/** The multiplier of each layer of each assignment. */
function layerLines({ assignments }: Evaluation): readonly {
  readonly name: string;
  readonly lines: readonly Statement[];
}[] {
  return assignments.map(({ name, layers }) => ({
    name,
    lines: Object.entries(layers).map(([lead, own]) => ({ lead, text: describeLayer(own) })),
  }));
}
