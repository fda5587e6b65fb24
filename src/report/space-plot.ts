import { formatNumber } from './columns.ts';
import { escapeMarkup } from './escape-markup.ts';
import { placeLabels } from './place-labels.ts';
import { errorScale, linearScale, type Scale } from './scale.ts';
import { CLASS_TITLES, type SpaceClass } from './space-class.ts';
import { ENERGY_TITLES } from './space-findings.ts';
import { SPACE_ERRORS, type SpaceReport, type SpaceRow } from './space-rows.ts';
import { SPACE_PLOT_STYLE } from './space-style.ts';

/** A panel of a space plot: error upwards, energy or delay to the right. */
export type SpacePanel = 'energy' | 'delay';

const WIDTH = 440;
const HEIGHT = 420;
const PLOT = { x: 63, y: 66, width: WIDTH - 63 - 10, height: HEIGHT - 66 - 44 };
/** Labels on the front, at most. */
const LABELS = 9;

/** Outline of a mark on the front, per class, so that classes are told apart without colour. */
const OUTLINES: Readonly<Record<SpaceClass, string>> = {
  exact: 'M-4-4H4V4H-4Z',
  narrow: 'M0-5L5 0L0 5L-5 0Z',
  'rounding-only': 'M-4.2 0A4.2 4.2 0 1 0 4.2 0A4.2 4.2 0 1 0-4.2 0Z',
  'perforation-only': 'M0 5L4.8-3.6H-4.8Z',
  roup: 'M0-5L4.8 3.6H-4.8Z',
};

/** A panel as a self-contained SVG element (own style, light and dark), usable inline and as a file. */
export function renderSpacePanel(report: SpaceReport, panel: SpacePanel): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="space" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escapeMarkup(panelTitle(report, panel))}">`,
    `<style>${SPACE_PLOT_STYLE}</style>`,
    renderPanel(report, panel),
    '</svg>',
  ].join('\n');
}

/** Both panels side by side as one SVG file. */
export function renderSpaceSvg(report: SpaceReport): string {
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" class="space" viewBox="0 0 ${2 * WIDTH} ${HEIGHT}" width="${2 * WIDTH}" height="${HEIGHT}" role="img" aria-label="${escapeMarkup(`${panelTitle(report, 'energy')}; ${panelTitle(report, 'delay')}`)}">`,
    `<style>${SPACE_PLOT_STYLE}</style>`,
    `<rect class="paper" width="${2 * WIDTH}" height="${HEIGHT}"/>`,
    renderPanel(report, 'energy'),
    `<g transform="translate(${WIDTH} 0)">`,
    renderPanel(report, 'delay'),
    '</g>',
    '</svg>',
    '',
  ].join('\n');
}

/** What a panel shows, in words. */
export function panelTitle(report: SpaceReport, panel: SpacePanel): string {
  return `${SPACE_ERRORS[report.error].title} and ${panel} of ${report.rows.length} designs`;
}

interface Frame {
  readonly report: SpaceReport;
  readonly panel: SpacePanel;
  readonly xScale: Scale;
  readonly yScale: Scale;
}

function renderPanel(report: SpaceReport, panel: SpacePanel): string {
  const frame: Frame = {
    report,
    panel,
    xScale: linearScale(report.rows.map((row) => xOf(panel, row))),
    yScale: errorScale([...report.rows, ...references(report)].map(({ error }) => error)),
  };
  const marks = report.rows.toSorted((p, q) => Number(p.onFront) - Number(q.onFront));
  return [
    renderLegend(report, panel),
    ...renderAxes(frame),
    ...references(report).map((reference) => renderReference(frame, reference)),
    ...(panel === 'energy' ? renderStaircases(frame) : []),
    ...marks.map((row) => renderMark(frame, row)),
    ...(panel === 'energy' ? renderLabels(frame) : []),
  ].join('\n');
}

function xOf(panel: SpacePanel, { energyPj, cost }: SpaceRow): number {
  return panel === 'energy' ? energyPj : cost.delayNs;
}

function references({ references: all, error }: SpaceReport) {
  return all.map(({ name, errors }) => ({ name, error: SPACE_ERRORS[error].of(errors) }));
}

function spot({ panel, xScale, yScale }: Frame, row: SpaceRow): { x: number; y: number } {
  return {
    x: PLOT.x + xScale.position(xOf(panel, row)) * PLOT.width,
    y: PLOT.y + (1 - yScale.position(row.error)) * PLOT.height,
  };
}

/** Places of the legend entries: two columns, three lines. */
const LEGEND_COLUMNS = [PLOT.x, PLOT.x + 190];

function renderLegend(report: SpaceReport, panel: SpacePanel): string {
  const classes = (Object.keys(CLASS_TITLES) as SpaceClass[]).filter((own) =>
    report.rows.some((row) => row.class === own),
  );
  const items = classes.map((own, index) => {
    const x = LEGEND_COLUMNS[index % 2]! + 6;
    const y = 12 + 16 * Math.floor(index / 2);
    return `<path class="${own}" d="${OUTLINES[own]}" transform="translate(${x} ${y})"/><text x="${x + 10}" y="${y + 4}">${CLASS_TITLES[own]}</text>`;
  });
  const x = LEGEND_COLUMNS[classes.length % 2]!;
  const y = 12 + 16 * Math.floor(classes.length / 2);
  if (panel === 'energy') {
    items.push(
      `<path class="stair roup-line" d="M${x} ${y - 2}h16"/><path class="stair narrow-line" d="M${x} ${y + 3}h16"/><text x="${x + 22}" y="${y + 4}">error-energy fronts</text>`,
    );
  }
  return `<g>${items.join('')}</g>`;
}

function renderAxes({ report, panel, xScale, yScale }: Frame): readonly string[] {
  const bottom = PLOT.y + PLOT.height;
  const right = PLOT.x + PLOT.width;
  const vertical = xScale.ticks.map(({ value, label }) => {
    const x = round(PLOT.x + xScale.position(value) * PLOT.width);
    return `<path class="grid" d="M${x} ${PLOT.y}V${bottom}"/><text class="tick" x="${x}" y="${bottom + 15}" text-anchor="middle">${label}</text>`;
  });
  const horizontal = yScale.ticks.map(({ value, label }) => {
    const y = round(PLOT.y + (1 - yScale.position(value)) * PLOT.height);
    return `<path class="grid" d="M${PLOT.x} ${y}H${right}"/><text class="tick" x="${PLOT.x - 6}" y="${y + 4}" text-anchor="end">${label}</text>`;
  });
  const { title, unit } = SPACE_ERRORS[report.error];
  const remark = yScale.remark === '' ? '' : `; ${yScale.remark}`;
  const xTitle = panel === 'energy' ? `Energy ${ENERGY_TITLES[report.energy]} [pJ]` : 'Delay [ns]';
  return [
    ...vertical,
    ...horizontal,
    `<path class="axis" d="M${PLOT.x} ${PLOT.y}V${bottom}H${right}"/>`,
    `<text class="axis-title" x="${PLOT.x + PLOT.width / 2}" y="${HEIGHT - 8}" text-anchor="middle">${xTitle}</text>`,
    `<text class="axis-title" transform="translate(13 ${PLOT.y + PLOT.height / 2}) rotate(-90)" text-anchor="middle">${title} [${escapeMarkup(unit)}]<tspan class="remark">${escapeMarkup(remark)}</tspan></text>`,
  ];
}

/** A reference without a circuit: a tick at its error on the right edge. */
function renderReference({ yScale }: Frame, reference: { name: string; error: number }): string {
  const y = round(PLOT.y + (1 - yScale.position(reference.error)) * PLOT.height);
  const right = PLOT.x + PLOT.width;
  return `<path class="reference" d="M${right} ${y}h-12"><title>${escapeMarkup(reference.name)}: not priced, only its error is known</title></path>`;
}

/** Error-energy fronts of the exact and narrow designs, and of the ROUP ones, as steps. */
function renderStaircases(frame: Frame): readonly string[] {
  const groups = [
    { name: 'narrow-line', isIn: (own: SpaceClass) => own === 'narrow' || own === 'exact' },
    { name: 'roup-line', isIn: (own: SpaceClass) => own !== 'narrow' && own !== 'exact' },
  ];
  return groups.flatMap(({ name, isIn }) => {
    const rows = frame.report.rows.filter((row) => isIn(row.class) && row.cost.meetsClock);
    const front = staircase(rows);
    if (front.length < 2) return [];
    const [first, ...rest] = front.map((row) => spot(frame, row));
    const steps = rest.map(({ x, y }) => `H${round(x)}V${round(y)}`).join('');
    return [`<path class="stair ${name}" d="M${round(first!.x)} ${round(first!.y)}${steps}"/>`];
  });
}

/** By rising energy, each with less error than all before it. */
function staircase(rows: readonly SpaceRow[]): readonly SpaceRow[] {
  let least = Number.POSITIVE_INFINITY;
  return rows
    .toSorted((p, q) => p.energyPj - q.energyPj || p.error - q.error)
    .filter(({ error }) => {
      if (error >= least) return false;
      least = error;
      return true;
    });
}

function renderMark(frame: Frame, row: SpaceRow): string {
  const { x, y } = spot(frame, row);
  const title = `<title>${escapeMarkup(tooltip(row, frame.report))}</title>`;
  const name = escapeMarkup(row.design);
  if (!row.onFront) {
    return `<circle class="dot ${row.class}" data-design="${name}" cx="${round(x)}" cy="${round(y)}" r="1.7">${title}</circle>`;
  }
  return `<path class="mark ${row.class}" data-design="${name}" d="${OUTLINES[row.class]}" transform="translate(${round(x)} ${round(y)})">${title}</path>`;
}

function tooltip(row: SpaceRow, { error }: SpaceReport): string {
  const { title, unit } = SPACE_ERRORS[error];
  return [
    row.label,
    row.design,
    `${title} ${row.error.toPrecision(3)} ${unit}`,
    `${formatNumber(row.energyPj, 4)} pJ, ${formatNumber(row.cost.delayNs, 3)} ns${row.cost.meetsClock ? '' : ' (target not met)'}`,
    `${formatNumber(row.gainPercent, 1, true)} % gain`,
  ].join('\n');
}

/** Names of some designs of the error-energy front, spread along it. */
function renderLabels(frame: Frame): readonly string[] {
  const front = staircase(frame.report.rows.filter((row) => row.onErrorEnergyFront));
  const count = Math.min(LABELS, front.length);
  const chosen = Array.from(
    { length: count },
    (_, index) => front[Math.round((index * (front.length - 1)) / Math.max(1, count - 1))]!,
  );
  const marks = chosen.map((row) => ({ ...spot(frame, row), text: shortLabel(row) }));
  const obstacles = front.map((row) => {
    const { x, y } = spot(frame, row);
    return { x: x - 5, y: y - 5, width: 10, height: 10 };
  });
  const anchors = { start: 0, middle: 0.5, end: 1 } as const;
  return placeLabels(marks, obstacles, PLOT).map((label, index) => {
    const mark = marks[index]!;
    const x = round(label.x + label.width * anchors[label.anchor]);
    const end = { x: clamp(mark.x, label.x, label.width), y: clamp(mark.y, label.y, label.height) };
    const leader = label.needsLeader
      ? `<path class="leader" d="M${round(mark.x)} ${round(mark.y)}L${round(end.x)} ${round(end.y)}"/>`
      : '';
    return `${leader}<text class="label" x="${x}" y="${round(label.y + label.height - 3)}" text-anchor="${label.anchor}">${escapeMarkup(label.text)}</text>`;
  });
}

function clamp(value: number, from: number, size: number): number {
  return Math.min(Math.max(value, from), from + size);
}

function shortLabel({ spec }: SpaceRow): string {
  if (spec.family === 'roup') return `P${spec.P} r${spec.r.join('')}`;
  return 'aBits' in spec ? `${spec.aBits}×${spec.bBits}` : '';
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
