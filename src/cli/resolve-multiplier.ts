import { badInput, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import { CATALOGUE } from '../multiplier/catalogue.ts';
import { parseDesignName } from '../multiplier/design-name.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { tableProducts } from '../multiplier/table-registry.ts';
import type { CommandArguments, CommandOption } from './command.ts';
import { loadStore, type OutsideMultiplier } from './multiplier-store.ts';
import { textOption } from './options.ts';
import { readSpecFile } from './spec-file.ts';
import { SPEC_OPTIONS, specFromOptions } from './spec-options.ts';
import type { Workspace } from './workspace.ts';

/** Option that names one multiplier. */
export const MULTIPLIER_OPTION: CommandOption = {
  type: 'string',
  value: 'NAME|FILE',
  describe:
    'a multiplier: design name (mul_roup_s8_p2_r4), name given to add-multiplier, or a spec in a JSON file',
};

/**
 * The multiplier that a word of the user stands for: a design name (of the catalogue or any other that designName
 * makes), the name of one in the work folder's store, or a JSON file with a spec. Truth tables come loaded.
 * @param where what the word is called in errors
 * @throws bad-input when it stands for none
 */
export function resolveMultiplier(text: string, place: Workspace, where = '--mul'): MultiplierSpec {
  const named = parseDesignName(text);
  if (named !== undefined) return named;
  const stored = loadStore(place.multipliersDir);
  const found = stored.find(({ spec }) => spec.name === text || designName(spec) === text);
  if (found !== undefined) return found.spec;
  if (/\.json$/i.test(text)) return oneSpecOf(text);
  throw unknownMultiplier(text, stored, where);
}

/** The multiplier of --mul, else that of gen-rtl's options (--P, --r, …). @throws bad-input */
export function multiplierFromOptions(args: CommandArguments, place: Workspace): MultiplierSpec {
  const text = textOption(args, 'mul');
  if (text === undefined) return specFromOptions(args);
  const beside = Object.keys(SPEC_OPTIONS)
    .filter((name) => !['family', 'bits'].includes(name))
    .filter((name) => args[name] !== undefined && args[name] !== false);
  if (beside.length === 0) return resolveMultiplier(text, place);
  throw badInput(
    beside.map((name) => ({ where: `--${name}`, wanted: 'not beside --mul', found: show(args[name]) })),
    'Name the multiplier (--mul) or describe it (--family, --P, --r, …), not both.',
  );
}

/** The one spec of a file, its truth table in memory. */
function oneSpecOf(path: string): MultiplierSpec {
  const [spec, ...more] = readSpecFile(path);
  if (spec === undefined || more.length > 0) {
    throw badInput(
      {
        where: path,
        wanted: 'one multiplier spec',
        found: spec === undefined ? 'none' : `${more.length + 1}`,
      },
      'Give one multiplier, not a list.',
    );
  }
  if (spec.family === 'table') tableProducts(spec);
  return spec;
}

function unknownMultiplier(text: string, stored: readonly OutsideMultiplier[], where: string): Error {
  const own = stored.map(({ spec }) => spec.name);
  const known = [...CATALOGUE.map(({ spec }) => designName(spec)), ...own];
  const added = own.length === 0 ? 'added multipliers (none yet)' : `added multipliers (${own.join(', ')})`;
  const hint = /\.(bin|c)$/i.test(text)
    ? `Add it first: maxdnn add-multiplier ${text}`
    : 'maxdnn list shows the catalogue and what was added to the work folder (--work).';
  return badInput(
    {
      where,
      wanted: `a design name such as mul_roup_s8_p2_r4, one of the ${added}, or a spec file (.json)`,
      found: /\.\w+$/.test(text) ? show(text) : `${show(text)}, nearest ${nearestWord(text, known)}`,
    },
    hint,
  );
}
