import { type ArraySpec, externalBytes } from './array-spec.ts';
import type { TransferStep } from './encode-descriptor.ts';
import { packParameters } from './filter-parameters.ts';
import { packTiles } from './filter-tiles.ts';
import type { WeightChunk } from './lower-network.ts';
import { externalWords } from './memory-words.ts';
import { memoryHalves } from './weight-chunks.ts';

/** Weights and parameters with their places outside and inside. */
export interface PlacedWeights {
  /** By descriptor: where its own weights and parameters are. */
  readonly bases: ReadonlyMap<number, { readonly weightBase: number; readonly parameterBase: number }>;
  /** By descriptor: what it loads for the next one that has weights. */
  readonly loads: ReadonlyMap<number, readonly TransferStep[]>;
  /** Bytes of the memory image and where they go. */
  readonly pieces: readonly { readonly offset: number; readonly bytes: Uint8Array }[];
  /** Bytes of the whole image. */
  readonly end: number;
  /** Local words in use. */
  readonly weightWords: number;
  readonly parameterWords: number;
}

/**
 * Pieces of weights take the two halves of the memories in turn; each is loaded while the one before computes, the
 * first one by descriptor 0. A piece that follows itself, band after band, stays where it is.
 * @param chunks of the descriptors; undefined where one has no weights
 * @param start first free byte of the image, a multiple of 8
 */
export function placeWeights(
  chunks: readonly (WeightChunk | undefined)[],
  spec: ArraySpec,
  start: number,
): PlacedWeights {
  const half = memoryHalves(spec);
  const bases = new Map<number, { weightBase: number; parameterBase: number }>();
  const loads = new Map<number, readonly TransferStep[]>();
  const pieces: { offset: number; bytes: Uint8Array }[] = [];
  let end = start;
  let [weightWords, parameterWords] = [0, 0];
  let loader = 0;
  const places = new Map<WeightChunk, { readonly weights: Place; readonly parameters: Place }>();
  const add = (local: Uint8Array, wordBytes: number): Place => {
    const offset = end;
    const bytes = externalWords(local, wordBytes);
    pieces.push({ offset, bytes });
    end += bytes.length;
    return { offset, words: bytes.length / externalBytes(wordBytes) };
  };
  let side = 1;
  let before: WeightChunk | undefined;
  for (const [number, chunk] of chunks.entries()) {
    if (chunk === undefined) continue;
    if (chunk !== before) side = 1 - side;
    const own = { weightBase: side * half.weights, parameterBase: side * half.parameters };
    bases.set(number, own);
    if (chunk !== before) {
      const { weights, parameters } = places.get(chunk) ?? {
        weights: add(concatenate(packTiles(chunk.tiles, spec)), spec.columns),
        parameters: add(packParameters(chunk.parameters, spec), 8 * spec.lanes),
      };
      places.set(chunk, { weights, parameters });
      loads.set(loader, [
        { kind: 'loadWeights', base: 'program', local: own.weightBase, ...weights },
        { kind: 'loadParameters', base: 'program', local: own.parameterBase, ...parameters },
      ]);
      weightWords = Math.max(weightWords, own.weightBase + weights.words);
      parameterWords = Math.max(parameterWords, own.parameterBase + parameters.words);
    }
    before = chunk;
    loader = number;
  }
  return { bases, loads, pieces, end, weightWords, parameterWords };
}

/** Where words lie outside, and how many they are. */
interface Place {
  readonly offset: number;
  readonly words: number;
}

function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
