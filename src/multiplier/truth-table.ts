import { basename, extname } from 'node:path';
import { badInput, show } from '../base/errors.ts';
import { readInputFile } from '../base/files.ts';
import { TABLE_NAME_PATTERN } from './parse-spec.ts';
import type { TableOperands, TableSpec } from './spec.ts';
import { registerTable, TABLE_PAIRS } from './table-registry.ts';

/** What the user says about a multiplier from outside; what is left out follows from its name. */
export interface TableOptions {
  /** Default: the name of the file without its ending. */
  readonly name?: string;
  /** Two's complement operands and products, or unsigned ones. Default: told by the name (mul8s…, mul8u…). */
  readonly signed?: boolean;
  /** How an unsigned table serves signed operands. Default: not at all. */
  readonly wrap?: 'sign-magnitude';
}

/**
 * Loads a truth table (65 536 × uint16 LE, index a·256 + b, as tf-approximate uses) and keeps it in memory.
 * @throws bad-input when the file is not of this form, or when it is not clear whether it is signed
 */
export function loadTruthTable(path: string, options: TableOptions = {}): TableSpec {
  const bytes = readInputFile(path, 'a truth table');
  const wanted = 2 * TABLE_PAIRS;
  if (bytes.length !== wanted) {
    throw badInput(
      {
        where: path,
        wanted: `a truth table of ${wanted} bytes (65536 × uint16, little-endian)`,
        found: `${bytes.length} bytes`,
      },
      'Only 8×8 bit tables with 16-bit products are read: products of a·256 + b, both operands as bytes.',
    );
  }
  const codes = Uint16Array.from({ length: TABLE_PAIRS }, (_, index) => bytes.readUInt16LE(2 * index));
  const name = options.name ?? nameOfFile(path);
  return registerTruthTable(codes, name, operandsOf(path, [name, nameOfFile(path)], options));
}

/** The spec of a truth table, which is kept in memory. @throws bad-input for a name that is no word */
export function registerTruthTable(codes: Uint16Array, name: string, operands: TableOperands): TableSpec {
  if (!new RegExp(TABLE_NAME_PATTERN).test(name)) {
    throw badInput(
      {
        where: 'name of a multiplier',
        wanted: '1 to 64 letters, digits and underscores',
        found: show(name),
      },
      'Give it another one with --name.',
    );
  }
  return { family: 'table', name, operands, sha256: registerTable(codes) };
}

/**
 * How the operands are meant, from what the user said and what the names say.
 * @param names names that may tell it
 * @param fallback what holds when neither says anything
 * @throws bad-input when they contradict each other or nothing tells it
 */
export function operandsOf(
  where: string,
  names: readonly string[],
  options: TableOptions,
  fallback?: boolean,
): TableOperands {
  const told = names.flatMap((name) => {
    const signed = signednessOf(name);
    return signed === undefined ? [] : [{ name, signed }];
  });
  const signed = options.signed ?? told[0]?.signed ?? fallback;
  if (signed === undefined) {
    throw badInput(
      {
        where,
        wanted: 'a name that tells whether it is signed (mul8s…, mul8u…), or an option',
        found: show(names[0] ?? ''),
      },
      "Say --signed (two's complement) or --unsigned.",
    );
  }
  const other = told.find((entry) => entry.signed !== signed);
  if (other !== undefined) {
    throw badInput(
      {
        where,
        wanted: `${kind(other.signed)} products, as the name "${other.name}" says`,
        found: kind(signed),
      },
      'If the name is wrong, rename the file or give another name with --name.',
    );
  }
  if (options.wrap === undefined) return kind(signed);
  if (!signed) return options.wrap;
  throw badInput(
    { where, wanted: 'an unsigned table for --wrap sign-magnitude', found: 'a signed one' },
    'A signed table serves signed operands as it is: leave out --wrap.',
  );
}

/** Name of a file without folder and ending. */
export function nameOfFile(path: string): string {
  return basename(path, extname(path));
}

/** What a name says: EvoApproxLib's mul8s_…, mul8u_…, our own mul_<family>_s8…; undefined when it says nothing. */
function signednessOf(name: string): boolean | undefined {
  const letter =
    /^mul8([su])(?![a-z0-9])/i.exec(name)?.[1] ?? /^mul_[a-z_]+_(s|u)m?8(?![0-9x])/.exec(name)?.[1];
  return letter === undefined ? undefined : letter.toLowerCase() === 's';
}

function kind(signed: boolean): 'signed' | 'unsigned' {
  return signed ? 'signed' : 'unsigned';
}
