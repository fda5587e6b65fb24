import { type Kernels, place } from './kernels.ts';

/** Codes without their zeroes, for keeping: about half of what follows a ReLU is 0. */
export interface CodePacker {
  /**
   * Codes in the memory of the kernels in few bytes, at most `count`: as they are where packing gains nothing.
   * @returns a view that the next call writes over
   */
  pack(address: number, count: number): Uint8Array;
  /**
   * Writes the codes back, and zeroes up to a multiple of 8.
   * @param pieces what `pack` returned for as many codes, cut anywhere
   */
  unpack(pieces: readonly Uint8Array[], address: number, count: number): void;
}

/** Beyond what is packed the kernels read and write up to 8 bytes. */
const OVERHANG_BYTES = 8;
/** An index of which a shuffle of bytes makes 0. */
const NO_BYTE = 128;

const masks = Array.from({ length: 256 }, (_, mask) =>
  Array.from({ length: 8 }, (_, bit) => ((mask >> bit) & 1) === 1),
);
/** Of each mask the places of its bits. */
const SELECTIONS = Uint8Array.from(
  masks.flatMap((bits) => {
    const places = bits.flatMap((isSet, bit) => (isSet ? [bit] : []));
    return [...places, ...new Array<number>(8 - places.length).fill(NO_BYTE)];
  }),
);
/** Of each mask for each bit the number of bits below it. */
const PLACES = Uint8Array.from(
  masks.flatMap((bits) =>
    bits.map((isSet, bit) => (isSet ? bits.slice(0, bit).filter(Boolean).length : NO_BYTE)),
  ),
);

/** A packer for at most `largest` codes at a time, in the room of the kernels. */
export function createCodePacker(kernels: Kernels, largest: number): CodePacker {
  const { run, memory } = kernels;
  const selections = place(kernels, SELECTIONS);
  const places = place(kernels, PLACES);
  const packed = kernels.allocate(Math.ceil(largest / 8) + largest + OVERHANG_BYTES);
  return {
    pack(address, count) {
      const bytes = run.packCodes(address, count, packed, selections);
      return bytes < count
        ? new Uint8Array(memory.buffer, packed, bytes)
        : new Uint8Array(memory.buffer, address, count);
    },
    unpack(pieces, address, count) {
      const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
      const isPacked = bytes < count;
      const into = new Uint8Array(memory.buffer, isPacked ? packed : address, bytes);
      let at = 0;
      for (const piece of pieces) {
        into.set(piece, at);
        at += piece.length;
      }
      if (isPacked) run.unpackCodes(packed, count, address, places);
    },
  };
}
