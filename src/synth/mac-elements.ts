import { join, resolve } from 'node:path';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import { designName } from '../multiplier/spec.ts';
import { readNetlist } from '../power/netlist.ts';
import { generateMac, type MacSpec, macName } from '../rtl/mac.ts';
import { cosimulateMacs, requireVerifiedMacs } from '../verify/mac-cosim.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { type MappedShell, mapShell } from './mac-map.ts';
import { type MacEnergy, portLoadsFf, priceMac } from './mac-price.ts';
import type { MacOperands } from './mac-stream.ts';
import { type MacPath, staMac } from './mac-timing.ts';
import { type MappedDesign, mapDesign, netlistPath, netlistVerilogPath } from './map-design.ts';

/** A processing element to be priced. */
export interface ElementSubject {
  readonly spec: MacSpec;
  /** Verilog of its multiplier, which has been verified. */
  readonly multiplierVerilog: string;
}

export interface ElementsRequest {
  /** Each once. */
  readonly elements: readonly ElementSubject[];
  readonly library: SynthesisLibrary;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf' | 'adderCells' | 'seed'>;
  readonly clockNs: number;
  readonly operands: readonly MacOperands[];
  /** Folder of the energy table, where the multipliers are mapped. */
  readonly tableFolder: string;
  /** Receives the cosimulation, a run folder per shell and one per element. */
  readonly outFolder: string;
  readonly onProgress?: OnProgress;
}

/** A processing element with everything that was found out about it. */
export interface PricedElement {
  readonly spec: MacSpec;
  readonly name: string;
  readonly shell: MappedShell;
  readonly multiplier: MappedDesign;
  readonly path: MacPath;
  readonly meetsClock: boolean;
  /** Cycles of the cosimulation with the golden model, all equal. */
  readonly cyclesCosimulated: number;
  /** One per operands that fit the multiplier. */
  readonly energies: readonly MacEnergy[];
}

/**
 * Cosimulates processing elements in one bank, then maps, proves, times and prices each. Everything is kept below
 * `outFolder` and `tableFolder` and not done again from the same inputs, but for the cosimulation itself.
 * @throws mismatch when an element differs from the golden model or a netlist from its RTL; bad-input, tool-missing,
 *   tool-failed
 */
export async function priceElements(request: ElementsRequest): Promise<readonly PricedElement[]> {
  const { elements, library, conditions, clockNs, operands, onProgress = ignoreProgress } = request;
  const outFolder = resolve(request.outFolder);
  const macs = elements.map(({ spec, multiplierVerilog }) => ({
    ...generateMac(spec),
    multiplier: { design: designName(spec.multiplier), verilog: multiplierVerilog },
  }));
  const verdicts = await cosimulateMacs(macs, { outDir: join(outFolder, 'verify'), seed: conditions.seed });
  requireVerifiedMacs(verdicts);
  const priced: PricedElement[] = [];
  for (const [index, mac] of macs.entries()) {
    const { spec, multiplier } = mac;
    const shellFolder = join(outFolder, 'shells', mac.shellName, `${clockNs}ns`);
    const runFolder = join(outFolder, 'elements', mac.name, `${clockNs}ns`);
    const shell = await mapShell({ mac, library, conditions, clockNs, runFolder: shellFolder });
    const multiplierFolder = join(resolve(request.tableFolder), 'designs', multiplier.design, `${clockNs}ns`);
    const subject = { ...multiplier, spec: spec.multiplier };
    const { mapped } = await mapDesign({
      subject,
      library,
      conditions,
      clockNs,
      runFolder: multiplierFolder,
    });
    const path = await staMac({
      moduleName: mac.name,
      verilog: mac.verilog,
      shellNetlistVerilogPath: netlistVerilogPath(shellFolder),
      multiplierNetlistVerilogPath: netlistVerilogPath(multiplierFolder),
      library,
      conditions,
      clockNs,
      runFolder,
    });
    const netlist = readNetlist(netlistPath(multiplierFolder), library.model);
    const ports = { a: portLoadsFf(netlist, 'a_i'), b: portLoadsFf(netlist, 'b_i') };
    const isOnA = spec.weightPort === 'a';
    const loads = { weightFf: isOnA ? ports.a : ports.b, activationFf: isOnA ? ports.b : ports.a };
    const { energies } = priceMac({
      spec,
      mapped: shell,
      loads,
      library,
      conditions,
      clockNs,
      operands,
      shellFolder,
      runFolder,
    });
    priced.push({
      spec,
      name: macName(spec),
      shell,
      multiplier: mapped,
      path,
      meetsClock: path.delayNs <= clockNs,
      cyclesCosimulated: verdicts[index]!.cyclesCompared,
      energies,
    });
    onProgress({ stage: 'elements', done: index + 1, total: macs.length, note: mac.name });
  }
  return priced;
}
