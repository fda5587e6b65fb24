import { parseLevel } from '../assign/level-text.ts';
import type { SkipRule } from '../assign/skip-rule.ts';
import { badInput, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import {
  ARCHITECTURES,
  MULTIPLIER_FAMILIES,
  OBJECTIVE_NAMES,
  type ObjectiveWord,
  type SearchBudget,
} from '../explore/explore-request.ts';
import { NETWORK_STREAMS } from '../explore/stream-comparison.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { choiceOption, integerOption, textOption } from './options.ts';

const METHODS: SearchBudget['methods'] = ['nsga2', 'greedy', 'random'];
const OBJECTIVES = Object.keys(OBJECTIVE_NAMES) as readonly ObjectiveWord[];

/** Options that say what is searched and how. */
export const SEARCH_OPTIONS: Readonly<Record<string, CommandOption>> = {
  level: {
    type: 'string',
    value: 'LEVELS',
    describe:
      'where multipliers may differ: llam, flam-3, klam-row-3 …, each searched, with commas between them',
    default: 'llam',
  },
  skip: {
    type: 'string',
    value: 'LIST',
    describe:
      'weights that a layer may leave out, e.g. none,0.25,0.5: those less than so many standard deviations from the mean',
  },
  families: {
    type: 'string',
    value: 'LIST',
    describe: `multipliers to choose from: ${MULTIPLIER_FAMILIES.join(', ')} (default: all of the table)`,
  },
  multipliers: { type: 'string', value: 'LIST', describe: 'the same by design names' },
  layers: { type: 'string', value: 'LIST', describe: 'layers that may be approximated (default: all)' },
  choices: { type: 'string', value: 'N', describe: 'multipliers per layer, at most', default: '12' },
  stream: {
    type: 'string',
    value: 'STREAM',
    describe: `operands whose energy is minimised: ${NETWORK_STREAMS.join(', ')}`,
    default: 'uniform',
  },
  objectives: {
    type: 'string',
    value: 'LIST',
    describe: 'what is minimised: kl,energy or accuracy,energy; area or delay as a third',
    default: 'kl,energy',
  },
  'max-multipliers': {
    type: 'string',
    value: 'K',
    describe: 'different multipliers in the chip, at most (default: no limit)',
  },
  architecture: {
    type: 'string',
    value: 'KIND',
    describe:
      'power-gated: each element has all of them; tiled: one multiplier per layer; any: no constraint',
    default: 'any',
  },
  search: {
    type: 'string',
    value: 'LIST',
    describe: 'nsga2, greedy (by the sensitivity of the layers), random',
    default: METHODS.join(','),
  },
  population: { type: 'string', value: 'N', describe: 'assignments per generation, even', default: '32' },
  generations: {
    type: 'string',
    value: 'N',
    describe: 'generations after the first; random search gets as many assignments',
    default: '12',
  },
  seed: { type: 'string', value: 'N', describe: 'of the searches and the calibration slice', default: '1' },
};

/** The values of SEARCH_OPTIONS. @throws bad-input */
export function searchOptions(args: CommandArguments) {
  const list = (name: string): readonly string[] | undefined => listOption(args, name);
  const skips = list('skip')?.map(parseSkip);
  const families = wordsOption(args, 'families', MULTIPLIER_FAMILIES);
  const multipliers = list('multipliers');
  const layers = list('layers');
  const maxMultipliers = integerOption(args, 'max-multipliers', 1, 1000);
  const seed = integerOption(args, 'seed', 0, 2 ** 32 - 1) ?? 1;
  const population = integerOption(args, 'population', 4, 10_000) ?? 32;
  if (population % 2 !== 0) {
    throw badInput(
      { where: '--population', wanted: 'an even number', found: String(population) },
      `The nearest is ${population + 1}.`,
    );
  }
  return {
    levels: (list('level') ?? ['llam']).map((text) => parseLevel(text, '--level')),
    ...(skips === undefined ? {} : { skips }),
    scope: {
      ...(families === undefined ? {} : { families }),
      ...(multipliers === undefined ? {} : { multipliers }),
      ...(layers === undefined ? {} : { layers }),
      choices: integerOption(args, 'choices', 1, 1000) ?? 12,
    },
    stream: choiceOption(args, 'stream', NETWORK_STREAMS) ?? 'uniform',
    objectives: wordsOption(args, 'objectives', OBJECTIVES) ?? (['kl', 'energy'] as const),
    ...(maxMultipliers === undefined ? {} : { maxMultipliers }),
    architecture: choiceOption(args, 'architecture', ARCHITECTURES) ?? 'any',
    budget: {
      methods: [...new Set(wordsOption(args, 'search', METHODS) ?? METHODS)],
      seed,
      population,
      generations: integerOption(args, 'generations', 0, 1_000_000) ?? 12,
    },
  };
}

/** Words between commas. @throws bad-input when one is empty or there twice */
function listOption(args: CommandArguments, name: string): readonly string[] | undefined {
  const text = textOption(args, name);
  if (text === undefined) return undefined;
  const words = text.split(',').map((word) => word.trim());
  if (!words.includes('') && new Set(words).size === words.length) return words;
  throw badInput(
    { where: `--${name}`, wanted: 'different words with commas between them', found: show(text) },
    `For example --${name} ${[...new Set(words)].filter((word) => word !== '').join(',')}.`,
  );
}

/** The same out of a few. @throws bad-input naming the nearest */
function wordsOption<T extends string>(
  args: CommandArguments,
  name: string,
  valid: readonly T[],
): readonly T[] | undefined {
  const words = listOption(args, name);
  const unknown = words?.find((word) => !valid.includes(word as T));
  if (unknown === undefined) return words as readonly T[] | undefined;
  throw badInput(
    { where: `--${name}`, wanted: `words of ${valid.join(', ')}`, found: show(unknown) },
    `The nearest is ${nearestWord(unknown, valid)}.`,
  );
}

function parseSkip(text: string): SkipRule | undefined {
  if (text === 'none') return undefined;
  const withinSigma = Number(text);
  if (withinSigma > 0 && Number.isFinite(withinSigma)) return { withinSigma };
  throw badInput(
    { where: '--skip', wanted: 'none and numbers above 0', found: show(text) },
    'For example --skip none,0.25,0.5.',
  );
}
