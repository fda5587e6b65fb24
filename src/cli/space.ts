import { join } from 'node:path';
import { badInput, type Fault, show } from '../base/errors.ts';
import {
  baselineSpace,
  exactSpace,
  narrowSpace,
  type RoundingOrder,
  roupSpace,
  twinSpace,
} from '../multiplier/space.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { SPACE_ERRORS, type SpaceError } from '../report/space-rows.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { choiceOption, integerOption, textOption } from './options.ts';

/** Families whose space can be priced as a whole. */
const FAMILIES = ['roup', 'narrow', 'exact'] as const;
const ORDERS: readonly RoundingOrder[] = ['non-increasing', 'any'];

/** Narrowest operand of the exact space and of the narrow one. */
const EXACT_FROM_BITS = 3;
const NARROW_FROM_BITS = 2;

/** Options of `table` that concern whole design spaces. */
export const SPACE_OPTIONS: Readonly<Record<string, CommandOption>> = {
  all: {
    type: 'boolean',
    describe: 'the whole design space of a family, generated and verified here (in space/<family> of --work)',
  },
  family: {
    type: 'string',
    value: 'NAME',
    describe:
      'with --all: roup (default; with baselines and narrow exact ones), narrow, or exact (m×n of 3 to --bits bits, signed and signed × unsigned)',
  },
  bits: { type: 'string', value: 'N', describe: 'with --all: operand width (default: 8)' },
  P: {
    type: 'string',
    value: 'N',
    describe: 'with --all: only this perforation, and the twins of its designs',
  },
  order: {
    type: 'string',
    value: 'NAME',
    describe: 'with --all: r of the partial products non-increasing (default) or any',
  },
  error: {
    type: 'string',
    value: 'NAME',
    describe: `with --all: error of the front: ${Object.keys(SPACE_ERRORS).join(', ')} (default: mae)`,
  },
};

/** What `table --all` is asked for. */
export interface SpaceChoice {
  readonly family: (typeof FAMILIES)[number];
  readonly bits: number;
  readonly specs: readonly MultiplierSpec[];
  readonly error: SpaceError;
  /** Folder of the space below the work folder. */
  readonly outFolder: string;
}

/**
 * The space that the options ask for; undefined without --all.
 * @throws bad-input for options of a space without --all, options of other families, values out of range
 */
export function spaceFromOptions(args: CommandArguments): SpaceChoice | undefined {
  if (args.all !== true) {
    refuseOptions(args, Object.keys(SPACE_OPTIONS), 'only with --all');
    return undefined;
  }
  refuseOptions(args, ['rtl', 'verdict'], 'not with --all, which generates and verifies its designs');
  refuseOptions(args, ['operands'], 'not with --all, which prices uniform operands');
  const family = choiceOption(args, 'family', FAMILIES) ?? 'roup';
  if (family !== 'roup') refuseOptions(args, ['P', 'order'], 'only with --family roup');
  const bits = integerOption(args, 'bits', family === 'exact' ? EXACT_FROM_BITS : 4, 16) ?? 8;
  if (family === 'roup' && bits % 2 !== 0) {
    throw badInput(
      { where: '--bits', wanted: 'an even number for --family roup', found: String(bits) },
      'Booth digits take two bits each.',
    );
  }
  const error = choiceOption(args, 'error', Object.keys(SPACE_ERRORS) as SpaceError[]) ?? 'mae';
  const outFolder = join(textOption(args, 'work') ?? 'out', 'space', family);
  return { family, bits, specs: specsOf(args, family, bits), error, outFolder };
}

function specsOf(
  args: CommandArguments,
  family: SpaceChoice['family'],
  bits: number,
): readonly MultiplierSpec[] {
  if (family === 'exact') return exactSpace(EXACT_FROM_BITS, bits);
  if (family === 'narrow') return [...baselineSpace(bits), ...narrowSpace(bits, NARROW_FROM_BITS)];
  const order = choiceOption(args, 'order', ORDERS) ?? 'non-increasing';
  const P = integerOption(args, 'P', 0, bits / 2 - 1);
  const space = roupSpace({ bits, order, ...(P === undefined ? {} : { P }) });
  const narrow = P === undefined ? narrowSpace(bits, NARROW_FROM_BITS) : twinSpace(space);
  return [...baselineSpace(bits), ...narrow, ...space];
}

function refuseOptions(args: CommandArguments, names: readonly string[], wanted: string): void {
  const given = names.filter((name) => args[name] !== undefined && args[name] !== false);
  if (given.length === 0) return;
  const faults: readonly Fault[] = given.map((name) => ({
    where: `--${name}`,
    wanted,
    found: show(args[name]),
  }));
  throw badInput(faults, 'See maxdnn table --help.');
}
