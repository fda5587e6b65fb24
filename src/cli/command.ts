import type { MaxdnnError } from '../base/errors.ts';
import type { OnProgress } from '../base/progress.ts';

/** An option of a verb. Numbers are read as text, so that their faults are told in our words. */
export interface CommandOption {
  readonly type: 'string' | 'boolean';
  readonly describe: string;
  /** Shown in --help as the option's value, e.g. "DIR". */
  readonly value?: string;
  readonly default?: string | boolean;
}

/** Values of the options as the user gave them; positional words under `_`. */
export interface CommandArguments {
  readonly [option: string]: unknown;
  readonly _: readonly string[];
}

export interface CommandContext {
  readonly onProgress: OnProgress;
  /** Tells a line at once, on standard error; for verbs that run long and have more to say than how far they are. */
  readonly onNotice?: (text: string) => void;
}

/** What a verb has to say: text for people, value for --json. */
export interface Outcome {
  readonly text: string;
  readonly value: unknown;
  /** What stopped a part of the work, told after the text; it decides the exit code. */
  readonly failure?: MaxdnnError;
}

/** A verb of the command line, as data. */
export interface Command {
  readonly name: string;
  /** One line for the list of verbs. */
  readonly summary: string;
  /** What the positional words are, e.g. "[DESIGN…]"; none are taken without it. */
  readonly positionals?: string;
  readonly options: Readonly<Record<string, CommandOption>>;
  /** Command line and what it does. */
  readonly examples: readonly (readonly [string, string])[];
  readonly run: (args: CommandArguments, context: CommandContext) => Promise<Outcome>;
}
