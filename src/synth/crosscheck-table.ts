import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { digestOf } from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { readInputFile, sha256 } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { OperandStream, StreamSource } from '../power/stream.ts';
import type { NewerSta } from '../tools/newer-opensta.ts';
import { type CrosscheckResult, crosscheckDesign } from './crosscheck.ts';
import { describeRow, type EnergyRow, type EnergyTable } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { netlistPath } from './map-design.ts';

/** Rows of an energy table to check. */
export interface TableCheck {
  readonly table: Pick<EnergyTable, 'library' | 'conditions'>;
  readonly rows: readonly EnergyRow[];
  /** The library that the table was made with. */
  readonly library: SynthesisLibrary;
  /** What the rows' streams are made from again. */
  readonly sources: readonly StreamSource[];
  /** Folder of the table: the designs' run folders are below. */
  readonly outFolder: string;
  readonly activity?: 'vcd' | 'saif';
  readonly onProgress?: OnProgress;
}

export interface CheckedRow {
  readonly row: EnergyRow;
  readonly result: CrosscheckResult;
}

/**
 * Checks rows of an energy table one after the other; the activity files stay in the run folders.
 * @throws bad-input naming every row that cannot be checked: another library, a stream that cannot be made again, a
 *   run folder that is gone or holds another netlist; otherwise as crosscheckDesign
 */
export async function crosscheckTable(sta: NewerSta, check: TableCheck): Promise<readonly CheckedRow[]> {
  const { table, library, outFolder, activity, onProgress = ignoreProgress } = check;
  const jobs = prepareJobs(check);
  const results: CheckedRow[] = [];
  for (const [index, { row, stream }] of jobs.entries()) {
    const { design, clockNs, delayNs, internalPj, switchingPj, leakagePj, energyPj } = row;
    const folder = rowFolder(outFolder, row);
    const result = await crosscheckDesign(sta, {
      design,
      netlistVerilogPath: join(folder, 'netlist.v'),
      library,
      stream,
      conditions: table.conditions,
      clockNs,
      ours: { delayNs, internalPj, switchingPj, leakagePj, energyPj },
      runFolder: folder,
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

function prepareJobs(
  check: TableCheck,
): readonly { readonly row: EnergyRow; readonly stream: OperandStream }[] {
  const { table, rows, library, outFolder } = check;
  if (library.model.sha256 !== table.library.sha256) {
    throw badInput(
      {
        where: 'library',
        wanted: `${table.library.name}, SHA-256 ${table.library.sha256}, which the table was made with`,
        found: `${library.model.name}, ${library.model.sha256}`,
      },
      'Give the library of the table with --liberty.',
    );
  }
  const faults: Fault[] = [];
  const jobs = rows.flatMap((row) => {
    const where = describeRow(row);
    const path = netlistPath(rowFolder(outFolder, row));
    const found = existsSync(path) ? sha256(readInputFile(path, 'a Yosys JSON netlist')) : 'none';
    if (found !== row.netlistSha256) {
      const wanted = `the netlist of the row (SHA-256 ${row.netlistSha256})`;
      faults.push({ where: `${where}: ${path}`, wanted, found });
      return [];
    }
    const stream = streamOf(row, check.sources);
    if (stream !== undefined) return [{ row, stream }];
    faults.push({ where, wanted: 'its operand stream, made again', found: 'none, or another one' });
    return [];
  });
  if (rows.length === 0) faults.push({ where: 'rows', wanted: 'at least one row to check', found: 'none' });
  if (faults.length > 0) {
    throw badInput(
      faults,
      'Make the table again with "maxdnn table", or name the operands that it was made with.',
    );
  }
  return jobs;
}

/** The stream of a row, when a source gives the same patterns. */
function streamOf({ spec, stream: wanted }: EnergyRow, sources: readonly StreamSource[]) {
  const { kind, layer, role } = wanted;
  const key = digestOf({ kind, layer, role });
  const source = sources.find(({ identity }) => digestOf(identity) === key);
  const stream = source?.streamFor(spec);
  return stream?.sha256 === wanted.sha256 ? stream : undefined;
}

function rowFolder(outFolder: string, { design, clockNs }: EnergyRow): string {
  return resolve(outFolder, 'designs', design, `${clockNs}ns`);
}
