import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { digestOf } from '../base/artifact.ts';
import { badInput, type Fault } from '../base/errors.ts';
import type { OperandStream, StreamSource } from '../power/stream.ts';
import { describeRow, type EnergyRow, type EnergyTable } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { findChangedNetlist, netlistVerilogPath, readMappedDesign } from './map-design.ts';

/** Rows of an energy table whose netlists and operands are wanted again. */
export interface RowsWanted {
  readonly table: Pick<EnergyTable, 'library' | 'conditions'>;
  readonly rows: readonly EnergyRow[];
  /** The library that the table was made with. */
  readonly library: SynthesisLibrary;
  /** What the rows' streams are made from again. */
  readonly sources: readonly StreamSource[];
  /** Folder of the table: the designs' run folders are below. */
  readonly outFolder: string;
}

/** A row with what its energy was computed from. */
export interface PricedRow {
  readonly row: EnergyRow;
  readonly stream: OperandStream;
  /** Absolute. */
  readonly runFolder: string;
  readonly netlistVerilogPath: string;
}

/**
 * Finds the netlists of rows and makes their operand streams again.
 * @throws bad-input naming every row that cannot be had: another library, a stream that cannot be made again, a run
 *   folder that is gone or holds another netlist; or when there are no rows
 */
export function findPricedRows({
  table,
  rows,
  library,
  sources,
  outFolder,
}: RowsWanted): readonly PricedRow[] {
  if (library.model.sha256 !== table.library.sha256) {
    throw badInput(
      {
        where: 'library',
        wanted: `${table.library.name}, SHA-256 ${table.library.sha256}, which the table was made with`,
        found: `${library.model.name}, ${library.model.sha256}`,
      },
      'Give the library of the table with --liberty, or make the table again with this one.',
    );
  }
  const faults: Fault[] = [];
  const priced = rows.flatMap((row) => {
    const { design, clockNs, netlistSha256 } = row;
    const runFolder = resolve(outFolder, 'designs', design, `${clockNs}ns`);
    const changed = existsSync(runFolder)
      ? findChangedNetlist(runFolder, { ...readMappedDesign(runFolder), netlistSha256 })
      : { path: runFolder, wanted: netlistSha256, found: 'no such folder' };
    if (changed !== undefined) {
      const wanted = `the netlist of the row (SHA-256 ${changed.wanted})`;
      faults.push({ where: `${describeRow(row)}: ${changed.path}`, wanted, found: changed.found });
      return [];
    }
    const stream = streamOf(row, sources);
    if (stream !== undefined) {
      return [{ row, stream, runFolder, netlistVerilogPath: netlistVerilogPath(runFolder) }];
    }
    faults.push({
      where: describeRow(row),
      wanted: 'its operand stream, made again',
      found: 'none, or another one',
    });
    return [];
  });
  if (rows.length === 0) faults.push({ where: 'rows', wanted: 'at least one row', found: 'none' });
  if (faults.length === 0) return priced;
  throw badInput(
    faults,
    'Make the table again with "maxdnn table", or name the operands that it was made with.',
  );
}

/** The stream of a row, when a source gives the same patterns. */
function streamOf(
  { spec, stream: wanted }: EnergyRow,
  sources: readonly StreamSource[],
): OperandStream | undefined {
  const { kind, layer, role } = wanted;
  const key = digestOf({ kind, layer, role });
  const source = sources.find(({ identity }) => digestOf(identity) === key);
  const stream = source?.streamFor(spec);
  return stream?.sha256 === wanted.sha256 ? stream : undefined;
}
