import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { MaxdnnError } from '../base/errors.ts';
import { readInputFile } from '../base/files.ts';
import { runAbc } from '../tools/abc.ts';

/** Two circuits as BLIF files of one folder, that must compute the same. */
export interface CecRequest {
  /** What is proved, as it is called in errors, e.g. "netlist of mul_booth_s8" and "its RTL". */
  readonly subject: string;
  readonly reference: string;
  /** Names of the BLIF files in the run folder. */
  readonly subjectBlif: string;
  readonly referenceBlif: string;
  readonly runFolder: string;
  /** Given up, undecided, after this long; default 120 s. */
  readonly timeLimitS?: number;
}

/** A proof that two circuits compute the same for every input. */
export interface EquivalenceProof {
  readonly method: 'abc-cec';
  readonly inputBits: number;
  /** Output bits that were compared. */
  readonly outputBits: number;
}

/**
 * Proves two combinational circuits equal with abc's `cec`.
 * @throws mismatch with a counterexample when they differ, or when their ports do;
 *   tool-failed when the proof is undecided (never taken for a proof)
 */
export async function proveBlifEqual(request: CecRequest): Promise<EquivalenceProof> {
  const { subject, runFolder } = request;
  const ports = readBlifPorts(join(runFolder, request.subjectBlif));
  const wanted = readBlifPorts(join(runFolder, request.referenceBlif));
  if (ports.join() !== wanted.join()) {
    throw new MaxdnnError('mismatch', `${subject}: ports ${ports.join(' ')} instead of ${wanted.join(' ')}`, {
      hint: `Compare ${request.subjectBlif} with ${request.referenceBlif} in ${runFolder}.`,
    });
  }
  const text = await runCec(request);
  if (/^Networks are equivalent\b/m.test(text)) {
    const inputBits = ports.filter((port) => port.startsWith('in:')).length;
    return { method: 'abc-cec', inputBits, outputBits: ports.length - inputBits };
  }
  if (/^Networks are NOT EQUIVALENT\b/m.test(text)) throw await describeDifference(request, text);
  const why = /^Networks are UNDECIDED\b/m.test(text) ? 'undecided' : 'without a verdict';
  throw noProof(request, `${why}\n${text.trim()}`);
}

const DEFAULT_TIME_LIMIT_S = 120;
const COUNTEREXAMPLE = 'counterexample.txt';

/** Output of abc's cec. Its own time limit (-T) is not kept in the SAT part, so the process has one too. */
async function runCec(request: CecRequest): Promise<string> {
  const timeLimitS = request.timeLimitS ?? DEFAULT_TIME_LIMIT_S;
  try {
    const output = await runAbc({
      commands: [`cec -T ${timeLimitS} -C 10000000 ${request.referenceBlif} ${request.subjectBlif}`],
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

function noProof({ subject, reference, runFolder }: CecRequest, why: string, cause?: unknown): MaxdnnError {
  return new MaxdnnError('tool-failed', `abc: equivalence of the ${subject} and ${reference} ${why}`, {
    hint: `Full output: ${join(runFolder, 'cec.log')}`,
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
async function describeDifference(request: CecRequest, cecText: string): Promise<MaxdnnError> {
  const { subject, reference, subjectBlif, referenceBlif, runFolder } = request;
  const outputs = /Verification failed for at least \d+ outputs?:\s*(.*)/.exec(cecText)?.[1]?.trim();
  const file = join(runFolder, COUNTEREXAMPLE);
  rmSync(file, { force: true });
  await runAbc({
    commands: [`miter ${referenceBlif} ${subjectBlif}`, 'strash', 'iprove', `write_cex -n ${COUNTEREXAMPLE}`],
    cwd: runFolder,
    name: 'counterexample',
    timeoutMs: 120_000,
  });
  const operands = readCounterexample(readFileSync(file, 'utf8'));
  return new MaxdnnError(
    'mismatch',
    `${subject} is not equivalent to ${reference}, e.g. for ${operands} (abc names ${outputs ?? 'no output'})`,
    { hint: `Both circuits as BLIF: ${join(runFolder, subjectBlif)}, ${referenceBlif}.` },
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
