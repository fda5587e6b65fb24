import { runYosys, yosysWord } from '../tools/yosys.ts';
import { type EquivalenceProof, proveBlifEqual } from '../verify/cec.ts';
import type { SynthesisLibrary } from './library-files.ts';

/** A mapped netlist with registers and the RTL that it must equal. */
export interface SequentialEquivalenceRequest {
  readonly moduleName: string;
  readonly rtlPath: string;
  /** Yosys JSON. */
  readonly netlistJsonPath: string;
  readonly library: Pick<SynthesisLibrary, 'functionsPath'>;
  readonly runFolder: string;
}

/**
 * Proves a netlist with registers equal to its RTL, both cut at the registers: what a register holds becomes an
 * input, and its data, clock, reset and reset value become outputs (Yosys `expose -evert-dff`); the rest is
 * combinational and proved with abc's `cec`. Registers correspond by name: each drives an output port, and both
 * sides must have the same ones, so a register that synthesis moved, merged or inverted is told as a difference.
 * @throws mismatch when they differ; tool-failed when the proof is undecided or a register could not be cut
 */
export async function proveSequentialEquivalent(
  request: SequentialEquivalenceRequest,
): Promise<EquivalenceProof> {
  const { moduleName, rtlPath, netlistJsonPath, library, runFolder } = request;
  const commands = [
    `read_verilog ${yosysWord(rtlPath)}`,
    `hierarchy -check -top ${moduleName}`,
    'proc',
    'flatten',
    'opt_clean',
    'simplemap',
    ...CUT,
    'alumacc',
    'maccmap -unmap',
    'techmap',
    'aigmap',
    'clean',
    NO_REGISTERS,
    `write_blif ${RTL_BLIF}`,
    'design -reset',
    `read_rtlil ${yosysWord(library.functionsPath)}`,
    `read_json ${yosysWord(netlistJsonPath)}`,
    `hierarchy -check -top ${moduleName}`,
    'flatten',
    'opt_clean',
    ...CUT,
    'aigmap',
    'clean',
    NO_REGISTERS,
    `write_blif ${NETLIST_BLIF}`,
  ];
  await runYosys({ commands, cwd: runFolder, name: 'equivalence', timeoutMs: 120_000 });
  return proveBlifEqual({
    subject: `netlist of ${moduleName}`,
    reference: 'its RTL',
    subjectBlif: NETLIST_BLIF,
    referenceBlif: RTL_BLIF,
    runFolder,
  });
}

const RTL_BLIF = 'equivalence-rtl.blif';
const NETLIST_BLIF = 'equivalence-netlist.blif';

/** Enables become multiplexers on both sides. */
const CUT = ['dfflegalize -cell $_DFF_PN0_ x', 'opt_clean', 'expose -evert-dff o:* t:$_DFF_PN0_'];

/** A register that is still there after the cut stops the script. */
const NO_REGISTERS = 'select -assert-none t:$_DFF* t:$_SDFF* t:$_DLATCH* t:$dff* t:$adff*';
