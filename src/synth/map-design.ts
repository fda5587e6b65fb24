import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  readArtifact,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { fromPattern, toPattern } from '../base/bits.ts';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { readInputFile, sha256 } from '../base/files.ts';
import { portProduct } from '../multiplier/golden.ts';
import { type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import { readNetlist } from '../power/netlist.ts';
import { POWER_ENGINE_VERSION, simulatePower } from '../power/power.ts';
import { makeStream, type OperandStream } from '../power/stream.ts';
import { toolVersions } from '../tools/detect-tools.ts';
import type { EquivalenceProof } from '../verify/cec.ts';
import type { EnergyConditions } from './energy-table.ts';
import { proveEquivalent } from './equivalence.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { RECIPES, type SynthesisCandidate, synthesise } from './synthesise.ts';
import { confirmDelay, type LongestPath, staDelay } from './timing.ts';

/** A design and its Verilog; generateRtl gives one. */
export interface PricingSubject {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly verilog: string;
}

/** A design mapped for one clock target: `netlist.json` and `netlist.v` in its run folder. */
export interface MappedDesign extends ArtifactHeader<'mapped-design'> {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly clockNs: number;
  readonly rtlSha256: string;
  readonly netlistSha256: string;
  /** Of netlist.v, the same netlist. */
  readonly netlistVerilogSha256: string;
  readonly librarySha256: string;
  readonly flowSha256: string;
  readonly recipe: string;
  readonly candidates: readonly SynthesisCandidate[];
  readonly cells: number;
  readonly areaUm2: number;
  readonly delayNs: number;
  readonly meetsClock: boolean;
  readonly longestPath: LongestPath;
  readonly proof: EquivalenceProof;
  /** Products of the netlist on all operand pairs that equal the golden model's; 0 above 16 operand bits. */
  readonly productsCompared: number;
}

/** Wall time of each step, ms. */
export interface MappingTimes {
  readonly synthesisMs: number;
  readonly proofMs: number;
  readonly timingMs: number;
  readonly productsMs: number;
}

export interface MappingResult {
  readonly mapped: MappedDesign;
  /** True when it was mapped before from the same inputs with the same tools. */
  readonly reused: boolean;
  /** Absent when reused. */
  readonly times?: MappingTimes;
}

/** What a mapping depends on beside the design. */
export interface MappingRequest {
  readonly subject: PricingSubject;
  readonly library: SynthesisLibrary;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf' | 'adderCells'>;
  readonly clockNs: number;
  /** Absolute. */
  readonly runFolder: string;
}

/**
 * Synthesises a design for a clock target, proves the netlist equal to the RTL and times it; for up to 16 operand
 * bits its products must equal the golden model's on all operand pairs, which unlike the proof does not rely on
 * Yosys having read the RTL rightly. The result is kept as `mapped.json` in `runFolder` and taken from there when
 * RTL, library, conditions, flow and tool versions are the same.
 * @throws mismatch when the netlist differs from the RTL or from the golden model; bad-input, tool-missing,
 *   tool-failed
 */
export async function mapDesign(request: MappingRequest): Promise<MappingResult> {
  const { subject, library, conditions, clockNs, runFolder } = request;
  const { inputTransitionNs, outputLoadFf, adderCells } = conditions;
  checkWidth(subject);
  const tools = await toolVersions(['yosys', 'abc', 'sta']);
  const flowSha256 = digestOf([FLOW_VERSION, POWER_ENGINE_VERSION, RECIPES, adderCells, tools]);
  const inputs = {
    design: digestOf([subject.design, subject.spec]),
    rtl: sha256(subject.verilog),
    library: library.model.sha256,
    conditions: digestOf([clockNs, inputTransitionNs, outputLoadFf]),
    flow: flowSha256,
  };
  const path = join(runFolder, 'mapped.json');
  const before = reusableArtifact<MappedDesign>(path, 'mapped-design', FORMAT_VERSION, inputs);
  if (before !== undefined && findChangedNetlist(runFolder, before) === undefined)
    return { mapped: before, reused: true };
  const { result, times } = await runFlow(request);
  const mapped: MappedDesign = {
    ...artifactHeader('mapped-design', FORMAT_VERSION, inputs, tools),
    design: subject.design,
    spec: subject.spec,
    clockNs,
    rtlSha256: inputs.rtl,
    librarySha256: inputs.library,
    flowSha256,
    ...result,
  };
  writeArtifact(path, mapped);
  return { mapped, reused: false, times };
}

/** The netlist of a mapped design. */
export function netlistPath(runFolder: string): string {
  return join(runFolder, 'netlist.json');
}

/** The same netlist as Verilog. */
export function netlistVerilogPath(runFolder: string): string {
  return join(runFolder, 'netlist.v');
}

/** What mapDesign found out in a run folder. @throws bad-input when it is missing, damaged or of another version */
export function readMappedDesign(runFolder: string): MappedDesign {
  return readArtifact<MappedDesign>(join(runFolder, 'mapped.json'), 'mapped-design', FORMAT_VERSION);
}

/** Of netlist.json and netlist.v, the first that is gone or no longer what was mapped; undefined when both are. */
export function findChangedNetlist(
  runFolder: string,
  { netlistSha256, netlistVerilogSha256 }: Pick<MappedDesign, 'netlistSha256' | 'netlistVerilogSha256'>,
): { readonly path: string; readonly wanted: string; readonly found: string } | undefined {
  const files = [
    [netlistPath(runFolder), netlistSha256],
    [netlistVerilogPath(runFolder), netlistVerilogSha256],
  ] as const;
  return files
    .map(([path, wanted]) => ({
      path,
      wanted,
      found: existsSync(path) ? sha256(readFileSync(path)) : 'none',
    }))
    .find(({ wanted, found }) => wanted !== found);
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
  for (let index = 0; index < products.length; index++) {
    const got = products[index]!;
    const a = fromPattern(stream.a[index]!, aBits, aSigned);
    const b = fromPattern(stream.b[index]!, bBits, bSigned);
    const want = toPattern(portProduct(spec, a, b), pBits);
    if (got === want) continue;
    differing += 1;
    first ??= `a = ${a}, b = ${b}: pattern 0x${got.toString(16)} instead of 0x${want.toString(16)}`;
  }
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
const FLOW_VERSION = 4;
const FORMAT_VERSION = 2;

type FlowResult = Pick<
  MappedDesign,
  | 'netlistSha256'
  | 'netlistVerilogSha256'
  | 'recipe'
  | 'candidates'
  | 'cells'
  | 'areaUm2'
  | 'delayNs'
  | 'meetsClock'
  | 'longestPath'
  | 'proof'
  | 'productsCompared'
>;

async function runFlow(request: MappingRequest): Promise<{ result: FlowResult; times: MappingTimes }> {
  const { subject, library, conditions, clockNs, runFolder } = request;
  const { design: moduleName, verilog } = subject;
  const lap = startClock();
  const synthesis = await synthesise({
    moduleName,
    rtlText: verilog,
    library,
    clockNs,
    conditions,
    adderCells: conditions.adderCells,
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
  const longestPath = await staDelay({
    moduleName,
    netlistVerilogPath,
    library,
    conditions,
    clockNs,
    runFolder,
  });
  confirmDelay(synthesis, longestPath);
  const timingMs = lap();
  const productsCompared = checkAllProducts(request);
  const { delayNs } = longestPath;
  const result = {
    netlistSha256: digestOfNetlist(netlistJsonPath),
    netlistVerilogSha256: digestOfNetlist(netlistVerilogPath),
    recipe,
    candidates,
    cells,
    areaUm2,
    delayNs,
    meetsClock: delayNs <= clockNs,
    longestPath,
    proof,
    productsCompared,
  };
  return { result, times: { synthesisMs, proofMs, timingMs, productsMs: lap() } };
}

/** @returns the number of products compared; 0 where all pairs are too many */
function checkAllProducts({ subject, library, conditions, clockNs, runFolder }: MappingRequest): number {
  const { aBits, bBits } = portShape(subject.spec);
  if (aBits + bBits > 16) return 0;
  const pairs = 2 ** (aBits + bBits);
  const a = Uint32Array.from({ length: pairs }, (_, index) => index >>> bBits);
  const b = Uint32Array.from({ length: pairs }, (_, index) => index & (2 ** bBits - 1));
  const stream = makeStream('all pairs', a, b);
  const netlist = readNetlist(netlistPath(runFolder), library.model);
  const powerConditions = { ...conditions, vectorPeriodNs: clockNs };
  const { products } = simulatePower(netlist, library.model, stream, powerConditions, { products: true });
  return checkProducts(subject, stream, products ?? new Uint32Array());
}

/** SHA-256 of a netlist file. @throws bad-input when it is not there */
export function digestOfNetlist(path: string): string {
  return sha256(readInputFile(path, 'a mapped netlist'));
}

function checkWidth({ design, spec }: PricingSubject): void {
  const { pBits } = portShape(spec);
  if (pBits <= 32) return;
  throw badInput(
    { where: design, wanted: 'a product of at most 32 bits', found: `${pBits} bits` },
    'Multipliers up to 16 × 16 bits can be priced.',
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
