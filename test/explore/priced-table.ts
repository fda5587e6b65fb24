import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { type EnergyRow, type EnergyTable, rowKey } from '../../src/synth/energy-table.ts';
import { row, tableOf } from './stream-table.ts';

/** A multiplier with made-up figures. */
export interface PricedSpec {
  readonly spec: MultiplierSpec;
  readonly energyPj: number;
  readonly areaUm2?: number;
  readonly delayNs?: number;
}

const roup = (P: number, ...r: readonly number[]): MultiplierSpec => ({ family: 'roup', bits: 8, P, r });
const exact = (family: 'booth' | 'baugh-wooley'): MultiplierSpec => ({
  family,
  aBits: 8,
  bBits: 8,
  aSigned: true,
  bSigned: true,
});

/** Two exact multipliers and some approximate ones, as an energy table may have them. */
export const PRICED: readonly PricedSpec[] = [
  { spec: exact('booth'), energyPj: 0.5, areaUm2: 300 },
  { spec: exact('baugh-wooley'), energyPj: 0.45, areaUm2: 310 },
  { spec: roup(0, 2, 2, 0, 0), energyPj: 0.43, areaUm2: 270 },
  { spec: roup(0, 6, 4, 2, 0), energyPj: 0.36, areaUm2: 220 },
  { spec: roup(1, 2, 2, 2), energyPj: 0.31, areaUm2: 180 },
  { spec: roup(2, 2, 0), energyPj: 0.22, areaUm2: 130 },
  { spec: roup(2, 4, 4), energyPj: 0.15, areaUm2: 90 },
  { spec: roup(0, 1, 1, 1, 1), energyPj: 0.44, areaUm2: 260, delayNs: 1.4 },
];

/** A table that readEnergyTable accepts: keys fit the rows. */
export function pricedTable(
  priced: readonly PricedSpec[] = PRICED,
  more: readonly EnergyRow[] = [],
  networkSha256?: string,
): EnergyTable {
  const rows = priced.map(({ spec, energyPj, areaUm2 = 100, delayNs = 0.9 }) =>
    row(spec, energyPj, {}, { areaUm2, delayNs, meetsClock: delayNs <= 1 }),
  );
  const table = tableOf([...rows, ...more], networkSha256);
  return {
    ...table,
    rows: table.rows.map((own) => ({ ...own, key: rowKey(own, table.conditions) })),
  };
}

/** Energy per multiplication by design. */
export const ENERGIES_PJ: ReadonlyMap<string, number> = new Map(
  PRICED.map(({ spec, energyPj }) => [designName(spec), energyPj]),
);
