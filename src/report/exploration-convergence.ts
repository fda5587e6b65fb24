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
import { linearScale } from './scale.ts';

const SIZES = {
  wide: { width: 740, height: 340, left: 74, right: 16 },
  narrow: { width: 368, height: 320, left: 56, right: 12 },
} as const;

/** Share of the volume between the reference point and the origin that a front dominates, by evaluations. */
export function convergenceChart({ exploration }: ExplorationView, form: ChartForm): Chart {
  const { width, height, left, right } = SIZES[form === 'narrow' ? 'narrow' : 'wide'];
  const { searches, referencePoint } = exploration;
  const whole = referencePoint.reduce((product, value) => product * value, 1);
  const legend = renderLegend(
    searches.map(({ method, seed, evaluations }) => ({
      mark: `<path class="line ${method}" d="M-9 0h18"/><path class="${method}" d="${METHOD_OUTLINES[method]}"/>`,
      text:
        form === 'narrow'
          ? METHOD_TITLES[method]
          : `${METHOD_TITLES[method]}, seed ${seed}, ${formatNumber(evaluations, 0)} evaluations`,
    })),
    left + 4,
    12,
    width - left - right,
  );
  const top = legend.height + 12;
  const steps = searches.flatMap(({ convergence }) => convergence);
  const share = (volume: number): number => (100 * volume) / whole;
  const axes: Axes = {
    box: { x: left, y: top, width: width - left - right, height: height - top - 46 },
    xScale: linearScale([0, ...steps.map(({ evaluations }) => evaluations)], form === 'narrow' ? 5 : 9),
    yScale: linearScale(
      steps.length === 0 ? [0, 100] : steps.map(({ hypervolume }) => share(hypervolume)),
      6,
    ),
    xTitle: 'Evaluated assignments',
    yTitle: 'Hypervolume [% of the box]',
    titleGap: { x: 34, y: form === 'narrow' ? 40 : 50 },
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
  return {
    width,
    height,
    title: `Hypervolume of the front by evaluated assignments, ${searches.map(({ method }) => METHOD_TITLES[method]).join(', ')}`,
    content: [legend.content, ...renderAxes(axes), ...lines],
  };
}
