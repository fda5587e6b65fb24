import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { readInputFile } from '../base/files.ts';
import { runAbc } from '../tools/abc.ts';
import { runYosys, yosysWord } from '../tools/yosys.ts';
import type { SynthesisLibrary } from './library-files.ts';

/** A mapped netlist and the RTL that it must equal. */
export interface EquivalenceRequest {
  readonly moduleName: string;
  /** Verilog of the module. */
  readonly rtlPath: string;
  /** The mapped netlist: Yosys JSON (.json) or Verilog (.v). */
  readonly netlistPath: string;
  readonly library: Pick<SynthesisLibrary, 'functionsPath'>;
  readonly runFolder: string;
  /** Given up, undecided, after this long; default 120 s. */
  readonly timeLimitS?: number;
}

/** A proof that two circuits compute the same. */
export interface EquivalenceProof {
  readonly method: 'abc-cec';
  readonly inputBits: number;
  /** Output bits that were compared. */
  readonly outputBits: number;
}

/**
 * Proves a mapped netlist equal to its RTL with abc's `cec`. Both become AIGs on ways of their own: the RTL through
 * Yosys's front end and generic logic, never mapped; the netlist by putting the function that the Liberty file gives
 * in the place of each cell. Neither trusts the mapper.
 * @throws mismatch with a counterexample when they differ, or when their ports do;
 *   tool-failed when the proof is undecided (never taken for a proof)
 */
export async function proveEquivalent(request: EquivalenceRequest): Promise<EquivalenceProof> {
  const { moduleName, runFolder } = request;
  await runYosys({
    commands: equivalenceScript(request),
    cwd: runFolder,
    name: 'equivalence',
    timeoutMs: 120_000,
  });
  const rtlPorts = readBlifPorts(join(runFolder, RTL_BLIF));
  const netlistPorts = readBlifPorts(join(runFolder, NETLIST_BLIF));
  if (rtlPorts.join() !== netlistPorts.join()) {
    throw new MaxdnnError(
      'mismatch',
      `netlist of ${moduleName}: ports ${netlistPorts.join(' ')} instead of ${rtlPorts.join(' ')}`,
      { hint: `Compare ${request.netlistPath} with ${request.rtlPath}.` },
    );
  }
  const text = await runCec(request);
  if (/^Networks are equivalent\b/m.test(text)) {
    const inputBits = rtlPorts.filter((port) => port.startsWith('in:')).length;
    return { method: 'abc-cec', inputBits, outputBits: rtlPorts.length - inputBits };
  }
  if (/^Networks are NOT EQUIVALENT\b/m.test(text)) throw await describeDifference(request, text);
  const why = /^Networks are UNDECIDED\b/m.test(text) ? 'undecided' : 'without a verdict';
  throw noProof(request, `${why}\n${text.trim()}`);
}

const DEFAULT_TIME_LIMIT_S = 120;
const RTL_BLIF = 'equivalence-rtl.blif';
const NETLIST_BLIF = 'equivalence-netlist.blif';
const COUNTEREXAMPLE = 'counterexample.txt';

function equivalenceScript(request: EquivalenceRequest): string[] {
  const { moduleName, rtlPath, netlistPath, library } = request;
  const read = netlistPath.endsWith('.json') ? 'read_json' : 'read_verilog';
  return [
    `read_verilog ${yosysWord(rtlPath)}`,
    `hierarchy -check -top ${moduleName}`,
    'proc',
    'flatten',
    'alumacc',
    'maccmap -unmap',
    'techmap',
    'aigmap',
    'clean',
    `write_blif ${RTL_BLIF}`,
    'design -reset',
    `read_rtlil ${yosysWord(library.functionsPath)}`,
    `${read} ${yosysWord(netlistPath)}`,
    `hierarchy -check -top ${moduleName}`,
    'flatten',
    'aigmap',
    'clean',
    `write_blif ${NETLIST_BLIF}`,
  ];
}

/** Output of abc's cec. Its own time limit (-T) is not kept in the SAT part, so the process has one too. */
async function runCec(request: EquivalenceRequest): Promise<string> {
  const timeLimitS = request.timeLimitS ?? DEFAULT_TIME_LIMIT_S;
  try {
    const output = await runAbc({
      commands: [`cec -T ${timeLimitS} -C 10000000 ${RTL_BLIF} ${NETLIST_BLIF}`],
      cwd: request.runFolder,
      name: 'cec',
      timeoutMs: timeLimitS * 1000,
    });
    return output.text;
  } catch (error) {
    if (!(error instanceof MaxdnnError) || error.code !== 'tool-failed') throw error;
    throw noProof(request, `failed: ${error.message.trim()}`, error);
  }
}

function noProof(request: EquivalenceRequest, why: string, cause?: unknown): MaxdnnError {
  return new MaxdnnError('tool-failed', `abc: equivalence of ${request.moduleName} and its netlist ${why}`, {
    hint: `Full output: ${join(request.runFolder, 'cec.log')}`,
    cause,
  });
}

/** Port bits of a BLIF file, sorted, each "in:NAME" or "out:NAME". */
function readBlifPorts(path: string): readonly string[] {
  const text = readInputFile(path, 'a BLIF file that Yosys wrote').toString('utf8').replaceAll('\\\n', ' ');
  const namesAfter = (keyword: string): string[] =>
    [...text.matchAll(new RegExp(`^\\.${keyword}\\s+(.*)$`, 'gm'))].flatMap((match) =>
      match[1]!.trim().split(/\s+/),
    );
  return [
    ...namesAfter('inputs').map((name) => `in:${name}`),
    ...namesAfter('outputs').map((name) => `out:${name}`),
  ].sort();
}

/** The mismatch error, with operands for which the two differ. */
async function describeDifference(request: EquivalenceRequest, cecText: string): Promise<MaxdnnError> {
  const { moduleName, runFolder, netlistPath } = request;
  const outputs = /Verification failed for at least \d+ outputs?:\s*(.*)/.exec(cecText)?.[1]?.trim();
  const file = join(runFolder, COUNTEREXAMPLE);
  rmSync(file, { force: true });
  await runAbc({
    commands: [`miter ${RTL_BLIF} ${NETLIST_BLIF}`, 'strash', 'iprove', `write_cex -n ${COUNTEREXAMPLE}`],
    cwd: runFolder,
    name: 'counterexample',
    timeoutMs: 120_000,
  });
  const operands = readCounterexample(readFileSync(file, 'utf8'));
  return new MaxdnnError(
    'mismatch',
    `netlist of ${moduleName} is not equivalent to its RTL, e.g. for ${operands} (abc names ${outputs ?? 'no output'})`,
    {
      hint: `Netlist: ${netlistPath}; both circuits as BLIF: ${join(runFolder, RTL_BLIF)}, ${NETLIST_BLIF}.`,
    },
  );
}

/** "a_i = 0x03, b_i = 0xff" from lines such as "a_i[0]@0=1". */
function readCounterexample(text: string): string {
  const ports = new Map<string, bigint>();
  for (const [, name, index, bit] of text.matchAll(/^(\w+)(?:\[(\d+)\])?@0=([01])$/gm)) {
    const value = ports.get(name!) ?? 0n;
    ports.set(name!, value | (BigInt(bit!) << BigInt(index ?? 0)));
  }
  return [...ports].map(([name, value]) => `${name} = 0x${value.toString(16)}`).join(', ');
}
