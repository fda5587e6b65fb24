import {
  type CellComparison,
  type LibraryComparison,
  MAPPINGS,
  type MultiplierComparison,
} from '../synth/library-comparison.ts';
import { formatNumber } from './columns.ts';
import {
  FLIP_FLOP_COLUMNS,
  familiesOf,
  flipFlopsOf,
  RATIO_COLUMNS,
  type RatioSummary,
  ratioOf,
  summariseRatios,
} from './library-content.ts';

/** A table as text: the first `leftColumns` columns are names, the others figures. */
export interface LibraryTable {
  readonly id: string;
  readonly title: string;
  readonly caption: string;
  readonly heads: readonly { readonly title: string; readonly unit: string }[];
  /** Rows under a section head where there is one. */
  readonly sections: readonly {
    readonly head: string;
    readonly rows: readonly (readonly string[])[];
  }[];
}

/** What stands where a library gives no such figure or a netlist cannot be priced. */
export const NO_FIGURE = '–';

/** The tables of the page, in its order. */
export function libraryTables(comparison: LibraryComparison): readonly LibraryTable[] {
  const flipFlops = flipFlopTable(comparison);
  return [
    multiplierTable(comparison),
    ratioTable(comparison),
    ...(flipFlopsOf(comparison).length === 0 ? [] : [flipFlops]),
  ];
}

function multiplierTable(comparison: LibraryComparison): LibraryTable {
  const { baseline, ours, other } = comparison;
  const row = ({ design, netlists, prices }: MultiplierComparison): readonly string[] => {
    const same = prices.ours;
    return [
      design === baseline ? `${design} (baseline)` : design,
      String(netlists.ours.cells),
      figure(same && same.ours.energyPj * 1000, 1),
      figure(same && same.other.energyPj * 1000, 1),
      figure(same?.ours.relativeEnergy, 4),
      figure(same?.other.relativeEnergy, 4),
      ...MAPPINGS.map((mapping) =>
        design === baseline ? NO_FIGURE : figure(prices[mapping]?.errorPercent, 2, true),
      ),
    ];
  };
  return {
    id: 'multipliers',
    title: 'Multiplier by multiplier',
    caption: `Energy per operation of the netlist mapped to ${ours.name}, priced with both; error = relative energy in ${ours.name} / in ${other.name} − 1. The last two columns are the same for netlists mapped to ${other.name}, and with each library's own netlists (synthesis noise included).`,
    heads: [
      { title: 'Multiplier', unit: '' },
      { title: 'Cells', unit: '' },
      { title: 'Energy', unit: 'fJ, ours' },
      { title: 'Energy', unit: 'fJ, other' },
      { title: 'Relative', unit: 'ours' },
      { title: 'Relative', unit: 'other' },
      { title: 'Error', unit: '%' },
      { title: 'Error', unit: '%, other mapped' },
      { title: 'Error', unit: '%, own' },
    ],
    sections: familiesOf(comparison).map(([head, designs]) => ({ head, rows: designs.map(row) })),
  };
}

function ratioTable(comparison: LibraryComparison): LibraryTable {
  const { cells, ours, other } = comparison;
  const summaries = RATIO_COLUMNS.map(({ quantity }) => summariseRatios(cells, quantity));
  const summary = (name: string, pick: (s: RatioSummary) => number): readonly string[] => [
    name,
    '',
    ...summaries.map((s) => figure(s && pick(s), 2)),
  ];
  const row = (cell: CellComparison): readonly string[] => [
    cell.cell,
    String(cell.instances),
    ...RATIO_COLUMNS.map(({ quantity }) => figure(ratioOf(cell, quantity), 2)),
  ];
  return {
    id: 'cells',
    title: 'Cell by cell',
    caption: `Ratio ${ours.name} / ${other.name}, ${cells.length} shared cells. Delay, transition and internal energy: mean over pins, edges, 4 input transitions (10 to 80 ps) and 4 loads (1/32 to 1/4 of the largest). Used: instances in the netlists above.`,
    heads: [
      { title: 'Cell', unit: '' },
      { title: 'Used', unit: '' },
      ...RATIO_COLUMNS.map(({ title }) => ({ title, unit: '' })),
    ],
    sections: [
      {
        head: 'All shared cells',
        rows: [
          summary('mean', (s) => s.mean),
          summary('least', (s) => s.least),
          summary('greatest', (s) => s.greatest),
        ],
      },
      { head: 'Each', rows: cells.map(row) },
    ],
  };
}

function flipFlopTable(comparison: LibraryComparison): LibraryTable {
  const row = (cell: CellComparison): readonly string[] => [
    cell.cell,
    ...FLIP_FLOP_COLUMNS.flatMap(({ quantity, factor }) => {
      const pair = cell.figures[quantity];
      const places = factor === 1 ? 2 : 1;
      return [figure(pair && pair.ours * factor, places), figure(pair && pair.other * factor, places)];
    }),
  ];
  return {
    id: 'flip-flops',
    title: 'Flip-flops',
    caption:
      'Setup and hold of D at transitions of 40 ps, mean of both edges. Idle clock edge: internal energy of an edge of the clock pin that changes no output, mean over states and edges.',
    heads: [
      { title: 'Cell', unit: '' },
      ...FLIP_FLOP_COLUMNS.flatMap(({ title, unit }) => [
        { title: `${title}, ours`, unit },
        { title: 'other', unit },
      ]),
    ],
    sections: [{ head: '', rows: flipFlopsOf(comparison).map(row) }],
  };
}

function figure(value: number | undefined, places: number, signed = false): string {
  return value === undefined ? NO_FIGURE : formatNumber(value, places, signed);
}
