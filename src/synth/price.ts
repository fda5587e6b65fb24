import { join, resolve } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { fromPattern, toPattern } from '../base/bits.ts';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { readInputFile, sha256 } from '../base/files.ts';
import { portProduct } from '../multiplier/golden.ts';
import { type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import { type GateNetlist, readNetlist } from '../power/netlist.ts';
import { simulatePower } from '../power/power.ts';
import { makeStream, type OperandStream, uniformStream } from '../power/stream.ts';
import { toolVersions } from '../tools/detect-tools.ts';
import type { EquivalenceProof } from '../verify/cec.ts';
import type { EnergyConditions, EnergyRow } from './energy-table.ts';
import { proveEquivalent } from './equivalence.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { RECIPES, type RecipeName, type SynthesisCandidate, synthesise } from './synthesise.ts';
import { type LongestPath, staDelay } from './timing.ts';

/** A design and its Verilog; generateRtl gives one. */
export interface PricingSubject {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly verilog: string;
}

/** What pricing one design found out; kept in its run folder. */
export interface PricedDesign extends ArtifactHeader<'priced-design'> {
  readonly row: Omit<EnergyRow, 'pairsCosimulated'>;
  readonly recipe: RecipeName;
  readonly candidates: readonly SynthesisCandidate[];
  readonly proof: EquivalenceProof;
  readonly longestPath: LongestPath;
  /** Products of the simulated netlist that were compared with the golden model, all equal: stream, all pairs. */
  readonly productsCompared: number;
}

/** Wall time of each step, ms. */
export interface PricingTimes {
  readonly synthesisMs: number;
  readonly proofMs: number;
  readonly timingMs: number;
  readonly powerMs: number;
}

export interface PricingResult {
  readonly priced: PricedDesign;
  /** True when it was priced before from the same inputs with the same tools. */
  readonly reused: boolean;
  /** Absent when reused. */
  readonly times?: PricingTimes;
}

/**
 * Conditions unless the user gives others, for 8-bit multipliers in a 45 nm library: one operand pair per ns; abc
 * aims 10 % below that because OpenSTA's longest path is not abc's (measured: up to 12 % longer with Nangate45).
 */
export const DEFAULT_CONDITIONS: EnergyConditions = {
  stream: 'uniform',
  operandPairs: 8192,
  seed: 1,
  vectorPeriodNs: 1,
  inputTransitionNs: 0.02,
  outputLoadFf: 4,
  abcDelayTargetPs: 900,
  glitches: false,
};

/**
 * Synthesises a design, proves the netlist equal to the RTL, times it and simulates its power. The products of
 * the power simulation must equal the golden model's on the whole stream, and for up to 16 operand bits on all
 * operand pairs. The result is kept as `priced.json` in
 * `runFolder` and taken from there when RTL, library, conditions, flow and tool versions are the same.
 * @throws mismatch when the netlist differs from the RTL or from the golden model; bad-input, tool-missing,
 *   tool-failed
 */
export async function priceDesign(options: {
  readonly subject: PricingSubject;
  readonly library: SynthesisLibrary;
  readonly conditions: EnergyConditions;
  readonly runFolder: string;
}): Promise<PricingResult> {
  const { subject, library, conditions } = options;
  const runFolder = resolve(options.runFolder); // the tools run in it
  checkSubject(subject, conditions);
  const tools = await toolVersions(['yosys', 'abc', 'sta']);
  const inputs = {
    design: digestOf([subject.design, subject.spec]),
    rtl: sha256(subject.verilog),
    library: library.model.sha256,
    conditions: digestOf(conditions),
    flow: digestOf([FLOW_VERSION, RECIPES]),
    tools: digestOf(tools),
  };
  const path = join(runFolder, 'priced.json');
  const before = reusableArtifact<PricedDesign>(path, 'priced-design', FORMAT_VERSION, inputs);
  if (before !== undefined) return { priced: before, reused: true };
  const { result, times } = await runFlow(subject, library, conditions, runFolder);
  const priced: PricedDesign = {
    ...artifactHeader('priced-design', FORMAT_VERSION, inputs, tools),
    ...result,
  };
  writeArtifact(path, priced);
  return { priced, reused: false, times };
}

/**
 * Compares simulated products with the golden model.
 * @param products pattern at p_o for each pair of the stream
 * @returns the number of products compared
 * @throws mismatch naming the first pair that differs and how many do
 */
export function checkProducts(
  subject: Pick<PricingSubject, 'design' | 'spec'>,
  stream: OperandStream,
  products: Uint32Array,
): number {
  const { design, spec } = subject;
  const { aBits, bBits, pBits, aSigned, bSigned } = portShape(spec);
  if (products.length !== stream.a.length) {
    throw new MaxdnnError('internal', `${design}: ${products.length} products of ${stream.a.length} pairs`);
  }
  let first: string | undefined;
  let differing = 0;
  products.forEach((got, index) => {
    const a = fromPattern(stream.a[index]!, aBits, aSigned);
    const b = fromPattern(stream.b[index]!, bBits, bSigned);
    const want = toPattern(portProduct(spec, a, b), pBits);
    if (got === want) return;
    differing += 1;
    first ??= `a = ${a}, b = ${b}: pattern 0x${got.toString(16)} instead of 0x${want.toString(16)}`;
  });
  if (first !== undefined) {
    throw new MaxdnnError(
      'mismatch',
      `netlist of ${design} differs from the golden model in ${differing} of ${products.length} products, first at ${first}`,
      { hint: 'The RTL was proved equal to the netlist, so the RTL is wrong too: run "maxdnn verify".' },
    );
  }
  return products.length;
}

/** Raise when a change of the flow changes its results. */
const FLOW_VERSION = 2;
const FORMAT_VERSION = 3;

type FlowResult = Omit<PricedDesign, keyof ArtifactHeader>;

async function runFlow(
  subject: PricingSubject,
  library: SynthesisLibrary,
  conditions: EnergyConditions,
  runFolder: string,
): Promise<{ result: FlowResult; times: PricingTimes }> {
  const { design: moduleName, spec, verilog } = subject;
  const lap = startClock();
  const synthesis = await synthesise({
    moduleName,
    rtlText: verilog,
    library,
    delayTargetPs: conditions.abcDelayTargetPs,
    outputLoadFf: conditions.outputLoadFf,
    runFolder,
  });
  const synthesisMs = lap();
  const { rtlPath, netlistJsonPath, netlistVerilogPath, cells, areaUm2, recipe, candidates } = synthesis;
  const proof = await proveEquivalent({
    moduleName,
    rtlPath,
    netlistPath: netlistJsonPath,
    library,
    runFolder,
  });
  const proofMs = lap();
  const longestPath = await staDelay({ moduleName, netlistVerilogPath, library, conditions, runFolder });
  const timingMs = lap();
  const stream = uniformStream(spec, conditions.operandPairs, conditions.seed);
  const netlist = readNetlist(netlistJsonPath, library.model);
  const power = simulatePower(netlist, library.model, stream, conditions, { products: true });
  const productsCompared =
    checkProducts(subject, stream, power.products ?? new Uint32Array()) +
    checkAllProducts(subject, netlist, library, conditions);
  if (power.transitionsWithoutEnergy > 0)
    throw lacksEnergy(library, moduleName, power.transitionsWithoutEnergy);
  const row = {
    design: moduleName,
    spec,
    rtlSha256: sha256(verilog),
    netlistSha256: sha256(readInputFile(netlistJsonPath, 'a Yosys JSON netlist')),
    streamSha256: power.streamSha256,
    librarySha256: library.model.sha256,
    equivalence: proof.method,
    cells,
    areaUm2,
    delayNs: longestPath.delayNs,
    energyPj: power.energyPj,
    internalPj: power.internalPj,
    switchingPj: power.switchingPj,
    leakagePj: power.leakagePj,
  };
  const result = { row, recipe, candidates, proof, longestPath, productsCompared };
  return { result, times: { synthesisMs, proofMs, timingMs, powerMs: lap() } };
}

/**
 * Compares the netlist with the golden model on every operand pair where that is cheap (16 operand bits in all);
 * unlike the equivalence proof this does not rely on Yosys having read the RTL rightly.
 * @returns the number of products compared; 0 for wider ports
 */
function checkAllProducts(
  subject: PricingSubject,
  netlist: GateNetlist,
  library: SynthesisLibrary,
  conditions: EnergyConditions,
): number {
  const { aBits, bBits } = portShape(subject.spec);
  if (aBits + bBits > 16) return 0;
  const pairs = 2 ** (aBits + bBits);
  const a = Uint32Array.from({ length: pairs }, (_, index) => index >>> bBits);
  const b = Uint32Array.from({ length: pairs }, (_, index) => index & (2 ** bBits - 1));
  const stream = makeStream('all pairs', a, b);
  const { products } = simulatePower(netlist, library.model, stream, conditions, { products: true });
  return checkProducts(subject, stream, products ?? new Uint32Array());
}

function checkSubject(subject: PricingSubject, conditions: EnergyConditions): void {
  const { pBits } = portShape(subject.spec);
  if (pBits > 32) {
    throw badInput(
      { where: subject.design, wanted: 'a product of at most 32 bits', found: `${pBits} bits` },
      'Multipliers up to 16 × 16 bits can be priced.',
    );
  }
  if (conditions.glitches) {
    throw badInput(
      { where: 'conditions: glitches', wanted: 'false', found: 'true' },
      'Glitch-aware power is not available yet: leave the option out.',
    );
  }
}

function lacksEnergy(library: SynthesisLibrary, design: string, transitions: number): MaxdnnError {
  return badInput(
    {
      where: `library ${library.model.name}`,
      wanted: `internal_power for every output of the cells of ${design}`,
      found: `none for ${transitions} of the simulated transitions`,
    },
    'Energies without it would be too low: give a library that was characterised for power.',
  );
}

/** Milliseconds since the last call (since the start at the first). */
function startClock(): () => number {
  let last = performance.now();
  return () => {
    const now = performance.now();
    const passed = now - last;
    last = now;
    return passed;
  };
}
