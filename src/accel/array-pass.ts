import { type ArraySpec, headerWords } from './array-spec.ts';
import { hasMapPerRow } from './operand-maps.ts';

/** One kernel place × one tile of `rows` input channels × the `columns` filters of a filter tile. */
export interface ArrayPass {
  readonly kernelRow: number;
  readonly kernelColumn: number;
  /** Tile of input channels: the word of the pixel. */
  readonly channelTile: number;
  /** Number of the operand map at the edge. */
  readonly map: number;
  readonly selectsBy: 'row' | 'column';
  /** Number of the multiplier of each row or column, max(rows, columns) of them. */
  readonly selects: Uint8Array;
  /** Port codes, row by row. */
  readonly weights: Uint8Array;
}

/** What stands in the elements during a kernel place and channel tile, before it becomes passes. */
export interface PassElements {
  /** Number of the multiplier of each element, row by row; IDLE where its weight is 0 or skipped. */
  readonly numbers: Uint8Array;
  /** Port codes, row by row; 0 where idle. */
  readonly weights: Uint8Array;
}

/** An element without a weight. */
export const IDLE = 255;

/** What one pass can have: one map, one multiplier per row or per column. */
export type PassPart = Pick<ArrayPass, 'map' | 'selectsBy' | 'selects' | 'weights'>;

/**
 * The fewest passes that we know for a mixture of multipliers: one per operand map (one for all where the rows have
 * maps of their own); within it one when every row or
 * every column has one multiplier, else one per multiplier. Elements that are not of a part have the weight 0 in it.
 * @param mapOf number of the operand map of each multiplier
 */
export function splitElements(
  elements: PassElements,
  spec: ArraySpec,
  mapOf: readonly number[],
): readonly PassPart[] {
  const used = [...new Set(elements.numbers)].filter((number) => number !== IDLE).sort((a, b) => a - b);
  if (hasMapPerRow(spec)) {
    return used.length === 0 ? [] : [{ ...noSelects(spec), map: 0, weights: elements.weights }];
  }
  const maps = [...new Set(used.map((number) => mapOf[number]!))];
  return maps.flatMap((map) => {
    const numbers = used.filter((number) => mapOf[number] === map);
    const part = keepOnly(elements, numbers);
    if (spec.elements === 'static') return [{ ...noSelects(spec), map, weights: part.weights }];
    for (const by of ['column', 'row'] as const) {
      const selects = selectsOf(part, spec, by, numbers[0]!);
      if (selects !== undefined) return [{ map, selectsBy: by, selects, weights: part.weights }];
    }
    return numbers.map((number) => ({
      map,
      selectsBy: 'column' as const,
      selects: selectWidth(spec).fill(number),
      weights: keepOnly(elements, [number]).weights,
    }));
  });
}

/** A part in which all weights are 0. */
export function emptyPart(spec: ArraySpec): PassPart {
  return { ...noSelects(spec), map: 0, weights: new Uint8Array(spec.rows * spec.columns) };
}

/** The words of a pass, header first; `columns` bytes each. */
export function packPass(
  pass: ArrayPass,
  spec: ArraySpec,
  { isLastOfTile, isLastOfLayer }: { readonly isLastOfTile: boolean; readonly isLastOfLayer: boolean },
): Uint8Array {
  const header = headerWords(spec) * spec.columns;
  const bytes = new Uint8Array(header + pass.weights.length);
  bytes[0] = pass.kernelRow | (pass.kernelColumn << 4);
  bytes[1] = pass.channelTile & 255;
  bytes[2] =
    (pass.channelTile >> 8) |
    (Number(isLastOfTile) << 4) |
    (Number(isLastOfLayer) << 5) |
    (Number(pass.selectsBy === 'row') << 6);
  bytes[3] = pass.map;
  if (spec.elements !== 'static') bytes.set(pass.selects, 4);
  bytes.set(pass.weights, header);
  return bytes;
}

function keepOnly({ numbers, weights }: PassElements, kept: readonly number[]): PassElements {
  const isKept = (_: unknown, i: number): boolean => kept.includes(numbers[i]!);
  return {
    numbers: numbers.map((number, i) => (isKept(number, i) ? number : IDLE)),
    weights: weights.map((weight, i) => (isKept(weight, i) ? weight : 0)),
  };
}

/** The multiplier of each row or column, `spare` where it has none; undefined when one has several. */
function selectsOf(
  { numbers }: PassElements,
  spec: ArraySpec,
  by: 'row' | 'column',
  spare: number,
): Uint8Array | undefined {
  const selects = selectWidth(spec).fill(IDLE);
  for (const [i, number] of numbers.entries()) {
    if (number === IDLE) continue;
    const place = by === 'row' ? Math.floor(i / spec.columns) : i % spec.columns;
    if (selects[place] !== IDLE && selects[place] !== number) return undefined;
    selects[place] = number;
  }
  return selects.map((number) => (number === IDLE ? spare : number));
}

function noSelects(spec: ArraySpec): Pick<PassPart, 'selectsBy' | 'selects'> {
  return { selectsBy: 'column', selects: selectWidth(spec) };
}

function selectWidth({ rows, columns }: ArraySpec): Uint8Array {
  return new Uint8Array(Math.max(rows, columns));
}
