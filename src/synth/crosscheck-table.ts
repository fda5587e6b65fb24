import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { NewerSta } from '../tools/newer-opensta.ts';
import { type CrosscheckResult, crosscheckDesign } from './crosscheck.ts';
import { describeRow, type EnergyRow } from './energy-table.ts';
import { findPricedRows, type RowsWanted } from './priced-rows.ts';

/** Rows of an energy table to check. */
export interface TableCheck extends RowsWanted {
  readonly activity?: 'vcd' | 'saif';
  readonly onProgress?: OnProgress;
}

export interface CheckedRow {
  readonly row: EnergyRow;
  readonly result: CrosscheckResult;
}

/**
 * Checks rows of an energy table one after the other; the activity files stay in the run folders.
 * @throws bad-input as findPricedRows; otherwise as crosscheckDesign
 */
export async function crosscheckTable(sta: NewerSta, check: TableCheck): Promise<readonly CheckedRow[]> {
  const { table, library, activity, onProgress = ignoreProgress } = check;
  const jobs = findPricedRows(check);
  const results: CheckedRow[] = [];
  for (const [index, { row, stream, runFolder, netlistVerilogPath }] of jobs.entries()) {
    const { design, clockNs, delayNs, internalPj, switchingPj, leakagePj, energyPj } = row;
    const result = await crosscheckDesign(sta, {
      design,
      netlistVerilogPath,
      library,
      stream,
      identity: row.stream,
      conditions: table.conditions,
      clockNs,
      ours: { delayNs, internalPj, switchingPj, leakagePj, energyPj },
      runFolder,
      ...(activity === undefined ? {} : { activity }),
    });
    results.push({ row, result });
    onProgress({ stage: 'crosscheck', done: index + 1, total: jobs.length, note: describeRow(row) });
  }
  return results;
}

/** The row whose energy is furthest from theirs; undefined for no rows. */
export function worstRow(rows: readonly CheckedRow[]): CheckedRow | undefined {
  const distance = ({ result }: CheckedRow): number => Math.abs(result.differencePercent.energyPj);
  return rows.length === 0
    ? undefined
    : rows.reduce((worst, row) => (distance(row) > distance(worst) ? row : worst));
}
