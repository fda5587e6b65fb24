import { type ExpressionSpan, mutableExpressions } from './mutable-expressions.ts';
import { type VerilogToken, verilogTokens } from './verilog-tokens.ts';

/** A small change of a Verilog text that a test should notice. */
export interface Mutant {
  /** The simulation is this mutant when it is started with +mutant=NUMBER; 0 is the text as it was. */
  readonly number: number;
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** The expression before and after. */
  readonly original: string;
  readonly mutated: string;
}

/** A text that is any of its mutants, as +mutant=NUMBER says. */
export interface MutatedVerilog {
  readonly text: string;
  readonly mutants: readonly Mutant[];
}

/** Other operators that stand for the one that was meant; each is one mutant. */
const INSTEAD: Readonly<Record<string, string>> = {
  '+': '-',
  '-': '+',
  '&&': '||',
  '||': '&&',
  '&': '|',
  '|': '&',
  '^': '|',
  '==': '!=',
  '!=': '==',
  '<': '<=',
  '<=': '<',
  '>': '>=',
  '>=': '>',
  '<<': '>>',
  '>>': '<<',
  '>>>': '>>',
  '!': '!!',
  '~': '~~',
};

/**
 * Puts all mutants of a module into one text (mutant schemata, Untch et al., ISSTA 1993), so that one build simulates
 * them all: an expression E becomes `mutant == k ? (E') : (E)`. Mutations: operators of arithmetic, logic, comparison and
 * shift; negations; constants with their lowest bit turned; conditions of `if` negated; values stuck at 0. What must be
 * constant (indices, replications, parameters) stays.
 *
 * The text has one module. It keeps its ports; simulate it without lint.
 * @param first number of the first mutant, at least 1
 */
export function mutateVerilog(file: string, text: string, first: number): MutatedVerilog {
  const tokens = verilogTokens(text);
  const mutants: Mutant[] = [];
  const zeros = zeroConstants(tokens);
  const edits: { readonly start: number; readonly end: number; readonly text: string }[] = [];
  for (const span of mutableExpressions(tokens)) {
    const start = tokens[span.first]!.start;
    const last = tokens[span.end - 1]!;
    const end = last.start + last.text.length;
    const original = text.slice(start, end);
    const line = text.slice(0, start).split('\n').length;
    let selected = `(${original})`;
    for (const mutated of mutationsOf(text, tokens, span, zeros)) {
      const number = first + mutants.length;
      mutants.push({ number, file, line, original: oneLine(original), mutated: oneLine(mutated) });
      selected = `(mutant_q == ${number} ? (${mutated}) : ${selected})`;
    }
    edits.push({ start, end, text: selected });
  }
  const head = endOfPorts(tokens);
  edits.push({ start: head, end: head, text: SELECTOR });
  let result = text;
  for (const edit of edits.sort((x, y) => y.start - x.start)) {
    result = result.slice(0, edit.start) + edit.text + result.slice(edit.end);
  }
  return { text: result, mutants };
}

const SELECTOR = `
  integer mutant_q;
  initial if ($value$plusargs("mutant=%d", mutant_q) == 0) mutant_q = 0;
`;

/** The expression with each of its mutations. */
function mutationsOf(
  text: string,
  tokens: readonly VerilogToken[],
  span: ExpressionSpan,
  zeros: ReadonlySet<string>,
): readonly string[] {
  const start = tokens[span.first]!.start;
  const last = tokens[span.end - 1]!;
  const whole = text.slice(start, last.start + last.text.length);
  const results: string[] = [];
  const fixed = constantTokens(tokens, span);
  for (let index = span.first; index < span.end; index++) {
    if (fixed.has(index)) continue;
    const { kind, text: own, start: at } = tokens[index]!;
    const instead = kind === 'number' ? otherConstant(own) : operatorInstead(tokens, span, index);
    if (instead === undefined) continue;
    results.push(whole.slice(0, at - start) + instead + whole.slice(at - start + own.length));
  }
  if (span.role === 'condition') results.push(`!(${whole})`);
  else if (!isZero(whole) && !zeros.has(whole)) results.push(`(${whole}) & 0`);
  return results;
}

/** A number or replicated number that is 0. */
function isZero(text: string): boolean {
  return /^(\{[^{}]*\{)?\d*'?[bdh]?0+(\}\})?$/.test(text);
}

/** Names of constants that are 0. */
function zeroConstants(tokens: readonly VerilogToken[]): ReadonlySet<string> {
  const names = new Set<string>();
  let isConstant = false;
  for (const [index, { text }] of tokens.entries()) {
    if (text === 'localparam') isConstant = true;
    else if (text === ';') isConstant = false;
    else if (isConstant && text === '=' && isZero(tokens[index + 1]!.text))
      names.add(tokens[index - 1]!.text);
  }
  return names;
}

function operatorInstead(
  tokens: readonly VerilogToken[],
  { first }: ExpressionSpan,
  index: number,
): string | undefined {
  const { kind, text } = tokens[index]!;
  if (kind !== 'operator') return undefined;
  const instead = INSTEAD[text];
  const before = index === first ? undefined : tokens[index - 1]!;
  const isBinary = before !== undefined && (before.kind !== 'operator' || ')]}'.includes(before.text));
  return isBinary === ('!~'.includes(text) && text.length === 1) ? undefined : instead;
}

/** The constant with its lowest bit turned; undefined for one that is not a plain number. */
function otherConstant(text: string): string | undefined {
  const match = /^(\d*)'(s?)([bdh])([\da-f]+)$/i.exec(text);
  if (match === null) return /^\d+$/.test(text) ? String(Number(text) ^ 1) : undefined;
  const [, width, sign, base, digits] = match as unknown as [string, string, string, string, string];
  const radix = { b: 2, d: 10, h: 16 }[base.toLowerCase()]!;
  const value = BigInt(radix === 10 ? digits : `0${base === 'b' ? 'b' : 'x'}${digits}`) ^ 1n;
  return `${width}'${sign}${base}${value.toString(radix)}`;
}

/** Tokens within indices, ranges and counts of replications. */
function constantTokens(
  tokens: readonly VerilogToken[],
  { first, end }: ExpressionSpan,
): ReadonlySet<number> {
  const fixed = new Set<number>();
  let brackets = 0;
  for (let index = first; index < end; index++) {
    const { text } = tokens[index]!;
    if (text === ']') brackets--;
    if (brackets > 0) fixed.add(index);
    if (text === '[') brackets++;
    if (text !== '{') continue;
    let depth = 0;
    let own = index + 1;
    while (own < end && !(depth === 0 && ['{', ',', '}'].includes(tokens[own]!.text))) {
      if ('(['.includes(tokens[own]!.text)) depth++;
      if (')]'.includes(tokens[own]!.text)) depth--;
      own++;
    }
    if (own > index + 1 && tokens[own]?.text === '{') for (let k = index + 1; k < own; k++) fixed.add(k);
  }
  return fixed;
}

/** Character behind the semicolon that ends the head of the module. */
function endOfPorts(tokens: readonly VerilogToken[]): number {
  const module = tokens.findIndex(({ text }) => text === 'module');
  const end = tokens.findIndex(({ text }, index) => index > module && text === ';');
  return tokens[end]!.start + 1;
}

function oneLine(text: string): string {
  return text.replace(/\s+/g, ' ').trim();
}
