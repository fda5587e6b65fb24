import { type ArraySpec, externalBytes, parameterWordsPerTile } from './array-spec.ts';
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
 * first one by descriptor 0.
 * @param chunks of the descriptors from number 1 on; undefined where one has no weights
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
  const add = (local: Uint8Array, wordBytes: number): { offset: number; words: number } => {
    const offset = end;
    const bytes = externalWords(local, wordBytes);
    pieces.push({ offset, bytes });
    end += bytes.length;
    return { offset, words: bytes.length / externalBytes(wordBytes) };
  };
  for (const [k, chunk] of chunks.entries()) {
    if (chunk === undefined) continue;
    const side = bases.size % 2;
    const own = { weightBase: side * half.weights, parameterBase: side * half.parameters };
    const weights = add(concatenate(packTiles(chunk.tiles, spec)), spec.columns);
    const parameters = add(packParameters(chunk.parameters, spec), 8 * spec.lanes);
    bases.set(k + 1, own);
    loads.set(loader, [
      { kind: 'loadWeights', base: 'program', local: own.weightBase, ...weights },
      { kind: 'loadParameters', base: 'program', local: own.parameterBase, ...parameters },
    ]);
    weightWords = Math.max(weightWords, own.weightBase + weights.words);
    parameterWords = Math.max(
      parameterWords,
      own.parameterBase + chunk.tiles.length * parameterWordsPerTile(spec),
    );
    loader = k + 1;
  }
  return { bases, loads, pieces, end, weightWords, parameterWords };
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
