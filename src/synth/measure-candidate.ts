import { createRng } from '../base/rng.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { type GateNetlist, portNets } from '../power/netlist.ts';
import { simulatePower } from '../power/power.ts';
import { makeStream } from '../power/stream.ts';
import { latestArrivalNs, propagateTiming } from '../power/timing.ts';
import type { EnergyConditions } from './energy-table.ts';

/** What mapped netlists compete by, pJ; less is better. */
export type Measure = (netlist: GateNetlist) => number;

/** Longest input-to-output path of a combinational netlist, ns; 0 when its outputs are constant. */
export function longestPathNs(
  netlist: GateNetlist,
  { inputTransitionNs, outputLoadFf }: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>,
): number {
  const timing = propagateTiming(netlist, inputTransitionNs, outputLoadFf);
  const outputs = [...netlist.ports.values()].filter(({ direction }) => direction === 'output');
  return Math.max(0, ...outputs.flatMap(({ nets }) => nets.map((net) => latestArrivalNs(timing, net))));
}

/**
 * Mean energy per operation of a multiplier (ports a_i, b_i, p_o) on MEASURE_PAIRS pairs of uniformly random
 * patterns, one per clock period; the same pairs for all netlists with ports of the same width.
 */
export function measureMultiplier(
  library: LibraryModel,
  conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>,
  clockNs: number,
): Measure {
  return (netlist) => {
    const [aBits, bBits] = ['a_i', 'b_i'].map((port) => portNets(netlist, port, 'input').length);
    const rng = createRng(1);
    const column = (bits: number): Uint32Array =>
      Uint32Array.from({ length: MEASURE_PAIRS }, () => rng.nextInt(0, 2 ** bits - 1));
    const stream = makeStream('uniform patterns', column(aBits!), column(bBits!));
    return simulatePower(netlist, library, stream, { ...conditions, vectorPeriodNs: clockNs }).energyPj;
  };
}

const MEASURE_PAIRS = 2048;
