import { badInput, type MaxdnnError, show } from '../base/errors.ts';

/** `name : value ;` or `name (value, …) ;`. Quotes are taken off, line continuations removed. */
export interface LibertyAttribute {
  readonly name: string;
  readonly values: readonly string[];
  readonly line: number;
}

/** `name (arg, …) { … }`. */
export interface LibertyGroup {
  readonly name: string;
  readonly args: readonly string[];
  readonly line: number;
  readonly attributes: readonly LibertyAttribute[];
  readonly groups: readonly LibertyGroup[];
}

/**
 * Reads Liberty text into its tree of groups, without knowing what any of them means.
 * Source: Synopsys, "Liberty User Guide", vol. 1, general syntax (group, simple and complex attribute statements).
 * @param where name of the file, for errors
 * @returns the `library` group
 * @throws bad-input with the line number when the text is not Liberty, is cut off or has unbalanced braces
 */
export function parseLibertyText(text: string, where: string): LibertyGroup {
  const scanner: Scanner = { text, where, at: 0, line: 1 };
  skipSpace(scanner);
  const library = /^library\b/.test(text.slice(scanner.at, scanner.at + 8))
    ? parseStatement(scanner, [])
    : undefined;
  if (library === undefined || !isGroup(library)) {
    throw fault(
      scanner,
      'Liberty text that begins with "library (NAME) {"',
      foundHere(scanner),
      NOT_LIBERTY_HINT,
    );
  }
  skipSpace(scanner);
  if (scanner.at < text.length) {
    throw fault(scanner, 'nothing after the } of the library group', foundHere(scanner), BRACES_HINT);
  }
  return library;
}

/** Value of a simple attribute (the last one wins, as in other readers); undefined when absent. */
export function attributeOf(group: LibertyGroup, name: string): LibertyAttribute | undefined {
  return group.attributes.findLast((attribute) => attribute.name === name);
}

/** First value of an attribute as text; undefined when absent. */
export function textOf(group: LibertyGroup, name: string): string | undefined {
  return attributeOf(group, name)?.values[0];
}

/**
 * First value of an attribute as a number; undefined when absent.
 * @throws bad-input when it is there and not a finite number
 */
export function numberOf(group: LibertyGroup, name: string, where: string): number | undefined {
  const attribute = attributeOf(group, name);
  if (attribute === undefined) return undefined;
  return parseNumber(attribute.values[0] ?? '', `${where}:${attribute.line}: ${name}`);
}

/** @throws bad-input when `text` is not a finite number */
export function parseNumber(text: string, where: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value)) {
    throw badInput(
      { where, wanted: 'a number', found: show(text) },
      'The library file is damaged: fetch it again.',
    );
  }
  return value;
}

interface Scanner {
  readonly text: string;
  readonly where: string;
  at: number;
  line: number;
}

const NOT_LIBERTY_HINT = 'Give a Liberty (.lib or .lib.gz) file with --liberty.';
const BRACES_HINT = 'The braces of the file do not match: fetch or make it again.';
const CUT_OFF_HINT = 'The file is cut off: fetch or make it again.';

/** One attribute or group; the scanner stands on its name. */
function parseStatement(scanner: Scanner, open: readonly LibertyGroup[]): LibertyGroup | LibertyAttribute {
  const line = scanner.line;
  const name = readWord(scanner, NAME_END);
  if (name === '') throw fault(scanner, 'the name of an attribute or group', foundHere(scanner), BRACES_HINT);
  skipSpace(scanner);
  const next = scanner.text[scanner.at];
  if (next === ':') {
    scanner.at++;
    return { name, values: [readSimpleValue(scanner, open)], line };
  }
  if (next !== '(') {
    if (next === undefined) throw cutOff(scanner, open);
    throw fault(scanner, `":" or "(" after ${show(name)}`, foundHere(scanner), NOT_LIBERTY_HINT);
  }
  const args = readArguments(scanner, open);
  skipSpace(scanner);
  if (scanner.text[scanner.at] === '{') {
    scanner.at++;
    return parseBody(scanner, { name, args, line }, open);
  }
  if (scanner.text[scanner.at] === ';') scanner.at++;
  return { name, values: args, line };
}

function parseBody(
  scanner: Scanner,
  head: Pick<LibertyGroup, 'name' | 'args' | 'line'>,
  open: readonly LibertyGroup[],
): LibertyGroup {
  const attributes: LibertyAttribute[] = [];
  const groups: LibertyGroup[] = [];
  const group: LibertyGroup = { ...head, attributes, groups };
  const inside = [...open, group];
  while (true) {
    skipSpace(scanner);
    const next = scanner.text[scanner.at];
    if (next === undefined) throw cutOff(scanner, inside);
    if (next === ';') scanner.at++;
    else if (next === '}') {
      scanner.at++;
      return group;
    } else {
      const statement = parseStatement(scanner, inside);
      if (isGroup(statement)) groups.push(statement);
      else attributes.push(statement);
    }
  }
}

function isGroup(statement: LibertyGroup | LibertyAttribute): statement is LibertyGroup {
  return 'groups' in statement;
}

/** Value after ":": a quoted string, or everything up to ";", the end of the line or "}". */
function readSimpleValue(scanner: Scanner, open: readonly LibertyGroup[]): string {
  skipBlanks(scanner);
  if (scanner.text[scanner.at] === '"') return readQuoted(scanner, open);
  const start = scanner.at;
  const end = /[;\n}]|\/\*/g;
  end.lastIndex = start;
  const hit = end.exec(scanner.text);
  if (hit === null) {
    scanner.at = scanner.text.length;
    throw cutOff(scanner, open);
  }
  scanner.at = hit.index;
  return scanner.text.slice(start, hit.index).trim();
}

/** "(a, "b c", …)": values without quotes. */
function readArguments(scanner: Scanner, open: readonly LibertyGroup[]): string[] {
  scanner.at++;
  const values: string[] = [];
  while (true) {
    skipSpace(scanner);
    const next = scanner.text[scanner.at];
    if (next === undefined) throw cutOff(scanner, open);
    if (next === ')') {
      scanner.at++;
      return values;
    }
    if (next === ',') scanner.at++;
    else if (next === '"') values.push(readQuoted(scanner, open));
    else {
      const word = readWord(scanner, ARGUMENT_END);
      if (word === '')
        throw fault(scanner, '"," or ")" in an argument list', foundHere(scanner), BRACES_HINT);
      values.push(word);
    }
  }
}

/** Quoted string, which may run over lines that end in a backslash; \" stands for a quote. */
function readQuoted(scanner: Scanner, open: readonly LibertyGroup[]): string {
  let end = scanner.text.indexOf('"', scanner.at + 1);
  while (end >= 0 && scanner.text[end - 1] === '\\') end = scanner.text.indexOf('"', end + 1);
  if (end < 0) {
    scanner.at = scanner.text.length;
    throw cutOff(scanner, open);
  }
  const raw = scanner.text.slice(scanner.at + 1, end).replaceAll('\\"', '"');
  scanner.at = end + 1;
  if (!raw.includes('\n')) return raw;
  scanner.line += raw.split('\n').length - 1;
  return raw.replace(/\\?\r?\n\s*/g, ' ');
}

const NAME_END = /[\s(){}:;,"\\]|\/\*|$/g;
/** Arguments may have a colon: pin (D[7:0]). */
const ARGUMENT_END = /[\s(){};,"\\]|\/\*|$/g;

function readWord(scanner: Scanner, endPattern: RegExp): string {
  endPattern.lastIndex = scanner.at;
  const end = endPattern.exec(scanner.text)!.index;
  const word = scanner.text.slice(scanner.at, end);
  scanner.at = end;
  return word;
}

/** Blanks and line continuations, not new lines. */
function skipBlanks(scanner: Scanner): void {
  while (true) {
    const next = scanner.text[scanner.at];
    if (next !== ' ' && next !== '\t') return;
    scanner.at++;
  }
}

/** White space, comments and line continuations. */
function skipSpace(scanner: Scanner): void {
  const { text } = scanner;
  while (scanner.at < text.length) {
    const code = text.charCodeAt(scanner.at);
    if (code === 10) scanner.line++;
    if (code === 10 || code === 32 || code === 9 || code === 13 || code === 92) scanner.at++;
    else if (code === 47 && text.charCodeAt(scanner.at + 1) === 42) skipComment(scanner);
    else if (code === 47 && text.charCodeAt(scanner.at + 1) === 47) {
      const end = text.indexOf('\n', scanner.at);
      scanner.at = end < 0 ? text.length : end;
    } else return;
  }
}

function skipComment(scanner: Scanner): void {
  const end = scanner.text.indexOf('*/', scanner.at + 2);
  if (end < 0) {
    throw fault(scanner, 'the end */ of the comment that begins here', 'the end of the file', CUT_OFF_HINT);
  }
  for (let at = scanner.at; at < end; at++) if (scanner.text.charCodeAt(at) === 10) scanner.line++;
  scanner.at = end + 2;
}

function foundHere(scanner: Scanner): string {
  if (scanner.at >= scanner.text.length) return 'the end of the file';
  return show(scanner.text.slice(scanner.at, scanner.at + 40).split('\n')[0]);
}

function cutOff(scanner: Scanner, open: readonly LibertyGroup[]): MaxdnnError {
  const group = open.at(-1);
  const wanted =
    group === undefined
      ? 'a complete library group'
      : `the } of the ${group.name} (${group.args.join(', ')}) group that begins on line ${group.line}`;
  return fault(scanner, wanted, 'the end of the file', CUT_OFF_HINT);
}

function fault(scanner: Scanner, wanted: string, found: string, hint: string): MaxdnnError {
  return badInput({ where: `${scanner.where}:${scanner.line}`, wanted, found }, hint);
}
