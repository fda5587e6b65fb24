import { fromPattern } from '../base/bits.ts';
import { badInput } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import type { MultiplierSpec, TableSpec } from './spec.ts';

/**
 * The truth tables that this process (or thread) has in memory, by their digest: specs name a table by its digest and
 * stay small in artifacts. A worker thread has a registry of its own; send it registryEntries().
 */

/** A truth table with its digest; plain data that can be sent to a worker. */
export interface RegisteredTable {
  readonly sha256: string;
  /** 65 536 products as 16-bit patterns, index a·256 + b (operand bytes). */
  readonly codes: Uint16Array;
}

/** Operand pairs of a truth table. */
export const TABLE_PAIRS = 65536;

const registry = new Map<string, Uint16Array>();
const products = new WeakMap<TableSpec, Int32Array>();

/**
 * Keeps a truth table in memory.
 * @param codes 65 536 products as 16-bit patterns, index a·256 + b; they are copied
 * @returns its digest, for TableSpec.sha256
 */
export function registerTable(codes: Uint16Array): string {
  const digest = sha256(tableBytes(codes));
  if (!registry.has(digest)) registry.set(digest, codes.slice());
  return digest;
}

/** All truth tables in memory. */
export function registryEntries(): readonly RegisteredTable[] {
  return [...registry].map(([digest, codes]) => ({ sha256: digest, codes }));
}

/** A truth table as it stands in a file: 65 536 × uint16, little-endian on every machine. */
export function tableBytes(codes: Uint16Array): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(2 * codes.length));
  codes.forEach((code, index) => {
    bytes.setUint16(2 * index, code, true);
  });
  return new Uint8Array(bytes.buffer);
}

/**
 * Products of the operands of a truth table, index patternA·256 + patternB (two's complement bytes where the operands
 * are signed). Kept in memory: not to be written to.
 * @throws bad-input when the table was not loaded
 */
export function tableProducts(spec: TableSpec): Int32Array {
  const known = products.get(spec);
  if (known !== undefined) return known;
  const made = READINGS[spec.operands](codesOf(spec));
  products.set(spec, made);
  return made;
}

/**
 * The truth table of a spec as it stands in its file: 16-bit patterns, index a·256 + b. Not to be written to.
 * @throws bad-input when the table was not loaded
 */
export function codesOf(spec: TableSpec): Uint16Array {
  const codes = registry.get(spec.sha256);
  if (codes !== undefined) return codes;
  throw badInput(
    {
      where: `multiplier ${spec.name}`,
      wanted: `the truth table with sha256 ${spec.sha256.slice(0, 12)}… in memory`,
      found: 'none',
    },
    'Add its file with maxdnn add-multiplier, and name the work folder that holds it (--work).',
  );
}

/** True when the products of a spec are known here: always, but for a truth table that was not loaded. */
export function isLoaded(spec: MultiplierSpec): boolean {
  return spec.family !== 'table' || registry.has(spec.sha256);
}

const READINGS: Readonly<Record<TableSpec['operands'], (codes: Uint16Array) => Int32Array>> = {
  unsigned: (codes) => Int32Array.from(codes),
  signed: (codes) => Int32Array.from(codes, (code) => fromPattern(code, 16, true)),
  'sign-magnitude': (codes) =>
    Int32Array.from({ length: TABLE_PAIRS }, (_, index) => {
      const a = fromPattern(index >> 8, 8, true);
      const b = fromPattern(index & 255, 8, true);
      const magnitude = codes[Math.abs(a) * 256 + Math.abs(b)]!;
      return a < 0 !== b < 0 ? -magnitude : magnitude;
    }),
};
