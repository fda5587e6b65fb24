import { formatNumber } from './columns.ts';
import { cellLines } from './design-label.ts';
import { escapeMarkup } from './escape-markup.ts';
import { describeChoice, type HeatScale, heatClass } from './exploration-heatmap.ts';
import { describeTestChange, formatKl } from './exploration-loss.ts';
import {
  cellsOf,
  choiceIn,
  type ExplorationView,
  type LayerView,
  METHOD_TITLES,
  type PointView,
} from './exploration-view.ts';
import { renderPairs } from './page-frame.ts';
import { formatPValue } from './significance.ts';

/** Everything of one point: figures with intervals, the multiplier of each layer and class, and its command. */
export function renderPointCard(
  view: ExplorationView,
  scale: HeatScale,
  point: PointView,
  id?: string,
): string {
  const found = point.foundBy.map((method) => METHOD_TITLES[method]).join(', ');
  const place = `${point.isOnFront ? 'on the front' : 'not on the front'}${found === '' ? '' : `; found by ${found}`}`;
  return [
    `<article class="point" data-card="${escapeMarkup(point.id)}"${id === undefined ? '' : ` id="${escapeMarkup(id)}"`}>`,
    `<h3>${escapeMarkup(`${point.id}  ${point.name}`)}</h3>`,
    `<p>${escapeMarkup(place)}</p>`,
    `<dl>${renderPairs(figuresOf(view, point))}</dl>`,
    renderLayers(view, scale, point),
    `<pre><code class="command">${escapeMarkup(point.command)}</code></pre>`,
    `<button type="button" hidden data-copy="${escapeMarkup(point.id)}">Copy command</button>`,
    '</article>',
  ].join('\n');
}

function figuresOf(view: ExplorationView, point: PointView) {
  const { exact } = view.exploration;
  const savings = view.streams.flatMap((stream) => {
    const saving = point.savingPercentByStream[stream];
    if (saving === undefined) return [];
    const energy = formatNumber(point.energyPerImageNjByStream[stream]!, 1);
    return [
      {
        lead: stream,
        text: `saves ${formatNumber(saving, 1)} % against ${view.exploration.baselines[stream]!.design}; ${energy} nJ per image`,
      },
    ];
  });
  const { test, calibration } = point;
  const share = (value: number): string => formatNumber(100 * value, 2);
  return [
    ...savings,
    ...(test === undefined
      ? []
      : [
          {
            lead: 'Test',
            text: `${describeTestChange(point)} points (p ${formatPValue(test.pValue)}); ${share(test.accuracy)} % [${share(test.interval95.low)}, ${share(test.interval95.high)}] of ${test.images} images`,
          },
        ]),
    {
      lead: 'Calibration',
      text: `${formatNumber(point.calibrationChangePoints, 2, true)} points, ${calibration.correct} of ${calibration.images} right (exact: ${exact.calibration.correct})`,
    },
    { lead: 'KL', text: `${formatKl(calibration.klNats)} nats` },
  ];
}

/** Layers down, classes across. */
function renderLayers(view: ExplorationView, scale: HeatScale, point: PointView): string {
  const classes = Math.max(
    ...view.layers.map((layer) => cellsOf(point, layer).filter(({ column }) => column).length),
  );
  const head =
    classes === 1
      ? '<th scope="col">Layer</th><th scope="col" style="text-align:center">Multiplier</th>'
      : `<th scope="col">Layer</th>${Array.from({ length: classes }, (_, index) => `<th scope="col" style="text-align:center">class ${index}</th>`).join('')}`;
  const body = view.layers.map((layer) => renderLayer(view, scale, point, layer, classes));
  return `<table><thead><tr>${head}</tr></thead><tbody>${body.join('')}</tbody></table>`;
}

function renderLayer(
  view: ExplorationView,
  scale: HeatScale,
  point: PointView,
  layer: LayerView,
  classes: number,
): string {
  const { skippedMultiplications, inputScaleFactor } = point.layers.find(
    (entry) => entry.layer === layer.layer,
  )!;
  const own = cellsOf(point, layer).filter(({ column }) => column !== undefined);
  const cells = own.map(({ column }) => {
    const choice = column === undefined ? undefined : choiceIn(view, point, column);
    // What is not divided goes across all classes.
    const span = own.length === 1 && classes > 1 ? ` colspan="${classes}"` : '';
    if (choice === undefined) return `<td${span}>–</td>`;
    const name = cellLines(choice.multiplier.spec).join(' ');
    return `<td class="${heatClass(scale, choice)}"${span} title="${escapeMarkup(describeChoice(choice))}">${escapeMarkup(name)}</td>`;
  });
  const gap = own.length === 1 ? 0 : classes - own.length;
  const notes = [
    ...(skippedMultiplications === 0
      ? []
      : [`${formatNumber((100 * skippedMultiplications) / layer.multiplications, 1)} % skipped`]),
    ...(inputScaleFactor === undefined ? [] : [`input scale × ${inputScaleFactor}`]),
  ];
  const note =
    notes.length === 0
      ? ''
      : `<tr><td></td><td class="note" colspan="${classes}">${escapeMarkup(notes.join('; '))}</td></tr>`;
  return `<tr><th scope="row">${escapeMarkup(layer.layer)}</th>${cells.join('')}${'<td></td>'.repeat(gap)}</tr>${note}`;
}
