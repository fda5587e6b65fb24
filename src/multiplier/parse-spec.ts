import { badInput, type Fault, show } from '../base/errors.ts';
import { compileSchema, SHA256_PATTERN } from '../base/schema-check.ts';
import type { MultiplierSpec, RoupSpec } from './spec.ts';

/** Widest operand: with 24 bits every golden product is an exact double. */
export const MAX_BITS = 24;

/** Pattern of the name of a truth table, so that a design name stays an identifier and a file name. */
export const TABLE_NAME_PATTERN = '^\\w{1,64}$';

const width = { type: 'integer', minimum: 2, maximum: MAX_BITS } as const;
const exactFamilies = ['booth', 'baugh-wooley', 'behavioural'] as const;

/** JSON schema of a multiplier spec; the shape is checked here, relations between fields in parseSpec. */
export const SPEC_SCHEMA = {
  type: 'object',
  required: ['family'],
  discriminator: { propertyName: 'family' },
  oneOf: [
    {
      properties: {
        family: { const: 'roup' },
        bits: { type: 'integer', minimum: 4, maximum: MAX_BITS, multipleOf: 2 },
        P: { type: 'integer', minimum: 0 },
        r: {
          description: 'an integer or a list of integers',
          oneOf: [
            { type: 'integer', minimum: 0 },
            { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0 } },
          ],
        },
      },
      required: ['bits', 'P', 'r'],
      additionalProperties: false,
    },
    {
      properties: {
        family: { enum: exactFamilies },
        aBits: width,
        bBits: width,
        aSigned: { type: 'boolean' },
        bSigned: { type: 'boolean' },
      },
      required: ['aBits', 'bBits', 'aSigned', 'bSigned'],
      additionalProperties: false,
    },
    {
      properties: {
        family: { const: 'narrow' },
        bits: width,
        aBits: width,
        bBits: width,
        unsigned: { enum: ['a', 'b'] },
        architecture: { enum: exactFamilies },
      },
      required: ['bits', 'aBits', 'bBits', 'architecture'],
      additionalProperties: false,
    },
    {
      properties: {
        family: { const: 'table' },
        name: { type: 'string', pattern: TABLE_NAME_PATTERN },
        operands: { enum: ['signed', 'unsigned', 'sign-magnitude'] },
        sha256: { type: 'string', pattern: SHA256_PATTERN },
      },
      required: ['name', 'operands', 'sha256'],
      additionalProperties: false,
    },
  ],
} as const;

const HINT =
  'Ranges: bits even 4..24, P 0..bits/2-1, each r 0..bits-1, one r per kept partial product or one for all.';

const checkShape = compileSchema(SPEC_SCHEMA);

/**
 * A spec from untrusted JSON. For ROUP, `r` may be one number (the same for every kept partial product).
 * @param where what the value is called in errors, e.g. "--r" or a file name
 * @throws bad-input with every fault at once
 */
export function parseSpec(value: unknown, where: string): MultiplierSpec {
  const faults: Fault[] = [...checkShape(value, where)];
  const fields = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  if (fields.family === 'roup') faults.push(...roupFaults(fields, where));
  if (fields.family === 'narrow') faults.push(...narrowFaults(fields, where));
  if (faults.length > 0) throw badInput(faults, HINT);
  const spec = value as MultiplierSpec;
  if (spec.family !== 'roup') return spec;
  const r = spec.r as number | readonly number[];
  return {
    ...spec,
    r: typeof r === 'number' ? new Array<number>(spec.bits / 2 - spec.P).fill(r) : r,
  } as RoupSpec;
}

/** Faults between the fields of a ROUP spec, as far as the single fields are usable. */
function roupFaults(fields: Record<string, unknown>, where: string): Fault[] {
  const { bits, P, r } = fields;
  if (!Number.isInteger(bits) || (bits as number) % 2 !== 0 || (bits as number) < 4) return [];
  const N = bits as number;
  const faults: Fault[] = [];
  const usableP = Number.isInteger(P) && (P as number) >= 0 && (P as number) < N / 2;
  if (Number.isInteger(P) && (P as number) >= N / 2) {
    faults.push({ where: `${where}: P`, wanted: `0..${N / 2 - 1} for bits=${N}`, found: show(P) });
  }
  const list = Array.isArray(r) ? r : [r];
  list.forEach((entry, index) => {
    if (Number.isInteger(entry) && (entry as number) >= N) {
      const at = Array.isArray(r) ? `r[${index}]` : 'r';
      faults.push({ where: `${where}: ${at}`, wanted: `0..${N - 1} for bits=${N}`, found: show(entry) });
    }
  });
  if (usableP && Array.isArray(r) && r.length !== N / 2 - (P as number)) {
    const kept = N / 2 - (P as number);
    faults.push({
      where: `${where}: r`,
      wanted: `${kept} entries, one per kept partial product j=${P}..${N / 2 - 1} (bits=${N}, P=${P}), or one number for all`,
      found: `${r.length} entries`,
    });
  }
  return faults;
}

function narrowFaults(fields: Record<string, unknown>, where: string): Fault[] {
  const bits = fields.bits;
  return (['aBits', 'bBits'] as const).flatMap((name) => {
    const value = fields[name];
    const isUnsigned = fields.unsigned === name[0];
    const most = (bits as number) - (isUnsigned ? 1 : 0);
    const tooWide = Number.isInteger(bits) && Number.isInteger(value) && (value as number) > most;
    const wanted = isUnsigned
      ? `at most ${most}: bits=${bits} without the sign of an operand that is never negative`
      : `at most bits=${bits}`;
    return tooWide ? [{ where: `${where}: ${name}`, wanted, found: show(value) }] : [];
  });
}
