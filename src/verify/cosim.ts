import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { artifactHeader, digestOf, reusableArtifact, writeArtifact } from '../base/artifact.ts';
import { fromPattern, toPattern } from '../base/bits.ts';
import { MaxdnnError } from '../base/errors.ts';
import { sha256, writeFileAtomic } from '../base/files.ts';
import { shippedFile } from '../base/package-root.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { goldenTable, portProduct } from '../multiplier/golden.ts';
import { type MultiplierSpec, type PortShape, portShape } from '../multiplier/spec.ts';
import { renderBank } from '../rtl/bank.ts';
import { toolVersion } from '../tools/detect-tools.ts';
import { buildSimulation, runSimulation, simulationProgram } from '../tools/verilator.ts';
import { makeVectors, type Vectors } from './vectors.ts';
import { type DesignVerdict, type Mismatch, VERDICT_FORMAT_VERSION, type Verdict } from './verdict.ts';

/** A design to be verified: the spec says what it should do, the Verilog what it does. */
export interface DesignUnderTest {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly verilog: string;
}

export interface CosimOptions {
  /** Folder for the verdict (verdict.json) and the bank's build. */
  readonly outDir: string;
  /** Seed of the random pairs of designs too wide for all pairs. */
  readonly seed: number;
  readonly onProgress?: OnProgress;
}

const MISMATCHES_KEPT = 8;

/**
 * Simulates the Verilog of all designs in one Verilator bank and compares every product with the golden model.
 * Designs that fail are in the verdict with their first mismatches; nothing is thrown for them.
 * The verdict is reused when Verilog, specs, driver, seed and Verilator are the same.
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
  const driver = readFileSync(shippedFile('sim', 'bank_driver.cpp'), 'utf8');
  const inputs = {
    designs: digestOf(designs.map(({ design, spec, verilog }) => ({ design, spec, rtl: sha256(verilog) }))),
    bank: sha256(bank),
    driver: sha256(driver),
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
  const program = await buildBank(designs, bank, driver, buildDir);
  const verdicts: DesignVerdict[] = [];
  for (const group of groupByShape(designs)) {
    verdicts.push(...(await compareGroup(group, designs, program, outDir, seed)));
    onProgress({ stage: 'verify', done: verdicts.length, total: designs.length, note: group[0]!.design });
  }
  const order = new Map(designs.map(({ design }, index) => [design, index]));
  verdicts.sort((x, y) => order.get(x.design)! - order.get(y.design)!);
  const header = artifactHeader('verdict', VERDICT_FORMAT_VERSION, inputs, { verilator: version });
  const verdict: Verdict = { ...header, seed, designs: verdicts };
  writeArtifact(path, verdict);
  return verdict;
}

/**
 * Throws a `mismatch` error that names the failing designs and their first mismatches; does nothing if all
 * designs of the verdict are verified.
 */
export function requireVerified(verdict: Verdict): void {
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

/** Builds the bank in a folder of its own, which then holds all that it was built from. */
async function buildBank(
  designs: readonly DesignUnderTest[],
  bank: string,
  driver: string,
  buildDir: string,
): Promise<string> {
  const stamp = join(buildDir, 'built');
  if (existsSync(stamp)) return simulationProgram(buildDir);
  const sources = [
    { name: 'bank.v', text: bank },
    ...designs.map(({ design, verilog }) => ({ name: `${design}.v`, text: verilog })),
    { name: 'bank_driver.cpp', text: driver },
  ];
  for (const { name, text } of sources) writeFileAtomic(join(buildDir, name), text);
  const program = await buildSimulation({
    topModule: 'bank',
    sources: sources.map(({ name }) => name),
    buildDir,
  });
  writeFileAtomic(stamp, '');
  return program;
}

/** Designs whose ports have the same widths and signs share their vectors. */
function groupByShape(designs: readonly DesignUnderTest[]): readonly (readonly DesignUnderTest[])[] {
  const groups = new Map<string, DesignUnderTest[]>();
  for (const design of designs) {
    const key = JSON.stringify(portShape(design.spec));
    groups.set(key, [...(groups.get(key) ?? []), design]);
  }
  return [...groups.values()];
}

async function compareGroup(
  group: readonly DesignUnderTest[],
  all: readonly DesignUnderTest[],
  program: string,
  outDir: string,
  seed: number,
): Promise<readonly DesignVerdict[]> {
  const shape = portShape(group[0]!.spec);
  const vectors = makeVectors(shape, seed);
  const slots = group.map((design) => all.indexOf(design));
  const products = await simulate(vectors, slots, program, outDir);
  return group.map((design, column) => compareDesign(design, shape, vectors, products, column, group.length));
}

async function simulate(
  vectors: Vectors,
  slots: readonly number[],
  program: string,
  outDir: string,
): Promise<Uint32Array> {
  const vectorFile = join(outDir, 'vectors.bin');
  const productFile = join(outDir, 'products.bin');
  writeFileAtomic(vectorFile, new Uint8Array(vectors.patterns.buffer));
  await runSimulation(program, [resolve(vectorFile), resolve(productFile), ...slots.map(String)], outDir);
  const bytes = readFileSync(productFile);
  const pairs = vectors.patterns.length / 2;
  if (bytes.length !== pairs * slots.length * 8) {
    throw new MaxdnnError(
      'tool-failed',
      `${productFile}: wanted ${pairs * slots.length} products, found ${bytes.length / 8}`,
      { hint: 'The simulation was cut short: look at simulation.log beside it, then run again.' },
    );
  }
  rmSync(vectorFile);
  rmSync(productFile);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Compares column `column` of the products (two 32-bit words per product, low first) with the golden model. */
function compareDesign(
  { design, spec, verilog }: DesignUnderTest,
  shape: PortShape,
  vectors: Vectors,
  products: Uint32Array,
  column: number,
  columns: number,
): DesignVerdict {
  const { aBits, bBits, pBits, aSigned, bSigned } = shape;
  const table = vectors.coverage === 'exhaustive' ? goldenTable(spec) : undefined;
  const pairs = vectors.patterns.length / 2;
  const mismatches: Mismatch[] = [];
  let mismatchCount = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const a = vectors.patterns[2 * pair]!;
    const b = vectors.patterns[2 * pair + 1]!;
    const aValue = fromPattern(a, aBits, aSigned);
    const bValue = fromPattern(b, bBits, bSigned);
    const want = table?.[a * 2 ** bBits + b] ?? portProduct(spec, aValue, bValue);
    const at = 2 * (pair * columns + column);
    const pattern = products[at + 1]! * 2 ** 32 + products[at]!;
    if (pattern === toPattern(want, pBits)) continue;
    mismatchCount++;
    if (mismatches.length < MISMATCHES_KEPT) {
      const negative = (aSigned || bSigned) && pattern >= 2 ** (pBits - 1);
      mismatches.push({ a: aValue, b: bValue, want, got: negative ? pattern - 2 ** pBits : pattern });
    }
  }
  return {
    design,
    spec,
    rtlSha256: sha256(verilog),
    coverage: vectors.coverage,
    pairsCompared: pairs,
    mismatchCount,
    mismatches,
    verified: pairs > 0 && mismatchCount === 0,
  };
}
