import { rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { ignoreProgress } from '../base/progress.ts';
import { renderBank } from '../rtl/bank.ts';
import { toolVersion } from '../tools/detect-tools.ts';
import { buildBank, compareBank, type DesignUnderTest, readBankDriver } from './bank-run.ts';
import type { CosimOptions } from './cosim.ts';
import { type DesignVerdict, VERDICT_FORMAT_VERSION, type Verdict } from './verdict.ts';

export interface CosimManyOptions extends CosimOptions {
  /** Designs per Verilator bank, 1 … 1000; default BANK_SIZE. */
  readonly bankSize?: number;
  /** Banks built and run at the same time, ≥ 1; default 2. */
  readonly concurrency?: number;
}

/**
 * Designs per bank. Most of a build's time does not depend on the bank (measured with Verilator 5.006, 8×8 ROUP
 * designs spread over the space, before long functions were cut, CPU seconds per design: 32: 0.18, 128: 0.075,
 * 256: 0.050), and a bank is what an interruption costs.
 */
const BANK_SIZE = 128;

/** Verdict of one design with what it was made from; a file of its own, so that no other design can spoil it. */
interface StoredVerdict extends ArtifactHeader<'design-verdict'> {
  readonly verdict: DesignVerdict;
}

/**
 * cosimulate for hundreds of designs: several banks, and one stored verdict per design, `verdicts/<design>.json`, that
 * is reused as long as its Verilog, spec, driver, seed and Verilator are the same, whatever the other designs are.
 * Interrupted at any moment it goes on with the banks that are missing. Writes verdict.json at the end.
 * @throws bad-input when a design is there twice; tool-missing / tool-failed when a bank cannot be built or run
 */
export async function cosimulateMany(
  designs: readonly DesignUnderTest[],
  options: CosimManyOptions,
): Promise<Verdict> {
  const { outDir, seed, bankSize = BANK_SIZE, onProgress = ignoreProgress } = options;
  refuseRepeated(designs);
  const version = await toolVersion('verilator');
  const driver = sha256(readBankDriver());
  const store = designs.map((subject) => ({
    subject,
    path: join(outDir, 'verdicts', `${subject.design}.json`),
    inputs: {
      design: digestOf([subject.design, subject.spec]),
      rtl: sha256(subject.verilog),
      bank: sha256(renderBank([subject])),
      driver,
      verilator: sha256(version),
      seed: sha256(String(seed)),
    },
  }));
  const verdicts = new Map<string, DesignVerdict>();
  const report = (design: string, reused: boolean): void =>
    onProgress({
      stage: 'verify',
      done: verdicts.size,
      total: designs.length,
      note: design,
      ...(reused ? { reused } : {}),
    });
  const missing = store.filter(({ subject, path, inputs }) => {
    const before = reusableArtifact<StoredVerdict>(path, 'design-verdict', FORMAT_VERSION, inputs);
    if (before === undefined) return true;
    verdicts.set(subject.design, before.verdict);
    report(subject.design, true);
    return false;
  });

  const banksDir = join(outDir, 'banks');
  const runBank = async (bank: typeof store): Promise<void> => {
    const subjects = bank.map(({ subject }) => subject);
    const buildDir = join(banksDir, digestOf(bank.map(({ inputs }) => inputs)).slice(0, 12));
    const program = await buildBank({ designs: subjects, verilog: renderBank(subjects) }, buildDir);
    const found = await compareBank(subjects, program, buildDir, seed, () => {});
    for (const [index, verdict] of found.entries()) {
      const { path, inputs } = bank[index]!;
      const header = artifactHeader('design-verdict', FORMAT_VERSION, inputs, { verilator: version });
      const stored: StoredVerdict = { ...header, verdict };
      writeArtifact(path, stored);
      verdicts.set(verdict.design, verdict);
      report(verdict.design, false);
    }
    rmSync(buildDir, { recursive: true });
  };
  await runAll(cutIntoBanks(missing, bankSize), runBank, options.concurrency ?? 2);
  rmSync(banksDir, { recursive: true, force: true }); // of runs that were interrupted

  const inputs = { designs: digestOf(store.map((entry) => entry.inputs)) };
  const header = artifactHeader('verdict', VERDICT_FORMAT_VERSION, inputs, { verilator: version });
  const ordered = designs.map(({ design }) => verdicts.get(design)!);
  const verdict: Verdict = { ...header, seed, designs: ordered };
  writeArtifact(join(outDir, 'verdict.json'), verdict);
  return verdict;
}

const FORMAT_VERSION = 1;

function refuseRepeated(designs: readonly DesignUnderTest[]): void {
  const seen = new Set<string>();
  const repeated = designs.filter(({ design }) => seen.size === seen.add(design).size);
  if (repeated.length === 0 && designs.length > 0) return;
  throw badInput(
    designs.length === 0
      ? { where: 'designs', wanted: 'at least one design', found: 'none' }
      : repeated.map(({ design }) => ({ where: design, wanted: 'it once', found: 'it again' })),
    'Give every design once.',
  );
}

/** Banks of at most `size`, as even as they can be. */
function cutIntoBanks<T>(items: readonly T[], size: number): readonly T[][] {
  const banks = Math.ceil(items.length / size);
  return Array.from({ length: banks }, (_, bank) =>
    items.slice(Math.floor((bank * items.length) / banks), Math.floor(((bank + 1) * items.length) / banks)),
  );
}

/** Runs `work` on every item, `concurrency` at a time; after a failure no further one is begun. */
async function runAll<T>(
  items: readonly T[],
  work: (item: T) => Promise<void>,
  concurrency: number,
): Promise<void> {
  let next = 0;
  let failure: { readonly error: unknown } | undefined;
  const lane = async (): Promise<void> => {
    while (next < items.length && failure === undefined) {
      try {
        await work(items[next++]!);
      } catch (error) {
        failure ??= { error };
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, lane));
  if (failure !== undefined) throw failure.error;
}
