import type { ConvGeometry, WeightedLayer } from '../dnn/quantised-network.ts';
import { type ArrayPass, emptyPart, IDLE, type PassElements, packPass, splitElements } from './array-pass.ts';
import { type ArraySpec, headerWords } from './array-spec.ts';
import { tapOf } from './conv-on-array.ts';
import { operandMaps, portBytes } from './operand-maps.ts';

/** The passes of `columns` filters. */
export interface FilterTile {
  /** At least one. */
  readonly passes: readonly ArrayPass[];
  /** Kernel places × channel tiles that were left out because all of their weights are 0 or skipped. */
  readonly skipped: number;
  /** Numbers of the multipliers in use. */
  readonly multipliers: readonly number[];
}

export interface TilesRequest {
  readonly spec: ArraySpec;
  readonly layer: WeightedLayer;
  readonly geometry: ConvGeometry;
  /** Number of each weight's multiplier (layerNumbers). */
  readonly numberOf: (tap: number) => number;
  /** Leave out the passes whose weights are all 0. */
  readonly skipsPasses: boolean;
}

/** The passes of a layer, filter tile by filter tile: kernel row, kernel column, channel tile. */
export function filterTiles(request: TilesRequest): readonly FilterTile[] {
  const { spec, geometry, skipsPasses } = request;
  const { mapOf } = operandMaps(spec);
  const bytesOf = spec.multipliers.map((multiplier) => portBytes(multiplier, spec.weightPort));
  return Array.from({ length: Math.ceil(geometry.to.channels / spec.columns) }, (_, tile) => {
    const passes: ArrayPass[] = [];
    const used = new Set<number>();
    let skipped = 0;
    for (const place of passPlaces(geometry, spec)) {
      const elements = elementsOf(request, bytesOf, tile, place);
      for (const number of elements.numbers) if (number !== IDLE) used.add(number);
      const parts = splitElements(elements, spec, mapOf);
      if (parts.length === 0 && skipsPasses) skipped++;
      for (const part of parts) passes.push({ ...place, ...part });
      if (parts.length === 0 && !skipsPasses) passes.push({ ...place, ...emptyPart(spec) });
    }
    const multipliers = [...used];
    if (passes.length > 0) return { passes, skipped, multipliers };
    const only = { kernelRow: 0, kernelColumn: 0, channelTile: 0, ...emptyPart(spec) };
    return { passes: [only], skipped: skipped - 1, multipliers };
  });
}

/** Weight words of a filter tile. */
export function tileWords({ passes }: FilterTile, spec: ArraySpec): number {
  return passes.length * (headerWords(spec) + spec.rows);
}

/** The weight words of the filter tiles of one descriptor; `columns` bytes each. */
export function packTiles(tiles: readonly FilterTile[], spec: ArraySpec): readonly Uint8Array[] {
  return tiles.flatMap(({ passes }, tile) =>
    passes.map((pass, i) => {
      const isLastOfTile = i === passes.length - 1;
      return packPass(pass, spec, {
        isLastOfTile,
        isLastOfLayer: isLastOfTile && tile === tiles.length - 1,
      });
    }),
  );
}

type PassPlace = Pick<ArrayPass, 'kernelRow' | 'kernelColumn' | 'channelTile'>;

function passPlaces({ from, kernel }: ConvGeometry, { rows }: ArraySpec): readonly PassPlace[] {
  const places: PassPlace[] = [];
  const channelTiles = Math.ceil(from.channels / rows);
  for (let kernelRow = 0; kernelRow < kernel[0]; kernelRow++) {
    for (let kernelColumn = 0; kernelColumn < kernel[1]; kernelColumn++) {
      for (let channelTile = 0; channelTile < channelTiles; channelTile++) {
        places.push({ kernelRow, kernelColumn, channelTile });
      }
    }
  }
  return places;
}

function elementsOf(
  { spec, layer, geometry, numberOf }: TilesRequest,
  bytesOf: readonly Uint8Array[],
  tile: number,
  { kernelRow, kernelColumn, channelTile }: PassPlace,
): PassElements {
  const { rows, columns } = spec;
  const numbers = new Uint8Array(rows * columns).fill(IDLE);
  const weights = new Uint8Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    const channel = channelTile * rows + row;
    if (channel >= geometry.from.channels) break;
    for (let column = 0; column < columns; column++) {
      const filter = tile * columns + column;
      if (filter >= geometry.to.channels) break;
      const tap = tapOf(geometry, filter, kernelRow, kernelColumn, channel);
      const number = tap === undefined ? IDLE : numberOf(tap);
      if (number === IDLE) continue;
      const byte = bytesOf[number]![layer.weights[tap!]! & 255]!;
      if (byte === 0) continue;
      numbers[row * columns + column] = number;
      weights[row * columns + column] = byte;
    }
  }
  return { numbers, weights };
}
