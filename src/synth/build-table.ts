import { join } from 'node:path';
import { artifactHeader, digestOf, writeArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { sha256, writeFileAtomic } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { DesignVerdict, Verdict } from '../verify/verdict.ts';
import {
  ENERGY_TABLE_FORMAT_VERSION,
  type EnergyConditions,
  type EnergyRow,
  type EnergyTable,
} from './energy-table.ts';
import { identifyLibrary, type SynthesisLibrary } from './library-files.ts';
import { type PricingResult, type PricingSubject, priceDesign } from './price.ts';
import { energyTableCsv } from './table-csv.ts';

export interface PricingRequest {
  readonly designs: readonly PricingSubject[];
  /** Outcome of cosimulation: only designs that it calls verified, with the same RTL, are priced. */
  readonly verdict: Pick<Verdict, 'designs'>;
  readonly library: SynthesisLibrary;
  readonly conditions: EnergyConditions;
  /** Receives one run folder per design under designs/, and from buildEnergyTable the table. */
  readonly outFolder: string;
  readonly onProgress?: OnProgress;
  /** Designs priced at the same time, ≥ 1; default 2. */
  readonly concurrency?: number;
}

export interface TableResult {
  readonly table: EnergyTable;
  readonly jsonPath: string;
  readonly csvPath: string;
  /** One per row, in the same order. */
  readonly results: readonly PricingResult[];
}

/**
 * Prices every design; results are in the order of `designs`. Designs that were priced before from the same inputs
 * are not priced again, also after an interruption. When one fails no further one is begun, and the first error is
 * thrown after those under way have ended.
 * @throws bad-input when a design is not verified, its RTL is not the verified one, or it is there twice;
 *   everything that priceDesign throws
 */
export async function priceDesigns(request: PricingRequest): Promise<readonly PricingResult[]> {
  requireVerifiedDesigns(request.designs, request.verdict);
  return priceAll(request, 'synth');
}

/**
 * Prices every design as priceDesigns does and writes the energy table, energy-table.json and energy-table.csv.
 * @throws as priceDesigns
 */
export async function buildEnergyTable(request: PricingRequest): Promise<TableResult> {
  const { designs, verdict, library, conditions, outFolder } = request;
  const verdicts = requireVerifiedDesigns(designs, verdict);
  const results = await priceAll(request, 'table');
  const rows = results.map(({ priced }, index): EnergyRow => {
    const { design, spec, rtlSha256, netlistSha256, streamSha256, librarySha256, ...rest } = priced.row;
    const { equivalence, ...figures } = rest;
    const pairsCosimulated = verdicts[index]!.pairsCompared;
    return {
      design,
      spec,
      rtlSha256,
      netlistSha256,
      streamSha256,
      librarySha256,
      equivalence,
      pairsCosimulated,
      ...figures,
    };
  });
  const inputs = {
    designs: digestOf(rows.map((row) => [row.design, row.rtlSha256])),
    library: library.model.sha256,
    conditions: digestOf(conditions),
  };
  const table: EnergyTable = {
    ...artifactHeader('energy-table', ENERGY_TABLE_FORMAT_VERSION, inputs, results[0]!.priced.tools),
    library: identifyLibrary(library),
    conditions,
    rows,
  };
  const jsonPath = join(outFolder, 'energy-table.json');
  const csvPath = join(outFolder, 'energy-table.csv');
  writeArtifact(jsonPath, table);
  writeFileAtomic(csvPath, energyTableCsv(table));
  return { table, jsonPath, csvPath, results };
}

/** The verdict of each design, in order. @throws bad-input listing every design that may not be priced */
export function requireVerifiedDesigns(
  designs: readonly PricingSubject[],
  verdict: Pick<Verdict, 'designs'>,
): readonly DesignVerdict[] {
  const faults: Fault[] = [];
  if (designs.length === 0) faults.push({ where: 'designs', wanted: 'at least one design', found: 'none' });
  const verdicts = designs.flatMap(({ design, verilog }, index) => {
    const fault = (wanted: string, found: string): readonly DesignVerdict[] => {
      faults.push({ where: design, wanted, found });
      return [];
    };
    if (designs.findIndex((other) => other.design === design) < index) return fault('it once', 'it again');
    const own = verdict.designs.find((entry) => entry.design === design);
    if (own === undefined) return fault('a verdict on it', 'none');
    if (!own.verified) {
      return fault(
        'a verified design',
        `${own.mismatchCount} mismatches in ${own.pairsCompared} cosimulated pairs`,
      );
    }
    if (own.pairsCompared === 0) return fault('a cosimulation of at least one pair', 'a verdict on 0 pairs');
    const rtl = sha256(verilog);
    if (own.rtlSha256 === rtl) return [own];
    return fault(`the RTL that was verified (SHA-256 ${own.rtlSha256})`, `other RTL (${show(rtl)})`);
  });
  if (faults.length > 0) {
    throw badInput(faults, 'Only verified designs are priced: run "maxdnn verify" on exactly these designs.');
  }
  return verdicts;
}

async function priceAll(request: PricingRequest, stage: string): Promise<readonly PricingResult[]> {
  const { designs, library, conditions, outFolder, onProgress = ignoreProgress } = request;
  const results: PricingResult[] = [];
  let next = 0;
  let done = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    while (next < designs.length && failure === undefined) {
      const index = next++;
      const subject = designs[index]!;
      try {
        const runFolder = join(outFolder, 'designs', subject.design);
        const result = await priceDesign({ subject, library, conditions, runFolder });
        results[index] = result;
        done += 1;
        onProgress({
          stage,
          done,
          total: designs.length,
          note: subject.design,
          reused: result.reused,
        });
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, request.concurrency ?? 2) }, work));
  if (failure !== undefined) throw failure.error;
  return results;
}
