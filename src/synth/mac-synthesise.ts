import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { writeFileAtomic } from '../base/files.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { type GateNetlist, readNetlist } from '../power/netlist.ts';
import { runYosys, yosysWord } from '../tools/yosys.ts';
import type { SynthesisLibrary } from './library-files.ts';

/** What to map, to what, and where. */
export interface SequentialSynthesisRequest {
  readonly moduleName: string;
  /** Verilog of one module with registers. */
  readonly rtlText: string;
  readonly library: SynthesisLibrary;
  /** Target of abc -D for the logic between registers and ports, ps. */
  readonly delayTargetPs: number;
  /** Load that abc assumes at every output, fF. */
  readonly outputLoadFf: number;
  readonly runFolder: string;
}

/** A mapped netlist with registers; files of the run folder. */
export interface SequentialSynthesis {
  readonly rtlPath: string;
  /** Yosys JSON: what is proved and simulated. */
  readonly netlistJsonPath: string;
  /** The same as Verilog: what OpenSTA reads. */
  readonly netlistVerilogPath: string;
  readonly netlist: GateNetlist;
  readonly cells: number;
  readonly registers: number;
  readonly areaUm2: number;
}

/** Script of abc for the logic; as recipe "area" of synthesise.ts. Commas stand for blanks. */
export const SEQUENTIAL_RECIPE = 'strash;dch;amap,-m;topo;buffer;upsize,{D};dnsize,{D};stime,-p';

/**
 * Maps RTL with registers: the smallest flip-flops of the library with the reset of the RTL (dfflibmap); an enable
 * becomes a multiplexer before the data pin, clocks are not gated; the logic as for multipliers.
 * @throws bad-input when the library lacks the flip-flops; tool-missing; tool-failed when Yosys refuses the RTL
 */
export async function synthesiseSequential(
  request: SequentialSynthesisRequest,
): Promise<SequentialSynthesis> {
  const { moduleName, library, runFolder } = request;
  requireResetFlipFlop(library.model);
  mkdirSync(runFolder, { recursive: true });
  const rtlPath = join(runFolder, 'rtl.v');
  writeFileAtomic(rtlPath, request.rtlText);
  writeFileAtomic(
    join(runFolder, 'constraints'),
    `set_driving_cell ${library.drivingCell}\nset_load ${request.outputLoadFf}\n`,
  );
  await runYosys({
    commands: script(request),
    cwd: runFolder,
    name: 'synthesise',
    timeoutMs: 300_000,
  });
  const netlistJsonPath = join(runFolder, 'netlist.json');
  const netlist = readNetlist(netlistJsonPath, library.model);
  if (netlist.registers.length === 0) {
    throw new MaxdnnError('tool-failed', `Yosys left no registers in ${moduleName}`, {
      hint: `Full output: ${join(runFolder, 'synthesise.log')}`,
    });
  }
  const cells = [...netlist.gates, ...netlist.registers];
  const areaUm2 = cells.reduce((sum, { cell }) => sum + cell.areaUm2, 0);
  return {
    rtlPath,
    netlistJsonPath,
    netlistVerilogPath: join(runFolder, 'netlist.v'),
    netlist,
    cells: cells.length,
    registers: netlist.registers.length,
    areaUm2: Number(areaUm2.toFixed(6)),
  };
}

function script(request: SequentialSynthesisRequest): string[] {
  const { moduleName, library, delayTargetPs } = request;
  const liberty = yosysWord(library.libertyPath);
  const ties = [
    library.tieHigh && `-hicell ${library.tieHigh.cell} ${library.tieHigh.pin}`,
    library.tieLow && `-locell ${library.tieLow.cell} ${library.tieLow.pin}`,
  ].filter((option) => option !== undefined);
  return [
    'read_verilog rtl.v',
    `hierarchy -check -top ${moduleName}`,
    `synth -flatten -top ${moduleName}`,
    `dfflibmap -liberty ${liberty}`,
    `abc -liberty ${liberty} -D ${delayTargetPs} -constr constraints -script +${SEQUENTIAL_RECIPE}`,
    'opt_clean -purge',
    ...(ties.length > 0 ? [`hilomap -singleton ${ties.join(' ')}`] : []),
    `read_rtlil ${yosysWord(library.portsPath)}`,
    'check -assert -mapped',
    `json -o netlist.json ${moduleName}`,
    'write_verilog -noattr -noexpr -selected netlist.v',
  ];
}

/** dfflibmap goes on with unmapped flip-flops where the library has no fitting one. */
function requireResetFlipFlop(library: LibraryModel): void {
  const all = [...library.cells.values()].filter(({ flipFlop }) => flipFlop !== undefined);
  if (all.some(({ flipFlop, dontUse }) => flipFlop?.clear !== undefined && !dontUse)) return;
  const found = all.length === 0 ? 'no flip-flops' : all.map(({ name }) => name).join(', ');
  throw badInput(
    {
      where: `library ${library.name}`,
      wanted: 'a flip-flop with asynchronous clear, for the registers of processing elements',
      found,
    },
    'Give a library with one, or leave --liberty out for the embedded library.',
  );
}
