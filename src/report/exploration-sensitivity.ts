import { type DesignKind, designKind, designLabel, KIND_TITLES } from './design-label.ts';
import { escapeMarkup } from './escape-markup.ts';
import {
  type Axes,
  type Chart,
  type ChartForm,
  placeIn,
  renderAxes,
  renderLegend,
  round,
} from './exploration-chart.ts';
import { formatKl, klScale } from './exploration-loss.ts';
import type { ExplorationView } from './exploration-view.ts';
import { linearScale } from './scale.ts';
import { shortNames } from './short-names.ts';

const OUTLINES: Readonly<Record<DesignKind, string>> = {
  exact: 'M-3.6-3.6H3.6V3.6H-3.6Z',
  'roup-uniform': 'M-4 0A4 4 0 1 0 4 0A4 4 0 1 0-4 0Z',
  'roup-asymmetric': 'M0-4.8L4.5 3.4H-4.5Z',
  narrow: 'M0-4.5L4.5 0L0 4.5L-4.5 0Z',
  outside: 'M-1.5-4.5H1.5V-1.5H4.5V1.5H1.5V4.5H-1.5V1.5H-4.5V-1.5H-1.5Z',
};

const SIZES = {
  wide: { columns: 4, panelWidth: 290, panelHeight: 210, left: 44, right: 12, letters: 18 },
  narrow: { columns: 2, panelWidth: 184, panelHeight: 180, left: 38, right: 6, letters: 11 },
} as const;
const PANEL_TOP = 24;
const PANEL_BOTTOM = 22;
const FOOT = 26;

/**
 * A panel per layer, all with the same axes: what the network loses when only this layer has a multiplier, against what
 * the multiplier needs there.
 */
export function sensitivityChart(view: ExplorationView, form: ChartForm): Chart {
  const { columns, panelWidth, panelHeight, left, right, letters } =
    SIZES[form === 'narrow' ? 'narrow' : 'wide'];
  const { layers, exploration } = view;
  const { searchedStream, multipliers } = exploration;
  const dots = exploration.sensitivity.flatMap((entry) => {
    const energyPj = entry.energyPj[searchedStream];
    return energyPj === undefined
      ? []
      : [{ ...entry, pj: energyPj, spec: multipliers[entry.multiplier]!.spec }];
  });
  const across = Math.min(columns, layers.length);
  const width = form === 'narrow' ? columns * panelWidth : Math.max(2, across) * panelWidth;
  const kinds = (Object.keys(KIND_TITLES) as DesignKind[]).filter((kind) =>
    dots.some(({ spec }) => designKind(spec) === kind),
  );
  const legend = renderLegend(
    kinds.map((kind) => ({ mark: `<path class="${kind}" d="${OUTLINES[kind]}"/>`, text: KIND_TITLES[kind] })),
    left,
    12,
    width - left,
  );
  const top = legend.height + 8;
  const bottom = top + Math.ceil(layers.length / columns) * panelHeight;
  const xScale = linearScale([0, ...dots.map(({ pj }) => pj)], form === 'narrow' ? 3 : 5);
  const yScale = klScale(dots.map(({ klNats }) => klNats));
  const names = shortNames(
    layers.map(({ layer }) => layer),
    letters,
  );
  const panels = layers.flatMap(({ layer, multiplications }, index) => {
    const axes: Axes = {
      box: {
        x: (index % columns) * panelWidth + left,
        y: top + Math.floor(index / columns) * panelHeight + PANEL_TOP,
        width: panelWidth - left - right,
        height: panelHeight - PANEL_TOP - PANEL_BOTTOM,
      },
      xScale,
      yScale,
    };
    const share = (100 * multiplications) / exploration.network.multiplicationsPerImage;
    const own = dots.filter((dot) => dot.layer === layer);
    return [
      ...renderAxes(axes),
      `<text class="panel-title" x="${axes.box.x}" y="${axes.box.y - 8}">${escapeMarkup(names.get(layer)!)}<tspan class="remark" dx="6">${share < 0.1 ? '&lt; 0.1' : round(share)} %${form === 'narrow' ? '' : ' of mult.'}</tspan></text>`,
      ...own.map(({ pj, klNats, spec, multiplier }) => {
        const { x, y } = placeIn(axes, pj, klNats);
        const kind = designKind(spec);
        const text = `${layer} with ${designLabel(spec)} alone: KL ${formatKl(klNats)} nats, ${pj.toPrecision(3)} pJ per multiplication`;
        return `<path class="dot ${kind}" data-multiplier="${multiplier}" d="${OUTLINES[kind]}" transform="translate(${x} ${y})"><title>${escapeMarkup(text)}</title></path>`;
      }),
    ];
  });
  return {
    width,
    height: bottom + FOOT,
    title: `KL divergence when one layer alone has a multiplier, against its energy per multiplication there on ${searchedStream}: ${layers.length} layers, ${dots.length} pairs`,
    content: [
      legend.content,
      ...panels,
      `<text class="axis-title" x="${left}" y="${bottom + 16}">${form === 'narrow' ? 'KL [nats] over energy per multiplication [pJ]' : `KL divergence [nats] (logarithmic, 0 apart) over energy per multiplication in the layer on ${searchedStream} [pJ]`}</text>`,
    ],
  };
}
