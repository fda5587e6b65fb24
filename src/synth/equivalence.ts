import { relative } from 'node:path';
import { runYosys, yosysWord } from '../tools/yosys.ts';
import { type EquivalenceProof, proveBlifEqual } from '../verify/cec.ts';
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

/**
 * Proves a mapped netlist equal to its RTL with abc's `cec`. Both become AIGs on ways of their own: the RTL through
 * Yosys's front end and generic logic, never mapped; the netlist by putting the function that the Liberty file gives
 * in the place of each cell. Neither trusts the mapper.
 * @throws mismatch with a counterexample when they differ, or when their ports do;
 *   tool-failed when the proof is undecided (never taken for a proof)
 */
export async function proveEquivalent(request: EquivalenceRequest): Promise<EquivalenceProof> {
  const { moduleName, runFolder, timeLimitS } = request;
  await runYosys({
    commands: equivalenceScript(request),
    cwd: runFolder,
    name: 'equivalence',
    timeoutMs: 120_000,
  });
  return proveBlifEqual({
    subject: `netlist of ${moduleName}`,
    reference: 'its RTL',
    subjectBlif: NETLIST_BLIF,
    referenceBlif: RTL_BLIF,
    runFolder,
    ...(timeLimitS === undefined ? {} : { timeLimitS }),
  });
}

const RTL_BLIF = 'equivalence-rtl.blif';
const NETLIST_BLIF = 'equivalence-netlist.blif';

function equivalenceScript(request: EquivalenceRequest): string[] {
  const { moduleName, library, runFolder } = request;
  const inFolder = (path: string): string => yosysWord(relative(runFolder, path)); // holds in a copy of it too
  const read = request.netlistPath.endsWith('.json') ? 'read_json' : 'read_verilog';
  return [
    `read_verilog ${inFolder(request.rtlPath)}`,
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
    `${read} ${inFolder(request.netlistPath)}`,
    `hierarchy -check -top ${moduleName}`,
    'flatten',
    'aigmap',
    'clean',
    `write_blif ${NETLIST_BLIF}`,
  ];
}
