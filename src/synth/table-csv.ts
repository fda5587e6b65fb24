import { csvLine } from '../base/csv.ts';
import type { EnergyTable } from './energy-table.ts';

/**
 * The energy table as CSV (RFC 4180, LF): one header line with units, then one line per row. What a row does not
 * have is empty.
 */
export function energyTableCsv(table: EnergyTable): string {
  const { library, conditions } = table;
  const lines = table.rows.map((row) => [
    row.design,
    JSON.stringify(row.spec),
    row.clockNs,
    row.stream.kind,
    row.stream.layer ?? '',
    row.stream.role ?? '',
    row.areaUm2,
    row.cells,
    row.delayNs,
    row.meetsClock,
    row.energyPj,
    row.internalPj,
    row.switchingPj,
    row.leakagePj,
    row.glitchPj ?? '',
    row.stream.pairs,
    conditions.inputTransitionNs,
    conditions.outputLoadFf,
    library.name,
    library.voltageV,
    library.temperatureC,
    row.recipe,
    row.equivalence,
    row.pairsCosimulated,
    row.key,
    row.rtlSha256,
    row.netlistSha256,
    row.stream.sha256,
    row.librarySha256,
    row.flowSha256,
  ]);
  return [COLUMNS, ...lines].map((cells) => `${csvLine(cells)}\n`).join('');
}

const COLUMNS = [
  'design',
  'spec',
  'clockNs',
  'stream',
  'layer',
  'role',
  'areaUm2',
  'cells',
  'delayNs',
  'meetsClock',
  'energyPj',
  'internalPj',
  'switchingPj',
  'leakagePj',
  'glitchPj',
  'operandPairs',
  'inputTransitionNs',
  'outputLoadFf',
  'library',
  'voltageV',
  'temperatureC',
  'recipe',
  'equivalence',
  'pairsCosimulated',
  'key',
  'rtlSha256',
  'netlistSha256',
  'streamSha256',
  'librarySha256',
  'flowSha256',
];
