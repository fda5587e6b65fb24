/** Width that a list or object must fit into to stand on one line. */
const LINE_WIDTH = 110;

/** JSON with an indent of one space in which what fits on a line stands on one. */
export function readableJson(value: unknown): string {
  return print(JSON.parse(JSON.stringify(value)), '', 0);
}

/** @param before characters in front of the value on its first line */
function print(value: unknown, indent: string, before: number): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  const flat = printFlat(value);
  if (indent.length > 0 && before + flat.length <= LINE_WIDTH) return flat;
  const inner = `${indent} `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const isPlain = value.every((item) => item === null || typeof item !== 'object');
    const items = isPlain
      ? fill(
          value.map((item) => JSON.stringify(item)),
          inner,
        )
      : value.map((item) => print(item, inner, inner.length));
    return `[\n${items.map((item) => `${inner}${item}`).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, item]) => {
    const head = `${inner}${JSON.stringify(key)}: `;
    return `${head}${print(item, inner, head.length)}`;
  });
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** Numbers and texts of a long list, as many to a line as fit. */
function fill(items: readonly string[], indent: string): readonly string[] {
  const lines: string[] = [];
  for (const item of items) {
    const last = lines.at(-1);
    if (last !== undefined && indent.length + last.length + 2 + item.length < LINE_WIDTH) {
      lines[lines.length - 1] = `${last}, ${item}`;
    } else lines.push(item);
  }
  return lines;
}

function printFlat(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(printFlat).join(', ')}]`;
  const entries = Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${printFlat(item)}`);
  return entries.length === 0 ? '{}' : `{ ${entries.join(', ')} }`;
}
