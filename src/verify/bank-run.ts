import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fromPattern, toPattern } from '../base/bits.ts';
import { MaxdnnError } from '../base/errors.ts';
import { sha256, writeFileAtomic } from '../base/files.ts';
import { shippedFile } from '../base/package-root.ts';
import { goldenTable, portProduct } from '../multiplier/golden.ts';
import { type MultiplierSpec, type PortShape, portShape } from '../multiplier/spec.ts';
import { buildSimulation, runSimulation, simulationProgram } from '../tools/verilator.ts';
import { makeVectors, type Vectors } from './vectors.ts';
import type { DesignVerdict, Mismatch } from './verdict.ts';

/** A design to be verified: the spec says what it should do, the Verilog what it does. */
export interface DesignUnderTest {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly verilog: string;
}

/** A bank of designs, ready to be built. */
export interface Bank {
  readonly designs: readonly DesignUnderTest[];
  /** Verilog of the module `bank` over exactly these designs (renderBank). */
  readonly verilog: string;
}

const MISMATCHES_KEPT = 8;

/**
 * Statements of a generated function at most. Measured on the catalogue with three wider designs, CPU seconds of the
 * compiler: one function 29, cut after 1000 statements 2.6; the simulation is as fast.
 */
export const FUNCTION_STATEMENTS = 1000;

/** The C++ that feeds a bank; it compares nothing. */
export function readBankDriver(): string {
  return readFileSync(shippedFile('sim', 'bank_driver.cpp'), 'utf8');
}

/**
 * Builds a bank in a folder of its own, which then holds all that it was built from; built once per folder.
 * @returns path of the simulation program
 * @throws tool-missing / tool-failed
 */
export async function buildBank(bank: Bank, buildDir: string): Promise<string> {
  const stamp = join(buildDir, 'built');
  if (existsSync(stamp)) return simulationProgram(buildDir);
  const sources = [
    { name: 'bank.v', text: bank.verilog },
    ...bank.designs.map(({ design, verilog }) => ({ name: `${design}.v`, text: verilog })),
    { name: 'bank_driver.cpp', text: readBankDriver() },
  ];
  for (const { name, text } of sources) writeFileAtomic(join(buildDir, name), text);
  const program = await buildSimulation({
    topModule: 'bank',
    sources: sources.map(({ name }) => name),
    buildDir,
    functionStatements: FUNCTION_STATEMENTS,
  });
  writeFileAtomic(stamp, '');
  return program;
}

/**
 * Simulates every design of a built bank and compares every product with the golden model.
 * @param runDir folder for the vectors and products while it runs, and for the simulation's log
 * @param onGroup called with the verdicts of each group of designs of the same ports
 * @returns one verdict per design, in the order of the bank
 */
export async function compareBank(
  designs: readonly DesignUnderTest[],
  program: string,
  runDir: string,
  seed: number,
  onGroup: (verdicts: readonly DesignVerdict[]) => void,
): Promise<readonly DesignVerdict[]> {
  const byDesign = new Map<DesignUnderTest, DesignVerdict>();
  for (const group of groupByShape(designs)) {
    const shape = portShape(group[0]!.spec);
    const vectors = makeVectors(shape, seed);
    const slots = group.map((design) => designs.indexOf(design));
    const products = await simulate(vectors, slots, program, runDir);
    const verdicts = group.map((design, column) =>
      compareDesign(design, shape, vectors, products, column, group.length),
    );
    for (const [index, verdict] of verdicts.entries()) byDesign.set(group[index]!, verdict);
    onGroup(verdicts);
  }
  return designs.map((design) => byDesign.get(design)!);
}

/** Designs whose ports have the same widths and signs share their vectors. */
function groupByShape(designs: readonly DesignUnderTest[]): readonly (readonly DesignUnderTest[])[] {
  const groups = new Map<string, DesignUnderTest[]>();
  for (const design of designs) {
    const key = JSON.stringify(portShape(design.spec));
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [design]);
    else group.push(design);
  }
  return [...groups.values()];
}

async function simulate(
  vectors: Vectors,
  slots: readonly number[],
  program: string,
  runDir: string,
): Promise<Uint32Array> {
  const vectorFile = join(runDir, 'vectors.bin');
  const productFile = join(runDir, 'products.bin');
  writeFileAtomic(vectorFile, new Uint8Array(vectors.patterns.buffer));
  await runSimulation(program, [resolve(vectorFile), resolve(productFile), ...slots.map(String)], runDir);
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
  const narrow = pBits <= 30; // products are 32-bit integers: much faster
  const mask = 2 ** pBits - 1;
  const mismatches: Mismatch[] = [];
  let mismatchCount = 0;
  for (let pair = 0; pair < pairs; pair++) {
    const a = vectors.patterns[2 * pair]!;
    const b = vectors.patterns[2 * pair + 1]!;
    const want =
      table?.[a * 2 ** bBits + b] ??
      portProduct(spec, fromPattern(a, aBits, aSigned), fromPattern(b, bBits, bSigned));
    const at = 2 * (pair * columns + column);
    const pattern = products[at + 1]! * 2 ** 32 + products[at]!;
    if (pattern === (narrow ? want & mask : toPattern(want, pBits))) continue;
    mismatchCount++;
    if (mismatches.length < MISMATCHES_KEPT) {
      const negative = (aSigned || bSigned) && pattern >= 2 ** (pBits - 1);
      mismatches.push({
        a: fromPattern(a, aBits, aSigned),
        b: fromPattern(b, bBits, bSigned),
        want,
        got: negative ? pattern - 2 ** pBits : pattern,
      });
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
