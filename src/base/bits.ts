/** Smallest value of an operand of `bits` bits. */
export function minValue(bits: number, signed: boolean): number {
  return signed ? -(2 ** (bits - 1)) : 0;
}

/** Largest value of an operand of `bits` bits. */
export function maxValue(bits: number, signed: boolean): number {
  return signed ? 2 ** (bits - 1) - 1 : 2 ** bits - 1;
}

/** The value that the low `bits` (1 … 32) bits of the pattern `pattern` stand for. */
export function fromPattern(pattern: number, bits: number, signed: boolean): number {
  const unused = 32 - bits;
  return signed ? (pattern << unused) >> unused : (pattern << unused) >>> unused;
}

/** The bit pattern (unsigned, 0 … 2^bits − 1) of a value that may be negative. |value| < 2^52. */
export function toPattern(value: number, bits: number): number {
  if (bits > 0 && bits <= 32 && value === (value | 0)) return (value << (32 - bits)) >>> (32 - bits);
  const modulus = 2 ** bits;
  return ((value % modulus) + modulus) % modulus;
}

/** Bit `index` of the two's complement of `value`; bit −1 is 0. |value| < 2^52, index ≤ 52. */
export function bitOf(value: number, index: number): 0 | 1 {
  if (index < 0) return 0;
  if (index < 32 && value === (value | 0)) return ((value >> index) & 1) as 0 | 1;
  return (Math.floor(value / 2 ** index) & 1) as 0 | 1;
}
