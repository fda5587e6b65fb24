import { join } from 'node:path';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { type GeneratedRtl, generateRtl } from '../rtl/generate.ts';
import { requireVerified } from '../verify/cosim.ts';
import { cosimulateMany } from '../verify/cosim-many.ts';
import type { Verdict } from '../verify/verdict.ts';
import { buildEnergyTable, type TableResult } from './build-table.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';

export interface SpaceTableRequest {
  /** Designs of the space, each once (multiplier/space.ts). */
  readonly specs: readonly MultiplierSpec[];
  readonly library: SynthesisLibrary;
  readonly conditions: EnergyConditions;
  /** Receives verify/ (verdicts), designs/ (a run folder per design and clock target) and the energy table. */
  readonly outFolder: string;
  readonly onProgress?: OnProgress;
  /** Banks simulated, then designs priced, at the same time, ≥ 1; default 2. */
  readonly concurrency?: number;
}

export interface SpaceTable extends TableResult {
  readonly designs: readonly GeneratedRtl[];
  readonly verdict: Verdict;
}

/**
 * From specs to an energy table in one go: Verilog, cosimulation in banks, synthesis, proof, timing and power of every
 * design. Verdicts, mapped netlists and energies are stored per design by content as each is found, so that a run that
 * was interrupted at any moment goes on there, and gives the same bytes as one that was not.
 * @throws mismatch naming the designs whose Verilog differs from the golden model; as cosimulateMany and
 *   buildEnergyTable
 */
export async function buildSpaceTable(request: SpaceTableRequest): Promise<SpaceTable> {
  const { specs, library, conditions, outFolder, onProgress = ignoreProgress, concurrency = 2 } = request;
  const designs = specs.map((spec, index) => {
    const generated = generateRtl(spec);
    onProgress({ stage: 'gen-rtl', done: index + 1, total: specs.length, note: generated.design });
    return generated;
  });
  const verdict = await cosimulateMany(designs, {
    outDir: join(outFolder, 'verify'),
    seed: 1,
    concurrency,
    onProgress,
  });
  requireVerified(verdict);
  const result = await buildEnergyTable({
    designs,
    verdict,
    library,
    conditions,
    outFolder,
    concurrency,
    onProgress,
  });
  return { ...result, designs, verdict };
}
