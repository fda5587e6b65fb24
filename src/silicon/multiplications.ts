import type { ArraySpec } from '../accel/array-spec.ts';
import { type ElementClass, selectBits } from '../accel/element.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { portShape } from '../multiplier/spec.ts';
import type { GateNetlist } from '../power/netlist.ts';
import { simulatePower } from '../power/power.ts';
import { makeStream } from '../power/stream.ts';
import type { EnergyConditions } from '../synth/energy-table.ts';
import type { BlockSignal } from './block-netlist.ts';
import type { BlockWindow } from './trace.ts';

/** Energy of a multiplier per multiplication, on what elements multiplied during a window. */
export interface OperationEnergy {
  readonly energyPj: number;
  /** Cycles in which the element took a new activation. */
  readonly multiplications: number;
}

/** One of the multipliers that an element may compute. */
export interface ElementUnit {
  /** Its number in the array. */
  readonly multiplier: number;
  /** The instance in the element that computes it. */
  readonly index: number;
  /** What the select says then, where the element has one. */
  readonly number?: number;
}

/** Names of signals are those of renderElement. */
const SELECT_SIGNAL = 'select_q';
const operandSignal = (index: number, port: string): string => `u_multiplier_${index}.${port}_i`;

export function elementUnits({ elements }: ArraySpec, own: ElementClass): readonly ElementUnit[] {
  return own.multipliers.map((multiplier, place) => ({
    multiplier,
    index: elements === 'dynamic' ? 0 : place,
    ...(own.hasSelect ? { number: place } : {}),
  }));
}

/** Signals of an element that operationEnergy reads beside its ports. */
export function operandSignals(spec: ArraySpec, own: ElementClass): readonly BlockSignal[] {
  const instances = spec.elements === 'dynamic' ? own.multipliers.slice(0, 1) : own.multipliers;
  return [
    ...instances.flatMap((multiplier, index) => {
      const { aBits, bBits } = portShape(spec.multipliers[multiplier]!);
      return [
        { name: operandSignal(index, 'a'), width: aBits },
        { name: operandSignal(index, 'b'), width: bBits },
      ];
    }),
    ...(own.hasSelect ? [{ name: SELECT_SIGNAL, width: selectBits(spec) }] : []),
  ];
}

/**
 * The multiplier alone on the operands of an element, those of the cycles with a new activation one after the other:
 * what `#mult × energy` reckons with. Undefined with fewer than two of them.
 */
export function operationEnergy(
  window: BlockWindow,
  unit: ElementUnit,
  netlist: GateNetlist,
  library: LibraryModel,
  conditions: Pick<EnergyConditions, 'inputTransitionNs' | 'outputLoadFf'>,
  clockNs: number,
): OperationEnergy | undefined {
  const valid = window.outputs.get('valid_o')!;
  const select = unit.number === undefined ? undefined : window.extra.get(SELECT_SIGNAL)!;
  const isOwn = (cycle: number): boolean =>
    valid[cycle] === 1 && (select === undefined || select[cycle] === unit.number);
  const pick = (port: string): Uint32Array =>
    window.extra.get(operandSignal(unit.index, port))!.filter((_, cycle) => isOwn(cycle));
  const [a, b] = [pick('a'), pick('b')];
  if (a.length < 2) return undefined;
  const stream = makeStream('element', a, b);
  const { energyPj } = simulatePower(netlist, library, stream, { ...conditions, vectorPeriodNs: clockNs });
  return { energyPj, multiplications: a.length };
}
