import { badInput, type MaxdnnError, show } from '../base/errors.ts';

/** Boolean expression over pin names. */
export type BooleanExpression =
  | { readonly kind: 'constant'; readonly value: 0 | 1 }
  | { readonly kind: 'pin'; readonly name: string }
  | { readonly kind: 'not'; readonly of: BooleanExpression }
  | {
      readonly kind: 'and' | 'or' | 'xor';
      readonly left: BooleanExpression;
      readonly right: BooleanExpression;
    };

/**
 * Parses a Liberty `function`, `when` or `next_state` expression: `!` or postfix `'` (not), `^` (xor), `&`, `*` or
 * juxtaposition (and), `|` or `+` (or), parentheses, 0 and 1. Precedence from high to low: not, xor, and, or.
 * Source: Synopsys, "Liberty User Guide", vol. 1, table "Valid Boolean Operators" (there in this order).
 * @param where place of the expression, for errors
 * @throws bad-input on any other text
 */
export function parseBoolean(text: string, where: string): BooleanExpression {
  const tokens = text.match(/[A-Za-z_][\w[\].]*|[01]|[!'^&*|+()]|\S/g) ?? [];
  const reader: Reader = { text, where, tokens, at: 0 };
  const expression = parseOr(reader);
  if (reader.at < tokens.length) throw syntaxFault(reader);
  return expression;
}

/** Names of the pins that an expression reads, in order of first appearance. */
export function pinsOf(expression: BooleanExpression): readonly string[] {
  const names = new Set<string>();
  const visit = (e: BooleanExpression): void => {
    if (e.kind === 'pin') names.add(e.name);
    else if (e.kind === 'not') visit(e.of);
    else if (e.kind !== 'constant') {
      visit(e.left);
      visit(e.right);
    }
  };
  visit(expression);
  return [...names];
}

/** Value of an expression on 32 vectors at once: every pin is a 32-bit word, one bit per vector. */
export function evaluateBoolean(expression: BooleanExpression, wordOf: (pin: string) => number): number {
  switch (expression.kind) {
    case 'constant':
      return expression.value === 1 ? -1 : 0;
    case 'pin':
      return wordOf(expression.name);
    case 'not':
      return ~evaluateBoolean(expression.of, wordOf);
    default: {
      const left = evaluateBoolean(expression.left, wordOf);
      const right = evaluateBoolean(expression.right, wordOf);
      return expression.kind === 'and'
        ? left & right
        : expression.kind === 'or'
          ? left | right
          : left ^ right;
    }
  }
}

/** JavaScript source of the same bitwise word expression; `wordOf` gives the source text of each pin's word. */
export function printBoolean(expression: BooleanExpression, wordOf: (pin: string) => string): string {
  switch (expression.kind) {
    case 'constant':
      return expression.value === 1 ? '-1' : '0';
    case 'pin':
      return wordOf(expression.name);
    case 'not':
      return `~${printBoolean(expression.of, wordOf)}`;
    default: {
      const operator = { and: '&', or: '|', xor: '^' }[expression.kind];
      return `(${printBoolean(expression.left, wordOf)} ${operator} ${printBoolean(expression.right, wordOf)})`;
    }
  }
}

interface Reader {
  readonly text: string;
  readonly where: string;
  readonly tokens: readonly string[];
  at: number;
}

function parseOr(reader: Reader): BooleanExpression {
  let left = parseAnd(reader);
  while (reader.tokens[reader.at] === '|' || reader.tokens[reader.at] === '+') {
    reader.at++;
    left = { kind: 'or', left, right: parseAnd(reader) };
  }
  return left;
}

function parseAnd(reader: Reader): BooleanExpression {
  let left = parseXor(reader);
  while (true) {
    const next = reader.tokens[reader.at];
    if (next === '&' || next === '*') reader.at++;
    else if (next === undefined || !/^[\w!(]/.test(next)) return left;
    left = { kind: 'and', left, right: parseXor(reader) };
  }
}

function parseXor(reader: Reader): BooleanExpression {
  let left = parseNot(reader);
  while (reader.tokens[reader.at] === '^') {
    reader.at++;
    left = { kind: 'xor', left, right: parseNot(reader) };
  }
  return left;
}

function parseNot(reader: Reader): BooleanExpression {
  const token = reader.tokens[reader.at];
  if (token === '!') {
    reader.at++;
    return { kind: 'not', of: parseNot(reader) };
  }
  let expression = parsePrimary(reader, token);
  while (reader.tokens[reader.at] === "'") {
    reader.at++;
    expression = { kind: 'not', of: expression };
  }
  return expression;
}

function parsePrimary(reader: Reader, token: string | undefined): BooleanExpression {
  if (token === undefined) throw syntaxFault(reader);
  reader.at++;
  if (token === '0' || token === '1') return { kind: 'constant', value: token === '1' ? 1 : 0 };
  if (/^[A-Za-z_]/.test(token)) return { kind: 'pin', name: token };
  if (token !== '(') {
    reader.at--;
    throw syntaxFault(reader);
  }
  const inner = parseOr(reader);
  if (reader.tokens[reader.at] !== ')') throw syntaxFault(reader);
  reader.at++;
  return inner;
}

function syntaxFault(reader: Reader): MaxdnnError {
  const token = reader.tokens[reader.at];
  return badInput(
    {
      where: reader.where,
      wanted: "a boolean expression of pin names, 0, 1, ! ' ^ & * | + ( )",
      found: `${show(reader.text)} (${token === undefined ? 'ends too early' : `at ${show(token)}`})`,
    },
    'The library file is damaged or uses an unknown operator: check it with another Liberty reader.',
  );
}
