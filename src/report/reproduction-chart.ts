import { escapeMarkup } from './escape-markup.ts';
import type { Scale } from './scale.ts';

/** A line of points or loose points in a chart. */
export interface Series {
  readonly title: string;
  readonly points: readonly { readonly x: number; readonly y: number; readonly tooltip: string }[];
  /** Points joined by straight lines, by steps (in between, only the point to the right is enough), or not. */
  readonly joined: 'line' | 'steps' | 'none';
  /** Its colour: series of one hue belong together. */
  readonly hue: number;
  readonly isFaint?: boolean;
  readonly isDashed?: boolean;
}

/** A chart as data. */
export interface Chart {
  readonly title: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xScale: Scale;
  readonly yScale: Scale;
  readonly series: readonly Series[];
}

const WIDTH = 860;
const LEGEND_COLUMNS = 3;
const LINE = 18;

/** Colours distinct for the common kinds of colour blindness. Source: M. Okabe, K. Ito, "Color Universal Design", 2008. */
const COLOURS = ['#0a66ad', '#bf4a06', '#06785a', '#8a3f78', '#7a6a00', '#3f4851'] as const;

const OUTLINES = [
  'M-3.6 0A3.6 3.6 0 1 0 3.6 0A3.6 3.6 0 1 0-3.6 0Z',
  'M0-4.6L4.4 3.4H-4.4Z',
  'M-3.4-3.4H3.4V3.4H-3.4Z',
  'M0-5L5 0L0 5L-5 0Z',
  'M0 4.6L4.4-3.4H-4.4Z',
  'M-1.4-4.4H1.4V-1.4H4.4V1.4H1.4V4.4H-1.4V1.4H-4.4V-1.4H-1.4Z',
] as const;

const STYLE = `
.chart{--ink:#1d2329;--faint:#5c6670;--rule:#e3e7eb;--paper:#fff;font:11px system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
@media (prefers-color-scheme:dark){.chart{--ink:#e4e8ec;--faint:#9aa5b0;--rule:#2b3239;--paper:#14181c}}
.chart .paper{fill:var(--paper)}
.chart text{fill:var(--ink)}
.chart .tick{fill:var(--faint)}
.chart .grid{stroke:var(--rule);fill:none}
.chart .axis{stroke:var(--faint);fill:none}
.chart .axis-title{font-size:12px;font-weight:600}
`.trim();

/** The chart as a self-contained SVG file, light and dark; the same input gives the same bytes. */
export function renderChart(chart: Chart): string {
  const legendRows = Math.ceil(chart.series.length / LEGEND_COLUMNS);
  const plot = { x: 64, y: 18 + legendRows * LINE, width: WIDTH - 64 - 18, height: 380 };
  const height = plot.y + plot.height + 56;
  const at = ({ x, y }: { readonly x: number; readonly y: number }): string =>
    `${round(plot.x + chart.xScale.position(x) * plot.width)} ${round(plot.y + (1 - chart.yScale.position(y)) * plot.height)}`;
  const bottom = plot.y + plot.height;
  const middle = plot.y + plot.height / 2;
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${escapeMarkup(chart.title)}">`,
    `<style>${STYLE}</style>`,
    `<rect class="paper" width="${WIDTH}" height="${height}"/>`,
    ...chart.series.map((series, index) => renderKey(series, index)),
    ...chart.xScale.ticks.map(({ value, label }) => {
      const x = round(plot.x + chart.xScale.position(value) * plot.width);
      return `<path class="grid" d="M${x} ${plot.y}V${bottom}"/><text class="tick" x="${x}" y="${bottom + 17}" text-anchor="middle">${escapeMarkup(label)}</text>`;
    }),
    ...chart.yScale.ticks.map(({ value, label }) => {
      const y = round(plot.y + (1 - chart.yScale.position(value)) * plot.height);
      return `<path class="grid" d="M${plot.x} ${y}H${plot.x + plot.width}"/><text class="tick" x="${plot.x - 8}" y="${y + 4}" text-anchor="end">${escapeMarkup(label)}</text>`;
    }),
    `<path class="axis" d="M${plot.x} ${plot.y}V${bottom}H${plot.x + plot.width}"/>`,
    `<text class="axis-title" x="${plot.x + plot.width / 2}" y="${height - 14}" text-anchor="middle">${escapeMarkup(chart.xTitle)}</text>`,
    `<text class="axis-title" transform="translate(18 ${middle}) rotate(-90)" text-anchor="middle">${escapeMarkup(chart.yTitle)}</text>`,
    ...chart.series.flatMap((series) => renderSeries(series, at)),
    '</svg>',
    '',
  ].join('\n');
}

function renderKey(series: Series, index: number): string {
  const x = 72 + (index % LEGEND_COLUMNS) * 262;
  const y = 16 + Math.floor(index / LEGEND_COLUMNS) * LINE;
  const line = series.joined === 'none' ? '' : `<path d="M${x - 12} ${y}h24" ${stroke(series)}/>`;
  return `<g>${line}<path d="${outlineOf(series)}" transform="translate(${x} ${y})" fill="${colourOf(series)}"/><text x="${x + 18}" y="${y + 4}">${escapeMarkup(series.title)}</text></g>`;
}

function renderSeries(
  series: Series,
  at: (point: { readonly x: number; readonly y: number }) => string,
): readonly string[] {
  const { points, joined } = series;
  const spots = points.map(at);
  const line =
    joined === 'line'
      ? `M${spots.join('L')}`
      : spots
          .map((spot, i) => (i === 0 ? `M${spot}` : `V${spot.split(' ')[1]}H${spot.split(' ')[0]}`))
          .join('');
  const path = joined === 'none' || points.length < 2 ? [] : [`<path d="${line}" ${stroke(series)}/>`];
  const opacity = series.isFaint === true ? ' fill-opacity=".3"' : '';
  return [
    ...path,
    ...points.map(
      ({ tooltip }, i) =>
        `<path d="${outlineOf(series)}" transform="translate(${spots[i]})" fill="${colourOf(series)}"${opacity}><title>${escapeMarkup(tooltip)}</title></path>`,
    ),
  ];
}

function stroke(series: Series): string {
  const dash = series.isDashed === true ? ' stroke-dasharray="5 4"' : '';
  return `fill="none" stroke="${colourOf(series)}" stroke-width="1.6"${dash}`;
}

function colourOf({ hue }: Series): string {
  return COLOURS[hue % COLOURS.length]!;
}

function outlineOf({ hue }: Series): string {
  return OUTLINES[hue % OUTLINES.length]!;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
