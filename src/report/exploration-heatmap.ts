import { formatNumber } from './columns.ts';
import { cellLines, designLabel } from './design-label.ts';
import { escapeMarkup } from './escape-markup.ts';
import { type Chart, round } from './exploration-chart.ts';
import { describeTestChange, formatKl, lossesOf } from './exploration-loss.ts';
import { HEAT_LEVELS } from './exploration-style.ts';
import {
  type ColumnChoice,
  cellsOf,
  choiceIn,
  columnsOf,
  type ExplorationView,
  type LayerColumn,
  type PointView,
} from './exploration-view.ts';
import { shortNames } from './short-names.ts';

/** The shades of a heat map: energy per multiplication in a layer on the searched stream. */
export interface HeatScale {
  /** Shade 0 … HEAT_LEVELS − 1; undefined without an energy. */
  readonly level: (energyPj: number | undefined) => number | undefined;
  /** Lower bounds of the shades, pJ. */
  readonly bounds: readonly number[];
  readonly largest: number;
}

/** Shades of equal steps between the least and the largest energy of any multiplier in any layer. */
export function heatScale({ exploration }: ExplorationView): HeatScale {
  const energies = exploration.sensitivity.flatMap(
    ({ energyPj }) => energyPj[exploration.searchedStream] ?? [],
  );
  const least = energies.length === 0 ? 0 : Math.min(...energies);
  const largest = energies.length === 0 ? 0 : Math.max(...energies);
  const step = (largest - least) / HEAT_LEVELS;
  return {
    level: (energyPj) => {
      if (energyPj === undefined) return undefined;
      if (step === 0) return 0;
      return Math.max(0, Math.min(HEAT_LEVELS - 1, Math.floor((energyPj - least) / step)));
    },
    bounds: Array.from({ length: HEAT_LEVELS }, (_, level) => least + level * step),
    largest,
  };
}

/** Class name of a shade: "h0" … "h7", "hx" without an energy. */
export function heatClass(scale: HeatScale, choice: ColumnChoice): string {
  return `h${scale.level(choice.energyPj) ?? 'x'}`;
}

/** What a cell is, in words. */
export function describeChoice(choice: ColumnChoice): string {
  const energy =
    choice.energyPj === undefined ? '' : `, ${choice.energyPj.toPrecision(3)} pJ per multiplication`;
  const others = choice.others === 0 ? '' : `, and ${choice.others} more in smaller parts`;
  return `${designLabel(choice.multiplier.spec)}${energy}${others}`;
}

/** Columns at most whose names fit in one line on a wide page. */
const ROOMY_COLUMNS = 10;

/** The heat map as an HTML table: points of the front by rising energy, layers and classes across. */
export function renderHeatTable(view: ExplorationView): string {
  const scale = heatScale(view);
  const columns = columnsOf(view);
  const hasClasses = columns.some(({ classIndex }) => classIndex !== undefined);
  const span = hasClasses ? ' rowspan="2"' : '';
  const loss = lossesOf(view)[0]!;
  const head = [
    `<tr><th scope="col"${span}>Point</th><th scope="col"${span}>Saving<span class="unit">%</span></th><th scope="col"${span}>${loss.key === 'test' ? 'Test' : 'Calibration'}<span class="unit">points</span></th>`,
    ...view.layers.map(
      ({ layer, columns: own }) =>
        `<th scope="colgroup" class="first" colspan="${own.length}">${escapeMarkup(layer)}</th>`,
    ),
    '</tr>',
    ...(hasClasses
      ? [
          `<tr>${columns.map((column) => `<th scope="col"${firstClass(column)}>${column.classIndex ?? ''}</th>`).join('')}</tr>`,
        ]
      : []),
  ].join('');
  const rows = view.front.map((point) => {
    const cells = view.layers
      .flatMap((layer) => cellsOf(point, layer))
      .map(({ column, span: width }) =>
        column === undefined ? '<td></td>' : renderCell(view, scale, point, column, width),
      )
      .join('');
    return `<tr data-point="${escapeMarkup(point.id)}"><th scope="row" class="id"><a href="#point-${escapeMarkup(point.id)}">${escapeMarkup(point.id)}</a></th><th>${savingText(view, point)}</th><th>${changeText(view, point)}</th>${cells}</tr>`;
  });
  const caption = `Multiplier of each layer${hasClasses ? ' and class of weights' : ''} (columns) in each point of the front (rows, by rising energy); the stronger the shade against the page, the more energy a multiplication needs there on ${view.exploration.searchedStream}.${view.levels.length > 1 ? ' Classes are those of the level of each point.' : ''}`;
  return [
    '<div class="scroll" tabindex="0" role="region" aria-labelledby="heat-caption">',
    `<table class="heat${columns.length > ROOMY_COLUMNS ? ' dense' : ''}" id="heat"><caption id="heat-caption">${escapeMarkup(caption)}</caption>`,
    `<thead>${head}</thead><tbody>`,
    ...rows,
    '</tbody></table></div>',
    renderKey(scale),
  ].join('\n');
}

function renderCell(
  view: ExplorationView,
  scale: HeatScale,
  point: PointView,
  column: LayerColumn,
  width: number,
): string {
  const choice = choiceIn(view, point, column);
  const span = width === 1 ? '' : ` colspan="${width}"`;
  if (choice === undefined) return `<td${firstClass(column)}${span} title="skipped">–</td>`;
  const lines = cellLines(choice.multiplier.spec).map(escapeMarkup).join(' <br>');
  const more = choice.others === 0 ? '' : '+';
  const first = isFirst(column) ? ' first' : '';
  return `<td class="${heatClass(scale, choice)}${first}"${span} title="${escapeMarkup(describeChoice(choice))}">${lines}${more}</td>`;
}

function isFirst({ classIndex }: LayerColumn): boolean {
  return classIndex === undefined || classIndex === 0;
}

function firstClass(column: LayerColumn): string {
  return isFirst(column) ? ' class="first"' : '';
}

function renderKey({ bounds, largest }: HeatScale): string {
  if (largest === 0) return '';
  const spans = bounds.map((bound, level) => `<span class="h${level}">${bound.toFixed(3)}</span>`).join('');
  return `<p class="heat-key"><span>pJ per multiplication, from</span>${spans}<span>to ${largest.toFixed(3)}</span></p>`;
}

function savingText({ exploration }: ExplorationView, point: PointView): string {
  return formatNumber(point.savingPercentByStream[exploration.searchedStream]!, 1);
}

function changeText(view: ExplorationView, point: PointView): string {
  const loss = lossesOf(view)[0]!.of(point);
  return loss === undefined ? '' : formatNumber(-loss, 1, true);
}

const CELL = { width: 46, height: 26 };
const LEFT = 150;
const TOP = 44;
/** Width of a bold letter of a head. */
const LETTER = 7.8;
/** Letters of a slanted head at most. */
const SLANTED_LETTERS = 18;

/** The same as a drawing, for files. */
export function heatmapChart(view: ExplorationView): Chart {
  const scale = heatScale(view);
  const columns = columnsOf(view);
  const starts = columns.map((_, index) => LEFT + index * CELL.width + layerIndex(view, columns[index]!) * 4);
  const width = starts.at(-1)! + CELL.width + 12;
  // Names too long for their columns are slanted.
  const names = shortNames(
    view.layers.map(({ layer }) => layer),
    SLANTED_LETTERS,
  );
  const isSlanted = view.layers.some(
    ({ layer, columns: own }) => names.get(layer)!.length * LETTER > own.length * CELL.width,
  );
  const letters = Math.max(...[...names.values()].map((name) => name.length));
  const slant = isSlanted ? letters * LETTER * Math.SQRT1_2 : 0;
  const top = TOP + Math.ceil(slant);
  const bottom = top + view.front.length * CELL.height;
  const loss = lossesOf(view)[0]!;
  const heads = view.layers.map(({ layer, columns: own }) => {
    const middle = starts[columns.indexOf(own[0]!)]! + (own.length * CELL.width) / 2;
    const name = escapeMarkup(names.get(layer)!);
    return isSlanted
      ? `<text class="panel-title" transform="translate(${middle} ${top - 28}) rotate(-45)">${name}</text>`
      : `<text class="panel-title" x="${middle}" y="${top - 28}" text-anchor="middle">${name}</text>`;
  });
  const classes = columns.map(({ classIndex }, index) =>
    classIndex === undefined
      ? ''
      : `<text class="tick" x="${starts[index]! + CELL.width / 2}" y="${top - 10}" text-anchor="middle">${classIndex}</text>`,
  );
  const rows = view.front.flatMap((point, row) => {
    const y = top + row * CELL.height;
    const title = `<title>${escapeMarkup(`KL ${formatKl(point.calibration.klNats)} nats, test ${describeTestChange(point)}`)}</title>`;
    return [
      `<g>${title}<text x="6" y="${y + 17}">${escapeMarkup(point.id)}</text><text x="88" y="${y + 17}" text-anchor="end">${savingText(view, point)}</text><text x="140" y="${y + 17}" text-anchor="end">${changeText(view, point)}</text></g>`,
      ...view.layers
        .flatMap((layer) => cellsOf(point, layer))
        .map(({ column, span }) =>
          column === undefined
            ? ''
            : drawCell(
                scale,
                choiceIn(view, point, column),
                starts[columns.indexOf(column)]!,
                y,
                span * CELL.width,
              ),
        ),
    ];
  });
  return {
    width: Math.max(width + Math.ceil(slant), LEFT + 330),
    height: bottom + 46,
    title: `Multiplier of each layer in ${view.front.length} points of the front, shaded by energy per multiplication on ${view.exploration.searchedStream}`,
    content: [
      `<text class="tick" x="6" y="${top - 10}">point</text>`,
      `<text class="tick" x="88" y="${top - 10}" text-anchor="end">saving %</text>`,
      `<text class="tick" x="140" y="${top - 10}" text-anchor="end">${loss.key === 'test' ? 'test' : 'calibr.'}</text>`,
      ...heads,
      ...classes,
      ...rows,
      ...drawKey(scale, bottom + 14),
    ],
  };
}

function layerIndex({ layers }: ExplorationView, { layer }: LayerColumn): number {
  return layers.findIndex((own) => own.layer === layer);
}

function drawCell(
  scale: HeatScale,
  choice: ColumnChoice | undefined,
  x: number,
  y: number,
  width: number,
): string {
  const middle = x + width / 2;
  if (choice === undefined)
    return `<text class="tick" x="${middle}" y="${y + 17}" text-anchor="middle">–</text>`;
  const level = scale.level(choice.energyPj);
  const lines = cellLines(choice.multiplier.spec);
  const texts = lines.map((line, index) => {
    const at = y + CELL.height / 2 + 3.4 + (index - (lines.length - 1) / 2) * 10.4;
    const more = choice.others > 0 && index === lines.length - 1 ? '+' : '';
    return `<text${level === undefined ? '' : ` class="t${level}"`} x="${middle}" y="${round(at)}" text-anchor="middle" font-size="9">${escapeMarkup(line + more)}</text>`;
  });
  return `<g><title>${escapeMarkup(describeChoice(choice))}</title><rect class="h${level ?? 'x'}" x="${x + 0.5}" y="${y + 0.5}" width="${width - 1}" height="${CELL.height - 1}"/>${texts.join('')}</g>`;
}

function drawKey({ bounds, largest }: HeatScale, y: number): readonly string[] {
  if (largest === 0) return [];
  return [
    `<text class="tick" x="6" y="${y + 14}">pJ per multiplication, from</text>`,
    ...bounds.map(
      (bound, level) =>
        `<rect class="h${level}" x="${176 + level * 38}" y="${y}" width="38" height="20"/><text class="t${level}" x="${195 + level * 38}" y="${y + 14}" text-anchor="middle" font-size="9">${bound.toFixed(3)}</text>`,
    ),
  ];
}
