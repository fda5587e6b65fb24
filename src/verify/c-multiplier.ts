import { badInput, show } from '../base/errors.ts';

/** A function of a C file that takes two integers and returns one. */
export interface CMultiplier {
  readonly name: string;
  /** Types of the operands and of the product, without const and names, e.g. "uint8_t". */
  readonly a: string;
  readonly b: string;
  readonly result: string;
}

/**
 * The multiplier of a C file: the only function of two integers, else the only one named as the file or as
 * EvoApproxLib names its 8-bit ones (mul8u_…, mul8s_…).
 * @param path what the file is called in errors; its name without ending may decide
 * @param wanted name of the function, where the user gave one
 * @throws bad-input when there is none, or more than one
 */
export function findCMultiplier(
  source: string,
  path: string,
  fileName: string,
  wanted: string | undefined,
): CMultiplier {
  const all = listCMultipliers(source);
  const preferences: readonly ((f: CMultiplier) => boolean)[] =
    wanted === undefined
      ? [() => true, ({ name }) => name === fileName, ({ name }) => /^mul8[su]_/.test(name)]
      : [({ name }) => name === wanted];
  for (const preference of preferences) {
    const chosen = all.filter(preference);
    if (chosen.length === 1) return chosen[0]!;
  }
  const names = all.map(({ name }) => name).join(', ');
  throw badInput(
    {
      where: path,
      wanted:
        wanted === undefined
          ? 'one function of two integers, such as uint16_t mul8u_X(uint8_t a, uint8_t b)'
          : `a function ${show(wanted)} of two integers`,
      found: all.length === 0 ? 'none' : names,
    },
    all.length > 1 && wanted === undefined
      ? 'Name the one with --function.'
      : 'Operands and product are passed as integers (stdint.h types or int, unsigned, long …), not by pointer.',
  );
}

/** Every function of two integers that is defined in a C file. Macros are not expanded. */
export function listCMultipliers(source: string): readonly CMultiplier[] {
  const outside = withoutBodies(withoutComments(source));
  const definitions = outside.matchAll(/([A-Za-z_][\w\s]*?)\b([A-Za-z_]\w*)\s*\(([^()]*)\)\s*\{\}/g);
  return [...definitions].flatMap(([, before, name, parameters]) => {
    const declared = parameters!.split(',').map((parameter) => parameter.trim());
    if (declared.length !== 2) return [];
    const [a, b] = declared.map((parameter) => integerType(parameter.replace(/\w+$/, '')));
    const result = integerType(before!);
    return a === undefined || b === undefined || result === undefined ? [] : [{ name: name!, a, b, result }];
  });
}

/** True for an integer type that has negative values. */
export function isSignedType(type: string): boolean {
  return !/\bunsigned\b|^u|^size_t$/.test(type);
}

/** True for an integer type of 8 bits. */
export function isByteType(type: string): boolean {
  return /^u?int8_t$|\bchar\b/.test(type);
}

const QUALIFIERS = /\b(const|volatile|register|static|inline|extern|__inline|__inline__)\b/g;
const INTEGER_TYPE = /^(u?int(_fast|_least)?(8|16|32|64)_t|u?int(ptr|max)_t|size_t|(un)?signed char)$/;
const WORDY_TYPE = /^((signed|unsigned|short|long|int) ?)+$/;

/** The integer type that the words of a declaration stand for; undefined for any other type. */
function integerType(words: string): string | undefined {
  const type = words.replace(QUALIFIERS, ' ').trim().replace(/\s+/g, ' ');
  return INTEGER_TYPE.test(type) || WORDY_TYPE.test(type) ? type : undefined;
}

/** Comments, texts and preprocessor lines become blanks. */
function withoutComments(source: string): string {
  return source
    .replace(/\/\*[\s\S]*?\*\/|\/\/[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'/g, ' ')
    .replace(/^[ \t]*#(?:\\\r?\n|[^\n])*/gm, ' ');
}

/** What stands between outermost braces is left out. */
function withoutBodies(text: string): string {
  let depth = 0;
  let kept = '';
  for (const part of text.split(/([{}])/)) {
    if (part === '{' && depth++ === 0) kept += '{';
    else if (part === '}' && --depth === 0) kept += '}';
    else if (depth === 0) kept += part;
  }
  return kept;
}
