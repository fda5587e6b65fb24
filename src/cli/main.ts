import yargs from 'yargs';
import { badInput, EXIT_CODES, MaxdnnError } from '../base/errors.ts';
import { removeStaleTemporaries } from '../base/files.ts';
import { MAXDNN_VERSION } from '../base/package-root.ts';
import type { Command, CommandArguments, CommandOption } from './command.ts';
import { COMMANDS } from './commands.ts';
import { createProgressReporter } from './progress.ts';

/**
 * Runs the command line: the only place that prints and that decides the exit code.
 * @param argv words after the program's name
 * @param program name that the user typed: "maxdnn", or a verb that is a command of its own
 */
export async function main(argv: readonly string[], program: 'maxdnn' | 'gen-rtl' = 'maxdnn'): Promise<void> {
  const json = argv.includes('--json');
  try {
    await runCommandLine(argv, program, json);
  } catch (error) {
    process.exitCode = reportError(error, json);
  }
}

async function runCommandLine(argv: readonly string[], program: string, json: boolean): Promise<void> {
  let parser = yargs([])
    .scriptName(program)
    .parserConfiguration({
      'boolean-negation': false,
      'parse-numbers': false,
    })
    .version(MAXDNN_VERSION)
    .help()
    .wrap(Math.min(110, process.stdout.columns ?? 100))
    .strictCommands()
    .strictOptions()
    .exitProcess(false)
    .fail((message, error) => {
      if (error !== undefined && error?.name !== 'YError') throw error;
      throw badInput(
        { where: 'command line', wanted: 'known verbs and options', found: message },
        `See ${program} --help.`,
      );
    });
  const own = COMMANDS.find((command) => command.name === program);
  for (const command of own === undefined ? COMMANDS : [own]) {
    parser = parser.command({
      command: yargsPattern(command, own !== undefined),
      describe: command.summary,
      builder: (options) => {
        if (command.positionals !== undefined) {
          options.positional('words', { type: 'string', array: true, describe: command.positionals });
        }
        for (const [name, option] of Object.entries(command.options))
          options.option(name, yargsOption(option));
        options.option('json', { type: 'boolean', describe: 'machine-readable output on standard output' });
        for (const [line, what] of command.examples) options.example(line, what);
        return options;
      },
      handler: (args) => execute(command, args as unknown as Record<string, unknown>, json),
    });
  }
  if (own === undefined) {
    parser = parser
      .demandCommand(1, 'no verb')
      .epilogue('maxdnn VERB --help shows the options of a verb with an example.');
  }
  await parser.parseAsync(argv.map(String));
}

async function execute(command: Command, args: Record<string, unknown>, json: boolean): Promise<void> {
  const progress = createProgressReporter(process.stderr);
  const given = lastOfRepeated(command, args);
  if (typeof given.work === 'string') removeStaleTemporaries(given.work);
  const words = (given.words as readonly string[] | undefined) ?? [];
  try {
    const outcome = await command.run({ ...given, _: words } as CommandArguments, {
      onProgress: progress.onProgress,
      onNotice: (line) => {
        progress.close();
        process.stderr.write(`${line}\n`);
      },
    });
    progress.close();
    process.stdout.write(`${json ? JSON.stringify(outcome.value, null, 1) : outcome.text}\n`);
    if (outcome.failure !== undefined) throw outcome.failure;
  } finally {
    progress.close();
  }
}

/**
 * Of an option that is given several times the last one counts. (Yargs can do that itself, but then keeps only the
 * last of several positional words as well.)
 */
function lastOfRepeated(command: Command, args: Record<string, unknown>): Record<string, unknown> {
  const isRepeated = (name: string, value: unknown): value is readonly unknown[] =>
    name in command.options && Array.isArray(value);
  return Object.fromEntries(
    Object.entries(args).map(([name, value]) => [name, isRepeated(name, value) ? value.at(-1) : value]),
  );
}

function yargsPattern(command: Command, isOwnProgram: boolean): string {
  const positionals = command.positionals === undefined ? '' : ' [words..]';
  return isOwnProgram ? `$0${positionals}` : `${command.name}${positionals}`;
}

function yargsOption(option: CommandOption) {
  const base = {
    type: option.type,
    describe: option.value ? `${option.value}: ${option.describe}` : option.describe,
  };
  const requiresArg = option.type === 'string';
  return option.default === undefined
    ? { ...base, requiresArg }
    : { ...base, requiresArg, default: option.default };
}

function reportError(error: unknown, json: boolean): number {
  const known = error instanceof MaxdnnError ? error : undefined;
  const code = known?.code ?? 'internal';
  const message = error instanceof Error ? error.message : String(error);
  const hint =
    known?.hint ?? (known === undefined ? 'This is a fault in maxdnn: please report it.' : undefined);
  if (json) {
    process.stdout.write(`${JSON.stringify({ error: { code, message, hint } }, null, 1)}\n`);
  } else {
    const stack = known === undefined && error instanceof Error ? `\n${error.stack}` : '';
    process.stderr.write(`maxdnn: ${message}${hint === undefined ? '' : `\n${hint}`}${stack}\n`);
  }
  return EXIT_CODES[code];
}
