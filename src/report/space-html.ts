import { formatNumber } from './columns.ts';
import type { Statement } from './content.ts';
import { designLabel } from './design-label.ts';
import { escapeMarkup } from './escape-markup.ts';
import { type FigureTable, renderFigureTableHtml } from './figure-table.ts';
import { renderLimits, renderPage, renderStatements } from './page-frame.ts';
import { CLASS_TITLES } from './space-class.ts';
import {
  describeSpace,
  ENERGY_TITLES,
  errorLevels,
  LEVEL_GROUPS,
  SPACE_NOISE_PERCENT,
} from './space-findings.ts';
import { panelTitle, renderSpacePanel, type SpacePanel } from './space-plot.ts';
import { SPACE_ERRORS, type SpaceReport } from './space-rows.ts';

const TITLE = 'Design space: error, energy and delay';

/** The space as one HTML page that needs nothing from outside; the same report gives the same bytes. */
export function renderSpaceHtml(report: SpaceReport): string {
  const { table, rows, clockNs } = report;
  return renderPage({
    title: TITLE,
    lede: `${rows.length} designs, priced with ${table.library.name} at ${clockNs} ns on uniform operands, ${ENERGY_TITLES[report.energy]}`,
    style: PANEL_STYLE,
    blocks: [
      renderLimits(describeLimits(report)),
      '<h2>What they say</h2>',
      renderStatements(describeSpace(report), 'findings'),
      '<h2>The space</h2>',
      `<p>${escapeMarkup(describeMarks(report))}</p>`,
      '<div class="panels">',
      renderFigure(report, 'energy'),
      renderFigure(report, 'delay'),
      '</div>',
      '<h2>Cheapest design per error</h2>',
      renderFigureTableHtml(levelTable(report)),
      '<h2>Front of error and energy</h2>',
      renderFigureTableHtml(frontTable(report)),
      ...(report.references.length === 0
        ? []
        : ['<h2>References from outside</h2>', renderFigureTableHtml(referenceTable(report))]),
    ],
    footer: `maxdnn ${table.maxdnnVersion}. All designs in full precision: the CSV file of the same name.`,
  });
}

const PANEL_STYLE = `
.panels{display:grid;grid-template-columns:1fr 1fr;gap:1.2rem}
.panels figcaption{color:var(--faint);font-size:.9rem;margin:0 0 .4rem}
.panels figure svg{min-width:0}
@media (max-width:56rem){.panels{grid-template-columns:1fr}}
`.trim();

function describeLimits({ table, energy }: SpaceReport): readonly Statement[] {
  const { conditions, library } = table;
  return [
    {
      lead: 'Multipliers alone, after synthesis.',
      text: `No layout, no wire load; ${library.name} (${library.origin}), ${library.voltageV} V, ${library.temperatureC} °C.`,
    },
    energy === 'settled'
      ? {
          lead: 'No glitches.',
          text: 'Energy is counted at zero delay; a real multiplier also spends energy on glitches.',
        }
      : {
          lead: 'Glitches by library delays.',
          text: 'Simulated without wires, whose delays would shift and filter them.',
        },
    {
      lead: 'Uniform operands.',
      text: `${conditions.operandPairs} pairs with seed ${conditions.seed}. The operands of a network change energies and their order.`,
    },
    {
      lead: `Energies of near designs differ by chance: up to ${SPACE_NOISE_PERCENT} % is not counted as a difference.`,
      text: 'Whether a design or its neighbour is on the front often means nothing.',
    },
    {
      lead: 'Narrow designs get operands that are rounded already.',
      text: 'Weights offline, activations where they are requantised: that rounder is not in their energy. ROUP rounds within the multiplier.',
    },
    {
      lead: 'Error over all operand pairs, all equally likely.',
      text: 'What it does to a network is another question.',
    },
  ];
}

function renderFigure(report: SpaceReport, panel: SpacePanel): string {
  return `<figure><figcaption>${escapeMarkup(panelTitle(report, panel))}</figcaption>${renderSpacePanel(report, panel)}</figure>`;
}

function describeMarks({ references }: SpaceReport): string {
  const ticks =
    references.length === 0 ? '' : ' Ticks on the right edge: references, of which only the error is known.';
  return `Large marks: designs on the front of error, energy and delay together; dots: all others. Lines: fronts of error and energy, of ROUP and of exact and narrow designs. Point at a mark for its figures.${ticks}`;
}

/** The groups whose cheapest design is named beside its gain. */
const NAMED_GROUPS = 2;

function levelTable(report: SpaceReport): FigureTable {
  const { title, unit } = SPACE_ERRORS[report.error];
  return {
    id: 'levels',
    caption: `The design of least energy whose ${title} is at most the bound: gain in energy against ${designLabel(report.baseline.spec)}.`,
    nameHead: `${title} at most [${unit}]`,
    heads: LEVEL_GROUPS.flatMap((group, index) => [
      { title: group.title, unit: '% gain' },
      ...(index < NAMED_GROUPS ? [{ title: 'Design', isText: true }] : []),
    ]),
    lines: errorLevels(report).map(({ bound, cheapest }) => ({
      name: String(bound),
      cells: cheapest.flatMap((row, index) => [
        row === undefined ? 'none' : formatNumber(row.gainPercent, 1, true),
        ...(index < NAMED_GROUPS ? [row?.label ?? ''] : []),
      ]),
    })),
  };
}

function frontTable(report: SpaceReport): FigureTable {
  const { title, unit } = SPACE_ERRORS[report.error];
  const rows = report.rows
    .filter((row) => row.onErrorEnergyFront)
    .toSorted((p, q) => p.error - q.error || p.energyPj - q.energyPj);
  return {
    id: 'front',
    caption:
      'Designs that no other beats in both error and energy, by rising error. "Against narrow": energy against the cheapest exact or narrow design of at most this error.',
    nameHead: 'Multiplier',
    heads: [
      { title: 'Class', isText: true },
      { title, unit },
      { title: 'Energy', unit: 'pJ' },
      { title: 'Gain', unit: '%' },
      { title: 'Against narrow', unit: '%' },
      { title: 'Delay', unit: 'ns' },
      { title: 'Area', unit: 'µm²' },
    ],
    lines: rows.map((row) => ({
      name: row.label,
      code: row.design,
      cells: [
        CLASS_TITLES[row.class],
        row.error === 0 ? '0' : row.error.toPrecision(3),
        formatNumber(row.energyPj, 4),
        formatNumber(row.gainPercent, 1, true),
        row.rival.design === row.design ? '' : formatNumber(row.toRivalPercent, 1, true),
        formatNumber(row.cost.delayNs, 3),
        formatNumber(row.cost.areaUm2, 1),
      ],
    })),
  };
}

function referenceTable(report: SpaceReport): FigureTable {
  return {
    id: 'references',
    caption:
      'Multipliers added as truth tables or C models: their circuit is not known here, so they are not priced and stand in the plot only as ticks at their error on the right edge. Power, area and delay are those printed in their file, from another library and other tools: not to be compared with energies of this page.',
    nameHead: 'Multiplier',
    heads: [
      { title: 'Operands', isText: true },
      { title: 'MAE', unit: '% of 2^(2N)' },
      { title: 'MRED', unit: '%' },
      { title: 'Published power', unit: 'mW' },
      { title: 'Published area', unit: 'µm²' },
      { title: 'Published delay', unit: 'ns' },
      { title: 'File', isText: true },
    ],
    lines: report.references.map(({ name, operands, errors, file, published }) => ({
      name,
      cells: [
        operands,
        errors.maePercent.toPrecision(3),
        errors.mredPercent.toPrecision(3),
        published.PDK45_PWR ?? 'not given',
        published.PDK45_AREA ?? 'not given',
        published.PDK45_DELAY ?? 'not given',
        file,
      ],
    })),
  };
}
