import { type DesignKind, KIND_TITLES } from './design-label.ts';
import { escapeMarkup } from './escape-markup.ts';
import { type Box, placeLabels } from './place-labels.ts';
import type { Scale } from './scale.ts';
import { PLOT_STYLE } from './style.ts';

/** One design in a plot. */
export interface ScatterPoint {
  readonly design: string;
  readonly kind: DesignKind;
  readonly label: string;
  readonly x: number;
  readonly y: number;
  /** Half width of the vertical error bar, in y units. */
  readonly halfWidthY?: number;
  /** Lines of the tooltip. */
  readonly tooltip: readonly string[];
}

/** A scatter plot as data. */
export interface Scatter {
  /** Prefix of the ids within the drawing; unique within a page. */
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly xTitle: string;
  readonly yTitle: string;
  readonly xScale: Scale;
  readonly yScale: Scale;
  readonly points: readonly ScatterPoint[];
  /** Designs joined by the line of the Pareto front, by rising x. */
  readonly front: readonly string[];
  /** Pairs of designs joined by a thin line: a uniform ROUP and its exact twin. */
  readonly pairs: readonly (readonly [string, string])[];
  /** Design at whose x a vertical line marks the exact baseline. */
  readonly baseline?: string;
}

const WIDTH = 860;
const HEIGHT = 520;
const PLOT: Box = { x: 74, y: 58, width: WIDTH - 74 - 22, height: HEIGHT - 58 - 62 };

const BASELINE_LABEL_Y = PLOT.y + PLOT.height * 0.55;

/** One distinct outline per kind around the origin, so that the kinds are told apart without colour. */
const OUTLINES: Readonly<Record<DesignKind, string>> = {
  exact: 'M-5.2-5.2H5.2V5.2H-5.2Z',
  'roup-uniform': 'M-5.8 0A5.8 5.8 0 1 0 5.8 0A5.8 5.8 0 1 0-5.8 0Z',
  'roup-asymmetric': 'M0-6.8L6.6 5H-6.6Z',
  narrow: 'M0-7L7 0L0 7L-7 0Z',
  outside: 'M-2-6H2V-2H6V2H2V6H-2V2H-6V-2H-2Z',
};

/** Where the anchor of a text lies in its box. */
const ANCHORS = { start: 0, middle: 0.5, end: 1 } as const;

/** The plot as a self-contained SVG element (own style, light and dark), usable inline and as a file. */
export function renderScatter(plot: Scatter): string {
  const at = new Map(plot.points.map((point) => [point.design, place(plot, point)]));
  const baseline = plot.baseline === undefined ? undefined : at.get(plot.baseline);
  const lines = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${plot.id}-title ${plot.id}-desc">`,
    `<title id="${plot.id}-title">${escapeMarkup(plot.title)}</title>`,
    `<desc id="${plot.id}-desc">${escapeMarkup(plot.description)}</desc>`,
    `<style>${PLOT_STYLE}</style>`,
    renderLegend(plot),
    ...renderAxes(plot),
    ...(baseline === undefined ? [] : [renderBaseline(baseline.x)]),
    ...plot.pairs.map(([one, two]) => renderPair(at.get(one)!, at.get(two)!)),
    renderFront(plot.front.map((design) => at.get(design)!)),
    ...plot.points.map((point) => renderErrorBar(plot, point)),
    ...renderLabels(plot, at),
    ...plot.points.map((point) => renderMark(point, at.get(point.design)!)),
    '</svg>',
  ];
  return lines.filter((line) => line !== '').join('\n');
}

interface Spot {
  readonly x: number;
  readonly y: number;
}

function place(plot: Scatter, point: { readonly x: number; readonly y: number }): Spot {
  return {
    x: PLOT.x + plot.xScale.position(point.x) * PLOT.width,
    y: PLOT.y + (1 - plot.yScale.position(point.y)) * PLOT.height,
  };
}

function renderLegend({ points, front, pairs }: Scatter): string {
  const kinds = (Object.keys(KIND_TITLES) as DesignKind[]).filter((kind) =>
    points.some((p) => p.kind === kind),
  );
  let x = PLOT.x + 8;
  const items = kinds.map((kind) => {
    const item = `<path class="${kind}" d="${OUTLINES[kind]}" transform="translate(${x} 20)"/><text x="${x + 12}" y="24">${KIND_TITLES[kind]}</text>`;
    x += 34 + KIND_TITLES[kind].length * 6.2;
    return item;
  });
  x = PLOT.x;
  if (front.length > 1) {
    items.push(`<path class="front" d="M${x} 42h26"/><text x="${x + 34}" y="46">Pareto front</text>`);
    x += 130;
  }
  if (pairs.length > 0) {
    items.push(
      `<path class="pair" d="M${x} 42h26"/><text x="${x + 34}" y="46">uniform ROUP and its exact twin</text>`,
    );
  }
  return `<g class="legend">${items.join('')}</g>`;
}

function renderAxes(plot: Scatter): readonly string[] {
  const bottom = PLOT.y + PLOT.height;
  const right = PLOT.x + PLOT.width;
  const vertical = plot.xScale.ticks.map(({ value, label }) => {
    const x = round(PLOT.x + plot.xScale.position(value) * PLOT.width);
    return `<path class="grid" d="M${x} ${PLOT.y}V${bottom}"/><text class="tick" x="${x}" y="${bottom + 18}" text-anchor="middle">${label}</text>`;
  });
  const horizontal = plot.yScale.ticks.map(({ value, label }) => {
    const y = round(PLOT.y + (1 - plot.yScale.position(value)) * PLOT.height);
    return `<path class="grid${value === 0 ? ' zero' : ''}" d="M${PLOT.x} ${y}H${right}"/><text class="tick" x="${PLOT.x - 8}" y="${y + 4}" text-anchor="end">${label}</text>`;
  });
  const middle = PLOT.y + PLOT.height / 2;
  return [
    ...vertical,
    ...horizontal,
    `<path class="axis" d="M${PLOT.x} ${PLOT.y}V${bottom}H${right}"/>`,
    `<text class="axis-title" x="${PLOT.x + PLOT.width / 2}" y="${HEIGHT - 16}" text-anchor="middle">${axisTitle(plot.xTitle, plot.xScale)}</text>`,
    `<text class="axis-title" transform="translate(20 ${middle}) rotate(-90)" text-anchor="middle">${axisTitle(plot.yTitle, plot.yScale)}</text>`,
  ];
}

function axisTitle(title: string, { remark }: Scale): string {
  const rest = remark === '' ? '' : `<tspan class="remark"> (${escapeMarkup(remark)})</tspan>`;
  return `${escapeMarkup(title)}${rest}`;
}

function renderBaseline(x: number): string {
  return `<path class="baseline" d="M${round(x)} ${PLOT.y}V${PLOT.y + PLOT.height}"/><text class="baseline-label" x="${round(x + 7)}" y="${BASELINE_LABEL_Y}">best exact</text>`;
}

function renderPair(one: Spot, two: Spot): string {
  return `<path class="pair" d="M${round(one.x)} ${round(one.y)}L${round(two.x)} ${round(two.y)}"/>`;
}

/** Steps between the points of the front: in between, only the point to the left is reached. */
function renderFront(spots: readonly Spot[]): string {
  if (spots.length < 2) return '';
  const [first, ...rest] = spots;
  const steps = rest.map((spot) => `H${round(spot.x)}V${round(spot.y)}`).join('');
  return `<path class="front" d="M${round(first!.x)} ${round(first!.y)}${steps}"/>`;
}

function renderErrorBar(plot: Scatter, point: ScatterPoint): string {
  const half = point.halfWidthY ?? 0;
  if (half === 0) return '';
  const upper = place(plot, { x: point.x, y: point.y + half });
  const lower = place(plot, { x: point.x, y: point.y - half });
  const [top, bottom] = [Math.max(upper.y, PLOT.y), Math.min(lower.y, PLOT.y + PLOT.height)].map(round);
  const x = round(upper.x);
  return `<path class="error" d="M${x} ${top}V${bottom}M${round(x - 3)} ${top}h6M${round(x - 3)} ${bottom}h6"/>`;
}

function renderLabels(plot: Scatter, at: ReadonlyMap<string, Spot>): readonly string[] {
  const marks = plot.points.map((point) => ({ ...at.get(point.design)!, text: point.label }));
  return placeLabels(marks, findObstacles(plot, at), PLOT).map((label, index) => {
    const mark = marks[index]!;
    const leader = label.needsLeader ? renderLeader(mark, label) : '';
    const x = round(label.x + label.width * ANCHORS[label.anchor]);
    return `${leader}<text class="label" x="${x}" y="${round(label.y + label.height - 3)}" text-anchor="${label.anchor}">${escapeMarkup(label.text)}</text>`;
  });
}

/** Error bars, front and baseline, cut into small boxes that labels keep clear of. */
function findObstacles(plot: Scatter, at: ReadonlyMap<string, Spot>): readonly Box[] {
  const bars = plot.points.flatMap((point) => {
    const half = point.halfWidthY ?? 0;
    if (half === 0) return [];
    const upper = place(plot, { x: point.x, y: point.y + half });
    const lower = place(plot, { x: point.x, y: point.y - half });
    return [{ x: upper.x - 2, y: upper.y, width: 4, height: lower.y - upper.y }];
  });
  const front = plot.front.map((design) => at.get(design)!);
  const steps = front.slice(1).flatMap((spot, index) => {
    const from = front[index]!;
    const top = Math.min(from.y, spot.y);
    return [
      { x: from.x, y: from.y - 2, width: spot.x - from.x, height: 4 },
      { x: spot.x - 2, y: top, width: 4, height: Math.abs(spot.y - from.y) },
    ];
  });
  const baseline = plot.baseline === undefined ? undefined : at.get(plot.baseline);
  const line =
    baseline === undefined
      ? []
      : [
          { x: baseline.x - 2, y: PLOT.y, width: 4, height: PLOT.height },
          { x: baseline.x, y: BASELINE_LABEL_Y - 12, width: 70, height: 16 },
        ];
  return [...bars, ...steps, ...line];
}

function renderLeader(mark: Spot, label: Box): string {
  const x = Math.min(Math.max(mark.x, label.x), label.x + label.width);
  const y = Math.min(Math.max(mark.y, label.y), label.y + label.height);
  return `<path class="leader" d="M${round(mark.x)} ${round(mark.y)}L${round(x)} ${round(y)}"/>`;
}

function renderMark(point: ScatterPoint, spot: Spot): string {
  const tooltip = escapeMarkup(point.tooltip.join('\n'));
  return `<path class="mark ${point.kind}" data-design="${escapeMarkup(point.design)}" d="${OUTLINES[point.kind]}" transform="translate(${round(spot.x)} ${round(spot.y)})"><title>${tooltip}</title></path>`;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
