import { badInput, type Fault, show } from '../base/errors.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { numberOrText, textOption } from './options.ts';

/** Options of gen-rtl that make up a multiplier spec; rtl/spec-arguments.ts prints the same. */
export const SPEC_OPTIONS: Readonly<Record<string, CommandOption>> = {
  family: {
    type: 'string',
    value: 'NAME',
    describe: 'roup, booth, baugh-wooley, behavioural or narrow',
    default: 'roup',
  },
  bits: { type: 'string', value: 'N|MxN', describe: 'operand width; MxN for exact families', default: '8' },
  P: {
    type: 'string',
    value: 'N',
    describe: 'roup: perforation, the P lowest Booth digits of b are left out',
  },
  r: {
    type: 'string',
    value: 'N|N,N,…',
    describe: 'roup: rounding of a to a multiple of 2^r; one for all, or one per kept partial product',
  },
  signed: { type: 'boolean', describe: 'exact families: both operands signed (the default)' },
  unsigned: { type: 'boolean', describe: 'exact families: both operands unsigned' },
  'unsigned-a': { type: 'boolean', describe: 'exact families: operand a unsigned; narrow: never negative' },
  'unsigned-b': { type: 'boolean', describe: 'exact families: operand b unsigned; narrow: never negative' },
  narrow: { type: 'string', value: 'MxN', describe: 'narrow: widths that the operands are rounded to' },
  architecture: {
    type: 'string',
    value: 'NAME',
    describe: 'narrow: booth, baugh-wooley (default) or behavioural',
  },
};

/** Options that mean something for each family; others are refused. */
const USED: Readonly<Record<string, readonly string[]>> = {
  roup: ['P', 'r', 'signed'],
  booth: ['signed', 'unsigned', 'unsigned-a', 'unsigned-b'],
  'baugh-wooley': ['signed', 'unsigned', 'unsigned-a', 'unsigned-b'],
  behavioural: ['signed', 'unsigned', 'unsigned-a', 'unsigned-b'],
  narrow: ['narrow', 'architecture', 'signed', 'unsigned-a', 'unsigned-b'],
};

/**
 * The spec that the options stand for; P and r are 0 when not given.
 * @throws bad-input with all faults: options that the family does not have, values out of range
 */
export function specFromOptions(args: CommandArguments): MultiplierSpec {
  const family = textOption(args, 'family') ?? 'roup';
  if (!(family in USED)) {
    throw badInput(
      { where: '--family', wanted: `one of ${Object.keys(USED).join(', ')}`, found: show(family) },
      'A multiplier from outside gets a name by maxdnn add-multiplier; it has no Verilog.',
    );
  }
  const faults = [...unusedOptionFaults(args, family), ...contradictionFaults(args)];
  if (faults.length > 0) throw badInput(faults, 'See gen-rtl --help.');
  return parseSpec(rawSpec(args, family), 'options');
}

function rawSpec(args: CommandArguments, family: string): unknown {
  const bits = textOption(args, 'bits') ?? '8';
  if (family === 'roup') {
    const r = textOption(args, 'r') ?? '0';
    return {
      family,
      bits: numberOrText(bits),
      P: numberOrText(textOption(args, 'P') ?? '0'),
      r: roundingOf(r),
    };
  }
  if (family === 'narrow') {
    const [aBits, bBits] = widths(textOption(args, 'narrow') ?? '');
    const architecture = textOption(args, 'architecture') ?? 'baugh-wooley';
    const unsigned = (['a', 'b'] as const).find((port) => args[`unsigned-${port}`] === true);
    return {
      family,
      bits: numberOrText(bits),
      aBits,
      bBits,
      ...(unsigned === undefined ? {} : { unsigned }),
      architecture,
    };
  }
  const [aBits, bBits] = widths(bits);
  const unsigned = args.unsigned === true;
  return {
    family,
    aBits,
    bBits,
    aSigned: !(unsigned || args['unsigned-a'] === true),
    bSigned: !(unsigned || args['unsigned-b'] === true),
  };
}

/** "4" → 4; "6,4,2,0" → [6, 4, 2, 0]; leading "-" entries stand for perforated rows and are dropped. */
function roundingOf(text: string): unknown {
  if (!text.includes(',')) return numberOrText(text);
  const entries = text.split(',');
  const kept = entries.findIndex((entry) => entry.trim() !== '-');
  return entries.slice(Math.max(kept, 0)).map(numberOrText);
}

/** "7x6" → [7, 6]; "8" → [8, 8]. */
function widths(text: string): readonly [unknown, unknown] {
  const [a = '', b = a, ...rest] = text.split('x');
  return rest.length > 0 ? [text, text] : [numberOrText(a), numberOrText(b)];
}

function unusedOptionFaults(args: CommandArguments, family: string): readonly Fault[] {
  const used = USED[family];
  if (used === undefined) return [];
  return Object.keys(SPEC_OPTIONS)
    .filter((name) => !['family', 'bits'].includes(name) && !used.includes(name))
    .filter((name) => args[name] !== undefined && args[name] !== false)
    .map((name) => ({
      where: `--${name}`,
      wanted: `only options of family ${family} (${used.map((option) => `--${option}`).join(' ')})`,
      found: show(args[name]),
    }));
}

function contradictionFaults(args: CommandArguments): readonly Fault[] {
  const unsigned = ['unsigned', 'unsigned-a', 'unsigned-b'].filter((name) => args[name] === true);
  if (args.family === 'narrow' && args['unsigned-a'] === true && args['unsigned-b'] === true) {
    return [{ where: '--unsigned-b', wanted: 'one unsigned port at most', found: '--unsigned-a beside it' }];
  }
  if (args.signed !== true || unsigned.length === 0) return [];
  return [{ where: '--signed', wanted: 'no --unsigned option beside it', found: `--${unsigned[0]}` }];
}
