import { fromPattern, toPattern } from '../base/bits.ts';
import { portProduct } from '../multiplier/golden.ts';
import { portShape } from '../multiplier/spec.ts';
import { type MacSpec, macShell } from '../rtl/mac.ts';

/** Inputs of a processing element in one clock cycle; operands and sum as bit patterns. */
export interface MacCycle {
  /** Level of rst_ni is low: all registers are 0 at once and stay so. */
  readonly isReset: boolean;
  readonly isEnabled: boolean;
  readonly isWeightLoaded: boolean;
  readonly weight: number;
  readonly activation: number;
  readonly psum: number;
}

/** Registers of a processing element, as bit patterns. */
export interface MacState {
  readonly weight: number;
  readonly activation: number;
  readonly psum: number;
}

export const RESET_STATE: MacState = { weight: 0, activation: 0, psum: 0 };

/** What a processing element does, cycle by cycle. */
export interface MacModel {
  /** Registers once the inputs of a cycle are there, before its rising edge. */
  readonly beforeEdge: (state: MacState, cycle: MacCycle) => MacState;
  /** Registers after the rising edge. */
  readonly afterEdge: (state: MacState, cycle: MacCycle) => MacState;
  /** Pattern of the product of the operands in the registers, in the width of the sum. */
  readonly product: (state: Pick<MacState, 'weight' | 'activation'>) => number;
}

/**
 * Golden model of a processing element, written from its definition and the product's:
 * sum ← incoming sum + product(weight, activation) modulo 2^accumulatorBits, with the operands held before the edge.
 * @throws bad-input as macShell
 */
export function macModel(spec: MacSpec): MacModel {
  const { multiplier, weightPort } = spec;
  const { weightBits, activationBits, productShift, accumulatorBits } = macShell(spec);
  const { aSigned, bSigned } = portShape(multiplier);
  const [weightSigned, activationSigned] = weightPort === 'a' ? [aSigned, bSigned] : [bSigned, aSigned];
  const product: MacModel['product'] = ({ weight, activation }) => {
    const w = fromPattern(weight, weightBits, weightSigned);
    const x = fromPattern(activation, activationBits, activationSigned);
    const [a, b] = weightPort === 'a' ? [w, x] : [x, w];
    return toPattern(portProduct(multiplier, a, b) * 2 ** productShift, accumulatorBits);
  };
  const beforeEdge: MacModel['beforeEdge'] = (state, { isReset }) => (isReset ? RESET_STATE : state);
  return {
    product,
    beforeEdge,
    afterEdge: (state, cycle) => {
      if (cycle.isReset) return RESET_STATE;
      const { isEnabled, isWeightLoaded } = cycle;
      return {
        weight: isWeightLoaded ? toPattern(cycle.weight, weightBits) : state.weight,
        activation: isEnabled ? toPattern(cycle.activation, activationBits) : state.activation,
        psum: isEnabled ? toPattern(cycle.psum + product(state), accumulatorBits) : state.psum,
      };
    },
  };
}
