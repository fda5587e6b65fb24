import { csvLine } from '../base/csv.ts';
import {
  CELL_QUANTITIES,
  type CellQuantity,
  type LibraryComparison,
  MAPPINGS,
} from '../synth/library-comparison.ts';

/** Names of the quantities in the CSV. */
const KEYS: Readonly<Record<CellQuantity, string>> = {
  delayNs: 'delay_ns',
  transitionNs: 'transition_ns',
  pinCapacitanceFf: 'pin_capacitance_ff',
  internalEnergyFj: 'internal_energy_fj',
  clockPinEnergyFj: 'clock_pin_energy_fj',
  leakageNw: 'leakage_nw',
  areaUm2: 'area_um2',
  setupNs: 'setup_ns',
  holdNs: 'hold_ns',
};

/** Shared cells in full precision (RFC 4180); a cell is empty where a library has no such figure. */
export function renderCellsCsv({ cells, ours, other }: LibraryComparison): string {
  const heads = [
    'cell',
    'instances',
    ...CELL_QUANTITIES.flatMap((quantity) => [`${KEYS[quantity]}_ours`, `${KEYS[quantity]}_other`]),
    ...SOURCES,
  ];
  const lines = cells.map(({ cell, instances, figures }) => [
    cell,
    String(instances),
    ...CELL_QUANTITIES.flatMap((quantity) => [text(figures[quantity]?.ours), text(figures[quantity]?.other)]),
    ours.sha256,
    other.sha256,
  ]);
  return join([heads, ...lines]);
}

/** Multipliers, one line per mapping, in full precision. */
export function renderMultipliersCsv({ multipliers, baseline, ours, other }: LibraryComparison): string {
  const figures = [
    'energyPj',
    'internalPj',
    'switchingPj',
    'leakagePj',
    'arrivalNs',
    'relativeEnergy',
  ] as const;
  const key = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
  const heads = [
    'design',
    'family',
    'baseline',
    'mapping',
    ...figures.flatMap((name) => [`${key(name)}_ours`, `${key(name)}_other`]),
    'error_percent',
    'netlist_sha256_ours',
    'netlist_sha256_other',
    ...SOURCES,
  ];
  const lines = multipliers.flatMap(({ design, family, netlists, prices }) =>
    MAPPINGS.flatMap((mapping) => {
      const price = prices[mapping];
      if (price === undefined) return [];
      return [
        [
          design,
          family,
          baseline,
          mapping,
          ...figures.flatMap((name) => [text(price.ours[name]), text(price.other[name])]),
          text(price.errorPercent),
          netlists.ours.sha256,
          netlists.other.sha256,
          ours.sha256,
          other.sha256,
        ],
      ];
    }),
  );
  return join([heads, ...lines]);
}

const SOURCES = ['library_sha256_ours', 'library_sha256_other'];

function text(value: number | undefined): string {
  return value === undefined ? '' : String(value);
}

function join(lines: readonly (readonly string[])[]): string {
  return `${lines.map(csvLine).join('\r\n')}\r\n`;
}
