import type { VerilogToken } from './verilog-tokens.ts';

/** An expression that may be changed at run time: tokens first … end − 1. */
export interface ExpressionSpan {
  readonly first: number;
  readonly end: number;
  readonly role: 'value' | 'condition';
}

/**
 * Right-hand sides of assignments (continuous, blocking, non-blocking, declared wires) and conditions of `if` in a module:
 * what hardware evaluates. Left out is what must be constant: parameters, generate conditions, loop heads, initial
 * blocks, connections of ports, and indices on the left.
 */
export function mutableExpressions(tokens: readonly VerilogToken[]): readonly ExpressionSpan[] {
  const spans: ExpressionSpan[] = [];
  let at = 0;
  const textAt = (index: number): string => tokens[index]?.text ?? '';

  /** First token behind the bracket that closes the one at `open`. */
  function behindBracket(open: number): number {
    let depth = 0;
    for (let index = open; index < tokens.length; index++) {
      if ('([{'.includes(textAt(index))) depth++;
      else if (')]}'.includes(textAt(index)) && --depth === 0) return index + 1;
    }
    return tokens.length;
  }

  /** The next token `wanted` outside brackets, from `from` on. */
  function find(wanted: string, from: number): number {
    let index = from;
    while (index < tokens.length && textAt(index) !== wanted) {
      index = '([{'.includes(textAt(index)) ? behindBracket(index) : index + 1;
    }
    return index;
  }

  /** An assignment whose left side begins at `at`, with this sign; goes behind its semicolon. */
  function assignment(signs: readonly string[], end = find(';', at)): void {
    let index = at;
    while (index < end && !signs.includes(textAt(index))) {
      index = '([{'.includes(textAt(index)) ? behindBracket(index) : index + 1;
    }
    // Wires unused_… only tell lint that something is not used.
    const isUnused = tokens.slice(at, index).some(({ text }) => text.startsWith('unused'));
    if (index < end && !isUnused) spans.push({ first: index + 1, end, role: 'value' });
    at = end + 1;
  }

  /** One procedural statement. */
  function statement(): void {
    switch (textAt(at)) {
      case 'begin':
        at++;
        if (textAt(at) === ':') at += 2;
        while (at < tokens.length && textAt(at) !== 'end') statement();
        at++;
        return;
      case 'if': {
        const behind = behindBracket(at + 1);
        spans.push({ first: at + 2, end: behind - 1, role: 'condition' });
        at = behind;
        statement();
        if (textAt(at) === 'else') {
          at++;
          statement();
        }
        return;
      }
      case 'for':
        at = behindBracket(at + 1);
        statement();
        return;
      case 'case':
      case 'casez':
        at = behindBracket(at + 1);
        while (at < tokens.length && textAt(at) !== 'endcase') {
          at = find(':', at) + 1;
          statement();
        }
        at++;
        return;
      case ';':
        at++;
        return;
      case 'integer':
      case 'reg':
      case 'input':
        at = find(';', at) + 1;
        return;
      default:
        if (textAt(at).startsWith('$')) at = find(';', at) + 1;
        else assignment(['<=', '=']);
    }
  }

  while (at < tokens.length) {
    const text = textAt(at);
    if (text === 'always') {
      at++;
      if (textAt(at) === '@') at = textAt(at + 1) === '(' ? behindBracket(at + 1) : at + 2;
      statement();
    } else if (text === 'initial') {
      at++;
      const before = spans.length;
      statement();
      spans.length = before;
    } else if (text === 'function') {
      at = find(';', at) + 1;
      while (at < tokens.length && textAt(at) !== 'endfunction') statement();
    } else if (text === 'assign') {
      at++;
      assignment(['=']);
    } else if (text === 'wire') {
      at++;
      assignment(['=']);
    } else if (text === 'module') at = find(';', at) + 1;
    else at++;
  }
  return spans;
}
