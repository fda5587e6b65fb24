import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import type { EnergyRow, EnergyTable, OperandRole } from '../../src/synth/energy-table.ts';
import { DEFAULT_CONDITIONS } from '../../src/synth/price.ts';

const HEX = 'a'.repeat(64);

/** A row of an energy table: figures that do not matter here are the same in all. */
export function row(
  spec: MultiplierSpec,
  energyPj: number,
  stream: Partial<EnergyRow['stream']> = {},
  more: Partial<EnergyRow> = {},
): EnergyRow {
  return {
    key: HEX,
    design: designName(spec),
    spec,
    clockNs: 1,
    stream: { kind: 'uniform', pairs: 100, sha256: HEX, ...stream },
    energyPj,
    internalPj: energyPj / 2,
    switchingPj: energyPj / 2,
    leakagePj: 0,
    rtlSha256: HEX,
    netlistSha256: HEX,
    librarySha256: HEX,
    flowSha256: HEX,
    recipe: 'area',
    equivalence: 'abc-cec',
    pairsCosimulated: 65536,
    cells: 1,
    areaUm2: 1,
    delayNs: 0.9,
    meetsClock: true,
    ...more,
  };
}

/** Rows of one design on one layer stream with one role, a layer after the other. */
export function layerRows(
  spec: MultiplierSpec,
  kind: 'layer-iid' | 'layer-stream',
  role: OperandRole,
  energiesPj: Readonly<Record<string, number>>,
): readonly EnergyRow[] {
  return Object.entries(energiesPj).map(([layer, energyPj]) => row(spec, energyPj, { kind, role, layer }));
}

/** A table of rows. @param networkSha256 of the network that its operands were recorded in */
export function tableOf(rows: readonly EnergyRow[], networkSha256?: string): EnergyTable {
  const clockTargetsNs = [...new Set(rows.map(({ clockNs }) => clockNs))];
  const operands = networkSha256 && {
    sha256: HEX,
    network: { name: 'net', sha256: networkSha256 },
    dataset: { name: 'images', sha256: HEX, images: 1 },
    seed: 1,
    array: { rows: 16, columns: 16, accumulatorDepth: 64 },
    layers: [],
  };
  return {
    kind: 'energy-table',
    formatVersion: 2,
    maxdnnVersion: '0',
    inputs: {},
    tools: {},
    library: { name: 'lib', sha256: HEX, origin: 'user', voltageV: 1.1, temperatureC: 25, notes: [] },
    conditions: { ...DEFAULT_CONDITIONS, clockTargetsNs },
    ...(operands ? { operands } : {}),
    rows,
  };
}
