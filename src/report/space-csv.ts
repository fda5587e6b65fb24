import { type CsvCell, csvLine } from '../base/csv.ts';
import { energyWithGlitchesPj } from './baseline.ts';
import { SPACE_ERRORS, type SpaceReference, type SpaceReport, type SpaceRow } from './space-rows.ts';

/**
 * All designs of a space and the references as CSV (RFC 4180, one head line with units, full precision). A reference
 * from outside has errors and, where its file prints them, published figures; it has no energy here and is on no front.
 */
export function renderSpaceCsv(report: SpaceReport): string {
  const lines = [
    ...report.rows.map((row) => COLUMNS.map(([, ofRow]) => ofRow(row, report))),
    ...report.references.map((reference) =>
      COLUMNS.map(([, , ofReference]) => ofReference?.(reference, report) ?? ''),
    ),
  ];
  const text = [COLUMNS.map(([name]) => name), ...lines].map(csvLine);
  return `${text.join('\r\n')}\r\n`;
}

type Column = readonly [
  name: string,
  ofRow: (row: SpaceRow, report: SpaceReport) => CsvCell,
  ofReference?: (reference: SpaceReference, report: SpaceReport) => CsvCell,
];

const published =
  (name: string) =>
  ({ published: figures }: SpaceReference): CsvCell =>
    figures[name] ?? '';

const COLUMNS: readonly Column[] = [
  ['design', ({ design }) => design, ({ name }) => name],
  ['class', (row) => row.class, () => 'imported'],
  ['uniform', ({ isUniform }) => isUniform],
  ['spec', ({ spec }) => JSON.stringify(spec), ({ operands }) => `truth table, ${operands} operands`],
  ['front_error_energy_delay', ({ onFront }) => onFront],
  ['front_error_energy', ({ onErrorEnergyFront }) => onErrorEnergyFront],
  ['class_front_error_energy_delay', ({ onClassFront }) => onClassFront],
  ['front_error', (_, { error }) => error, (_, { error }) => error],
  ['error', ({ error }) => error, ({ errors }, { error }) => SPACE_ERRORS[error].of(errors)],
  ['front_energy', (_, { energy }) => energy],
  ['energy_pj', ({ cost }) => cost.energyPj],
  ['energy_with_glitches_pj', ({ cost }) => energyWithGlitchesPj(cost) ?? ''],
  ['delay_ns', ({ cost }) => cost.delayNs],
  ['area_um2', ({ cost }) => cost.areaUm2],
  ['cells', ({ cost }) => cost.cells],
  ['meets_clock', ({ cost }) => cost.meetsClock],
  ['gain_percent', ({ gainPercent }) => gainPercent],
  ['baseline', (_, { baseline }) => baseline.design],
  ['rival', ({ rival }) => rival.design],
  ['rival_energy_pj', ({ rival }) => rival.energyPj],
  ['to_rival_percent', ({ toRivalPercent }) => toRivalPercent],
  ['twin', ({ twin }) => twin?.design ?? ''],
  ['twin_energy_pj', ({ twin }) => twin?.energyPj ?? ''],
  ['mae_percent', ({ errors }) => errors.maePercent, ({ errors }) => errors.maePercent],
  ['wce_percent', ({ errors }) => errors.wcePercent, ({ errors }) => errors.wcePercent],
  ['mre_percent', ({ errors }) => errors.mrePercent, ({ errors }) => errors.mrePercent],
  ['mred_percent', ({ errors }) => errors.mredPercent, ({ errors }) => errors.mredPercent],
  ['mse', ({ errors }) => errors.mse, ({ errors }) => errors.mse],
  ['bias', ({ errors }) => errors.biasAbs, ({ errors }) => errors.biasAbs],
  ['ep_percent', ({ errors }) => errors.epPercent, ({ errors }) => errors.epPercent],
  ['recipe', ({ cost }) => cost.recipe],
  ['clock_ns', (_, { clockNs }) => clockNs],
  ['stream', ({ cost }) => cost.stream.kind],
  ['stream_pairs', ({ cost }) => cost.stream.pairs],
  ['pairs_cosimulated', ({ cost }) => cost.pairsCosimulated],
  ['equivalence', ({ cost }) => cost.equivalence],
  ['rtl_sha256', ({ cost }) => cost.rtlSha256],
  ['netlist_sha256', ({ cost }) => cost.netlistSha256],
  ['library', (_, { table }) => table.library.name],
  ['library_sha256', (_, { table }) => table.library.sha256],
  ['published_file', () => '', ({ file }) => file],
  ['published_power_mw', () => '', published('PDK45_PWR')],
  ['published_area_um2', () => '', published('PDK45_AREA')],
  ['published_delay_ns', () => '', published('PDK45_DELAY')],
];
