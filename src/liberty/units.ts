import { badInput, show } from '../base/errors.ts';
import { attributeOf, type LibertyAttribute, type LibertyGroup, parseNumber } from './syntax.ts';

/** Factors from the library's units to ours. */
export interface LibertyUnits {
  /** ns per time unit. */
  readonly timeNs: number;
  /** fF per capacitance unit. */
  readonly capacitanceFf: number;
  /** V per voltage unit. */
  readonly voltageV: number;
  /** nW per leakage power unit; undefined when the library names none. */
  readonly leakageNw: number | undefined;
  /** fJ per unit of the internal power tables: capacitance unit × voltage unit². */
  readonly energyFj: number;
}

/**
 * Reads the unit attributes of a library. Units of time, capacitance and voltage are required.
 * Source: Synopsys, "Liberty User Guide", vol. 1, "Defining units"; internal power unit = capacitance × voltage².
 * @throws bad-input when one is missing or not understood
 */
export function readUnits(library: LibertyGroup, where: string): LibertyUnits {
  const timeNs = readUnit(library, where, 'time_unit', 's', 1e9);
  const voltageV = readUnit(library, where, 'voltage_unit', 'v', 1);
  const capacitanceFf = readCapacitanceUnit(library, where);
  const leakageNw =
    attributeOf(library, 'leakage_power_unit') === undefined
      ? undefined
      : readUnit(library, where, 'leakage_power_unit', 'w', 1e9);
  return { timeNs, voltageV, capacitanceFf, leakageNw, energyFj: capacitanceFf * voltageV ** 2 };
}

const PREFIXES: Readonly<Record<string, number>> = {
  a: 1e-18,
  f: 1e-15,
  p: 1e-12,
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
};

/** `name : "1ns"` times `perBase` (our units per SI unit). */
function readUnit(library: LibertyGroup, where: string, name: string, base: string, perBase: number): number {
  const attribute = required(library, where, name, `e.g. "1n${base === 's' ? 's' : base.toUpperCase()}"`);
  const text = attribute.values[0] ?? '';
  const [, factor, prefix] =
    new RegExp(`^\\s*([\\d.eE+-]*)\\s*([afpnumk]?)${base}\\s*$`, 'i').exec(text) ?? [];
  if (factor === undefined || prefix === undefined) throw unknownUnit(where, attribute, base);
  const place = `${where}:${attribute.line}: ${name}`;
  return tidy((factor === '' ? 1 : parseNumber(factor, place)) * PREFIXES[prefix.toLowerCase()]! * perBase);
}

/** `capacitive_load_unit (1, ff)`. */
function readCapacitanceUnit(library: LibertyGroup, where: string): number {
  const attribute = required(library, where, 'capacitive_load_unit', 'e.g. (1, ff)');
  const [factor = '', unit = ''] = attribute.values;
  const prefix = /^\s*([afpnum]?)f\s*$/i.exec(unit)?.[1];
  if (prefix === undefined) throw unknownUnit(where, attribute, 'f');
  const place = `${where}:${attribute.line}: capacitive_load_unit`;
  return tidy(parseNumber(factor, place) * PREFIXES[prefix.toLowerCase()]! * 1e15);
}

function required(library: LibertyGroup, where: string, name: string, example: string): LibertyAttribute {
  const attribute = attributeOf(library, name);
  if (attribute !== undefined) return attribute;
  throw badInput(
    { where, wanted: `the library attribute ${name}, ${example}`, found: 'none' },
    'Without it the numbers of the library have no unit: add it, or fetch the library again.',
  );
}

function unknownUnit(where: string, attribute: LibertyAttribute, base: string): Error {
  return badInput(
    {
      where: `${where}:${attribute.line}: ${attribute.name}`,
      wanted: `a unit ending in "${base}" with an optional prefix a f p n u m k`,
      found: show(attribute.values.join(', ')),
    },
    'Correct the unit, or fetch the library again.',
  );
}

/** Takes the rounding error off a product of powers of ten (1e-12 · 1e15 is not exactly 1000). */
function tidy(value: number): number {
  return Number(value.toPrecision(12));
}
