import { type ArrayWish, arrayForAssignment } from '../accel/array-for-assignment.ts';
import { type ArraySize, type ArraySpec, defaultSize, type ElementKind } from '../accel/array-spec.ts';
import { readAssignment } from '../assign/assignment-file.ts';
import { badInput, show } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';
import { applyVariants } from '../dnn/apply-variants.ts';
import {
  EXACT_INT8,
  type MixedAssignment,
  type RoundedOperand,
  uniformAssignment,
} from '../dnn/assignment.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { checkClockNs } from '../synth/synthesise.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { DATASET_OPTIONS, MODEL_OPTIONS, modelOf, ROUNDED_OPERANDS } from './commands/evaluate.ts';
import { choiceOption, integerOption, numberOrText, textOption } from './options.ts';
import { resolveMultiplier } from './resolve-multiplier.ts';
import type { Workspace } from './workspace.ts';

const ELEMENT_KINDS: readonly ElementKind[] = ['static', 'bank', 'dynamic'];

const DEFAULTS = defaultSize(16, 16);

function numberOption(describe: string): CommandOption {
  return { type: 'string', value: 'N', describe };
}

/** Options that say what network an accelerator is for, with which multipliers, and what its array is like. */
export const ARRAY_OPTIONS: Readonly<Record<string, CommandOption>> = {
  ...MODEL_OPTIONS,
  assign: {
    type: 'string',
    value: 'FILE',
    describe: 'multipliers by layer, filter or kernel: an assignment (.json)',
  },
  mul: {
    type: 'string',
    value: 'MULTIPLIER',
    describe: 'one multiplier everywhere, by its name (default: exact)',
  },
  round: DATASET_OPTIONS.round!,
  rows: numberOption('elements along the input channels, 1 … 64 (default: 16)'),
  cols: numberOption('elements along the filters, 1 … 64 (default: 16)'),
  elements: {
    type: 'string',
    value: 'KIND',
    describe:
      'static: one multiplier per row or column; bank: all in each element; dynamic: one ROUP datapath for all (default: static where the assignment allows, else dynamic where all are ROUP, else bank)',
  },
  'accumulator-bits': numberOption(`width of a sum, 16 … 32 (default: ${DEFAULTS.accumulatorBits})`),
  'accumulator-depth': numberOption(
    `positions of a tile, a power of two (default: ${DEFAULTS.accumulatorDepth})`,
  ),
  lanes: numberOption('codes requantised per cycle, divides rows and columns (default: 4, 2 or 1)'),
  'activation-words': numberOption('activation memory in words of a byte per row (default: 64 KiB)'),
  'weight-words': numberOption(
    `weight memory in words of a byte per column (default: ${DEFAULTS.weightWords})`,
  ),
  'parameter-words': numberOption('parameter memory in words of 8 bytes per lane (default: 256 filters)'),
  'address-bits': numberOption(`width of AXI4 addresses, 32 … 64 (default: ${DEFAULTS.addressBits})`),
  'product-register': { type: 'boolean', describe: 'a register between multiplier and adder' },
  'zero-gating': { type: 'boolean', describe: 'elements whose weight is 0 hold their operands' },
};

/** Default: what all of an array keeps in the embedded library without wires. */
export const CLOCK_OPTION: CommandOption = {
  type: 'string',
  value: 'NS',
  describe: 'clock period',
  default: '2.5',
};

/** @throws bad-input */
export function clockOption(args: CommandArguments): number {
  const clockNs = Number(numberOrText(textOption(args, 'clock-ns') ?? ''));
  checkClockNs(clockNs, '--clock-ns');
  return clockNs;
}

/** An accelerator with the network that it is for. */
export interface AcceleratorChoice {
  /** With the constants of its assignment. */
  readonly network: QuantisedNetwork;
  readonly assignment: MixedAssignment;
  readonly roundedOperand: RoundedOperand;
  readonly spec: ArraySpec;
  /** What the multipliers are called: the assignment's or the multiplier's name. */
  readonly name: string;
}

/** What ARRAY_OPTIONS and the positional configuration (4x4, 8x8, 16x16, RxC) describe. @throws bad-input */
export function acceleratorChoice(
  args: CommandArguments,
  place: Workspace,
  onProgress: OnProgress,
): AcceleratorChoice {
  const wish = arrayWish(args);
  const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
  const { network: given } = modelOf(args, place, true, onProgress);
  const path = textOption(args, 'assign');
  const mul = textOption(args, 'mul');
  if (path !== undefined && mul !== undefined) {
    throw badInput(
      { where: '--assign', wanted: 'no --mul beside it', found: `--mul ${mul}` },
      'An assignment file has a "default" multiplier for the layers that it does not name.',
    );
  }
  if (path === undefined) {
    const spec = mul === undefined ? EXACT_INT8 : resolveMultiplier(mul, place);
    const assignment = uniformAssignment(given, spec);
    const array = arrayForAssignment(given, assignment, roundedOperand, wish);
    return { network: given, assignment, roundedOperand, spec: array, name: mul ?? 'exact' };
  }
  const file = readAssignment(path, given, (name, where) => resolveMultiplier(name, place, where));
  const { network, assignment } = applyVariants(given, file.variant);
  const array = arrayForAssignment(network, assignment, roundedOperand, wish);
  return { network, assignment, roundedOperand, spec: array, name: file.label ?? file.name };
}

function arrayWish(args: CommandArguments): ArrayWish {
  const [word, ...more] = args._;
  const size = word === undefined ? undefined : /^(\d{1,3})x(\d{1,3})$/i.exec(word);
  if (more.length > 0 || size === null) {
    throw badInput(
      { where: 'configuration', wanted: 'one size ROWSxCOLUMNS', found: show(args._.join(' ')) },
      'For example 4x4, 8x8 or 16x16.',
    );
  }
  if (size?.slice(1).some((number) => Number(number) < 1 || Number(number) > 64)) {
    throw badInput(
      { where: 'configuration', wanted: '1 … 64 rows and columns', found: show(word) },
      'The smallest array is 1x1.',
    );
  }
  const given = size && ['rows', 'cols'].find((option) => args[option] !== undefined);
  if (given) {
    throw badInput(
      { where: `--${given}`, wanted: `nothing beside ${word}`, found: show(args[given]) },
      'Give the size once.',
    );
  }
  const rows = Number(size?.[1] ?? integerOption(args, 'rows', 1, 64) ?? DEFAULTS.rows);
  const columns = Number(size?.[2] ?? integerOption(args, 'cols', 1, 64) ?? DEFAULTS.columns);
  const numbers = NUMBERS.flatMap(([option, field, low, high]) => {
    const value = integerOption(args, option, low, high);
    return value === undefined ? [] : [[field, value] as const];
  });
  const elements = choiceOption(args, 'elements', ELEMENT_KINDS);
  return {
    rows,
    columns,
    ...(Object.fromEntries(numbers) as Partial<ArraySize>),
    ...(args['product-register'] === true ? { productRegister: true } : {}),
    ...(args['zero-gating'] === true ? { zeroGating: true } : {}),
    ...(elements === undefined ? {} : { elements }),
  };
}

/** Option, field, and the range within which checkArraySpec says more. */
const NUMBERS: readonly (readonly [string, keyof ArraySize, number, number])[] = [
  ['accumulator-bits', 'accumulatorBits', 1, 64],
  ['accumulator-depth', 'accumulatorDepth', 1, 2 ** 20],
  ['lanes', 'lanes', 1, 64],
  ['activation-words', 'activationWords', 1, 2 ** 24],
  ['weight-words', 'weightWords', 1, 2 ** 24],
  ['parameter-words', 'parameterWords', 1, 2 ** 24],
  ['address-bits', 'addressBits', 1, 64],
];
