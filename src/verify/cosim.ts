import { join } from 'node:path';
import { artifactHeader, digestOf, reusableArtifact, writeArtifact } from '../base/artifact.ts';
import { MaxdnnError } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { renderBank } from '../rtl/bank.ts';
import { toolVersion } from '../tools/detect-tools.ts';
import { buildBank, compareBank, type DesignUnderTest, readBankDriver } from './bank-run.ts';
import { VERDICT_FORMAT_VERSION, type Verdict } from './verdict.ts';

export type { DesignUnderTest } from './bank-run.ts';

export interface CosimOptions {
  /** Folder for the verdict (verdict.json) and the bank's build. */
  readonly outDir: string;
  /** Seed of the random pairs of designs too wide for all pairs. */
  readonly seed: number;
  readonly onProgress?: OnProgress;
}

/**
 * Simulates the Verilog of all designs in one Verilator bank and compares every product with the golden model.
 * Designs that fail are in the verdict with their first mismatches; nothing is thrown for them.
 * The verdict is reused when Verilog, specs, driver, seed and Verilator are the same. For hundreds of designs take
 * cosimulateMany, which keeps a verdict per design.
 * @throws tool-missing / tool-failed when the bank cannot be built or run
 */
export async function cosimulate(
  designs: readonly DesignUnderTest[],
  options: CosimOptions,
): Promise<Verdict> {
  const { outDir, seed } = options;
  const onProgress = options.onProgress ?? ignoreProgress;
  const path = join(outDir, 'verdict.json');
  const version = await toolVersion('verilator');
  const bank = renderBank(designs);
  const inputs = {
    designs: digestOf(designs.map(({ design, spec, verilog }) => ({ design, spec, rtl: sha256(verilog) }))),
    bank: sha256(bank),
    driver: sha256(readBankDriver()),
    verilator: sha256(version),
    seed: sha256(String(seed)),
  };
  const reused = reusableArtifact<Verdict>(path, 'verdict', VERDICT_FORMAT_VERSION, inputs);
  if (reused !== undefined) {
    for (const [index, { design }] of designs.entries()) {
      onProgress({ stage: 'verify', done: index + 1, total: designs.length, note: design, reused: true });
    }
    return reused;
  }
  const buildDir = join(outDir, `bank-${digestOf(inputs).slice(0, 12)}`);
  const program = await buildBank({ designs, verilog: bank }, buildDir);
  let done = 0;
  const verdicts = await compareBank(designs, program, outDir, seed, (group) => {
    done += group.length;
    onProgress({ stage: 'verify', done, total: designs.length, note: group[0]!.design });
  });
  const header = artifactHeader('verdict', VERDICT_FORMAT_VERSION, inputs, { verilator: version });
  const verdict: Verdict = { ...header, seed, designs: verdicts };
  writeArtifact(path, verdict);
  return verdict;
}

/**
 * Throws a `mismatch` error that names the failing designs and their first mismatches; does nothing if all
 * designs of the verdict are verified.
 */
export function requireVerified(verdict: Pick<Verdict, 'designs'>): void {
  const failed = verdict.designs.filter((design) => !design.verified);
  if (failed.length === 0) return;
  const lines = failed.flatMap((design) => [
    `${design.design}: ${design.mismatchCount} of ${design.pairsCompared} products differ from the golden model`,
    ...design.mismatches.map((m) => `  a=${m.a} b=${m.b} want=${m.want} got=${m.got}`),
  ]);
  throw new MaxdnnError('mismatch', lines.join('\n'), {
    hint: 'The Verilog does not do what its spec says: regenerate it with gen-rtl, or correct it.',
  });
}
