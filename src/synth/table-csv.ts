import type { EnergyTable } from './energy-table.ts';

/** The energy table as CSV (RFC 4180, LF): one header line with units, then one line per design. */
export function energyTableCsv(table: EnergyTable): string {
  const { library, conditions } = table;
  const lines = table.rows.map((row) => [
    row.design,
    JSON.stringify(row.spec),
    row.areaUm2,
    row.cells,
    row.delayNs,
    row.energyPj,
    row.internalPj,
    row.switchingPj,
    row.leakagePj,
    conditions.stream,
    conditions.operandPairs,
    conditions.seed,
    conditions.vectorPeriodNs,
    conditions.inputTransitionNs,
    conditions.outputLoadFf,
    conditions.abcDelayTargetPs,
    conditions.glitches,
    library.name,
    library.voltageV,
    library.temperatureC,
    row.equivalence,
    row.pairsCosimulated,
    row.rtlSha256,
    row.netlistSha256,
    row.streamSha256,
    row.librarySha256,
  ]);
  return [COLUMNS, ...lines].map((cells) => `${cells.map(quote).join(',')}\n`).join('');
}

const COLUMNS = [
  'design',
  'spec',
  'areaUm2',
  'cells',
  'delayNs',
  'energyPj',
  'internalPj',
  'switchingPj',
  'leakagePj',
  'stream',
  'operandPairs',
  'seed',
  'vectorPeriodNs',
  'inputTransitionNs',
  'outputLoadFf',
  'abcDelayTargetPs',
  'glitches',
  'library',
  'voltageV',
  'temperatureC',
  'equivalence',
  'pairsCosimulated',
  'rtlSha256',
  'netlistSha256',
  'streamSha256',
  'librarySha256',
];

function quote(value: string | number | boolean): string {
  const text = String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
