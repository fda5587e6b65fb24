import { badInput, show } from '../base/errors.ts';
import type { CommandArguments, CommandOption } from './command.ts';

/** Folder in which the stages find each other's artifacts; an option of every verb but gen-rtl. */
export const WORK_OPTION: CommandOption = {
  type: 'string',
  value: 'DIR',
  describe: 'folder in which the stages keep their artifacts',
  default: 'out',
};

/** Option that names an input artifact; by default that of the work folder. */
export function inputOption(what: string, place: string): CommandOption {
  return { type: 'string', value: 'FILE', describe: `${what} (default: ${place} in the work folder)` };
}

/** Text of an option, or undefined when it was not given. @throws bad-input when it was given without a value */
export function textOption(args: CommandArguments, name: string): string | undefined {
  const value = args[name];
  if (value === undefined) return undefined;
  if (typeof value === 'string' && value !== '') return value;
  throw badInput(
    { where: `--${name}`, wanted: 'a value', found: show(value) },
    `Give it as --${name} VALUE.`,
  );
}

/** Integer option within lo … hi. @throws bad-input */
export function integerOption(
  args: CommandArguments,
  name: string,
  lo: number,
  hi: number,
): number | undefined {
  const text = textOption(args, name);
  if (text === undefined) return undefined;
  const value = numberOrText(text);
  if (typeof value === 'number' && Number.isInteger(value) && value >= lo && value <= hi) return value;
  throw badInput(
    { where: `--${name}`, wanted: `an integer ${lo}..${hi}`, found: show(value) },
    `Give it as --${name} NUMBER.`,
  );
}

/** The number that a text stands for in full, else the text. */
export function numberOrText(text: string): number | string {
  return /^[+-]?\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text;
}

/** One of a few words. @throws bad-input */
export function choiceOption<T extends string>(
  args: CommandArguments,
  name: string,
  choices: readonly T[],
): T | undefined {
  const text = textOption(args, name);
  if (text === undefined || choices.includes(text as T)) return text as T | undefined;
  throw badInput(
    { where: `--${name}`, wanted: `one of ${choices.join(', ')}`, found: show(text) },
    `Give it as --${name} ${choices[0]}.`,
  );
}
