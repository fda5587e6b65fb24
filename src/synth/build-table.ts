import { join } from 'node:path';
import { artifactHeader, digestOf, writeArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { sha256, writeFileAtomic } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { type StreamSource, uniformSource } from '../power/stream.ts';
import type { DesignVerdict, Verdict } from '../verify/verdict.ts';
import {
  ENERGY_TABLE_FORMAT_VERSION,
  type EnergyConditions,
  type EnergyRow,
  type EnergyTable,
  type OperandOrigin,
  type RowEnergy,
  rowKey,
} from './energy-table.ts';
import { identifyLibrary, type SynthesisLibrary } from './library-files.ts';
import type { MappedDesign, PricingSubject } from './map-design.ts';
import { type PricingResult, priceDesign } from './price.ts';
import { energyTableCsv } from './table-csv.ts';

export interface PricingRequest {
  readonly designs: readonly PricingSubject[];
  /** Outcome of cosimulation: only designs that it calls verified, with the same RTL, are priced. */
  readonly verdict: Pick<Verdict, 'designs'>;
  readonly library: SynthesisLibrary;
  readonly conditions: EnergyConditions;
  /** Operands of the network's layers or of the user, beside the uniform ones that are always there. */
  readonly operands?: {
    readonly streams: readonly StreamSource[];
    /** Where layer streams were recorded. */
    readonly origin?: OperandOrigin;
  };
  /** Receives a run folder per design and clock target under designs/, and from buildEnergyTable the table. */
  readonly outFolder: string;
  readonly onProgress?: OnProgress;
  /** Designs priced at the same time, ≥ 1; default 2. */
  readonly concurrency?: number;
}

/** One design at one clock target. */
export interface PricedDesign extends PricingResult {
  readonly runFolder: string;
}

export interface TableResult {
  readonly table: EnergyTable;
  readonly jsonPath: string;
  readonly csvPath: string;
  /** Each design at each clock target, in the order of the table. */
  readonly results: readonly PricedDesign[];
}

/**
 * Prices every design at every clock target; results are in the order of `designs`, then of the targets. What was
 * priced before from the same inputs is not priced again, also after an interruption. When one fails no further
 * one is begun, and the first error is thrown after those under way have ended.
 * @throws bad-input when a design is not verified, its RTL is not the verified one, it is there twice, or a clock
 *   target is no positive number or there twice; everything that priceDesign throws
 */
export async function priceDesigns(request: PricingRequest): Promise<readonly PricedDesign[]> {
  requireVerifiedDesigns(request.designs, request.verdict);
  return priceAll(request, 'synth');
}

/**
 * Prices every design as priceDesigns does and writes the energy table, energy-table.json and energy-table.csv.
 * @throws as priceDesigns
 */
export async function buildEnergyTable(request: PricingRequest): Promise<TableResult> {
  const { designs, verdict, library, conditions, operands, outFolder } = request;
  const verdicts = requireVerifiedDesigns(designs, verdict);
  const results = await priceAll(request, 'table');
  const pairsOf = new Map(verdicts.map(({ design, pairsCompared }) => [design, pairsCompared]));
  const rows = results.flatMap((result) =>
    result.energies.map((energy) =>
      tableRow(result.mapped, energy, pairsOf.get(result.mapped.design)!, conditions),
    ),
  );
  const inputs = {
    designs: digestOf(results.map(({ mapped }) => [mapped.design, mapped.rtlSha256])),
    library: library.model.sha256,
    conditions: digestOf(conditions),
    streams: digestOf(rows.map(({ stream }) => stream)),
  };
  const table: EnergyTable = {
    ...artifactHeader('energy-table', ENERGY_TABLE_FORMAT_VERSION, inputs, results[0]!.mapped.tools),
    library: identifyLibrary(library),
    conditions,
    ...(operands?.origin === undefined ? {} : { operands: operands.origin }),
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

function tableRow(
  mapped: MappedDesign,
  energy: RowEnergy,
  pairsCosimulated: number,
  conditions: EnergyConditions,
): EnergyRow {
  const { design, spec, clockNs, rtlSha256, netlistSha256, librarySha256, flowSha256 } = mapped;
  const { recipe, proof, cells, areaUm2, delayNs, meetsClock } = mapped;
  const row = {
    design,
    spec,
    clockNs,
    stream: energy.stream,
    cells,
    areaUm2,
    delayNs,
    meetsClock,
    energyPj: energy.energyPj,
    internalPj: energy.internalPj,
    switchingPj: energy.switchingPj,
    leakagePj: energy.leakagePj,
    ...(energy.glitchPj === undefined ? {} : { glitchPj: energy.glitchPj }),
    recipe,
    equivalence: proof.method,
    pairsCosimulated,
    rtlSha256,
    netlistSha256,
    librarySha256,
    flowSha256,
  };
  return { ...row, key: rowKey(row, conditions) };
}

async function priceAll(request: PricingRequest, stage: string): Promise<readonly PricedDesign[]> {
  const { designs, library, conditions, operands, outFolder, onProgress = ignoreProgress } = request;
  requireClockTargets(conditions.clockTargetsNs);
  const streams = [uniformSource(conditions.operandPairs, conditions.seed), ...(operands?.streams ?? [])];
  const jobs = designs.flatMap((subject) =>
    conditions.clockTargetsNs.map((clockNs) => ({ subject, clockNs })),
  );
  const results: PricedDesign[] = [];
  let next = 0;
  let done = 0;
  let failure: { readonly error: unknown } | undefined;
  const work = async (): Promise<void> => {
    while (next < jobs.length && failure === undefined) {
      const index = next++;
      const { subject, clockNs } = jobs[index]!;
      try {
        const runFolder = join(outFolder, 'designs', subject.design, `${clockNs}ns`);
        const result = await priceDesign({ subject, library, conditions, clockNs, streams, runFolder });
        results[index] = { ...result, runFolder };
        done += 1;
        onProgress({
          stage,
          done,
          total: jobs.length,
          note: `${subject.design} at ${clockNs} ns`,
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

function requireClockTargets(targetsNs: readonly number[]): void {
  const isUsable = targetsNs.every((clockNs, i) => clockNs > 0 && targetsNs.indexOf(clockNs) === i);
  if (isUsable && targetsNs.length > 0) return;
  throw badInput(
    { where: 'clock targets', wanted: 'at least one period above 0 ns, each once', found: show(targetsNs) },
    'Give them as --clock-ns 1 or --clock-ns 0.8,1,2; the first is the nominal one.',
  );
}
