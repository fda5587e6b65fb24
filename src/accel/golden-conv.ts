import { fromPattern } from '../base/bits.ts';
import { clamp, rescale } from '../dnn/requantise.ts';
import { goldenTable } from '../multiplier/golden.ts';
import { droppedBits, type MultiplierSpec, portShape } from '../multiplier/spec.ts';
import { type ArraySpec, headerWords } from './array-spec.ts';
import type { ComputeStep } from './encode-descriptor.ts';
import { byteOf, type LocalMemories, outside, type PixelPlaces } from './golden-memory.ts';
import { hasMapPerRow, operandMaps } from './operand-maps.ts';

/** What stays the same for all convolutions of an array. */
export interface ConvModel {
  /** Products of each multiplier, index (number · 256 + weight byte) · 256 + activation byte behind the operand map. */
  readonly products: Int32Array;
  readonly maps: readonly Uint8Array[];
  /** Number of the map of each row, where rows have their own. */
  readonly mapOfRow: readonly number[] | undefined;
}

/** Tables of an array's multipliers, from the definition of their port products. */
export function convModel(spec: ArraySpec): ConvModel {
  const products = new Int32Array(65536 * spec.multipliers.length);
  for (const [number, multiplier] of spec.multipliers.entries()) {
    products.set(byteProducts(multiplier, spec.weightPort), 65536 * number);
  }
  const { maps, mapOf } = operandMaps(spec);
  const mapOfRow = hasMapPerRow(spec)
    ? spec.classes!.multiplierOf.map((number) => mapOf[number]!)
    : undefined;
  return { products, maps, mapOfRow };
}

/** Index weight byte · 256 + activation byte; ports narrower than a byte see its low bits. */
function byteProducts(multiplier: MultiplierSpec, weightPort: 'a' | 'b'): Int32Array {
  const { aBits, bBits } = portShape(multiplier);
  const table = goldenTable(multiplier);
  const scale =
    multiplier.family === 'narrow' ? 2 ** (droppedBits(multiplier, 'a') + droppedBits(multiplier, 'b')) : 1;
  return Int32Array.from({ length: 65536 }, (_, index) => {
    const [weight, activation] = [index >> 8, index & 255];
    const [a, b] = weightPort === 'a' ? [weight, activation] : [activation, weight];
    return scale * table[(a & (2 ** aBits - 1)) * 2 ** bBits + (b & (2 ** bBits - 1))]!;
  });
}

/**
 * A convolution as the array computes it: tiles of positions → filter tiles → passes → positions.
 * @returns positions that entered the array, summed over the passes
 * @throws bad-input when an address is outside its memory
 */
export function runConv(
  model: ConvModel,
  spec: ArraySpec,
  memories: LocalMemories,
  compute: ComputeStep,
): number {
  const { columns, accumulatorDepth } = spec;
  const positions = compute.outputHeight * compute.outputWidth;
  const passWords = headerWords(spec) + spec.rows;
  let active = 0;
  for (let first = 0; first < positions; first += accumulatorDepth) {
    const count = Math.min(accumulatorDepth, positions - first);
    let word = compute.weightBase;
    let isLastOfLayer = false;
    for (let tile = 0; !isLastOfLayer; tile++) {
      const sums = new Int32Array(count * columns);
      let isLastOfTile = false;
      while (!isLastOfTile) {
        if (word + passWords > spec.weightWords) throw outside('weight word', word, spec.weightWords);
        const pass = readPass(spec, memories, word);
        addPass(model, spec, memories, compute, pass, first, sums);
        isLastOfTile = pass.isLastOfTile;
        isLastOfLayer = pass.isLastOfLayer;
        word += passWords;
        active += count;
      }
      requantise(spec, memories, compute, tile, first, sums);
    }
  }
  return active;
}

interface ReadPass {
  readonly kernelRow: number;
  readonly kernelColumn: number;
  readonly channelTile: number;
  readonly isLastOfTile: boolean;
  readonly isLastOfLayer: boolean;
  readonly map: number;
  /** Start of the products of each element's multiplier and weight, row by row. */
  readonly starts: Int32Array;
}

function readPass(spec: ArraySpec, { weights }: LocalMemories, word: number): ReadPass {
  const { rows, columns, elements, classes, multipliers } = spec;
  const header = weights.subarray(word * columns);
  const flags = header[2]!;
  const isPerRow = elements === 'static' ? classes?.by === 'row' : (flags & 64) !== 0;
  const numberAt = (place: number): number =>
    elements === 'static' ? (classes?.multiplierOf[place] ?? 0) : header[4 + place]!;
  const codes = header.subarray(headerWords(spec) * columns);
  const starts = Int32Array.from({ length: rows * columns }, (_, i) => {
    const number = numberAt(isPerRow ? Math.floor(i / columns) : i % columns);
    if (number >= multipliers.length) throw outside('multiplier', number, multipliers.length);
    return (number * 256 + codes[i]!) * 256;
  });
  return {
    kernelRow: header[0]! & 15,
    kernelColumn: header[0]! >> 4,
    channelTile: header[1]! + 256 * (flags & 15),
    isLastOfTile: (flags & 16) !== 0,
    isLastOfLayer: (flags & 32) !== 0,
    map: header[3]!,
    starts,
  };
}

/** Adds the products of one pass to the sums of a tile of positions, position × column. */
function addPass(
  { products, maps, mapOfRow }: ConvModel,
  spec: ArraySpec,
  memories: LocalMemories,
  compute: ComputeStep,
  pass: ReadPass,
  first: number,
  sums: Int32Array,
): void {
  const { rows, columns } = spec;
  const { activations } = memories;
  const mapAt = Array.from({ length: rows }, (_, row) => maps[mapOfRow?.[row] ?? pass.map]);
  if (mapAt.includes(undefined)) throw outside('operand map', pass.map, maps.length);
  const places = { base: compute.inputBase, pitch: compute.inputPitch, rowPitch: compute.inputRowPitch };
  for (let position = 0; position * columns < sums.length; position++) {
    const y = rowOf(first + position, compute) * compute.strideY + pass.kernelRow - compute.padTop;
    const x = columnOf(first + position, compute) * compute.strideX + pass.kernelColumn - compute.padLeft;
    const isInside = y >= 0 && y < compute.inputHeight && x >= 0 && x < compute.inputWidth;
    const pixel = isInside ? byteOf(memories, spec, places, y, x, pass.channelTile * rows) : 0;
    const sum = position * columns;
    for (let row = 0; row < rows; row++) {
      const operand = mapAt[row]![isInside ? activations[pixel + row]! : compute.inputZero & 255]!;
      const element = row * columns;
      for (let column = 0; column < columns; column++) {
        sums[sum + column]! += products[pass.starts[element + column]! + operand]!;
      }
    }
  }
}

/** The sums of a filter tile as codes, or int32, in the activation memory. */
function requantise(
  spec: ArraySpec,
  memories: LocalMemories,
  compute: ComputeStep,
  tile: number,
  first: number,
  sums: Int32Array,
): void {
  const { rows, columns, lanes, accumulatorBits } = spec;
  const { activations, parameters } = memories;
  const view = new DataView(activations.buffer);
  const fields = new DataView(parameters.buffer);
  const output: PixelPlaces = {
    base: compute.outputBase,
    pitch: compute.outputPitch,
    rowPitch: compute.outputRowPitch,
  };
  const filters = Math.min(columns, compute.channels - tile * columns);
  for (let column = 0; column < filters; column++) {
    const at = 8 * (compute.parameterBase * lanes + tile * columns + column);
    if (at + 8 > parameters.length) throw outside('parameter word', at / 8 / lanes, spec.parameterWords);
    const bias = fields.getInt32(at, true);
    const by = { multiplier: fields.getUint16(at + 4, true), shift: fields.getUint8(at + 6) & 63 };
    const channel = compute.outputChannel + tile * columns + column;
    for (let position = 0; position * columns < sums.length; position++) {
      const sum = fromPattern(sums[position * columns + column]!, accumulatorBits, true);
      const value = compute.outputZero + rescale((sum + bias) | 0, by);
      const code = clamp(value, compute.low, compute.high);
      const y = rowOf(first + position, compute);
      const x = columnOf(first + position, compute);
      if (compute.wide === 1) {
        const byte = compute.outputBase * rows + 4 * channel;
        if (byte + 4 > activations.length)
          throw outside('activation word', byte / rows, spec.activationWords);
        view.setInt32(byte, code, true);
      } else {
        activations[byteOf(memories, spec, output, y, x, channel)] = code & 255;
      }
    }
  }
}

function rowOf(position: number, { outputWidth }: ComputeStep): number {
  return Math.floor(position / outputWidth);
}

function columnOf(position: number, { outputWidth }: ComputeStep): number {
  return position % outputWidth;
}
