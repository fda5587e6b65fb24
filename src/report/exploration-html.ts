import { escapeMarkup } from './escape-markup.ts';
import { renderPointCard } from './exploration-card.ts';
import { type Chart, type ChartForm, renderChart } from './exploration-chart.ts';
import {
  describeExplorationLimits,
  describeExplorationSources,
  explorationLede,
  explorationTitle,
} from './exploration-content.ts';
import { convergenceChart } from './exploration-convergence.ts';
import { heatScale, renderHeatTable } from './exploration-heatmap.ts';
import { bestWithin, LOSS_BOUNDS_POINTS, type Loss, lossesOf } from './exploration-loss.ts';
import { drawnPoints, paretoChart } from './exploration-pareto.ts';
import { EXPLORATION_SCRIPT } from './exploration-script.ts';
import { sensitivityChart } from './exploration-sensitivity.ts';
import { EXPLORATION_STYLE } from './exploration-style.ts';
import { bestTable, frontTable, multiplierTable } from './exploration-tables.ts';
import type { ExplorationView, PointView } from './exploration-view.ts';
import { renderFigureTableHtml } from './figure-table.ts';
import { renderLimits, renderPage, renderSources } from './page-frame.ts';

/** The exploration as one HTML page that needs nothing from outside; the same exploration gives the same bytes. */
export function renderExplorationHtml(view: ExplorationView): string {
  const { exploration, points } = view;
  const scale = heatScale(view);
  return renderPage({
    title: explorationTitle(view),
    lede: explorationLede(view),
    style: `${EXPLORATION_STYLE}\n${viewRules(view)}`,
    script: EXPLORATION_SCRIPT,
    footer: `maxdnn ${exploration.maxdnnVersion}. The same figures in full precision: front.csv; everything: exploration.json.`,
    blocks: [
      '<div class="top">',
      renderLimits(describeExplorationLimits(view)),
      renderSources(describeExplorationSources(view)),
      '</div>',
      '<h2>Best points</h2>',
      renderFigureTableHtml(bestTable(view)),
      '<h2>Loss against energy saving</h2>',
      '<p class="hint">Lower right is better. Point at a mark, or Tab to the plot and use the arrows: its assignment appears. Click it or press Enter: the command that evaluates it again is copied. The line joins the front on the searched stream; on other streams the same points stand, which were not searched for there.</p>',
      renderExplorer(view),
      `<details id="all-points"><summary>Assignments and commands of all ${points.length} points</summary><div class="points">`,
      ...points.map((point) => renderPointCard(view, scale, point, `point-${point.id}`)),
      '</div></details>',
      ...renderSensitivity(view),
      '<h2>Multipliers of the front</h2>',
      renderHeatTable(view),
      ...renderConvergence(view),
      '<h2>The front in figures</h2>',
      renderFigureTableHtml(frontTable(view)),
      '<h2>Multipliers in use</h2>',
      renderFigureTableHtml(multiplierTable(view)),
    ],
  });
}

function renderSensitivity(view: ExplorationView): readonly string[] {
  if (view.exploration.sensitivity.length === 0) return [];
  return [
    '<h2>Which layer stands which multiplier</h2>',
    '<p class="hint">One layer at a time, all others exact. Low and left is good: little loss for little energy. Point at a mark to see its multiplier in all layers.</p>',
    `<div class="sensitivity">${bothForms((form) => sensitivityChart(view, form))}</div>`,
  ];
}

function renderConvergence(view: ExplorationView): readonly string[] {
  if (view.exploration.searches.every(({ convergence }) => convergence.length === 0)) return [];
  return [
    '<h2>Convergence of the search</h2>',
    '<p class="hint">How much of the box between no loss at no energy and the reference point the front dominates, by evaluated assignments: higher is better, and flat means that more search finds little.</p>',
    bothForms((form) => convergenceChart(view, form)),
  ];
}

function bothForms(chart: (form: ChartForm) => Chart): string {
  return `<figure>${renderChart(chart('wide'), 'wide')}${renderChart(chart('narrow'), 'narrow')}</figure>`;
}

/** Toggles, the plot of each loss and stream (one of which shows), and the card of a point. */
function renderExplorer(view: ExplorationView): string {
  const losses = lossesOf(view);
  const { streams } = view;
  const plots = losses.flatMap((loss) =>
    streams.map(
      (stream) =>
        `<div class="view ${viewName(loss, stream)}">${bothForms((form) => paretoChart(view, loss, stream, form))}${noteOn(view, loss, stream)}</div>`,
    ),
  );
  const start = startPoint(view);
  return [
    '<div class="pareto">',
    '<div class="picks">',
    renderPicks(
      'Loss',
      'loss',
      losses.map(({ key, name }) => ({ key, name })),
    ),
    renderPicks(
      'Stream',
      'stream',
      streams.map((stream) => ({ key: stream, name: stream })),
    ),
    '</div>',
    '<div class="explorer">',
    `<div>${plots.join('\n')}<p class="said" id="said" role="status" aria-live="polite"></p></div>`,
    `<div id="shown" data-point="${escapeMarkup(start.id)}">${renderPointCard(view, heatScale(view), start)}</div>`,
    '</div>',
    '</div>',
  ].join('\n');
}

function renderPicks(
  legend: string,
  group: string,
  choices: readonly { readonly key: string; readonly name: string }[],
): string {
  const items = choices.map(
    ({ key, name }, index) =>
      `<label><input type="radio" name="${group}" id="${group}-${key}"${index === 0 ? ' checked' : ''}>${escapeMarkup(name)}</label>`,
  );
  return `<fieldset><legend>${legend}</legend>${items.join('')}</fieldset>`;
}

/** The point whose card stands there first: the best within the least loss that any point keeps to. */
function startPoint(view: ExplorationView): PointView {
  const loss = lossesOf(view)[0]!;
  const best = LOSS_BOUNDS_POINTS.map((bound) => bestWithin(view, loss, bound)).find(
    (point) => point !== undefined,
  );
  return best ?? view.front.at(-1) ?? view.points[0]!;
}

function noteOn(view: ExplorationView, loss: Loss, stream: ExplorationView['streams'][number]): string {
  const missing = view.points.length - drawnPoints(view, loss, stream).length;
  if (missing === 0) return '';
  const why =
    loss.key === 'test' ? 'only points of the front are evaluated on test images' : `no energy on ${stream}`;
  return `<p class="hint">${missing} of ${view.points.length} points are not in this view: ${escapeMarkup(why)}.</p>`;
}

function viewName(loss: Loss, stream: string): string {
  return `view-${loss.key}-${stream}`;
}

/** The toggles work by style alone. */
function viewRules(view: ExplorationView): string {
  return lossesOf(view)
    .flatMap((loss) =>
      view.streams.map(
        (stream) =>
          `.pareto:has(#loss-${loss.key}:checked):has(#stream-${stream}:checked) .${viewName(loss, stream)}{display:block}`,
      ),
    )
    .join('\n');
}
