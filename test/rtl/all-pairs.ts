import { toPattern } from '../../src/base/bits.ts';
import { goldenTable } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { portShape } from '../../src/multiplier/spec.ts';
import type { CellList } from '../../src/rtl/cells.ts';
import { evaluateCells } from '../../src/rtl/evaluate.ts';

/** Compares a cell list with the golden table of a spec on all pairs of port patterns. */
export function compareAllPairs(
  list: CellList,
  spec: MultiplierSpec,
): { pairs: number; differences: number } {
  const { aBits, bBits, pBits } = portShape(spec);
  const pairs = 2 ** (aBits + bBits);
  const a = Uint32Array.from({ length: pairs }, (_, index) => index >>> bBits);
  const b = Uint32Array.from({ length: pairs }, (_, index) => index & (2 ** bBits - 1));
  const got = evaluateCells(list, a, b);
  const want = goldenTable(spec);
  let differences = 0;
  for (let index = 0; index < pairs; index++) {
    if (got[index] !== toPattern(want[index]!, pBits)) differences++;
  }
  return { pairs, differences };
}

/** ROUP N=8 specs: the whole space (4680), or only those whose r never increases with j (494). */
export function roupSpace(which: 'all' | 'non-increasing'): readonly MultiplierSpec[] {
  const specs: MultiplierSpec[] = [];
  const extend = (P: number, r: readonly number[]): void => {
    if (r.length === 4 - P) {
      specs.push({ family: 'roup', bits: 8, P, r });
      return;
    }
    const highest = which === 'all' ? 7 : (r.at(-1) ?? 7);
    for (let next = 0; next <= highest; next++) extend(P, [...r, next]);
  };
  for (let P = 0; P < 4; P++) extend(P, []);
  return specs;
}
