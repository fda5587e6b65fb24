import type { BlockSignal } from './block-netlist.ts';

/** Verilator prints no value of more than 8192 bits. */
const PIECE_BITS = 4096;

/** Signals in pieces that are written as one number each; one empty piece where there are none. */
export function vectorPieces(signals: readonly BlockSignal[]): readonly (readonly BlockSignal[])[] {
  const pieces: BlockSignal[][] = [[]];
  let bits = 0;
  for (const signal of signals) {
    if (bits > 0 && bits + signal.width > PIECE_BITS) {
      pieces.push([]);
      bits = 0;
    }
    pieces.at(-1)!.push(signal);
    bits += signal.width;
  }
  return pieces;
}

/** Words of each signal from pieces in hexadecimal, joined by _. */
export function splitVectors(text: string, signals: readonly BlockSignal[]): readonly Uint32Array[] {
  const pieces = vectorPieces(signals);
  return text.split('_').flatMap((hex, piece) => splitVector(hex, pieces[piece]!));
}

/** A concatenation of signals in hexadecimal, the last one in the lowest bits, as words of each signal. */
export function splitVector(hex: string, signals: readonly BlockSignal[]): readonly Uint32Array[] {
  const values: Uint32Array[] = [];
  let low = 0;
  for (const { width } of signals.toReversed()) {
    const words = new Uint32Array(Math.ceil(width / 32));
    for (let done = 0; done < width; done += 32) {
      const bits = Math.min(32, width - done);
      words[done >> 5] = bitsOf(hex, low + done, bits);
    }
    values.push(words);
    low += width;
  }
  return values.reverse();
}

/** `count` ≤ 32 bits of a hexadecimal number from bit `low` on. */
function bitsOf(hex: string, low: number, count: number): number {
  const first = low >> 2;
  const digits = ((low & 3) + count + 3) >> 2;
  const end = hex.length - first;
  const value = Number.parseInt(hex.slice(Math.max(0, end - digits), Math.max(0, end)) || '0', 16);
  return Math.floor(value / 2 ** (low & 3)) % 2 ** count;
}
