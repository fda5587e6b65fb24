import { join } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { toPattern } from '../base/bits.ts';
import { badInput, MaxdnnError } from '../base/errors.ts';
import { type Gate, type GateNetlist, portNets, readNetlist } from '../power/netlist.ts';
import { POWER_ENGINE_VERSION } from '../power/power.ts';
import { type SequentialPowerReport, simulateSequentialPower } from '../power/sequential-power.ts';
import type { StreamIdentity } from '../power/stream.ts';
import { type MacSpec, macName, macShell } from '../rtl/mac.ts';
import type { EnergyConditions } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import type { MappedShell } from './mac-map.ts';
import { type MacOperands, type MacStream, macStream } from './mac-stream.ts';
import { netlistPath } from './map-design.ts';

/** Energy of a shell per multiplication, pJ. Zero-delay simulation: no glitches. */
export interface MacEnergy {
  readonly stream: Omit<StreamIdentity, 'role'> & { readonly pairs: number; readonly sha256: string };
  /** Adder and partial-sum register, without clock pins. */
  readonly accumulatePj: number;
  /**
   * Weight and activation register with their enables, without clock pins; with the charge of the multiplier's
   * input pins, which they drive and which the multiplier's own energy does not have.
   */
  readonly operandRegistersPj: number;
  /** Clock pins of all registers: inside the cells, and charging their capacitance. No clock tree. */
  readonly clockPj: number;
  /** A cycle in which nothing but the clock changes: clock pins and leakage. */
  readonly idlePj: number;
}

/** Capacitance that each bit of an operand port of the multiplier puts on its register, fF, lowest bit first. */
export interface OperandLoads {
  readonly weightFf: readonly number[];
  readonly activationFf: readonly number[];
}

export interface MacPricingRequest {
  readonly spec: MacSpec;
  readonly mapped: MappedShell;
  readonly loads: OperandLoads;
  readonly library: SynthesisLibrary;
  readonly conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>;
  readonly clockNs: number;
  readonly operands: readonly MacOperands[];
  /** Run folder of the mapped shell. */
  readonly shellFolder: string;
  /** Where the energies of this element are kept. */
  readonly runFolder: string;
}

export interface MacPricing {
  /** In the order of the operands; those that do not fit the multiplier are left out. */
  readonly energies: readonly MacEnergy[];
  /** Partial sums of the simulated netlist that were compared with the golden model, all equal. */
  readonly sumsCompared: number;
}

interface ShellEnergies extends ArtifactHeader<'shell-energies'> {
  readonly name: string;
  readonly energies: readonly MacEnergy[];
}

/** Raise when a change of the groups changes the results. */
export const SPLIT_VERSION = 1;
const FORMAT_VERSION = 1;

/**
 * Simulates a mapped shell with the operands, partial sums and products of its multiplier, one multiplication per
 * cycle, and splits its energy. The partial sums of each simulation must equal the golden model's. Energies are kept
 * as `shell-energies.json` in `runFolder`.
 * @throws mismatch when a sum differs; bad-input when sums do not fit or the library lacks internal energies
 */
export function priceMac(request: MacPricingRequest): MacPricing {
  const { spec, mapped, loads, library, conditions, clockNs, runFolder } = request;
  const path = join(runFolder, 'shell-energies.json');
  const inputs = {
    spec: digestOf(spec),
    netlist: mapped.netlistSha256,
    library: library.model.sha256,
    conditions: digestOf([clockNs, conditions.inputTransitionNs, conditions.outputLoadFf]),
    loads: digestOf(loads),
    engine: digestOf([POWER_ENGINE_VERSION, SPLIT_VERSION]),
  };
  const stored = reusableArtifact<ShellEnergies>(path, 'shell-energies', FORMAT_VERSION, inputs);
  const known = new Map((stored?.energies ?? []).map((energy) => [digestOf(energy.stream), energy]));
  const netlist = readNetlist(netlistPath(request.shellFolder), library.model);
  const periods = { clockPeriodNs: clockNs, clockTransitionNs: conditions.inputTransitionNs, ...conditions };
  let sumsCompared = 0;
  const energies = request.operands.flatMap((operands): readonly MacEnergy[] => {
    const stream = macStream(spec, operands);
    if (stream === undefined) return [];
    const identity = { ...operands.identity, pairs: stream.weights.length, sha256: stream.sha256 };
    const before = known.get(digestOf(identity));
    if (before !== undefined) return [before];
    const report = simulateSequentialPower(netlist, library.model, stimulus(stream), periods);
    sumsCompared += compareSums(spec, stream, report);
    if (report.transitionsWithoutEnergy > 0) {
      throw badInput(
        {
          where: `library ${library.model.name}`,
          wanted: `internal_power for every output of the cells of ${mapped.shellName}`,
          found: `none for ${report.transitionsWithoutEnergy} of the simulated transitions`,
        },
        'Energies without it would be too low: give a library that was characterised for power.',
      );
    }
    const split = splitEnergy(netlist, report, clockNs);
    const drivenPj = chargePj(stream, loads, library.model.voltageV);
    return [{ stream: identity, ...split, operandRegistersPj: split.operandRegistersPj + drivenPj }];
  });
  const missing = energies.filter(({ stream }) => !known.has(digestOf(stream)));
  if (missing.length > 0) {
    const header = artifactHeader('shell-energies', FORMAT_VERSION, inputs);
    const all = [...known.values(), ...missing];
    writeArtifact(path, { ...header, name: macName(spec), energies: all } as ShellEnergies);
  }
  return { energies, sumsCompared };
}

/** Capacitance of the pins that each bit of an input port drives. */
export function portLoadsFf(netlist: GateNetlist, port: string): readonly number[] {
  return portNets(netlist, port, 'input').map((net) =>
    netlist.gates.reduce(
      (sum, { cell, inputNets }) =>
        sum +
        cell.inputs.reduce(
          (own, pin, i) => (inputNets[i] === net ? own + cell.pins.get(pin)!.capacitanceFf : own),
          0,
        ),
      0,
    ),
  );
}

/** ½·C·V² of each transition of an operand bit, per pair. */
function chargePj({ weights, activations }: MacStream, loads: OperandLoads, voltageV: number): number {
  let switchedFf = 0;
  const add = (patterns: Uint32Array, loadsFf: readonly number[]): void => {
    for (let t = 1; t < patterns.length; t++) {
      const changed = patterns[t]! ^ patterns[t - 1]!;
      for (const [bit, loadFf] of loadsFf.entries()) if ((changed >>> bit) & 1) switchedFf += loadFf;
    }
  };
  add(weights, loads.weightFf);
  add(activations, loads.activationFf);
  return (0.5 * switchedFf * voltageV ** 2) / (weights.length - 1) / 1000;
}

/** Cycle t holds pair t in the registers: operands are at the inputs one cycle before, sum and product in it. */
function stimulus({ weights, activations, isLoaded, psums, products }: MacStream) {
  const cycles = weights.length;
  const next = <T extends Uint32Array | Uint8Array>(values: T): Uint32Array =>
    Uint32Array.from(values, (_, t) => values[Math.min(t + 1, cycles - 1)]!);
  const inputs = new Map<string, Uint32Array>([
    ['en_i', new Uint32Array(cycles).fill(1)],
    ['weight_load_i', next(isLoaded)],
    ['weight_i', next(weights)],
    ['activation_i', next(activations)],
    ['psum_i', psums],
    ['product_i', products],
  ]);
  return { cycles, inputs, clock: 'clk_i', reset: { port: 'rst_ni', inactive: 1 } as const };
}

/** @returns sums compared: all but the first, which is that of the reset */
function compareSums(spec: MacSpec, stream: MacStream, { outputs }: SequentialPowerReport): number {
  const { accumulatorBits } = spec;
  const { productBits, isProductSigned, productShift } = macShell(spec);
  const shown = outputs.get('psum_o');
  let differing = 0;
  for (let t = 1; t < stream.weights.length; t++) {
    const pattern = stream.products[t - 1]!;
    const isNegative = isProductSigned && pattern >= 2 ** (productBits - 1);
    const product = (isNegative ? pattern - 2 ** productBits : pattern) * 2 ** productShift;
    if (shown?.[t] !== toPattern(stream.psums[t - 1]! + product, accumulatorBits)) differing += 1;
  }
  if (differing === 0) return stream.weights.length - 1;
  throw new MaxdnnError(
    'mismatch',
    `netlist of the shell of ${macName(spec)} differs from the golden model in ${differing} of ${stream.weights.length - 1} sums`,
    { hint: 'The RTL was proved equal to the netlist, so the RTL is wrong too: this is a fault in maxdnn.' },
  );
}

/** Cells whose outputs reach the partial-sum register are the accumulator's, the others the operand registers'. */
function splitEnergy(
  netlist: GateNetlist,
  report: SequentialPowerReport,
  clockNs: number,
): Omit<MacEnergy, 'stream'> {
  const ofSum = cellsBefore(netlist, 'psum_o');
  const sums = { accumulateUw: 0, operandRegistersUw: 0, clockUw: report.clockNetUw };
  for (const instance of report.instances) {
    const clockPinUw = 'clockPinUw' in instance ? instance.clockPinUw : 0;
    sums.clockUw += clockPinUw;
    const own = instance.totalUw - clockPinUw;
    if (ofSum.has(instance.instance)) sums.accumulateUw += own;
    else sums.operandRegistersUw += own;
  }
  const toPj = clockNs / 1000;
  return {
    accumulatePj: sums.accumulateUw * toPj,
    operandRegistersPj: sums.operandRegistersUw * toPj,
    clockPj: sums.clockUw * toPj,
    idlePj: sums.clockUw * toPj + report.leakagePj,
  };
}

/** Names of the registers behind an output port, and of all gates between that port, these registers and others. */
function cellsBefore(netlist: GateNetlist, port: string): ReadonlySet<string> {
  const found = new Set<string>();
  const wanted = new Set<number>(netlist.ports.get(port)?.nets);
  const isWanted = (net: number | undefined): boolean => net !== undefined && wanted.has(net);
  const follow = (cells: readonly Pick<Gate, 'instance' | 'inputNets' | 'outputNets'>[]): void => {
    for (const { instance, inputNets, outputNets } of cells) {
      if (!outputNets.some(isWanted)) continue;
      found.add(instance);
      for (const net of inputNets) wanted.add(net);
    }
  };
  const fromOutputs = netlist.gates.toReversed();
  follow(fromOutputs);
  follow(netlist.registers);
  follow(fromOutputs);
  return found;
}
