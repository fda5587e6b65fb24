/**
 * Names for places too narrow for the given ones: what all have in common at either end goes, up to a separator, and
 * what is still longer than `length` characters loses its beginning. Names that all fit stay as they are.
 */
export function shortNames(names: readonly string[], length: number): ReadonlyMap<string, string> {
  if (names.every((name) => name.length <= length)) return new Map(names.map((name) => [name, name]));
  const parts = names.map((name) => name.split(SEPARATORS));
  const most = Math.min(...parts.map((own) => own.length)) - 1;
  const first = commonParts(parts, (own, index) => own[index], most);
  const last = commonParts(parts, (own, index) => own[own.length - 1 - index], most - first);
  return new Map(
    names.map((name, index) => {
      const own = parts[index]!;
      return [name, endOf(own.slice(first, own.length - last).join('/'), length)];
    }),
  );
}

const SEPARATORS = /[/:;]/;

/** How many parts from one end are the same in all names. */
function commonParts(
  parts: readonly (readonly string[])[],
  at: (own: readonly string[], index: number) => string | undefined,
  most: number,
): number {
  let count = 0;
  while (count < most && parts.every((own) => at(own, count) === at(parts[0]!, count))) count++;
  return count;
}

function endOf(text: string, length: number): string {
  return text.length <= length ? text : `…${text.slice(text.length - length + 1)}`;
}
