import { basename, extname, join } from 'node:path';
import { badInput, show } from '../../base/errors.ts';
import { readInputFile, sha256 } from '../../base/files.ts';
import { parseDesignName } from '../../multiplier/design-name.ts';
import type { ErrorMetrics } from '../../multiplier/error-metrics.ts';
import { compareFigures, readFigures } from '../../multiplier/published-figures.ts';
import { designName, type TableSpec } from '../../multiplier/spec.ts';
import { loadTruthTable, nameOfFile, type TableOptions } from '../../multiplier/truth-table.ts';
import { tabulateCModel } from '../../verify/tabulate-c-model.ts';
import type { Command, CommandArguments } from '../command.ts';
import { type MultiplierSource, type OutsideMultiplier, storeMultiplier } from '../multiplier-store.ts';
import { choiceOption, textOption, WORK_OPTION } from '../options.ts';
import { type Workspace, workspaceOf } from '../workspace.ts';

export const addMultiplier: Command = {
  name: 'add-multiplier',
  summary: 'make a multiplier from outside, a truth table or a C model, usable by its name',
  positionals: 'FILE.bin|FILE.c',
  options: {
    work: WORK_OPTION,
    name: {
      type: 'string',
      value: 'NAME',
      describe: 'its name from now on (default: that of the file or of the C function)',
    },
    signed: {
      type: 'boolean',
      describe: "operands and products in two's complement (default: told by a name mul8s…, mul8u…)",
    },
    unsigned: { type: 'boolean', describe: 'operands and products unsigned' },
    wrap: {
      type: 'string',
      value: 'HOW',
      describe:
        'sign-magnitude: use an unsigned multiplier for signed operands, |a|·|b| with the sign put back',
    },
    function: {
      type: 'string',
      value: 'NAME',
      describe: 'C model: the function to tabulate (default: the only one of two integers)',
    },
    replace: { type: 'boolean', describe: 'take the place of another multiplier of the same name' },
  },
  examples: [
    ['maxdnn add-multiplier mul8s_1KV8.bin', 'a truth table of EvoApproxLib, as tf-approximate reads it'],
    [
      'maxdnn add-multiplier mul8u_2AC.bin --wrap sign-magnitude',
      'an unsigned one, to be used in int8 networks',
    ],
    ['maxdnn add-multiplier mul8u_2AC.c', 'a C model: it is compiled and RUN for all operand pairs'],
  ],
  run: async (args) => {
    const place = workspaceOf(args);
    const path = onlyWord(args);
    const { spec, source, tools } = await readMultiplier(path, args, place);
    refuseDesignName(spec.name);
    const replace = args.replace === true;
    const stored = storeMultiplier(place.multipliersDir, spec, source, { replace, tools });
    return { text: describeAdded(stored), value: stored };
  },
};

/** A multiplier that was read, and where from. */
interface ReadMultiplier {
  readonly spec: TableSpec;
  readonly source: MultiplierSource;
  readonly tools: Readonly<Record<string, string>>;
}

/** Reads a truth table, or runs a C model, as the ending of the file says. @throws bad-input */
async function readMultiplier(
  path: string,
  args: CommandArguments,
  place: Workspace,
): Promise<ReadMultiplier> {
  const options = tableOptions(args);
  const functionName = textOption(args, 'function');
  const file = basename(path);
  switch (extname(path).toLowerCase()) {
    case '.bin': {
      if (functionName !== undefined) {
        const hint = 'A truth table has no functions: leave out --function.';
        throw badInput({ where: '--function', wanted: 'a C model', found: show(file) }, hint);
      }
      const spec = loadTruthTable(path, options);
      const digest = sha256(readInputFile(path, 'a truth table'));
      return { spec, source: { kind: 'truth-table', file, sha256: digest }, tools: {} };
    }
    case '.c': {
      const buildDir = join(place.multipliersDir, 'build', nameOfFile(path));
      const chosen = functionName === undefined ? options : { ...options, function: functionName };
      const model = await tabulateCModel(path, chosen, buildDir);
      const content = readInputFile(path, 'a C model');
      const source = {
        kind: 'c-model',
        file,
        sha256: sha256(content),
        function: model.function,
        published: readFigures(content.toString('utf8')),
      } as const;
      return { spec: model.spec, source, tools: model.tools };
    }
    default:
      throw badInput(
        { where: path, wanted: 'a truth table (.bin) or a C model (.c)', found: show(extname(path)) },
        'The ending of the file says what it is.',
      );
  }
}

function onlyWord(args: CommandArguments): string {
  if (args._.length === 1) return args._[0]!;
  throw badInput(
    { where: 'add-multiplier', wanted: 'one file', found: args._.length === 0 ? 'none' : show(args._) },
    'For example: maxdnn add-multiplier mul8s_1KV8.bin',
  );
}

function tableOptions(args: CommandArguments): TableOptions {
  const name = textOption(args, 'name');
  const wrap = choiceOption(args, 'wrap', ['sign-magnitude'] as const);
  if (args.signed === true && args.unsigned === true) {
    throw badInput(
      { where: '--signed', wanted: 'no --unsigned beside it', found: '--unsigned' },
      'Say one of them.',
    );
  }
  const signed = args.signed === true ? true : args.unsigned === true ? false : undefined;
  return {
    ...(name === undefined ? {} : { name }),
    ...(signed === undefined ? {} : { signed }),
    ...(wrap === undefined ? {} : { wrap }),
  };
}

/** A name that means one of our own designs would stand for two multipliers. */
function refuseDesignName(name: string): void {
  if (parseDesignName(name) === undefined) return;
  throw badInput(
    { where: 'name of a multiplier', wanted: 'none that names a built-in design', found: show(name) },
    'Give it another one with --name.',
  );
}

function describeAdded({ spec, metrics, source }: OutsideMultiplier): string {
  return [
    `${spec.name}  (design ${designName(spec)}, ${spec.operands} operands)`,
    errorLine(metrics),
    ...figureLines(spec, metrics, source.published),
    `Use it by its name, e.g. --mul ${spec.name}; maxdnn list shows it.`,
  ].join('\n');
}

/** How the error figures that the file tells of itself compare with those of its products. */
function figureLines(
  spec: TableSpec,
  metrics: ErrorMetrics,
  published: Readonly<Record<string, string>> = {},
): readonly string[] {
  if (spec.operands === 'sign-magnitude') return [];
  const { compared, different } = compareFigures(metrics, published);
  if (compared === 0) return [];
  const agree = `Figures in its head: ${compared - different.length} of ${compared} agree to the printed digits`;
  const others = different.map((d) => `${d.figure} ${d.published} is ${d.ours.toPrecision(5)}`);
  return [others.length === 0 ? agree : `${agree}; ${others.join(', ')}`];
}

function errorLine(m: ErrorMetrics): string {
  if (m.maeAbs === 0) return 'exact for all 65536 operand pairs';
  const figures = [
    `MAE ${m.maePercent.toPrecision(3)} %`,
    `WCE ${m.wcePercent.toPrecision(3)} %`,
    `MRE ${m.mredPercent.toPrecision(3)} %`,
    `EP ${m.epPercent.toPrecision(3)} %`,
  ];
  return `${figures.join('  ')}  over all 65536 operand pairs`;
}
