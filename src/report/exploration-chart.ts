import { escapeMarkup } from './escape-markup.ts';
import { STATIC_CHART_STYLE } from './exploration-style.ts';
import type { SearchMethod } from './exploration-view.ts';
import type { Box } from './place-labels.ts';
import type { Scale } from './scale.ts';

/** How a chart is drawn: wide, narrow for phones, or as a file of its own (wide, on white). */
export type ChartForm = 'wide' | 'narrow' | 'static';

/** Content of a chart in drawing units. */
export interface Chart {
  readonly width: number;
  readonly height: number;
  readonly title: string;
  readonly content: readonly string[];
}

/** The chart as an SVG element: for the page (styled by it), or as a whole file without references to anything. */
export function renderChart({ width, height, title, content }: Chart, form: ChartForm): string {
  const label = escapeMarkup(title);
  const lines =
    form === 'static'
      ? [
          `<svg xmlns="http://www.w3.org/2000/svg" class="chart" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${label}">`,
          `<style>${STATIC_CHART_STYLE}</style>`,
          `<rect width="${width}" height="${height}" fill="#ffffff"/>`,
        ]
      : [
          `<svg class="chart ${form}-view" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}"${form === 'wide' ? ` style="max-width:${width}px"` : ''}>`,
        ];
  return [...lines, ...content.filter((line) => line !== ''), '</svg>', ''].join('\n');
}

/** Axes around a box. */
export interface Axes {
  readonly box: Box;
  readonly xScale: Scale;
  readonly yScale: Scale;
  readonly xTitle?: string;
  readonly yTitle?: string;
  /** Distance of the titles from the box. */
  readonly titleGap?: { readonly x: number; readonly y: number };
}

/** Least distance of the middles of neighbouring tick labels, drawing units. */
const TICK_GAP = { x: 32, y: 15 };

/** Grid, ticks, axis lines and titles. */
export function renderAxes({ box, xScale, yScale, xTitle, yTitle, titleGap }: Axes): readonly string[] {
  const { x, y, width, height } = box;
  const [right, bottom] = [x + width, y + height];
  const vertical = readableTicks(xScale, width, TICK_GAP.x).map(({ value, label }) => {
    const at = round(x + xScale.position(value) * width);
    return `<path class="grid${value === 0 ? ' zero' : ''}" d="M${at} ${y}V${bottom}"/><text class="tick" x="${at}" y="${bottom + 15}" text-anchor="middle">${label}</text>`;
  });
  const horizontal = readableTicks(yScale, height, TICK_GAP.y).map(({ value, label }) => {
    const at = round(y + (1 - yScale.position(value)) * height);
    return `<path class="grid${value === 0 ? ' zero' : ''}" d="M${x} ${at}H${right}"/><text class="tick" x="${x - 6}" y="${at + 4}" text-anchor="end">${label}</text>`;
  });
  const gap = { x: 34, y: 44, ...titleGap };
  return [
    ...vertical,
    ...horizontal,
    `<path class="axis" d="M${x} ${y}V${bottom}H${right}"/>`,
    xTitle === undefined
      ? ''
      : `<text class="axis-title" x="${round(x + width / 2)}" y="${bottom + gap.x}" text-anchor="middle">${withRemark(xTitle, xScale)}</text>`,
    yTitle === undefined
      ? ''
      : `<text class="axis-title" transform="translate(${x - gap.y} ${round(y + height / 2)}) rotate(-90)" text-anchor="middle">${withRemark(yTitle, yScale)}</text>`,
  ];
}

function withRemark(title: string, { remark }: Scale): string {
  const rest = remark === '' ? '' : `<tspan class="remark" dx="4">(${escapeMarkup(remark)})</tspan>`;
  return `${escapeMarkup(title)}${rest}`;
}

/** Ticks that keep apart: those at round figures before those in between. */
function readableTicks({ ticks, position }: Scale, length: number, gap: number): Scale['ticks'] {
  const kept: { readonly at: number; readonly tick: Scale['ticks'][number] }[] = [];
  for (const tick of ticks.toSorted((p, q) => roundness(p.value) - roundness(q.value))) {
    const at = position(tick.value) * length;
    if (kept.every((other) => Math.abs(other.at - at) >= gap)) kept.push({ at, tick });
  }
  return kept.map(({ tick }) => tick);
}

/** 0 for zero, 1 for powers of ten, then fives, then twos. */
function roundness(value: number): number {
  if (value === 0) return 0;
  const mantissa = Math.round(Math.abs(value) / 10 ** Math.floor(Math.log10(Math.abs(value)) + 1e-9));
  return mantissa === 1 ? 1 : mantissa === 5 ? 2 : 3;
}

/** Where a point of both scales lies in the box. */
export function placeIn(
  { box, xScale, yScale }: Axes,
  xValue: number,
  yValue: number,
): { readonly x: number; readonly y: number } {
  return {
    x: round(box.x + xScale.position(xValue) * box.width),
    y: round(box.y + (1 - yScale.position(yValue)) * box.height),
  };
}

/** An entry of a legend: its drawing around the origin, 20 wide, and its text. */
export interface LegendEntry {
  readonly mark: string;
  readonly text: string;
}

/** Mean width of a character of a legend, drawing units: that of DejaVu Sans, which is wider than most. */
const CHARACTER_WIDTH = 6.7;
export const LEGEND_LINE = 17;

/** Legend in lines of at most `width` units from (x, y) on; `height` is what it takes. */
export function renderLegend(
  entries: readonly LegendEntry[],
  x: number,
  y: number,
  width: number,
): { readonly content: string; readonly height: number } {
  let [at, line] = [0, 0];
  const items = entries.map(({ mark, text }) => {
    const own = 20 + text.length * CHARACTER_WIDTH + 14;
    if (at > 0 && at + own - 14 > width) {
      at = 0;
      line++;
    }
    const [left, middle] = [round(x + at), y + line * LEGEND_LINE];
    at += own;
    return `<g transform="translate(${left + 8} ${middle})">${mark}<text x="12" y="4">${escapeMarkup(text)}</text></g>`;
  });
  return { content: `<g class="legend">${items.join('')}</g>`, height: (line + 1) * LEGEND_LINE };
}

/** Outline of a point by the search that found it; "other" is for points on no search's front. */
export const METHOD_OUTLINES: Readonly<Record<SearchMethod | 'refined', string>> = {
  nsga2: 'M-5 0A5 5 0 1 0 5 0A5 5 0 1 0-5 0Z',
  greedy: 'M0-6L5.6 4.2H-5.6Z',
  random: 'M0-6L5.6 0L0 6L-5.6 0Z',
  refined: 'M-4.4-4.4H4.4V4.4H-4.4Z',
};

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
