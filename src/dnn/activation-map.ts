/**
 * An activation map that the vector kernel computes: min(((sext(x) + half) >> drop) << drop, cap), where sext keeps the
 * low 16 − lead bits of x, signed, and half = 2^drop / 2. Rounding (roup, narrow) and contiguous Booth digits are such.
 */
export interface RoundingMap {
  readonly lead: number;
  readonly drop: number;
  readonly cap: number;
}

/** Kept low bits 16, 6, 4, 2: all, or Booth digits up to number 2, 1, 0. */
const LEADS = [0, 10, 12, 14] as const;
const DROP_MAX = 9;

/**
 * The rounding that a table is, if it is one.
 * @param table i16 [256], index code + 128
 * @param low smallest and largest code that occur
 */
export function findRounding(table: Int16Array, low: number, high: number): RoundingMap | undefined {
  const used = table.subarray(low + 128, high + 129);
  const cap = used.reduce((most, value) => Math.max(most, value), -32768);
  for (const lead of LEADS) {
    for (let drop = 0; drop <= DROP_MAX; drop++) {
      const half = (1 << drop) >> 1;
      const isSame = used.every((value, i) => {
        const kept = ((i + low) << (16 + lead)) >> (16 + lead);
        return value === Math.min(((kept + half) >> drop) << drop, cap);
      });
      if (isSame) return { lead, drop, cap };
    }
  }
  return undefined;
}
