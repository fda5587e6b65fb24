import type { SearchRecord } from '../explore/exploration.ts';
import { formatNumber } from './columns.ts';
import { escapeMarkup } from './escape-markup.ts';
import {
  type Axes,
  type Chart,
  type ChartForm,
  METHOD_OUTLINES,
  placeIn,
  renderAxes,
  renderLegend,
} from './exploration-chart.ts';
import { type ExplorationView, METHOD_TITLES } from './exploration-view.ts';
import { linearScale, type Scale } from './scale.ts';

const SIZES = {
  wide: { width: 740, height: 340, left: 74, right: 16, across: 1 },
  /** Where there are several levels. */
  pair: { width: 570, height: 320, left: 66, right: 16, across: 2 },
  narrow: { width: 368, height: 320, left: 56, right: 12, across: 1 },
} as const;

type Size = (typeof SIZES)[keyof typeof SIZES];

interface Scales {
  readonly xScale: Scale;
  readonly yScale: Scale;
  /** Per cent of the box that a hypervolume is. */
  readonly share: (volume: number) => number;
}

/**
 * Share of the volume between the reference point and the origin that a front dominates, by evaluations: a panel per
 * level, all with the same axes.
 */
export function convergenceChart({ exploration, levels }: ExplorationView, form: ChartForm): Chart {
  const size = SIZES[form === 'narrow' ? 'narrow' : levels.length > 1 ? 'pair' : 'wide'];
  const { searches, referencePoint } = exploration;
  const whole = referencePoint.reduce((product, value) => product * value, 1);
  const share = (volume: number): number => (100 * volume) / whole;
  const steps = searches.flatMap(({ convergence }) => convergence);
  const scales: Scales = {
    xScale: linearScale([0, ...steps.map(({ evaluations }) => evaluations)], form === 'narrow' ? 5 : 9),
    yScale: linearScale(steps.length === 0 ? [0, 100] : steps.map((step) => share(step.hypervolume)), 6),
    share,
  };
  const panels = levels.map((level, index) => {
    const own = levels.length === 1 ? searches : searches.filter((search) => search.level === level);
    const [x, y] = [(index % size.across) * size.width, Math.floor(index / size.across) * size.height];
    const lines = renderPanel(own, size, scales, levels.length === 1 ? undefined : level, form);
    return `<g transform="translate(${x} ${y})">${lines.join('\n')}</g>`;
  });
  return {
    width: size.width * Math.min(size.across, levels.length),
    height: size.height * Math.ceil(levels.length / size.across),
    title: `Hypervolume of the front by evaluated assignments, ${searches.map(({ method }) => METHOD_TITLES[method]).join(', ')}`,
    content: panels,
  };
}

function renderPanel(
  searches: readonly SearchRecord[],
  { width, height, left, right }: Size,
  { xScale, yScale, share }: Scales,
  level: string | undefined,
  form: ChartForm,
): readonly string[] {
  const head = level === undefined ? 0 : 18;
  const legend = renderLegend(
    searches.map(({ method, seed, evaluations }) => ({
      mark: `<path class="line ${method}" d="M-9 0h18"/><path class="${method}" d="${METHOD_OUTLINES[method]}"/>`,
      text:
        form === 'narrow' || level !== undefined
          ? METHOD_TITLES[method]
          : `${METHOD_TITLES[method]}, seed ${seed}, ${formatNumber(evaluations, 0)} evaluations`,
    })),
    left + 4,
    12 + head,
    width - left - right,
  );
  const top = legend.height + 12 + head;
  const axes: Axes = {
    box: { x: left, y: top, width: width - left - right, height: height - top - 46 },
    xScale,
    yScale,
    xTitle: 'Evaluated assignments',
    yTitle: 'Hypervolume [% of the box]',
    titleGap: { x: 34, y: form === 'narrow' ? 40 : 48 },
  };
  const lines = searches.flatMap(({ method, convergence }) => {
    const spots = convergence.map((step) => ({
      ...placeIn(axes, step.evaluations, share(step.hypervolume)),
      step,
    }));
    if (spots.length === 0) return [];
    return [
      `<path class="line ${method}" d="M${spots.map(({ x, y }) => `${x} ${y}`).join('L')}"/>`,
      ...spots.map(({ x, y, step }) => {
        const text = `${METHOD_TITLES[method]}, generation ${step.generation}: ${step.evaluations} evaluations, hypervolume ${share(step.hypervolume).toFixed(2)} %, front of ${step.frontSize}`;
        return `<path class="dot ${method}" d="${METHOD_OUTLINES[method]}" transform="translate(${x} ${y}) scale(0.75)"><title>${escapeMarkup(text)}</title></path>`;
      }),
    ];
  });
  const title =
    level === undefined ? '' : `<text class="panel-title" x="${left}" y="14">${escapeMarkup(level)}</text>`;
  return [title, legend.content, ...renderAxes(axes), ...lines];
}
