import { readAssignment } from '../assign/assignment-file.ts';
import {
  type AssignmentName,
  looksLikeAssignmentName,
  parseAssignmentName,
  printAssignmentName,
} from '../assign/assignment-name.ts';
import { type AssignmentPlan, type LayerPlan, planNetwork, planOfName } from '../assign/layer-plan.ts';
import { parseLevel } from '../assign/levels.ts';
import type { SkipRule } from '../assign/skip-rule.ts';
import type { AssignmentDraft } from '../assign/write-assignment.ts';
import { badInput, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import { isWeighted, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { StatedLibrary } from '../explore/assignment-energy.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { textOption } from './options.ts';
import { resolveMultiplier } from './resolve-multiplier.ts';
import type { Workspace } from './workspace.ts';

/** Options that say which multiplier stands where. */
export const ASSIGN_OPTIONS: Readonly<Record<string, CommandOption>> = {
  palette: {
    type: 'string',
    value: 'LIST',
    describe:
      'multipliers that the digits of the name stand for: 0 the first (the exact one by custom), 1 the next, …',
  },
  level: {
    type: 'string',
    value: 'LEVEL',
    describe:
      'instead of a name: llam, flam-3-contiguous, klam-row, … (docs/assignments.md), with --multipliers',
  },
  multipliers: {
    type: 'string',
    value: 'LIST',
    describe: 'with --level: a multiplier per class, of llam one or one per layer; "none": not multiplied',
  },
  skip: {
    type: 'string',
    value: 'RULE',
    describe:
      'with --level: weights not multiplied: 2sigma (those beyond µ ± 2σ), 0.25sigma-small (those within), or both with a comma',
  },
  layers: {
    type: 'string',
    value: 'LIST',
    describe:
      'layers with something else: LAYER=DIGIT, LAYER=MULTIPLIER or LAYER=NAME, e.g. conv0=0,dense=mul_booth_s8',
  },
};

/** An assignment as the command line describes it. */
export interface AssignChoice extends Omit<AssignmentDraft, 'network' | 'energy'> {
  /** Name for files. */
  readonly name: string;
  /** Multipliers in the order of the palette; empty where the command line names none. */
  readonly palette: readonly MultiplierSpec[];
  /** What an assignment file says of its library. */
  readonly library?: StatedLibrary;
  /** Whether an existing file was named. */
  readonly isFile: boolean;
}

/**
 * The assignment of a name or file, or that of --level, with the layers of --layers.
 * @throws bad-input
 */
export function assignChoice(
  args: CommandArguments,
  place: Workspace,
  network: QuantisedNetwork,
): AssignChoice {
  const [word, ...more] = args._;
  const level = textOption(args, 'level');
  const given = [...args._, ...(level === undefined ? [] : [`--level ${level}`])];
  if (given.length !== 1) {
    throw badInput(
      { where: 'assign', wanted: 'one name, assignment file or --level', found: given.join(', ') || 'none' },
      'For example: maxdnn assign FLAM-3clas_2_1_1 --palette mul_booth_s8,mul_roup_s8_p1_r2,mul_roup_s8_p2_r4',
    );
  }
  refuseBeside(
    args,
    level === undefined ? ['multipliers', 'skip'] : ['palette'],
    level === undefined ? word! : '--level',
  );
  if (word !== undefined && more.length === 0 && /\.json$/i.test(word))
    return choiceOfFile(args, place, network, word);
  const { name, palette, where } =
    level === undefined ? namedChoice(args, place, word!) : levelChoice(args, place, level);
  const own = layersOption(args, place, network, palette);
  const except = [...own.keys()];
  const base = planOfName(network, name, palette, where, except);
  const plan = inOrder(network, base, own);
  const text = printAssignmentName(name);
  return {
    name: own.size === 0 ? text : `${text}-mixed`,
    ...(own.size === 0 ? { label: text } : {}),
    plan,
    variant: variantOf(network, plan),
    palette,
    isFile: false,
  };
}

function namedChoice(args: CommandArguments, place: Workspace, word: string) {
  const name = parseAssignmentName(word, 'assign');
  const text = textOption(args, 'palette');
  if (text === undefined) {
    throw badInput(
      { where: '--palette', wanted: `the multipliers that the digits of ${word} stand for`, found: 'none' },
      'For example: --palette mul_booth_s8,mul_roup_s8_p1_r2,mul_roup_s8_p2_r4',
    );
  }
  const palette = text.split(',').map((own) => resolveMultiplier(own, place, '--palette'));
  return { name, palette, where: word };
}

/** A level with its multipliers as a name whose palette has each multiplier once. */
function levelChoice(args: CommandArguments, place: Workspace, text: string) {
  const level = parseLevel(text, '--level');
  const list = textOption(args, 'multipliers');
  if (list === undefined) {
    throw badInput(
      { where: '--multipliers', wanted: `a multiplier per class of ${text}`, found: 'none' },
      'For example: --level flam-2 --multipliers mul_booth_s8,mul_roup_s8_p2_r4',
    );
  }
  const words = list.split(',');
  const distinct = [...new Set(words.filter((word) => word !== 'none'))];
  const palette = distinct.map((word) => resolveMultiplier(word, place, '--multipliers'));
  const digits = words.map((word) => (word === 'none' ? null : distinct.indexOf(word)));
  const skip = skipOption(args);
  if (level.kind !== 'llam' && level.classes !== 'each' && words.length !== level.classes) {
    throw badInput(
      {
        where: '--multipliers',
        wanted: `${level.classes}, one per class of ${text}`,
        found: String(words.length),
      },
      'Name one multiplier for each class, separated by commas.',
    );
  }
  const name: AssignmentName = {
    level,
    digits: level.kind === 'llam' ? digits.map((digit) => [digit]) : [digits],
    ...(skip === undefined ? {} : { skip }),
  };
  return { name, palette, where: `--level ${text}` };
}

function choiceOfFile(
  args: CommandArguments,
  place: Workspace,
  network: QuantisedNetwork,
  path: string,
): AssignChoice {
  const text = textOption(args, 'palette');
  const palette = (text?.split(',') ?? []).map((word) => resolveMultiplier(word, place, '--palette'));
  const file = readAssignment(path, network, (name, where) => resolveMultiplier(name, place, where));
  const own = layersOption(args, place, network, palette);
  const variant = variantOf(network, own);
  const { name, label, energy } = file;
  return {
    name,
    ...(label === undefined || own.size > 0 ? {} : { label }),
    plan: new Map([...file.plan, ...own]),
    variant: new Map([...file.variant, ...variant]),
    palette,
    ...(energy === undefined ? {} : { library: energy.library }),
    isFile: true,
  };
}

/** --layers: a plan of its own for each layer named. */
function layersOption(
  args: CommandArguments,
  place: Workspace,
  network: QuantisedNetwork,
  palette: readonly MultiplierSpec[],
): AssignmentPlan {
  const weighted = network.layers.filter(isWeighted);
  const names = weighted.map(({ name }) => name);
  const plans = new Map<string, LayerPlan>();
  for (const part of textOption(args, 'layers')?.split(',') ?? []) {
    const [layerName = '', value = ''] = part.split('=');
    if (!names.includes(layerName)) {
      const wanted = `LAYER=MULTIPLIER with a layer of ${network.name}: ${names.join(', ')}`;
      const found = `${show(part)}, nearest ${nearestWord(layerName, names)}`;
      throw badInput(
        { where: '--layers', wanted, found },
        'For example: --layers conv0=0,dense=mul_booth_s8',
      );
    }
    const where = `--layers ${layerName}`;
    if (looksLikeAssignmentName(value)) {
      const except = names.filter((name) => name !== layerName);
      const name = parseAssignmentName(value, where);
      plans.set(layerName, planOfName(network, name, palette, where, except).get(layerName)!);
      continue;
    }
    const digit = /^\d{1,3}$/.test(value) ? Number(value) : undefined;
    if (digit !== undefined && digit >= palette.length) {
      const wanted =
        palette.length === 0 ? 'a multiplier (there is no palette)' : `0 … ${palette.length - 1}`;
      throw badInput({ where, wanted, found: value }, 'Name more multipliers in the palette.');
    }
    const spec = digit === undefined ? resolveMultiplier(value, place, where) : palette[digit]!;
    plans.set(layerName, { level: { kind: 'llam' }, specs: [spec] });
  }
  return plans;
}

function skipOption(args: CommandArguments): SkipRule | undefined {
  const text = textOption(args, 'skip');
  if (text === undefined) return undefined;
  const rules = text.split(',').map((rule) => `KLMS-${rule}`);
  try {
    return parseAssignmentName(rules.join('+'), '--skip').skip;
  } catch (error) {
    throw badInput(
      { where: '--skip', wanted: 'Nsigma, Nsigma-small, or one of each with a comma', found: show(text) },
      'For example: --skip 2sigma leaves out weights beyond µ ± 2σ, --skip 0.25sigma-small those within µ ± 0.25σ.',
      error,
    );
  }
}

function variantOf(network: QuantisedNetwork, plan: AssignmentPlan): AssignmentDraft['variant'] {
  const layers = network.layers.filter((layer) => plan.has(layer.name));
  return new Map(
    [...planNetwork({ ...network, layers }, plan)].map(([layer, multiplier]) => [layer, { multiplier }]),
  );
}

/** Plans in the order of the network. */
function inOrder(network: QuantisedNetwork, ...plans: readonly AssignmentPlan[]): AssignmentPlan {
  const all = new Map(plans.flatMap((plan) => [...plan]));
  return new Map(network.layers.filter(isWeighted).map(({ name }) => [name, all.get(name)!] as const));
}

function refuseBeside(args: CommandArguments, options: readonly string[], beside: string): void {
  const found = options.find((option) => args[option] !== undefined);
  if (found === undefined) return;
  throw badInput(
    { where: `--${found}`, wanted: `not beside ${beside}`, found: show(args[found]) },
    'A name goes with --palette; --level with --multipliers and --skip.',
  );
}

/** Designs in use with their digit: those of a palette, then the others with the digits behind it. */
export function digitsInUse(
  palette: readonly MultiplierSpec[],
  used: readonly string[],
): readonly (readonly [number, string])[] {
  const all = [...palette.map(designName), ...used];
  const first = all.map((design, digit) => [digit, design] as const);
  const distinct = first.filter(([digit, design]) => all.indexOf(design) === digit && used.includes(design));
  return distinct.map(([digit, design], index) => [
    digit < palette.length
      ? digit
      : palette.length + index - distinct.findIndex(([own]) => own >= palette.length),
    design,
  ]);
}
