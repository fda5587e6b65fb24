import { type ArraySpec, headerWords } from '../../src/accel/array-spec.ts';
import { activationPort, edgeMaps, roleBits } from '../../src/accel/edge-maps.ts';
import type { Rng } from '../../src/base/rng.ts';
import { compileOperandProduct, portCode } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import type { Fields } from './core-bench.ts';

/** Geometry of a convolution; positions and channels are free. */
export interface ConvShape {
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly filters: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly isWide?: boolean;
}

/** A convolution with random numbers, packed for the core, and what it should give. */
export interface ConvSample {
  readonly fields: Fields;
  readonly input: Uint8Array;
  readonly weights: Uint8Array;
  readonly parameters: Uint8Array;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly passes: number;
  /** Output, position × filter. */
  readonly wanted: Int32Array;
}

/** Random activations, weights, multipliers and parameters; written from the definition, not from the hardware. */
export function randomConv(spec: ArraySpec, shape: ConvShape, rng: Rng): ConvSample {
  const { rows, columns, lanes } = spec;
  const { height, width, channels, filters, kernel, stride, pad, isWide = false } = shape;
  const outputHeight = Math.floor((height + 2 * pad - kernel) / stride) + 1;
  const outputWidth = Math.floor((width + 2 * pad - kernel) / stride) + 1;
  const pitch = Math.ceil(channels / rows);
  const isUnsigned = spec.multipliers.some((one) => isUnsignedPort(one, activationPort(spec)));
  const zero = isUnsigned ? 3 : -5;
  const lowest = isUnsigned ? 0 : -128;
  const codes = Int8Array.from({ length: height * width * channels }, () => rng.nextInt(lowest, 127));

  // Input in the layout of the activation memory; unused bytes hold anything.
  const input = Uint8Array.from({ length: height * width * pitch * rows }, () => rng.nextInt(0, 255));
  for (let pixel = 0; pixel < height * width; pixel++) {
    for (let c = 0; c < channels; c++) input[pixel * pitch * rows + c] = codes[pixel * channels + c]! & 255;
  }

  const sums = new Float64Array(outputHeight * outputWidth * filters);
  const { mapOf } = edgeMaps(spec);
  const products = spec.multipliers.map(compileOperandProduct);
  const bytes: number[] = [];
  let passes = 0;
  const filterTiles = Math.ceil(filters / columns);
  for (let tile = 0; tile < filterTiles; tile++) {
    for (let ky = 0; ky < kernel; ky++) {
      for (let kx = 0; kx < kernel; kx++) {
        for (let t = 0; t < pitch; t++) {
          const isLast = ky === kernel - 1 && kx === kernel - 1 && t === pitch - 1;
          const parts = choosePasses(spec, mapOf, rng);
          for (const [index, part] of parts.entries()) {
            passes++;
            const ends = isLast && index === parts.length - 1;
            const header = new Uint8Array(headerWords(spec) * columns);
            header[0] = ky | (kx << 4);
            header[1] = t;
            header[2] =
              (ends ? 16 : 0) | (ends && tile === filterTiles - 1 ? 32 : 0) | (part.isByRow ? 64 : 0);
            header[3] = part.map;
            if (spec.elements !== 'static') header.set(part.selects, 4);
            bytes.push(...header);
            for (let i = 0; i < rows; i++) {
              for (let j = 0; j < columns; j++) {
                const number = part.multiplierOf(i, j);
                const [channel, filter] = [t * rows + i, tile * columns + j];
                const isUsed = number !== undefined && channel < channels && filter < filters;
                const multiplier = spec.multipliers[number ?? 0]!;
                const weight = isUsed && rng.nextFloat() < 0.8 ? randomWeight(multiplier, spec, rng) : 0;
                bytes.push(portCode(multiplier, spec.weightPort, weight) & 255);
                if (weight === 0) continue;
                const product = products[number!]!;
                for (let oy = 0; oy < outputHeight; oy++) {
                  for (let ox = 0; ox < outputWidth; ox++) {
                    const [y, x] = [oy * stride + ky - pad, ox * stride + kx - pad];
                    const isInside = y >= 0 && y < height && x >= 0 && x < width;
                    const q = isInside ? codes[(y * width + x) * channels + channel]! : zero;
                    sums[(oy * outputWidth + ox) * filters + filter]! +=
                      spec.weightPort === 'a' ? product(weight, q) : product(q, weight);
                  }
                }
              }
            }
          }
        }
      }
    }
  }

  const spread = Math.max(1, ...sums.map(Math.abs));
  const parameters = new Uint8Array(Math.ceil(filters / lanes) * 8 * lanes);
  const view = new DataView(parameters.buffer);
  const [low, high] = isWide ? [-(2 ** 31), 2 ** 31 - 1] : [-120, 125];
  const outputZero = isWide ? 0 : 7;
  const wanted = new Int32Array(sums.length);
  for (let filter = 0; filter < filters; filter++) {
    const bias = rng.nextInt(-Math.round(spread / 4), Math.round(spread / 4));
    const multiplier = rng.nextInt(32768, 65535);
    const shift = isWide ? 15 : Math.min(46, Math.max(1, 15 + Math.ceil(Math.log2(spread / 90))));
    view.setInt32(8 * filter, bias, true);
    view.setUint16(8 * filter + 4, multiplier, true);
    view.setUint8(8 * filter + 6, shift);
    for (let position = 0; position < outputHeight * outputWidth; position++) {
      const at = position * filters + filter;
      const scaled = Math.floor(((sums[at]! + bias) * multiplier + 2 ** (shift - 1)) / 2 ** shift);
      wanted[at] = Math.min(Math.max(outputZero + scaled, low), high);
    }
  }
  const fields: Fields = {
    operation: 1,
    wide: isWide ? 1 : 0,
    inputHeight: height,
    inputWidth: width,
    inputPitch: pitch,
    inputRowPitch: width * pitch,
    outputHeight,
    outputWidth,
    strideY: stride,
    strideX: stride,
    padTop: pad,
    padLeft: pad,
    inputZero: zero,
    outputZero,
    low,
    high,
    channels: filters,
  };
  return {
    fields,
    input,
    weights: Uint8Array.from(bytes),
    parameters,
    outputHeight,
    outputWidth,
    passes,
    wanted,
  };
}

interface PassChoice {
  readonly map: number;
  readonly isByRow: boolean;
  readonly selects: readonly number[];
  /** Number of the multiplier of an element; undefined: not in this pass. */
  readonly multiplierOf: (row: number, column: number) => number | undefined;
}

/** One pass with random selects, or for static columns with several maps one pass per map. */
function choosePasses(spec: ArraySpec, mapOf: readonly number[], rng: Rng): readonly PassChoice[] {
  const { elements, classes, multipliers, rows, columns } = spec;
  if (elements === 'static') {
    const numberAt = (row: number, column: number): number =>
      classes === undefined ? 0 : classes.multiplierOf[classes.by === 'row' ? row : column]!;
    const maps = classes?.by === 'column' ? [...new Set(mapOf)] : [mapOf[0]!];
    return maps.map((map) => ({
      map,
      isByRow: false,
      selects: [],
      multiplierOf: (row, column) => {
        const number = numberAt(row, column);
        return classes?.by === 'column' && mapOf[number] !== map ? undefined : number;
      },
    }));
  }
  const map = mapOf[rng.nextInt(0, multipliers.length - 1)]!;
  const allowed = multipliers.flatMap((_, number) => (mapOf[number] === map ? [number] : []));
  const isByRow = rng.nextFloat() < 0.5;
  const selects = Array.from(
    { length: Math.max(rows, columns) },
    () => allowed[rng.nextInt(0, allowed.length - 1)]!,
  );
  return [{ map, isByRow, selects, multiplierOf: (row, column) => selects[isByRow ? row : column] }];
}

function isUnsignedPort(multiplier: MultiplierSpec, port: 'a' | 'b'): boolean {
  return multiplier.family === 'narrow' && multiplier.unsigned === port;
}

function randomWeight(multiplier: MultiplierSpec, { weightPort }: ArraySpec, rng: Rng): number {
  if (multiplier.family === 'narrow') {
    return rng.nextInt(multiplier.unsigned === weightPort ? 0 : -128, 127);
  }
  const { weightBits } = roleBits(multiplier, weightPort);
  return rng.nextInt(-(2 ** (weightBits - 1)), 2 ** (weightBits - 1) - 1);
}
