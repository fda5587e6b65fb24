import type { CodeTerm } from './assignment.ts';
import type { Kernels } from './kernels.ts';
import type { Shape } from './network.ts';
import { type ConvGeometry, convGeometry, foldedBias, type WeightedLayer } from './quantised-network.ts';

/** What a convolution or dense layer needs to be laid out. */
export interface ConvRequest {
  readonly kernels: Kernels;
  readonly layer: WeightedLayer;
  readonly from: Shape;
  readonly to: Shape;
  readonly terms: readonly CodeTerm[];
  /** Addresses of the input codes, the output codes and the int32 logits (used where the results are not int8). */
  readonly input: number;
  readonly out: number;
  readonly logits: number;
  /** Input code that stands for 0. */
  readonly inputZeroPoint: number;
}

/** Output channels that the kernel computes together. */
const BLOCK = 8;

/**
 * Lays out a convolution for the kernel and gives the function that runs it: one copy of the padded input per term
 * with its activations mapped, the weights mapped and packed [cout/8][term][kh][kw·cp/2][8][2].
 */
export function prepareConv(request: ConvRequest): () => void {
  const { kernels, layer, terms, input, out } = request;
  const { run } = kernels;
  const geometry = convGeometry(layer, request.from, request.to);
  const { from, to, kernel, stride, pads, groups } = geometry;
  const inputZero = request.inputZeroPoint;
  const cp = from.channels + (from.channels % 2);
  const blocks = Math.ceil(to.channels / BLOCK);
  const padded = blocks * BLOCK;
  const pixels = to.height * to.width;
  const rowBytes = 2 * cp * (from.width + pads[1] + pads[3]);
  const termBytes = rowBytes * (from.height + pads[0] + pads[2]);

  const image = kernels.allocate(termBytes * terms.length);
  const tables = kernels.allocate(512 * terms.length);
  const weights = kernels.allocate(2 * kernel[0] * kernel[1] * cp * terms.length * padded);
  const around = prepareRequantiseAround(kernels, layer, padded);
  const accumulators = kernels.allocate(4 * pixels * padded);
  const bias = kernels.allocate(4 * padded);
  const factors = kernels.allocate(8 * padded);

  const { buffer } = kernels.memory;
  for (const [index, term] of terms.entries()) {
    new Int16Array(buffer, image + index * termBytes, termBytes / 2).fill(term.activation[inputZero + 128]!);
    new Int16Array(buffer, tables + 512 * index, 256).set(term.activation);
  }
  const pack = groups > 1 ? packGroupedWeights : packWeights;
  pack(new Int16Array(buffer, weights), layer, geometry, terms);
  new Int32Array(buffer, bias, padded).set(foldedBias(layer, inputZero));
  const factorView = new Float64Array(buffer, factors, padded);
  for (let o = 0; o < to.channels; o++) factorView[o] = layer.multipliers[o]! / 2 ** layer.shifts[o]!;

  const inside = image + pads[0] * rowBytes + pads[1] * cp * 2;
  const { low, high } = layer;
  const isWide = high > 127;
  return () => {
    for (let t = 0; t < terms.length; t++) {
      const table = tables + 512 * t;
      run.mapCodes(
        input,
        inside + t * termBytes,
        table,
        from.height,
        from.width,
        from.channels,
        cp,
        rowBytes,
      );
    }
    if (groups > 1) {
      run.convGrouped(
        image,
        termBytes,
        terms.length,
        weights,
        accumulators,
        to.height,
        to.width,
        to.channels,
        padded,
        to.channels / groups,
        from.channels / groups,
        kernel[0],
        kernel[1],
        cp,
        rowBytes,
        rowBytes * stride[0],
        2 * cp * stride[1],
      );
    } else {
      run.convInteger(
        image,
        termBytes,
        terms.length,
        weights,
        accumulators,
        to.height,
        to.width,
        blocks,
        kernel[0],
        (kernel[1] * cp) / 2,
        rowBytes,
        rowBytes * stride[0],
        2 * cp * stride[1],
      );
    }
    if (around) around(accumulators, bias, out, pixels);
    else if (isWide) run.requantiseWide(accumulators, bias, factors, request.logits, padded);
    else run.requantise(accumulators, bias, factors, out, pixels, to.channels, padded, low, high);
  };
}

/** The requantisation of a layer with a zero point or TensorFlow Lite's rounding; undefined for other layers. */
function prepareRequantiseAround(
  kernels: Kernels,
  layer: WeightedLayer,
  padded: number,
): ((accumulators: number, bias: number, out: number, pixels: number) => void) | undefined {
  const zeroPoint = layer.zeroPoint ?? 0;
  if (zeroPoint === 0 && layer.rounding !== 'tflite') return undefined;
  const multipliers = kernels.allocate(4 * padded);
  const shifts = kernels.allocate(4 * padded);
  const { buffer } = kernels.memory;
  new Int32Array(buffer, multipliers, padded).set(layer.multipliers);
  new Int32Array(buffer, shifts, padded).set(layer.shifts);
  const { low, high } = layer;
  const isTflite = layer.rounding === 'tflite' ? 1 : 0;
  const channels = layer.bias.length;
  return (accumulators, bias, out, pixels) =>
    kernels.run.requantiseAround(
      accumulators,
      bias,
      multipliers,
      shifts,
      out,
      pixels,
      channels,
      padded,
      isTflite,
      zeroPoint,
      low,
      high,
    );
}

/** [term][cout][kh][kw][cin/groups] */
function packGroupedWeights(
  packed: Int16Array,
  layer: WeightedLayer,
  _geometry: ConvGeometry,
  terms: readonly CodeTerm[],
): void {
  const { weights } = layer;
  for (const [t, term] of terms.entries()) {
    for (let i = 0; i < weights.length; i++) packed[t * weights.length + i] = term.weight[weights[i]! + 128]!;
  }
}

function packWeights(
  packed: Int16Array,
  layer: WeightedLayer,
  { from, to, kernel }: ConvGeometry,
  terms: readonly CodeTerm[],
): void {
  const cp = from.channels + (from.channels % 2);
  const taps = kernel[0] * kernel[1];
  for (let o = 0; o < to.channels; o++) {
    for (const [t, term] of terms.entries()) {
      const group = (Math.floor(o / BLOCK) * terms.length + t) * taps;
      for (let tap = 0; tap < taps; tap++) {
        for (let i = 0; i < from.channels; i++) {
          const pair = ((group + tap) * cp) / 2 + (i >> 1);
          const code = layer.weights[(o * taps + tap) * from.channels + i]!;
          packed[(pair * BLOCK + (o % BLOCK)) * 2 + (i & 1)] = term.weight[code + 128]!;
        }
      }
    }
  }
}
