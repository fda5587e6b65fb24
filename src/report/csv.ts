import { csvLine } from '../base/csv.ts';
import { nominalClockNs } from '../synth/select-rows.ts';
import { ALL_COLUMNS, NOT_EVALUATED } from './columns.ts';
import type { Report, ReportRow } from './rows.ts';

/**
 * All figures of all designs in full precision (RFC 4180, one head line). Every line carries the library, operands,
 * dataset and tools that its numbers come from and what they are not, so that a cut or merged file still says it.
 * What was not measured reads "not evaluated".
 */
export function renderCsv(report: Report): string {
  const sources = describeSourceCells(report);
  const heads = [
    'design',
    'section',
    'twin_of',
    'baseline',
    ...ALL_COLUMNS.map((column) => column.key),
    'coverage',
    'pairs_cosimulated',
    'equivalence',
    'rtl_sha256',
    'netlist_sha256',
    'stream_sha256',
    ...sources.map(([key]) => key),
  ];
  const lines = report.rows.map((row) => [
    row.design,
    row.section,
    row.twinOf ?? '',
    row.baseline,
    ...ALL_COLUMNS.map((column) => renderFigure(column.value(row))),
    ...describeEvidence(row),
    ...sources.map(([, value]) => value),
  ]);
  return `${[heads, ...lines].map(csvLine).join('\r\n')}\r\n`;
}

function renderFigure(value: number | undefined): string {
  return value === undefined ? NOT_EVALUATED : String(value);
}

function describeEvidence({ verdict, cost }: ReportRow): readonly string[] {
  return [
    verdict.coverage,
    String(verdict.pairsCompared),
    cost.equivalence,
    cost.rtlSha256,
    cost.netlistSha256,
    cost.stream.sha256,
  ];
}

function describeSourceCells({ table, verdict, evaluation }: Report): readonly (readonly [string, string])[] {
  const { library, conditions } = table;
  const versions = { ...verdict.tools, ...table.tools, ...evaluation?.tools, maxdnn: table.maxdnnVersion };
  const tools = Object.entries(versions).sort(([a], [b]) => (a < b ? -1 : 1));
  const fromEvaluation = (value: string | undefined): string => value ?? NOT_EVALUATED;
  return [
    ['library', library.name],
    ['library_sha256', library.sha256],
    ['library_origin', library.origin],
    ['voltage_v', String(library.voltageV)],
    ['temperature_c', String(library.temperatureC)],
    ['clock_target_ns', String(nominalClockNs(table))],
    ['stream', 'uniform'],
    ['stream_pairs', String(conditions.operandPairs)],
    ['stream_seed', String(conditions.seed)],
    ['network', fromEvaluation(evaluation?.network.name)],
    ['dataset', fromEvaluation(evaluation?.dataset.name)],
    ['images', fromEvaluation(evaluation === undefined ? undefined : String(evaluation.exact.images))],
    ['rounded_operand', fromEvaluation(evaluation?.roundedOperand)],
    ['batch_norm', fromEvaluation(evaluation?.batchNorm)],
    ['tools', tools.map(([tool, version]) => `${tool} ${version}`).join('; ')],
    ['not_included', 'layout; wire load; glitches except where a column says so; retraining'],
  ];
}
