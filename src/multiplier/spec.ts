import { maxValue, minValue } from '../base/bits.ts';

/** Ways to build an exact multiplier. */
export type ExactFamily = 'booth' | 'baugh-wooley' | 'behavioural';

/** Every multiplier family that can be asked for. */
export type Family = 'roup' | ExactFamily | 'narrow' | 'table';

/**
 * ROUP(N, P, r): radix-4 Booth with perforation P and asymmetric rounding r. Signed N×N.
 * Source: V. Leon et al., "MAx-DNN: Multi-Level Arithmetic Approximation for Energy-Efficient DNN Hardware
 * Accelerators", and the ROUP multiplier family by the same authors.
 */
export interface RoupSpec {
  readonly family: 'roup';
  /** Operand width N in bits, even. */
  readonly bits: number;
  /** Perforation: the P least significant Booth digits of B are left out. */
  readonly P: number;
  /**
   * Rounding of A per kept partial product j = P … N/2−1, in this order: A is rounded half-up to a multiple of
   * 2^r. N/2−P entries, each 0 … N−1.
   */
  readonly r: readonly number[];
}

/** An exact multiplier of aBits × bBits, each operand signed (two's complement) or unsigned. */
export interface ExactSpec {
  readonly family: ExactFamily;
  readonly aBits: number;
  readonly bBits: number;
  readonly aSigned: boolean;
  readonly bSigned: boolean;
}

/**
 * An exact, narrower multiplier used in the place of a signed N×N one: the operands are rounded half-up to
 * their aBits / bBits most significant bits (saturating at the largest code) before they reach it, offline for
 * weights and in the requantise step for activations. This is what a uniform ROUP amounts to.
 */
export interface NarrowSpec {
  readonly family: 'narrow';
  /** Width N of the operands it stands in for. */
  readonly bits: number;
  readonly aBits: number;
  readonly bBits: number;
  /**
   * Port whose operand is never negative (0 … 2^(N−1) − 1, activations after a ReLU): it is unsigned, and its bits
   * are the most significant ones of N − 1. Absent: both are signed.
   */
  readonly unsigned?: 'a' | 'b';
  /** How the narrow circuit itself is built. */
  readonly architecture: ExactFamily;
}

/** How the operands of a truth table are meant. */
export type TableOperands = 'signed' | 'unsigned' | 'sign-magnitude';

/**
 * An 8×8 multiplier from outside, known by its 65 536 products only; these are kept apart (table-registry.ts).
 * - signed, unsigned: the table is indexed by the operands' bytes and gives 16-bit products of the same kind.
 * - sign-magnitude: an unsigned table used for two's complement operands: |a|·|b| through the table, negated when
 *   exactly one of a and b is negative. A 0 counts as positive.
 */
export interface TableSpec {
  readonly family: 'table';
  /** Name of the multiplier where it comes from, e.g. mul8u_2AC: 1 … 64 letters, digits and underscores. */
  readonly name: string;
  readonly operands: TableOperands;
  /** Digest of the table as a file: 65 536 × uint16 LE, index a·256 + b (operand bytes). */
  readonly sha256: string;
}

export type MultiplierSpec = RoupSpec | ExactSpec | NarrowSpec | TableSpec;

/** Multipliers that are sums of products of mapped operands (golden.ts: bilinearTerms). */
export type BilinearSpec = Exclude<MultiplierSpec, TableSpec>;

/** What a multiplier's module looks like from outside; the product is exact or approximate, two's complement. */
export interface PortShape {
  readonly aBits: number;
  readonly bBits: number;
  readonly pBits: number;
  readonly aSigned: boolean;
  readonly bSigned: boolean;
}

/** Ports `a_i b_i p_o` of the module of this spec. The product is signed as soon as one operand is. */
export function portShape(spec: MultiplierSpec): PortShape {
  switch (spec.family) {
    case 'roup':
      return { aBits: spec.bits, bBits: spec.bits, pBits: 2 * spec.bits, aSigned: true, bSigned: true };
    case 'narrow':
      return {
        aBits: spec.aBits,
        bBits: spec.bBits,
        pBits: spec.aBits + spec.bBits,
        aSigned: spec.unsigned !== 'a',
        bSigned: spec.unsigned !== 'b',
      };
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural':
      return {
        aBits: spec.aBits,
        bBits: spec.bBits,
        pBits: spec.aBits + spec.bBits,
        aSigned: spec.aSigned,
        bSigned: spec.bSigned,
      };
    case 'table': {
      const signed = spec.operands !== 'unsigned';
      return { aBits: 8, bBits: 8, pBits: 16, aSigned: signed, bSigned: signed };
    }
  }
}

/** Ranges of the operands as the application sees them (for a narrow multiplier: before rounding). */
export interface OperandRange {
  readonly aMin: number;
  readonly aMax: number;
  readonly bMin: number;
  readonly bMax: number;
}

/** Operand ranges of the application; the product of these is what error metrics are taken over. */
export function operandRange(spec: MultiplierSpec): OperandRange {
  const shape = portShape(spec);
  const aBits = spec.family === 'narrow' ? applicationBits(spec, 'a') : shape.aBits;
  const bBits = spec.family === 'narrow' ? applicationBits(spec, 'b') : shape.bBits;
  return {
    aMin: minValue(aBits, shape.aSigned),
    aMax: maxValue(aBits, shape.aSigned),
    bMin: minValue(bBits, shape.bSigned),
    bMax: maxValue(bBits, shape.bSigned),
  };
}

/** Bits of the operand that a port of a narrow multiplier serves: N, or N − 1 where it is never negative. */
export function applicationBits(spec: NarrowSpec, port: 'a' | 'b'): number {
  return spec.unsigned === port ? spec.bits - 1 : spec.bits;
}

/** Low bits that the operand of a port of a narrow multiplier loses by its rounding. */
export function droppedBits(spec: NarrowSpec, port: 'a' | 'b'): number {
  return applicationBits(spec, port) - (port === 'a' ? spec.aBits : spec.bBits);
}

/** True when every kept partial product is rounded alike. */
export function isUniform(spec: RoupSpec): boolean {
  return spec.r.every((value) => value === spec.r[0]);
}

/**
 * Name of the design and of its Verilog module: `mul_<family>_<s|u><bits>[_<letter><value>…]`,
 * e.g. mul_roup_s8_p2_r4, mul_roup_s8_p1_r3_1_0, mul_booth_s8, mul_baugh_wooley_s7x6, mul_booth_s8xu7,
 * mul_narrow_s8_a4_bu4 (b unsigned); a truth table
 * has its own name at the end, after s8, u8 or (sign-magnitude) sm8: mul_table_u8_mul8u_2AC.
 */
export function designName(spec: MultiplierSpec): string {
  switch (spec.family) {
    case 'roup': {
      const r = isUniform(spec) ? String(spec.r[0]) : spec.r.join('_');
      return `mul_roup_s${spec.bits}_p${spec.P}_r${r}`;
    }
    case 'narrow': {
      const suffix = spec.architecture === 'baugh-wooley' ? '' : `_${spec.architecture}`;
      const [a, b] = [spec.unsigned === 'a' ? 'au' : 'a', spec.unsigned === 'b' ? 'bu' : 'b'];
      return `mul_narrow_s${spec.bits}_${a}${spec.aBits}_${b}${spec.bBits}${suffix}`;
    }
    case 'booth':
    case 'baugh-wooley':
    case 'behavioural': {
      const a = `${spec.aSigned ? 's' : 'u'}${spec.aBits}`;
      const sameSign = spec.aSigned === spec.bSigned;
      const b = sameSign ? `${spec.bBits}` : `${spec.bSigned ? 's' : 'u'}${spec.bBits}`;
      const width = sameSign && spec.aBits === spec.bBits ? a : `${a}x${b}`;
      return `mul_${spec.family.replaceAll('-', '_')}_${width}`;
    }
    case 'table':
      return `mul_table_${TABLE_LETTERS[spec.operands]}8_${spec.name}`;
  }
}

const TABLE_LETTERS: Readonly<Record<TableOperands, string>> = {
  signed: 's',
  unsigned: 'u',
  'sign-magnitude': 'sm',
};

/** The exact narrower multiplier that a uniform ROUP equals (DESIGN §3); undefined for any other spec. */
export function exactTwin(spec: MultiplierSpec): NarrowSpec | undefined {
  if (spec.family !== 'roup' || !isUniform(spec)) return undefined;
  const r = spec.r[0] ?? 0;
  if (r === 0 && spec.P === 0) return undefined;
  const aBits = spec.bits - r;
  const bBits = spec.bits - 2 * spec.P;
  if (aBits < 2 || bBits < 2) return undefined;
  return { family: 'narrow', bits: spec.bits, aBits, bBits, architecture: 'baugh-wooley' };
}
