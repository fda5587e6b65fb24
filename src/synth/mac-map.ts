import { join } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import type { GeneratedMac, MacShell } from '../rtl/mac.ts';
import { toolVersions } from '../tools/detect-tools.ts';
import type { EquivalenceProof } from '../verify/cec.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { proveSequentialEquivalent } from './mac-equivalence.ts';
import { SEQUENTIAL_RECIPE, synthesiseSequential } from './mac-synthesise.ts';
import { digestOfNetlist, findChangedNetlist, netlistPath, netlistVerilogPath } from './map-design.ts';

/** A shell mapped for a clock target: `netlist.json` and `netlist.v` in its run folder. */
export interface MappedShell extends ArtifactHeader<'mapped-shell'> {
  readonly shell: MacShell;
  readonly shellName: string;
  readonly clockNs: number;
  readonly netlistSha256: string;
  /** Of netlist.v, the same netlist. */
  readonly netlistVerilogSha256: string;
  readonly cells: number;
  readonly registers: number;
  readonly areaUm2: number;
  /** Of netlist and RTL, cut at the registers. */
  readonly proof: EquivalenceProof;
}

export interface ShellRequest {
  readonly mac: Pick<GeneratedMac, 'shell' | 'shellName' | 'shellVerilog' | 'shellSha256'>;
  readonly library: SynthesisLibrary;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  readonly clockNs: number;
  /** Absolute. */
  readonly runFolder: string;
}

/** Share of the clock period that abc aims at for the shell's logic; the multiplier has the rest. */
const SHELL_SHARE_OF_CLOCK = 0.45;

/** Raise when a change of the flow changes its results. */
const FLOW_VERSION = 1;
const FORMAT_VERSION = 2;

/** What the netlists of shells follow from beside RTL, library, conditions and tools. */
export const SHELL_FLOW = [FLOW_VERSION, SEQUENTIAL_RECIPE, SHELL_SHARE_OF_CLOCK] as const;

/**
 * Synthesises the shell of a processing element and proves the netlist equal to the RTL. The result is kept as
 * `mapped-shell.json` in `runFolder` and taken from there when everything it depends on is the same.
 * @throws mismatch when netlist and RTL differ; bad-input, tool-missing, tool-failed
 */
export async function mapShell(request: ShellRequest): Promise<MappedShell> {
  const { mac, library, conditions, clockNs, runFolder } = request;
  const { shell, shellName: moduleName, shellVerilog: rtlText } = mac;
  const tools = await toolVersions(['yosys', 'abc']);
  const inputs = {
    rtl: mac.shellSha256,
    library: library.model.sha256,
    conditions: digestOf([clockNs, conditions.outputLoadFf]),
    flow: digestOf([...SHELL_FLOW, tools]),
  };
  const path = join(runFolder, 'mapped-shell.json');
  const before = reusableArtifact<MappedShell>(path, 'mapped-shell', FORMAT_VERSION, inputs);
  if (before !== undefined && findChangedNetlist(runFolder, before) === undefined) return before;
  const delayTargetPs = SHELL_SHARE_OF_CLOCK * clockNs * 1000;
  const { outputLoadFf } = conditions;
  const synthesis = await synthesiseSequential({
    moduleName,
    rtlText,
    library,
    delayTargetPs,
    outputLoadFf,
    runFolder,
  });
  const { rtlPath, netlistJsonPath, cells, registers, areaUm2 } = synthesis;
  const proof = await proveSequentialEquivalent({ moduleName, rtlPath, netlistJsonPath, library, runFolder });
  const mapped: MappedShell = {
    ...artifactHeader('mapped-shell', FORMAT_VERSION, inputs, tools),
    shell,
    shellName: moduleName,
    clockNs,
    netlistSha256: digestOfNetlist(netlistPath(runFolder)),
    netlistVerilogSha256: digestOfNetlist(netlistVerilogPath(runFolder)),
    cells,
    registers,
    areaUm2,
    proof,
  };
  writeArtifact(path, mapped);
  return mapped;
}
