import { badInput } from '../base/errors.ts';
import type { ArraySpec } from './array-spec.ts';
import { parameterWordsPerTile } from './array-spec.ts';
import type { FilterParameters } from './filter-parameters.ts';
import { type FilterTile, tileWords } from './filter-tiles.ts';
import type { WeightChunk } from './lower-network.ts';

/** Filter tiles and parameters of a weighted layer. */
export interface LayerWeights {
  readonly name: string;
  readonly tiles: readonly FilterTile[];
  readonly parameters: readonly FilterParameters[];
}

/** Words of one half of the weight and of the parameter memory: one computes, the other one loads. */
export function memoryHalves(spec: ArraySpec): { readonly weights: number; readonly parameters: number } {
  return {
    weights: Math.floor(spec.weightWords / 2),
    parameters: Math.floor(spec.parameterWords / 2),
  };
}

/**
 * The weights of each layer in pieces that fit half of the memories, as many filter tiles each as fit.
 * @throws bad-input when one filter tile does not fit, with the smallest weightWords that works
 */
export function chunkWeights(
  layers: readonly LayerWeights[],
  spec: ArraySpec,
): ReadonlyMap<string, readonly WeightChunk[]> {
  const half = memoryHalves(spec);
  let largest = { name: '', words: 0 };
  for (const { name, tiles } of layers) {
    for (const tile of tiles) {
      const words = tileWords(tile, spec);
      if (words > largest.words) largest = { name, words };
    }
  }
  if (largest.words > half.weights) {
    throw badInput(
      {
        where: `layer ${largest.name}`,
        wanted: `filter tiles within half of the weight memory, ${half.weights} words`,
        found: `${largest.words} words`,
      },
      `The network needs weightWords ${2 * largest.words} (--weight-words).`,
    );
  }
  return new Map(layers.map((layer) => [layer.name, chunkLayer(layer, spec)]));
}

function chunkLayer({ tiles, parameters }: LayerWeights, spec: ArraySpec): readonly WeightChunk[] {
  const half = memoryHalves(spec);
  const perTile = parameterWordsPerTile(spec);
  const chunks: WeightChunk[] = [];
  let first = 0;
  while (first < tiles.length) {
    let end = first;
    let words = 0;
    while (end < tiles.length && (end - first + 1) * perTile <= half.parameters) {
      const more = tileWords(tiles[end]!, spec);
      if (words + more > half.weights) break;
      words += more;
      end++;
    }
    chunks.push({
      firstFilter: first * spec.columns,
      tiles: tiles.slice(first, end),
      parameters: parameters.slice(first * spec.columns, end * spec.columns),
    });
    first = end;
  }
  return chunks;
}
