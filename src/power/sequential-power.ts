import type { LibraryModel } from '../liberty/model.ts';
import type { GateNetlist } from './netlist.ts';
import {
  checkPowerConditions,
  countWithoutEnergy,
  type InstancePower,
  type PowerFigures,
  powerOfGate,
  sumFigures,
} from './power.ts';
import { powerOfRegister, type RegisterPower } from './register-power.ts';
import { describeRegister, findClock } from './registers.ts';
import { type SequentialStimulus, simulateSequentialActivity } from './sequential-activity.ts';
import { arrivalsFrom, latestArrivalNs, type NetTiming, propagateTiming } from './timing.ts';

export interface SequentialConditions {
  /** One cycle; the clock is high for half of it. */
  readonly clockPeriodNs: number;
  /** Transition time of both clock edges at the clock pins, between the library's slew thresholds. */
  readonly clockTransitionNs: number;
  readonly inputTransitionNs: number;
  /** Load of each output port bit; wires have none. */
  readonly outputLoadFf: number;
}

/** Latest arrivals after the clock's active edge, setup times not included; 0 where there is no such path. */
export interface PathArrivals {
  /** From clock pins to data pins of registers. */
  readonly registerToRegisterNs: number;
  readonly inputToRegisterNs: number;
  readonly registerToOutputNs: number;
  readonly inputToOutputNs: number;
}

/** Mean power in µW. Energy per cycle in fJ = power in µW × clockPeriodNs. */
export interface SequentialPowerReport extends PowerFigures {
  readonly cycles: number;
  readonly conditions: SequentialConditions;
  /** Mean energy per cycle. */
  readonly internalPj: number;
  readonly switchingPj: number;
  readonly leakagePj: number;
  readonly energyPj: number;
  /** The two add up to the totals. `clockPinUw` is the part of the registers' internalUw spent at the clock pins. */
  readonly combinational: PowerFigures;
  readonly registers: PowerFigures & { readonly clockPinUw: number };
  /**
   * C·V² of all clock pins per cycle. Not in the totals: the clock's driver is outside, as are those of the inputs.
   */
  readonly clockNetUw: number;
  readonly arrivals: PathArrivals;
  /** Gates in topological order, then registers in the order of the netlist. */
  readonly instances: readonly (InstancePower | RegisterPower)[];
  /** Output transitions for which the library has no internal energy at all; they are counted as 0. */
  readonly transitionsWithoutEnergy: number;
  /** Patterns of each output port at the end of each cycle. */
  readonly outputs: ReadonlyMap<string, Uint32Array>;
}

/**
 * Power of a netlist with registers over a stimulus: zero-delay simulation (no glitches), exact counts, energies from
 * the library. Ideal clock: its edges reach all registers at once. n cycles make n − 1 counted ones, each from one
 * state to the next; the leakage of gates is averaged over all n.
 * How it is modelled: docs/power.md.
 * @throws bad-input when conditions, clock, ports or patterns do not fit the netlist, or a cell has no function
 */
export function simulateSequentialPower(
  netlist: GateNetlist,
  library: LibraryModel,
  stimulus: SequentialStimulus,
  conditions: SequentialConditions,
): SequentialPowerReport {
  const { clockPeriodNs: periodNs, clockTransitionNs, inputTransitionNs, outputLoadFf } = conditions;
  checkPowerConditions({ clockPeriodNs: periodNs, clockTransitionNs, inputTransitionNs, outputLoadFf });
  const clockNet = findClock(netlist, stimulus.clock);
  const clock = { port: stimulus.clock, transitionNs: clockTransitionNs };
  const timing = propagateTiming(netlist, inputTransitionNs, outputLoadFf, clock);
  const { cycles } = stimulus;
  const activity = simulateSequentialActivity(netlist, timing, stimulus);
  const gates = netlist.gates.map((gate, i) =>
    powerOfGate(gate, activity.gates[i]!, timing, library.voltageV, periodNs, cycles),
  );
  const wave = { periodNs, activeNs: periodNs / 2 };
  const registers = netlist.registers.map((register, r) =>
    powerOfRegister(register, activity.registers[r]!, timing, wave, library.voltageV),
  );
  const instances = [...gates, ...registers];
  const total = sumFigures(instances);
  const toPj = periodNs / 1000;
  const clockFf = (timing.riseLoadFf[clockNet]! + timing.fallLoadFf[clockNet]!) / 2;
  return {
    ...total,
    cycles,
    conditions,
    internalPj: total.internalUw * toPj,
    switchingPj: total.switchingUw * toPj,
    leakagePj: total.leakageUw * toPj,
    energyPj: total.totalUw * toPj,
    combinational: sumFigures(gates),
    registers: {
      ...sumFigures(registers),
      clockPinUw: registers.reduce((sum, { clockPinUw }) => sum + clockPinUw, 0),
    },
    clockNetUw: (clockFf * library.voltageV ** 2) / periodNs,
    arrivals: findArrivals(netlist, timing),
    instances,
    transitionsWithoutEnergy:
      activity.gates.reduce((sum, gate) => sum + countWithoutEnergy(gate), 0) +
      registers.reduce((sum, { transitionsWithoutEnergy }) => sum + transitionsWithoutEnergy, 0),
    outputs: activity.outputs,
  };
}

function findArrivals(netlist: GateNetlist, timing: NetTiming): PathArrivals {
  const dataNets = netlist.registers.flatMap(({ cell, flipFlop, inputNets }) =>
    describeRegister(cell, flipFlop).dataPins.map((pin) => inputNets[pin]!),
  );
  const outputNets = [...netlist.ports.values()]
    .filter(({ direction }) => direction === 'output')
    .flatMap(({ nets }) => nets);
  const fromRegisters = arrivalsFrom(netlist, timing, 'registers');
  const fromPorts = arrivalsFrom(netlist, timing, 'ports');
  const latest = (from: NetTiming, nets: readonly number[]): number =>
    nets.reduce((max, net) => Math.max(max, latestArrivalNs(from, net)), 0);
  return {
    registerToRegisterNs: latest(fromRegisters, dataNets),
    inputToRegisterNs: latest(fromPorts, dataNets),
    registerToOutputNs: latest(fromRegisters, outputNets),
    inputToOutputNs: latest(fromPorts, outputNets),
  };
}
