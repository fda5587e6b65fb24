import { MaxdnnError } from '../base/errors.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { type GateNetlist, NET_ONE, NET_ZERO } from '../power/netlist.ts';
import { simulateSequentialPower } from '../power/sequential-power.ts';
import type { EnergyConditions } from '../synth/energy-table.ts';
import { type BlockNetlist, CLOCK } from './block-netlist.ts';
import type { BlockWindow } from './trace.ts';

/** Energy of one instance per cycle, pJ; zero-delay simulation: no glitches. */
export interface BlockEnergy {
  /** Multipliers of an element: all that happens in their cells. */
  readonly multiplyPj: number;
  /** Other logic, and charging the pins that inputs drive. */
  readonly logicPj: number;
  /** Flip-flops without their clock pins. */
  readonly registersPj: number;
  /** Clock pins: inside the cells, and charging their capacitance. No clock tree. */
  readonly clockPj: number;
  /** Leakage of everything; not in the other parts. */
  readonly leakagePj: number;
  /**
   * The part of clockPj in cycles in which the register keeps what it holds: the most that clock gating could save, with
   * a gate per bit that costs nothing.
   */
  readonly idleClockPj: number;
}

export const BLOCK_PARTS = ['multiplyPj', 'logicPj', 'registersPj', 'clockPj', 'leakagePj'] as const;

export const NO_ENERGY: BlockEnergy = {
  multiplyPj: 0,
  logicPj: 0,
  registersPj: 0,
  clockPj: 0,
  leakagePj: 0,
  idleClockPj: 0,
};

export interface Replay {
  readonly energy: BlockEnergy;
  readonly cycles: number;
  /** Bits of outputs that were compared with the RTL's, all equal. */
  readonly bitsCompared: number;
}

export interface ReplayConditions extends Pick<EnergyConditions, 'inputTransitionNs'> {
  readonly clockNs: number;
}

/** Instances with this prefix are the cells of an element's multiplier. */
const MULTIPLIER = /^(?:\$flatten\\)?u_multiplier_\d+\./;

/**
 * Replays what the RTL did during a window on the mapped netlist of a block and compares every output in every cycle.
 * Outputs carry no load here: each block pays for the pins that its own cells put on a net, so a net between blocks is
 * counted once.
 * @throws mismatch when an output differs: RTL and netlist are not the same, or the trace is not what it says
 */
export function replayWindow(
  { module, netlist, outputs }: BlockNetlist,
  window: BlockWindow,
  library: LibraryModel,
  { clockNs, inputTransitionNs }: ReplayConditions,
): Replay {
  const { inputs, initial, cycles } = window;
  const report = simulateSequentialPower(
    netlist,
    library,
    { cycles, inputs, clock: CLOCK, initial },
    { clockPeriodNs: clockNs, clockTransitionNs: inputTransitionNs, inputTransitionNs, outputLoadFf: 0 },
  );
  let bitsCompared = 0;
  for (const { name, width } of outputs) {
    const [found, wanted] = [report.outputs.get(name)!, window.outputs.get(name)!];
    const at = wanted.findIndex((word, i) => word !== found[i]);
    bitsCompared += cycles * width;
    if (at < 0 && wanted.length === found.length) continue;
    const words = Math.ceil(width / 32);
    throw new MaxdnnError(
      'mismatch',
      `${module}: output ${name} of the netlist is ${hex(found[at])} in cycle ${Math.floor(at / words)} of a window, the RTL has ${hex(wanted[at])}`,
      { hint: 'Netlist and RTL differ, or a register did not begin as in the RTL: a fault in maxdnn.' },
    );
  }
  if (report.transitionsWithoutEnergy > 0) {
    throw new MaxdnnError(
      'bad-input',
      `library ${library.name} lacks internal_power for cells of ${module}`,
      {
        hint: 'Give a library that was characterised for power.',
      },
    );
  }
  const uw = { multiply: 0, logic: 0, registers: 0, clock: report.clockNetUw, leakage: 0, idleClock: 0 };
  const clockNetUw = report.clockNetUw / netlist.registers.length;
  for (const instance of report.instances) {
    const clockPinUw = 'clockPinUw' in instance ? instance.clockPinUw : 0;
    const own = instance.totalUw - instance.leakageUw - clockPinUw;
    uw.clock += clockPinUw;
    uw.leakage += instance.leakageUw;
    if ('clockPinUw' in instance) {
      const outputs = library.cells.get(instance.cell)!.outputs.length;
      uw.idleClock += (clockPinUw + clockNetUw) * (1 - instance.transitions / outputs / (cycles - 1));
    }
    if (MULTIPLIER.test(instance.instance)) uw.multiply += own;
    else if ('clockPinUw' in instance) uw.registers += own;
    else uw.logic += own;
  }
  const toPj = clockNs / 1000;
  return {
    energy: {
      multiplyPj: uw.multiply * toPj,
      logicPj: uw.logic * toPj + inputChargePj(netlist, window, library.voltageV),
      registersPj: uw.registers * toPj,
      clockPj: uw.clock * toPj,
      leakagePj: uw.leakage * toPj,
      idleClockPj: uw.idleClock * toPj,
    },
    cycles,
    bitsCompared,
  };
}

function hex(word: number | undefined): string {
  return word === undefined ? 'missing' : `0x${word.toString(16)}`;
}

/** ½·C·V² of each transition at the pins that inputs drive, per cycle. */
function inputChargePj(netlist: GateNetlist, { inputs, cycles }: BlockWindow, voltageV: number): number {
  const loadFf = pinLoads(netlist);
  let switchedFf = 0;
  for (const [name, patterns] of inputs) {
    const { nets } = netlist.ports.get(name)!;
    const words = Math.ceil(nets.length / 32);
    for (let i = words; i < patterns.length; i++) {
      let changed = patterns[i]! ^ patterns[i - words]!;
      while (changed !== 0) {
        const bit = 31 - Math.clz32(changed);
        switchedFf += loadFf[nets[32 * (i % words) + bit]!]!;
        changed ^= 1 << bit;
      }
    }
  }
  return (0.5 * switchedFf * voltageV ** 2) / (cycles - 1) / 1000;
}

const loadsOf = new WeakMap<GateNetlist, Float64Array>();

/** Capacitance of the pins on each net, fF. */
function pinLoads(netlist: GateNetlist): Float64Array {
  const known = loadsOf.get(netlist);
  if (known !== undefined) return known;
  const loads = new Float64Array(netlist.netCount);
  for (const { cell, inputNets } of [...netlist.gates, ...netlist.registers]) {
    for (const [i, net] of inputNets.entries()) loads[net]! += cell.pins.get(cell.inputs[i]!)!.capacitanceFf;
  }
  loads[NET_ZERO] = 0;
  loads[NET_ONE] = 0;
  loadsOf.set(netlist, loads);
  return loads;
}

/** Weighted sum of energies. */
export function addEnergy(sum: BlockEnergy, one: BlockEnergy, weight: number): BlockEnergy {
  return {
    multiplyPj: sum.multiplyPj + weight * one.multiplyPj,
    logicPj: sum.logicPj + weight * one.logicPj,
    registersPj: sum.registersPj + weight * one.registersPj,
    clockPj: sum.clockPj + weight * one.clockPj,
    leakagePj: sum.leakagePj + weight * one.leakagePj,
    idleClockPj: sum.idleClockPj + weight * one.idleClockPj,
  };
}

export function totalPj(energy: BlockEnergy): number {
  return BLOCK_PARTS.reduce((sum, part) => sum + energy[part], 0);
}
