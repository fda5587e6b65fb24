import type { LibraryComparison, MultiplierComparison } from '../synth/library-comparison.ts';
import { formatNumber } from './columns.ts';
import { escapeMarkup } from './escape-markup.ts';
import { linearScale, type Scale } from './scale.ts';
import { PLOT_STYLE } from './style.ts';

/** A drawing of the page, and a file beside the Markdown. */
export interface LibraryPlot {
  readonly id: string;
  readonly title: string;
  readonly svg: string;
}

const WIDTH = 860;
const HEIGHT = 460;
const PLOT = { x: 74, y: 44, width: WIDTH - 74 - 22, height: HEIGHT - 44 - 62 };

const MARKS = {
  exact: { outline: 'M-4.4-4.4H4.4V4.4H-4.4Z', title: 'exact' },
  'roup-uniform': {
    outline: 'M-4.8 0A4.8 4.8 0 1 0 4.8 0A4.8 4.8 0 1 0-4.8 0Z',
    title: 'ROUP, perforation, rounding or uniform',
  },
  'roup-asymmetric': { outline: 'M0-5.8L5.6 4.4H-5.6Z', title: 'ROUP, asymmetric' },
} as const;

type Mark = keyof typeof MARKS;

interface Point {
  readonly design: string;
  readonly mark: Mark;
  readonly x: number;
  readonly y: number;
  readonly errorPercent: number;
}

/** Relative energies of the same netlists in both libraries, and how far they are from each other. */
export function libraryPlots(comparison: LibraryComparison): readonly LibraryPlot[] {
  const points = comparison.multipliers.flatMap((multiplier): Point[] => {
    const price = multiplier.prices.ours;
    if (price === undefined) return [];
    const { design } = multiplier;
    const { relativeEnergy } = price.other;
    const { errorPercent } = price;
    return [
      { design, mark: markOf(multiplier), x: relativeEnergy, y: price.ours.relativeEnergy, errorPercent },
    ];
  });
  if (points.length === 0) return [];
  const both = linearScale(points.flatMap(({ x, y }) => [x, y]));
  const xTitle = `Energy relative to ${comparison.baseline}, ${comparison.other.name}`;
  const diagonal = `M${PLOT.x} ${PLOT.y + PLOT.height}L${PLOT.x + PLOT.width} ${PLOT.y}`;
  const errors = points.map((point) => ({ ...point, y: point.errorPercent }));
  return [
    draw('relative-energy', 'Relative energy in both libraries', {
      points,
      xScale: both,
      yScale: both,
      xTitle,
      yTitle: `The same, ${comparison.ours.name}`,
      guide: diagonal,
    }),
    draw('relative-energy-error', 'How far the relative energies are from each other', {
      points: errors,
      xScale: both,
      yScale: linearScale([...errors.map(({ y }) => y), -1, 1]),
      xTitle,
      yTitle: 'Error of ours [%]',
      guide: '',
    }),
  ];
}

function markOf({ family }: MultiplierComparison): Mark {
  if (family.startsWith('exact')) return 'exact';
  return family.includes('asymmetric') ? 'roup-asymmetric' : 'roup-uniform';
}

interface Drawing {
  readonly points: readonly Point[];
  readonly xScale: Scale;
  readonly yScale: Scale;
  readonly xTitle: string;
  readonly yTitle: string;
  /** Path of a line behind the marks; empty for none. */
  readonly guide: string;
}

function draw(id: string, title: string, drawing: Drawing): LibraryPlot {
  const { points, xScale, yScale, xTitle, yTitle, guide } = drawing;
  const [bottom, right] = [PLOT.y + PLOT.height, PLOT.x + PLOT.width];
  const left = (value: number): number => round(PLOT.x + xScale.position(value) * PLOT.width);
  const top = (value: number): number => round(PLOT.y + (1 - yScale.position(value)) * PLOT.height);
  const kinds = (Object.keys(MARKS) as Mark[]).filter((mark) => points.some((p) => p.mark === mark));
  let x = PLOT.x + 8;
  const legend = kinds.map((mark) => {
    const item = `<path class="${mark}" d="${MARKS[mark].outline}" transform="translate(${x} 20)"/><text x="${x + 12}" y="24">${MARKS[mark].title}</text>`;
    x += 34 + MARKS[mark].title.length * 6.2;
    return item;
  });
  const svg = [
    `<svg xmlns="http://www.w3.org/2000/svg" class="plot" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-labelledby="${id}-title ${id}-desc">`,
    `<title id="${id}-title">${escapeMarkup(title)}</title>`,
    `<desc id="${id}-desc">${points.length} multipliers; the table below holds the same figures.</desc>`,
    `<style>${PLOT_STYLE}</style>`,
    `<g class="legend">${legend.join('')}</g>`,
    ...xScale.ticks.map(
      ({ value, label }) =>
        `<path class="grid" d="M${left(value)} ${PLOT.y}V${bottom}"/><text class="tick" x="${left(value)}" y="${bottom + 18}" text-anchor="middle">${label}</text>`,
    ),
    ...yScale.ticks.map(
      ({ value, label }) =>
        `<path class="grid${value === 0 ? ' zero' : ''}" d="M${PLOT.x} ${top(value)}H${right}"/><text class="tick" x="${PLOT.x - 8}" y="${top(value) + 4}" text-anchor="end">${label}</text>`,
    ),
    `<path class="axis" d="M${PLOT.x} ${PLOT.y}V${bottom}H${right}"/>`,
    ...(guide === '' ? [] : [`<path class="baseline" d="${guide}"/>`]),
    `<text class="axis-title" x="${PLOT.x + PLOT.width / 2}" y="${HEIGHT - 14}" text-anchor="middle">${escapeMarkup(xTitle)}</text>`,
    `<text class="axis-title" transform="translate(20 ${PLOT.y + PLOT.height / 2}) rotate(-90)" text-anchor="middle">${escapeMarkup(yTitle)}</text>`,
    ...points.map(
      (point) =>
        `<path class="mark ${point.mark}" data-design="${escapeMarkup(point.design)}" d="${MARKS[point.mark].outline}" transform="translate(${left(point.x)} ${top(point.y)})"><title>${escapeMarkup(point.design)}\n${formatNumber(point.errorPercent, 2, true)} %</title></path>`,
    ),
    '</svg>',
  ].join('\n');
  return { id, title, svg };
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
