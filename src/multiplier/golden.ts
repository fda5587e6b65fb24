import { bitOf, fromPattern, maxValue, toPattern } from '../base/bits.ts';
import { badInput } from '../base/errors.ts';
import {
  type BilinearSpec,
  designName,
  droppedBits,
  type MultiplierSpec,
  type NarrowSpec,
  operandRange,
  type PortShape,
  portShape,
  type RoupSpec,
} from './spec.ts';
import { tableProducts } from './table-registry.ts';

/**
 * The arithmetic truth, written from the definitions (DESIGN §3) and never from a gate list.
 *
 * A *port product* is what the circuit does with the codes on its ports; an *operand product* is what the
 * application gets for its N-bit operands. They differ only for narrow multipliers, whose operands are rounded
 * before they reach the ports.
 */

/** Radix-4 Booth digit b_j = −2·b[2j+1] + b[2j] + b[2j−1] (b[−1] = 0) of a two's complement value, −2 … 2. */
export function boothDigit(b: number, j: number): number {
  return -2 * bitOf(b, 2 * j + 1) + bitOf(b, 2 * j) + bitOf(b, 2 * j - 1);
}

/** A_j: a rounded half-up to a multiple of 2^r, i.e. (floor(a / 2^r) + a[r−1]) · 2^r. */
export function roundHalfUp(a: number, r: number): number {
  return (Math.floor(a / 2 ** r) + bitOf(a, r - 1)) * 2 ** r;
}

/** Σ_{j=P}^{N/2−1} A_j · b_j · 4^j; exact in a double for N ≤ 24. */
function roupProduct(spec: RoupSpec, a: number, b: number): number {
  let sum = 0;
  for (let j = spec.P; j < spec.bits / 2; j++) {
    sum += roundHalfUp(a, spec.r[j - spec.P]!) * boothDigit(b, j) * 4 ** j;
  }
  return sum;
}

/** Product at the port p_o for values a, b within the ranges of the ports. */
export function portProduct(spec: MultiplierSpec, a: number, b: number): number {
  switch (spec.family) {
    case 'roup':
      return roupProduct(spec, a, b);
    case 'narrow':
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural':
      return a * b;
    case 'table':
      return tableProducts(spec)[toPattern(a, 8) * 256 + toPattern(b, 8)]!;
  }
}

/** Product that the application gets for its operands a, b (ranges: operandRange). */
export function operandProduct(spec: MultiplierSpec, a: number, b: number): number {
  if (spec.family !== 'narrow') return portProduct(spec, a, b);
  const dropped = droppedBits(spec, 'a') + droppedBits(spec, 'b');
  return narrowCode(spec, 'a', a) * narrowCode(spec, 'b', b) * 2 ** dropped;
}

/** Code that reaches the port for an operand value; the identity for every family but `narrow`. */
export function portCode(spec: MultiplierSpec, port: 'a' | 'b', value: number): number {
  return spec.family === 'narrow' ? narrowCode(spec, port, value) : value;
}

/** Operand rounded half-up to its top bits, saturated at the largest code of the port. */
function narrowCode(spec: NarrowSpec, port: 'a' | 'b', value: number): number {
  const bits = port === 'a' ? spec.aBits : spec.bBits;
  const drop = droppedBits(spec, port);
  return Math.min(roundHalfUp(value, drop) / 2 ** drop, maxValue(bits, spec.unsigned !== port));
}

/**
 * Port products of all pairs, index patternA · 2^bBits + patternB (patterns are two's complement bits).
 * For aBits + bBits ≤ 20. N = 8: 65 536 entries.
 */
export function goldenTable(spec: MultiplierSpec): Int32Array {
  if (!isBilinear(spec)) return tableProducts(spec).slice();
  const shape = portShape(spec);
  const aCount = 2 ** shape.aBits;
  const bCount = 2 ** shape.bBits;
  const table = new Int32Array(aCount * bCount);
  for (const [aFactor, bFactor] of definingFactors(spec, shape)) {
    for (let a = 0; a < aCount; a++) {
      const factor = aFactor[a]!;
      const row = a * bCount;
      for (let b = 0; b < bCount; b++) table[row + b]! += factor * bFactor[b]!;
    }
  }
  return table;
}

/** The terms A_j and b_j·4^j of the definition, one pair of tables (by bit pattern) per partial product. */
function definingFactors(
  spec: BilinearSpec,
  shape: PortShape,
): readonly (readonly [Int32Array, Int32Array])[] {
  const over = (bits: number, signed: boolean, f: (value: number) => number): Int32Array =>
    Int32Array.from({ length: 2 ** bits }, (_, pattern) => f(fromPattern(pattern, bits, signed)));
  switch (spec.family) {
    case 'roup':
      return spec.r.map((r, row) => [
        over(spec.bits, true, (a) => roundHalfUp(a, r)),
        over(spec.bits, true, (b) => boothDigit(b, spec.P + row) * 4 ** (spec.P + row)),
      ]);
    case 'narrow':
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural':
      return [[over(shape.aBits, shape.aSigned, (a) => a), over(shape.bBits, shape.bSigned, (b) => b)]];
  }
}

/** One term of a bilinear multiplier: maps of the operands whose product it contributes. */
export interface BilinearTerm {
  /** Image of operand a, index a − aMin. */
  readonly a: Int32Array;
  /** Image of operand b, index b − bMin. */
  readonly b: Int32Array;
}

/** True for a multiplier that is a sum of products of mapped operands; only a truth table is not. */
export function isBilinear(spec: MultiplierSpec): spec is BilinearSpec {
  return spec.family !== 'table';
}

/**
 * The multiplier as a sum of products of mapped operands: operandProduct(a, b) = Σ_k term_k.a[a] · term_k.b[b].
 * One term per distinct r: Σ_r Round_r(A) · B_r with B_r = Σ_{j ≥ P, r_j = r} b_j·4^j (DESIGN §3).
 * Operand widths up to 16 bits.
 */
export function bilinearTerms(spec: BilinearSpec): readonly BilinearTerm[] {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  const term = (mapA: (a: number) => number, mapB: (b: number) => number): BilinearTerm => ({
    a: Int32Array.from({ length: aMax - aMin + 1 }, (_, index) => mapA(index + aMin)),
    b: Int32Array.from({ length: bMax - bMin + 1 }, (_, index) => mapB(index + bMin)),
  });
  switch (spec.family) {
    case 'roup':
      return [...new Set(spec.r)].map((r) =>
        term(
          (a) => roundHalfUp(a, r),
          (b) => digitsRoundedBy(spec, r).reduce((sum, j) => sum + boothDigit(b, j) * 4 ** j, 0),
        ),
      );
    case 'narrow':
      return [
        term(
          (a) => narrowCode(spec, 'a', a) * 2 ** droppedBits(spec, 'a'),
          (b) => narrowCode(spec, 'b', b) * 2 ** droppedBits(spec, 'b'),
        ),
      ];
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural':
      return [
        term(
          (a) => a,
          (b) => b,
        ),
      ];
  }
}

/** The kept digits j whose partial products are rounded by r. */
function digitsRoundedBy(spec: RoupSpec, r: number): readonly number[] {
  return spec.r.flatMap((rj, row) => (rj === r ? [spec.P + row] : []));
}

/**
 * operandProduct as a closure that is fast for many pairs: tables of the bilinear terms up to 16-bit operands,
 * the definition itself beyond; a truth table as it is.
 * @throws bad-input for a truth table that was not loaded
 */
export function compileOperandProduct(spec: MultiplierSpec): (a: number, b: number) => number {
  if (!isBilinear(spec)) {
    const products = tableProducts(spec);
    return (a, b) => products[(a & 255) * 256 + (b & 255)]!;
  }
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  if (Math.max(aMax - aMin, bMax - bMin) >= 2 ** 16) return (a, b) => operandProduct(spec, a, b);
  const terms = bilinearTerms(spec);
  return (a, b) => {
    let sum = 0;
    for (const term of terms) sum += term.a[a - aMin]! * term.b[b - bMin]!;
    return sum;
  };
}

/**
 * Products that int8 operands get, index (a + 128) · 256 + (b + 128), for any multiplier whose operands hold int8;
 * what a table kernel is fed with. Exact for products within int32.
 * @throws bad-input when the operands do not hold int8, or for a truth table that was not loaded
 */
export function int8ProductTable(spec: MultiplierSpec): Int32Array {
  const { aMin, aMax, bMin, bMax } = operandRange(spec);
  if (Math.max(aMin, bMin) > -128 || Math.min(aMax, bMax) < 127) {
    throw badInput(
      {
        where: `multiplier ${designName(spec)}`,
        wanted: 'operands that hold int8, -128 … 127',
        found: `a ${aMin} … ${aMax}, b ${bMin} … ${bMax}`,
      },
      'An unsigned truth table can be added with --wrap sign-magnitude to serve signed operands.',
    );
  }
  const product = compileOperandProduct(spec);
  return Int32Array.from({ length: 65536 }, (_, index) => product((index >> 8) - 128, (index & 255) - 128));
}
