import { NET_ONE } from './netlist.ts';

/** Words simulated at once, of 32 vectors each. */
export const BLOCK_WORDS = 64;
export const BLOCK_VECTORS = 32 * BLOCK_WORDS;
/** Words per net: the last word of the block before, then the block. */
export const COLUMN_WORDS = BLOCK_WORDS + 1;

/**
 * Values of nets over a block of vectors: one column of COLUMN_WORDS words per net, bit t % 32 of word 1 + t / 32 is
 * the value in vector t. Bit 31 of a column's first word is the value in the vector before the block. Bits behind the
 * last vector repeat it, so that nothing changes there.
 */
export type Columns = Int32Array;

/** Columns of all nets, constants filled in. */
export function createColumns(netCount: number): Columns {
  const columns = new Int32Array(netCount * COLUMN_WORDS);
  columns.fill(-1, NET_ONE * COLUMN_WORDS, (NET_ONE + 1) * COLUMN_WORDS);
  return columns;
}

/** Words per vector in the patterns of a port: bit i is bit i % 32 of word i / 32. */
export function wordsPerPattern(bits: number): number {
  return Math.ceil(bits / 32);
}

/**
 * Writes the patterns of `length` vectors from `start` on to the columns of a port. The vector before the very first
 * one equals it.
 * @param patterns wordsPerPattern(nets.length) words per vector
 */
export function writePatterns(
  columns: Columns,
  nets: readonly number[],
  patterns: Uint32Array,
  start: number,
  length: number,
): void {
  const stride = wordsPerPattern(nets.length);
  for (const [bit, net] of nets.entries()) {
    const column = net * COLUMN_WORDS;
    const offset = bit >> 5;
    columns[column] = -((patterns[Math.max(0, start - 1) * stride + offset]! >>> (bit & 31)) & 1);
    for (let w = 0; w * 32 < length; w++) {
      const first = start + w * 32;
      let word = 0;
      for (let i = 0; i < 32; i++) {
        const vector = Math.min(first + i, start + length - 1);
        word |= ((patterns[vector * stride + offset]! >>> (bit & 31)) & 1) << i;
      }
      columns[column + 1 + w] = word;
    }
  }
}

/** Reads the patterns of a port, as writePatterns wrote them; `patterns` must be 0 there. */
export function readPatterns(
  columns: Columns,
  nets: readonly number[],
  patterns: Uint32Array,
  start: number,
  length: number,
): void {
  const stride = wordsPerPattern(nets.length);
  for (const [bit, net] of nets.entries()) {
    const column = net * COLUMN_WORDS + 1;
    const offset = bit >> 5;
    for (let i = 0; i < length; i++) {
      patterns[(start + i) * stride + offset]! |=
        ((columns[column + (i >> 5)]! >>> (i & 31)) & 1) << (bit & 31);
    }
  }
}
