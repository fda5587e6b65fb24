import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { readInputFile, writeFileAtomic } from '../base/files.ts';
import { readNetNames } from '../power/net-names.ts';
import { type GateNetlist, parseNetlist } from '../power/netlist.ts';
import { writeSaif } from '../power/saif.ts';
import type { MultiplierPorts } from '../power/simulate.ts';
import type { OperandStream, StreamIdentity } from '../power/stream.ts';
import { writeVcd } from '../power/vcd.ts';
import { runYosys, yosysWord } from '../tools/yosys.ts';
import type { SynthesisLibrary } from './library-files.ts';

/** A mapped netlist and the operands that it gets. */
export interface ActivityRequest {
  /** The netlist as Verilog; its only module is simulated. */
  readonly netlistVerilogPath: string;
  readonly library: Pick<SynthesisLibrary, 'model' | 'portsPath'>;
  readonly stream: OperandStream;
  /** Of the stream; names the files. Default: uniform. */
  readonly identity?: StreamIdentity;
  /** Default: a_i, b_i, p_o. */
  readonly ports?: MultiplierPorts;
  /** Time between operand pairs. */
  readonly clockNs: number;
  /** Absolute; the files go into its folder "activity". */
  readonly runFolder: string;
}

/** What was written, relative to the run folder where not absolute. */
export interface ActivityFiles {
  /** The netlist with the names that the Verilog has. */
  readonly netlist: GateNetlist;
  /** Names the stream, e.g. "uniform" or "layer-iid-conv1-weight-on-b". */
  readonly stem: string;
  /** Copy of the Verilog netlist in the run folder, for scripts there. */
  readonly verilogName: string;
  /** Absolute. */
  readonly vcdPath: string;
  /** Absolute. */
  readonly saifPath: string;
}

/**
 * Writes what another tool needs to redo the power of a netlist: the activity of all ports, nets and pins over the
 * stream as VCD and as SAIF. The names are those of the Verilog netlist, which is read anew by Yosys.
 * @throws bad-input when the netlist is not of the library or does not fit the stream; tool-missing, tool-failed
 */
export async function writeActivityFiles(request: ActivityRequest): Promise<ActivityFiles> {
  const { netlistVerilogPath, library, stream, clockNs, runFolder } = request;
  const ports = request.ports ?? { a: 'a_i', b: 'b_i', p: 'p_o' };
  const verilogName = basename(netlistVerilogPath);
  const verilog = join(runFolder, verilogName);
  const text = readInputFile(netlistVerilogPath, 'a mapped netlist (Verilog)');
  if (verilog !== netlistVerilogPath) writeFileAtomic(verilog, text);
  await runYosys({
    commands: [
      `read_rtlil ${yosysWord(library.portsPath)}`,
      `read_verilog ${yosysWord(verilogName)}`,
      `write_json ${NAMED_NETLIST}.json`,
    ],
    cwd: runFolder,
    name: NAMED_NETLIST,
    timeoutMs: 120_000,
  });
  const path = join(runFolder, `${NAMED_NETLIST}.json`);
  const json = readFileSync(path, 'utf8');
  const netlist = parseNetlist(json, library.model, path);
  const stem = nameStream(request.identity ?? { kind: 'uniform' });
  const vcdPath = join(runFolder, 'activity', `${stem}.vcd`);
  const saifPath = join(runFolder, 'activity', `${stem}.saif`);
  const names = readNetNames(json, netlist, path);
  const file = { netlist, names, stream, ports, vectorPeriodNs: clockNs };
  writeVcd(vcdPath, file);
  writeSaif(saifPath, file);
  return { netlist, stem, verilogName, vcdPath, saifPath };
}

/** Yosys JSON of the Verilog netlist, with its names. */
const NAMED_NETLIST = 'named-netlist';

function nameStream({ kind, layer, role }: StreamIdentity): string {
  return [kind, layer, role]
    .filter((part) => part !== undefined)
    .map((part) => part.replace(/[^\w.-]/g, '_'))
    .join('-');
}
