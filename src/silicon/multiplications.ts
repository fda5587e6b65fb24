import type { LibraryModel } from '../liberty/model.ts';
import type { GateNetlist } from '../power/netlist.ts';
import { simulatePower } from '../power/power.ts';
import { makeStream } from '../power/stream.ts';
import type { EnergyConditions } from '../synth/energy-table.ts';
import type { BlockWindow } from './trace.ts';

/** Energy of a multiplier per multiplication, on what elements multiplied during a window. */
export interface OperationEnergy {
  readonly energyPj: number;
  /** Cycles in which the element took a new activation. */
  readonly multiplications: number;
}

/**
 * The multiplier alone on the operands of an element, those of the cycles with a new activation one after the other:
 * what `#mult × energy` reckons with. Undefined with fewer than two of them.
 */
export function operationEnergy(
  window: BlockWindow,
  unit: number,
  netlist: GateNetlist,
  library: LibraryModel,
  conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>,
  clockNs: number,
): OperationEnergy | undefined {
  const valid = window.outputs.get('valid_o')!;
  const pick = (port: string): Uint32Array =>
    window.extra.get(`u_multiplier_${unit}.${port}`)!.filter((_, cycle) => valid[cycle] === 1);
  const [a, b] = [pick('a_i'), pick('b_i')];
  if (a.length < 2) return undefined;
  const stream = makeStream('element', a, b);
  const { energyPj } = simulatePower(netlist, library, stream, { ...conditions, vectorPeriodNs: clockNs });
  return { energyPj, multiplications: a.length };
}
