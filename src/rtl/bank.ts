import { type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import { render } from './render.ts';

/** Constant in the last slot of a bank; sim/bank_driver.cpp looks for it. */
const GUARD = '6d6178646e6e0001';

/**
 * Verilog of the cosimulation bank (module `bank`): design k drives slot k, bits 64k … 64k+63 of p_o, its
 * product zero-extended. Operands up to 32 bits.
 */
export function renderBank(
  designs: readonly { readonly design: string; readonly spec: MultiplierSpec }[],
): string {
  const slots = designs.map(({ design, spec }, index) => {
    const { aBits, bBits, pBits } = portShape(spec);
    const low = 64 * index;
    return {
      index,
      module: design,
      aTop: aBits - 1,
      bTop: bBits - 1,
      pTop: pBits - 1,
      padding: 64 - pBits,
      low,
      high: low + 63,
    };
  });
  return render('bank.v', {
    slots,
    slotsTop: 64 * slots.length + 63,
    guardLow: 64 * slots.length,
    guard: GUARD,
  });
}
