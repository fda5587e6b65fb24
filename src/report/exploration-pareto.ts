import type { NetworkStream } from '../explore/stream-comparison.ts';
import { formatNumber } from './columns.ts';
import { escapeMarkup } from './escape-markup.ts';
import {
  type Axes,
  type Chart,
  type ChartForm,
  type LegendEntry,
  METHOD_OUTLINES,
  placeIn,
  renderAxes,
  renderLegend,
  round,
} from './exploration-chart.ts';
import { bestWithin, klScale, LOSS_BOUNDS_POINTS, type Loss, lossesOf } from './exploration-loss.ts';
import {
  describeStream,
  type ExplorationView,
  METHOD_TITLES,
  type PointView,
  type SearchMethod,
} from './exploration-view.ts';
import { type Box, placeLabels } from './place-labels.ts';
import { changeScale, linearScale, type Scale } from './scale.ts';

/** Points that have a figure for a loss and a stream. */
export function drawnPoints(
  { points }: ExplorationView,
  loss: Loss,
  stream: NetworkStream,
): readonly PointView[] {
  return points.filter(
    (point) => loss.of(point) !== undefined && point.savingPercentByStream[stream] !== undefined,
  );
}

const SIZES = {
  wide: { width: 740, height: 560, left: 66, right: 16 },
  narrow: { width: 368, height: 430, left: 58, right: 8 },
} as const;
const BOTTOM = 46;
/** The exact network: a frame around what coincides with it. */
const REFERENCE = 'M-7.5-7.5H7.5V7.5H-7.5Z';
/** Half of a mark, for collisions. */
const REACH = 6;

/** Saving against loss: a mark per point, whiskers where there are intervals, the front as a line on the searched stream. */
export function paretoChart(
  view: ExplorationView,
  loss: Loss,
  stream: NetworkStream,
  form: ChartForm,
): Chart {
  const { width, height, left, right } = SIZES[form === 'narrow' ? 'narrow' : 'wide'];
  const drawn = drawnPoints(view, loss, stream);
  const entries = legendEntries(view, drawn, loss, stream);
  const legend = renderLegend(entries, left, 12, width - left - right);
  const top = legend.height + 14;
  const box = { x: left, y: top, width: width - left - right, height: height - top - BOTTOM };
  const axes: Axes = {
    box,
    // Below 0, so that the exact network keeps clear of the axis.
    xScale: linearScale([-0.5, ...drawn.map((point) => savingOf(point, stream))], form === 'narrow' ? 6 : 10),
    yScale: lossScale(drawn, loss),
    xTitle:
      form === 'narrow'
        ? `Energy saving, ${stream} [%]`
        : `Energy saving on ${describeStream(view, stream)} [%]`,
    yTitle: form === 'narrow' ? SHORT_TITLES[loss.key] : loss.title,
    titleGap: { x: 34, y: form === 'narrow' ? 47 : 52 },
  };
  const spot = (point: PointView) => placeIn(axes, savingOf(point, stream), loss.of(point)!);
  const front = drawn.filter(({ isOnFront }) => isOnFront);
  const line =
    stream === view.exploration.searchedStream && front.length > 1
      ? `<path class="front" d="M${front.map((point) => `${spot(point).x} ${spot(point).y}`).join('L')}"/>`
      : '';
  const exact = placeIn(axes, 0, 0);
  return {
    width,
    height,
    title: `${loss.title} against energy saving on ${describeStream(view, stream)}: ${drawn.length} points, ${front.length} of them on the front`,
    content: [
      legend.content,
      ...renderAxes(axes),
      `<path class="reference" d="${REFERENCE}" transform="translate(${exact.x} ${exact.y})"><title>exact int8 network with the best exact multiplier</title></path>`,
      line,
      ...drawn.map((point) => renderWhisker(axes, point, loss, stream)),
      ...renderLabels(view, drawn, spot, axes),
      ...drawn
        .toSorted((p, q) => Number(p.isOnFront) - Number(q.isOnFront))
        .map((point) => renderMark(point, spot(point), loss, stream)),
    ],
  };
}

const SHORT_TITLES = {
  test: 'Loss on test images [points]',
  calibration: 'Loss on calibration images [points]',
  kl: 'KL divergence [nats]',
} as const;

function savingOf(point: PointView, stream: NetworkStream): number {
  return point.savingPercentByStream[stream]!;
}

function lossScale(drawn: readonly PointView[], loss: Loss): Scale {
  const values = drawn.flatMap((point) => {
    const half = loss.halfWidth(point) ?? 0;
    return [loss.of(point)! - half, loss.of(point)! + half];
  });
  if (loss.key === 'kl') return klScale(values);
  const scale = changeScale([0, ...values]);
  return {
    ...scale,
    ticks: scale.ticks.map(({ value, label }) => ({ value, label: label.replace('+', '') })),
  };
}

function methodOf({ foundBy }: PointView): SearchMethod | 'refined' {
  return foundBy[0] ?? 'refined';
}

function legendEntries(
  view: ExplorationView,
  drawn: readonly PointView[],
  loss: Loss,
  stream: NetworkStream,
): readonly LegendEntry[] {
  const isOnFront = (point: PointView): boolean => point.isOnFront;
  const methods = (Object.keys(METHOD_OUTLINES) as (SearchMethod | 'refined')[]).filter((method) =>
    drawn.some((point) => methodOf(point) === method),
  );
  const hasLine = stream === view.exploration.searchedStream && drawn.filter(isOnFront).length > 1;
  const hasWhiskers = drawn.some((point) => loss.halfWidth(point) !== undefined);
  return [
    ...methods.map((method) => ({
      mark: `<path class="${method}" d="${METHOD_OUTLINES[method]}"/>`,
      text: method === 'refined' ? 'Refined' : METHOD_TITLES[method],
    })),
    ...(drawn.every(isOnFront)
      ? []
      : [{ mark: `<path class="nsga2 off" d="${METHOD_OUTLINES.nsga2}"/>`, text: 'not on the front' }]),
    ...(hasLine ? [{ mark: '<path class="front" d="M-8 0h16"/>', text: 'front' }] : []),
    ...(hasWhiskers ? [{ mark: '<path class="whisker" d="M0-6V6M-3-6h6M-3 6h6"/>', text: '95 %' }] : []),
    { mark: `<path class="reference" d="${REFERENCE}"/>`, text: 'exact' },
  ];
}

function renderWhisker(axes: Axes, point: PointView, loss: Loss, stream: NetworkStream): string {
  const half = loss.halfWidth(point);
  if (half === undefined) return '';
  const { x, y: low } = placeIn(axes, savingOf(point, stream), loss.of(point)! - half);
  const { y: high } = placeIn(axes, savingOf(point, stream), loss.of(point)! + half);
  return `<path class="whisker" d="M${x} ${high}V${low}M${round(x - 3)} ${high}h6M${round(x - 3)} ${low}h6"/>`;
}

function renderMark(
  point: PointView,
  { x, y }: { readonly x: number; readonly y: number },
  loss: Loss,
  stream: NetworkStream,
): string {
  const method = methodOf(point);
  const text = `${point.id}: saving ${formatNumber(savingOf(point, stream), 1)} % on ${stream}, ${loss.describe(point)}`;
  return `<path class="mark ${method}${point.isOnFront ? '' : ' off'}" data-point="${escapeMarkup(point.id)}" d="${METHOD_OUTLINES[method]}" transform="translate(${x} ${y})"><title>${escapeMarkup(text)}</title></path>`;
}

/** Ids beside the points that the headline names. */
function renderLabels(
  view: ExplorationView,
  drawn: readonly PointView[],
  spot: (point: PointView) => { readonly x: number; readonly y: number },
  { box }: Axes,
): readonly string[] {
  const main = lossesOf(view)[0]!;
  const named = new Set(LOSS_BOUNDS_POINTS.map((bound) => bestWithin(view, main, bound)));
  const marks = drawn
    .filter((point) => named.has(point))
    .map((point) => ({ ...spot(point), text: point.id }));
  const obstacles = drawn.map((point): Box => {
    const { x, y } = spot(point);
    return { x: x - REACH, y: y - REACH, width: 2 * REACH, height: 2 * REACH };
  });
  const anchors = { start: 0, middle: 0.5, end: 1 } as const;
  return placeLabels(marks, obstacles, box).map((label, index) => {
    const mark = marks[index]!;
    const end = {
      x: Math.min(Math.max(mark.x, label.x), label.x + label.width),
      y: Math.min(Math.max(mark.y, label.y), label.y + label.height),
    };
    const leader = label.needsLeader
      ? `<path class="leader" d="M${mark.x} ${mark.y}L${round(end.x)} ${round(end.y)}"/>`
      : '';
    const x = round(label.x + label.width * anchors[label.anchor]);
    return `${leader}<text class="label" x="${x}" y="${round(label.y + label.height - 3)}" text-anchor="${label.anchor}">${escapeMarkup(label.text)}</text>`;
  });
}
