/** One variable of a value change dump. */
export interface DumpedVariable {
  readonly width: number;
  /** Time and value (as written, padded with zeros to the width) of the initial value and each change. */
  readonly values: readonly (readonly [number, string])[];
}

export interface Dump {
  readonly timescale: string;
  /** By path, e.g. "top/u1/A"; names as written, the select of a bit without a blank. */
  readonly variables: ReadonlyMap<string, DumpedVariable>;
  readonly lastTime: number;
}

/** Reads a value change dump token by token (IEEE 1364, clause 18); throws on anything that it does not know. */
export function readDump(text: string): Dump {
  const tokens = text.split(/\s+/).filter((token) => token !== '');
  const byCode = new Map<string, { width: number; values: [number, string][] }>();
  const variables = new Map<string, DumpedVariable>();
  const scope: string[] = [];
  let timescale = '';
  let time = 0;
  let at = 0;
  const untilEnd = (): string[] => {
    const end = tokens.indexOf('$end', at);
    if (end < 0) throw new Error('no $end');
    const found = tokens.slice(at, end);
    at = end + 1;
    return found;
  };
  while (at < tokens.length) {
    const token = tokens[at++]!;
    if (token === '$scope') scope.push(untilEnd()[1]!);
    else if (token === '$upscope') {
      untilEnd();
      scope.pop();
    } else if (token === '$timescale') timescale = untilEnd().join('');
    else if (token === '$var') {
      const [type, width, code, name, select = ''] = untilEnd();
      if (type !== 'wire' && type !== 'reg') continue;
      const variable = byCode.get(code!) ?? { width: Number(width), values: [] };
      byCode.set(code!, variable);
      variables.set([...scope, `${name}${select}`].join('/'), variable);
    } else if (['$version', '$comment', '$date', '$enddefinitions'].includes(token)) untilEnd();
    else if (token === '$dumpvars' || token === '$end') continue;
    else if (token.startsWith('#')) time = Number(token.slice(1));
    else if (/^b[01xz]+$/.test(token)) push(byCode.get(tokens[at++]!), time, token.slice(1));
    else if (/^[01xz]./.test(token)) push(byCode.get(token.slice(1)), time, token[0]!);
    else throw new Error(`unknown token ${token}`);
  }
  return { timescale, variables, lastTime: time };
}

/** Changes after the initial value. */
export function countTransitions({ values }: DumpedVariable): number {
  return values.filter(([, value], i) => i > 0 && value !== values[i - 1]![1]).length;
}

/** Value at a time: the last one at or before it. */
export function valueAt({ values }: DumpedVariable, time: number): string {
  return values.findLast(([at]) => at <= time)![1];
}

function push(
  variable: { readonly width: number; readonly values: [number, string][] } | undefined,
  time: number,
  value: string,
): void {
  variable?.values.push([time, value.padStart(variable.width, '0')]);
}
