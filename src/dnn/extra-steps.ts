import { MaxdnnError } from '../base/errors.ts';
import { windowOffsets } from './float-windows.ts';
import type { Kernels } from './kernels.ts';
import type { Shape } from './network.ts';
import { isWeighted, type QuantisedConcat, type QuantisedLayer, sizeOf } from './quantised-network.ts';
import { clamp, rescale, rescaler } from './requantise.ts';
import { addTflite, divideRounded, rescaleTflite } from './requantise-tflite.ts';

/** What a step without a kernel needs; it works on the codes in the engine's memory. */
export interface ExtraStepRequest {
  readonly layer: QuantisedLayer;
  readonly kernels: Kernels;
  /** Address of the codes of each layer and of the image. */
  readonly buffers: ReadonlyMap<string, number>;
  readonly shapes: ReadonlyMap<string, Shape>;
  readonly zeroPoints: ReadonlyMap<string, number>;
}

/** True for a layer whose kernel does not know about zero points or TensorFlow Lite's rounding. */
export function isExtraStep(layer: QuantisedLayer, zeroPoints: ReadonlyMap<string, number>): boolean {
  if (isWeighted(layer)) return false;
  if ('rounding' in layer && layer.rounding === 'tflite') return true;
  return [layer.name, ...layer.inputs].some((name) => zeroPoints.get(name) !== 0);
}

/**
 * The function that runs a layer in TypeScript: tables of codes for what treats each code alone, plain loops for
 * windows and copies.
 */
export function prepareExtraStep(request: ExtraStepRequest): () => void {
  const { layer, shapes, zeroPoints } = request;
  const from = shapes.get(layer.inputs[0]!)!;
  const to = shapes.get(layer.name)!;
  const out = codesAt(request, layer.name);
  const inputs = layer.inputs.map((name) => codesAt(request, name));
  const input = inputs[0]!;
  const zero = zeroPoints.get(layer.inputs[0]!)!;
  const zeroPoint = zeroPoints.get(layer.name)!;
  switch (layer.op) {
    case 'add': {
      const other = zeroPoints.get(layer.inputs[1]!)!;
      const { factors, shift, low, high } = layer;
      const half = 2 ** (shift - 1);
      const table = pairTable((a, b) => {
        const sum = (a - zero) * factors[0] + (b - other) * factors[1] + half;
        return clamp(zeroPoint + Math.floor(sum / 2 ** shift), low, high);
      });
      return () => mapPairs(input(), inputs[1]!(), out(), table);
    }
    case 'tfliteAdd': {
      const other = zeroPoints.get(layer.inputs[1]!)!;
      const table = pairTable((a, b) =>
        clamp(zeroPoint + addTflite(a - zero, b - other, layer), layer.low, layer.high),
      );
      return () => mapPairs(input(), inputs[1]!(), out(), table);
    }
    case 'averagePool': {
      const { kernel, stride, multiplier, shift, low, high } = layer;
      const rescaled =
        layer.rounding === 'tflite'
          ? (sum: number): number => rescaleTflite(sum, multiplier, shift)
          : rescaler({ multiplier, shift });
      const windows = windowOffsets({ from, to, kernel, stride, pads: [0, 0, 0, 0] });
      return () =>
        poolWindows(windows, from.channels, input(), out(), sumCodes, (sum, count) =>
          clamp(zeroPoint + rescaled(sum - zero * count), low, high),
        );
    }
    case 'tfliteAveragePool': {
      const { low, high } = layer;
      const windows = windowOffsets({ ...layer, from, to });
      return () =>
        poolWindows(windows, from.channels, input(), out(), sumCodes, (sum, count) =>
          clamp(divideRounded(sum, count), low, high),
        );
    }
    case 'maxPool': {
      const windows = windowOffsets({ ...layer, from, to });
      return () => poolWindows(windows, from.channels, input(), out(), largerCode, (largest) => largest);
    }
    case 'concat':
      return prepareConcat(request, layer, to, inputs, out);
    case 'pad':
      return () => {
        const codes = input();
        const placed = out().fill(zero);
        const line = from.width * from.channels;
        for (let y = 0; y < from.height; y++) {
          const start = ((y + layer.pads[0]) * to.width + layer.pads[1]) * to.channels;
          placed.set(codes.subarray(y * line, (y + 1) * line), start);
        }
      };
    case 'padChannels':
      return () => {
        const codes = input();
        copyChannels(codes, out().fill(zero), from.channels, to.channels, layer.before);
      };
    case 'relu': {
      const table = codeTable((code) => Math.max(code, zero));
      return () => mapCodes(input(), out(), table);
    }
    case 'clip': {
      const table = codeTable((code) => clamp(code, layer.low, layer.high));
      return () => mapCodes(input(), out(), table);
    }
    default:
      throw new MaxdnnError('internal', `Layer ${layer.name} (${layer.op}) is none of the extra steps`);
  }
}

/** View of a layer's codes, made anew after the memory grew. */
function codesAt({ kernels, buffers, shapes }: ExtraStepRequest, name: string): () => Int8Array {
  const address = buffers.get(name)!;
  const size = sizeOf(shapes.get(name)!);
  return () => new Int8Array(kernels.memory.buffer, address, size);
}

function prepareConcat(
  { shapes, zeroPoints }: ExtraStepRequest,
  layer: QuantisedConcat,
  to: Shape,
  inputs: readonly (() => Int8Array)[],
  out: () => Int8Array,
): () => void {
  let first = 0;
  const parts = layer.inputs.map((name, index) => {
    const { channels } = shapes.get(name)!;
    const by = { multiplier: layer.multipliers[index]!, shift: layer.shifts[index]! };
    const zero = zeroPoints.get(name)!;
    const table = codeTable((code) =>
      clamp((layer.zeroPoint ?? 0) + rescale(code - zero, by), layer.low, layer.high),
    );
    const part = { channels, table, first, mapped: new Int8Array(sizeOf(shapes.get(name)!)) };
    first += channels;
    return part;
  });
  return () => {
    const joined = out();
    for (const [index, { channels, table, first: before, mapped }] of parts.entries()) {
      mapCodes(inputs[index]!(), mapped, table);
      copyChannels(mapped, joined, channels, to.channels, before);
    }
  };
}

function copyChannels(
  codes: Int8Array,
  out: Int8Array,
  channels: number,
  outChannels: number,
  before: number,
): void {
  for (let pixel = 0; pixel < codes.length / channels; pixel++) {
    out.set(codes.subarray(pixel * channels, (pixel + 1) * channels), pixel * outChannels + before);
  }
}

const sumCodes = (total: number | undefined, code: number): number => (total ?? 0) + code;
const largerCode = (largest: number | undefined, code: number): number =>
  largest === undefined || code > largest ? code : largest;

/** Joins the codes of each window and channel, and finishes the result with the number of codes. */
function poolWindows(
  windows: readonly (readonly number[])[],
  channels: number,
  input: Int8Array,
  out: Int8Array,
  join: (before: number | undefined, code: number) => number,
  finish: (joined: number, count: number) => number,
): void {
  for (const [index, offsets] of windows.entries()) {
    for (let c = 0; c < channels; c++) {
      let joined: number | undefined;
      for (const offset of offsets) joined = join(joined, input[offset + c]!);
      out[index * channels + c] = finish(joined!, offsets.length);
    }
  }
}

/** Results for all codes, index code + 128. */
function codeTable(result: (code: number) => number): Int8Array {
  return Int8Array.from({ length: 256 }, (_, index) => result(index - 128));
}

function mapCodes(codes: Int8Array, out: Int8Array, table: Int8Array): void {
  for (let i = 0; i < codes.length; i++) out[i] = table[codes[i]! + 128]!;
}

/** Results for all pairs of codes, index (a + 128) · 256 + b + 128. */
function pairTable(result: (a: number, b: number) => number): Int8Array {
  return Int8Array.from({ length: 65536 }, (_, index) => result((index >> 8) - 128, (index & 255) - 128));
}

function mapPairs(a: Int8Array, b: Int8Array, out: Int8Array, table: Int8Array): void {
  for (let i = 0; i < a.length; i++) out[i] = table[(a[i]! + 128) * 256 + b[i]! + 128]!;
}
