import { parseSpec } from './parse-spec.ts';
import { designName, type MultiplierSpec } from './spec.ts';

/**
 * The spec that a design name stands for, the reverse of designName. A truth table cannot be told from its name.
 * @returns undefined when the name is none of designName's
 * @throws bad-input when it has the form of one but a number is out of range
 */
export function parseDesignName(name: string): MultiplierSpec | undefined {
  const raw = FORMS.map((form) => form(name)).find((found) => found !== undefined);
  if (raw === undefined) return undefined;
  const spec = parseSpec(raw, `design ${name}`);
  return designName(spec) === name ? spec : undefined;
}

/** Each form of name: the raw fields of its spec, or undefined. */
const FORMS: readonly ((name: string) => unknown)[] = [
  (name) => {
    const [, bits, P, r] = /^mul_roup_s(\d+)_p(\d+)_r(\d+(?:_\d+)*)$/.exec(name) ?? [];
    if (r === undefined) return undefined;
    const rounding = r.split('_').map(Number);
    return {
      family: 'roup',
      bits: Number(bits),
      P: Number(P),
      r: rounding.length === 1 ? rounding[0] : rounding,
    };
  },
  (name) => {
    const [, bits, aSign, aBits, bSign, bBits, architecture] =
      /^mul_narrow_s(\d+)_a(u?)(\d+)_b(u?)(\d+)(?:_(booth|behavioural))?$/.exec(name) ?? [];
    if (bits === undefined) return undefined;
    return {
      family: 'narrow',
      bits: Number(bits),
      aBits: Number(aBits),
      bBits: Number(bBits),
      ...(aSign === 'u' ? { unsigned: 'a' } : bSign === 'u' ? { unsigned: 'b' } : {}),
      architecture: architecture ?? 'baugh-wooley',
    };
  },
  (name) => {
    const [, family, aSign, aBits, bSign, bBits] =
      /^mul_(booth|baugh_wooley|behavioural)_([su])(\d+)(?:x([su]?)(\d+))?$/.exec(name) ?? [];
    if (family === undefined) return undefined;
    return {
      family: family.replaceAll('_', '-'),
      aBits: Number(aBits),
      bBits: Number(bBits ?? aBits),
      aSigned: aSign === 's',
      bSigned: (bSign || aSign) === 's',
    };
  },
];
