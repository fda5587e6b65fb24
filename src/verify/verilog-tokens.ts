/** A token of Verilog source; white space and comments lie between tokens. */
export interface VerilogToken {
  readonly kind: 'word' | 'number' | 'operator' | 'string' | 'directive';
  readonly text: string;
  /** First character in the source. */
  readonly start: number;
}

const PATTERN = new RegExp(
  [
    /\s+|\/\/[^\n]*|\/\*[\s\S]*?\*\//, // between tokens
    /(?<directive>`[^\n]*)/,
    /(?<string>"(?:[^"\\]|\\.)*")/,
    /(?<number>(?:\d[\d_]*)?\s*'[sS]?[bodhBODH]\s*[\da-fA-FxXzZ_?]+|\d[\d_]*)/,
    /(?<word>\\\S+|[$A-Za-z_][\w$]*)/,
    /(?<operator><<<|>>>|===|!==|<<|>>|<=|>=|==|!=|&&|\|\||~&|~\||~\^|\^~|\+:|-:|\*\*|[-+*/%!~&|^<>=?:;,.#@(){}[\]])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'gy',
);

/** Tokens of a text. A directive is a whole line (`default_nettype …). @throws SyntaxError at what is no Verilog */
export function verilogTokens(text: string): readonly VerilogToken[] {
  const tokens: VerilogToken[] = [];
  PATTERN.lastIndex = 0;
  while (PATTERN.lastIndex < text.length) {
    const start = PATTERN.lastIndex;
    const match = PATTERN.exec(text);
    if (match === null)
      throw new SyntaxError(`no Verilog at character ${start}: ${text.slice(start, start + 20)}`);
    const found = Object.entries(match.groups!).find(([, own]) => own !== undefined);
    if (found === undefined) continue;
    tokens.push({ kind: found[0] as VerilogToken['kind'], text: found[1]!, start });
  }
  return tokens;
}
