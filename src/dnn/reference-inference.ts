import { operandProduct } from '../multiplier/golden.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { type MixedAssignment, type RoundedOperand, SKIPPED, specsOfWeights } from './assignment.ts';
import { INPUT_NAME, type Shape } from './network.ts';
import {
  convGeometry,
  type QuantisedConcat,
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedShapes,
  quantisedZeroPoints,
  sizeOf,
  type WeightedLayer,
} from './quantised-network.ts';
import { referenceAveragePool, referenceMaxPool, referenceTfliteAveragePool } from './reference-pools.ts';
import { clamp, rescale } from './requantise.ts';
import { addTflite, rescaleTflite } from './requantise-tflite.ts';

/**
 * The integer network straight from its definition: one operandProduct per multiplication (kept in a table of pairs
 * already asked for), no mapped operands, no kernels. Slow; the oracle that `infer` is tested against.
 * @param codes int8 pixels of one image, height × width × channel
 * @returns the output of each layer and of "input", height × width × channel; the last layer's are the logits
 */
export function inferReference(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  codes: Int8Array,
  roundedOperand: RoundedOperand = 'activations',
): ReadonlyMap<string, Int32Array> {
  const shapes = quantisedShapes(network);
  const zeroPoints = quantisedZeroPoints(network);
  const outputs = new Map<string, Int32Array>([[INPUT_NAME, Int32Array.from(codes)]]);
  for (const layer of network.layers) {
    outputs.set(
      layer.name,
      runLayer({
        layer,
        inputs: layer.inputs.map((name) => outputs.get(name)!),
        shapes: layer.inputs.map((name) => shapes.get(name)!),
        zeros: layer.inputs.map((name) => zeroPoints.get(name)!),
        to: shapes.get(layer.name)!,
        productOf: (weighted) => tapProducts(weighted, assignment, roundedOperand),
      }),
    );
  }
  return outputs;
}

/** Product by the multiplier of the weight number `tap` (out × kh × kw × in); undefined: the weight is skipped. */
type TapProduct = (activation: number, weight: number, tap: number) => number | undefined;

interface LayerRun {
  readonly layer: QuantisedLayer;
  readonly inputs: readonly Int32Array[];
  /** Shape and zero point of each input. */
  readonly shapes: readonly Shape[];
  readonly zeros: readonly number[];
  readonly to: Shape;
  readonly productOf: (layer: WeightedLayer) => TapProduct;
}

function runLayer({ layer, inputs, shapes, zeros, to, productOf }: LayerRun): Int32Array {
  const input = inputs[0]!;
  const from = shapes[0]!;
  const zero = zeros[0]!;
  const zeroPoint = layer.zeroPoint ?? 0;
  switch (layer.op) {
    case 'conv2d':
    case 'dense':
      return convolve(layer, input, from, to, zero, productOf(layer));
    case 'add': {
      const [first, second] = layer.factors;
      const half = 2 ** (layer.shift - 1);
      return input.map((a, i) => {
        const sum = (a - zero) * first + (inputs[1]![i]! - zeros[1]!) * second + half;
        return clamp(zeroPoint + Math.floor(sum / 2 ** layer.shift), layer.low, layer.high);
      });
    }
    case 'tfliteAdd':
      return input.map((a, i) => {
        const sum = addTflite(a - zero, inputs[1]![i]! - zeros[1]!, layer);
        return clamp(zeroPoint + sum, layer.low, layer.high);
      });
    case 'averagePool':
      return referenceAveragePool(layer, input, from, to, zero);
    case 'tfliteAveragePool':
      return referenceTfliteAveragePool(layer, input, from, to);
    case 'maxPool':
      return referenceMaxPool(layer, input, from, to);
    case 'concat':
      return concat(layer, inputs, shapes, zeros, to);
    case 'pad':
      return place(input, from, to, layer.pads[0], layer.pads[1], 0, zero);
    case 'padChannels':
      return place(input, from, to, 0, 0, layer.before, zero);
    case 'relu':
      return input.map((code) => Math.max(code, zero));
    case 'clip':
      return input.map((code) => clamp(code, layer.low, layer.high));
  }
}

function convolve(
  layer: WeightedLayer,
  input: Int32Array,
  inputShape: Shape,
  to: Shape,
  zero: number,
  product: TapProduct,
): Int32Array {
  const { from, kernel, stride, pads, groups } = convGeometry(layer, inputShape, to);
  const cin = from.channels / groups;
  const out = new Int32Array(sizeOf(to));
  for (let oy = 0; oy < to.height; oy++) {
    for (let ox = 0; ox < to.width; ox++) {
      for (let o = 0; o < to.channels; o++) {
        const first = Math.floor((o * groups) / to.channels) * cin;
        let sum = layer.bias[o]!;
        for (let ky = 0; ky < kernel[0]; ky++) {
          for (let kx = 0; kx < kernel[1]; kx++) {
            const y = oy * stride[0] + ky - pads[0];
            const x = ox * stride[1] + kx - pads[1];
            const isInside = y >= 0 && y < from.height && x >= 0 && x < from.width;
            for (let i = 0; i < cin; i++) {
              const activation = isInside ? input[(y * from.width + x) * from.channels + first + i]! : zero;
              const tap = ((o * kernel[0] + ky) * kernel[1] + kx) * cin + i;
              const weight = layer.weights[tap]!;
              const part = product(activation, weight, tap);
              if (part !== undefined) sum += part - zero * weight;
            }
          }
        }
        out[(oy * to.width + ox) * to.channels + o] = requantise(layer, sum, o);
      }
    }
  }
  return out;
}

function requantise(layer: WeightedLayer, sum: number, o: number): number {
  const [multiplier, shift] = [layer.multipliers[o]!, layer.shifts[o]!];
  const code =
    layer.rounding === 'tflite' ? rescaleTflite(sum, multiplier, shift) : rescale(sum, { multiplier, shift });
  return clamp((layer.zeroPoint ?? 0) + code, layer.low, layer.high);
}

function concat(
  layer: QuantisedConcat,
  inputs: readonly Int32Array[],
  shapes: readonly Shape[],
  zeros: readonly number[],
  to: Shape,
): Int32Array {
  const out = new Int32Array(sizeOf(to));
  let first = 0;
  for (const [index, codes] of inputs.entries()) {
    const by = { multiplier: layer.multipliers[index]!, shift: layer.shifts[index]! };
    const { channels } = shapes[index]!;
    for (const [i, code] of codes.entries()) {
      const value = (layer.zeroPoint ?? 0) + rescale(code - zeros[index]!, by);
      const pixel = Math.floor(i / channels);
      out[pixel * to.channels + first + (i % channels)] = clamp(value, layer.low, layer.high);
    }
    first += channels;
  }
  return out;
}

/** The codes at an offset within a larger image of one code. */
function place(
  input: Int32Array,
  from: Shape,
  to: Shape,
  top: number,
  left: number,
  before: number,
  fill: number,
): Int32Array {
  const out = new Int32Array(sizeOf(to)).fill(fill);
  for (const [i, code] of input.entries()) {
    const channel = i % from.channels;
    const x = Math.floor(i / from.channels) % from.width;
    const y = Math.floor(i / from.channels / from.width);
    out[((y + top) * to.width + x + left) * to.channels + before + channel] = code;
  }
  return out;
}

function tapProducts(
  layer: WeightedLayer,
  assignment: MixedAssignment,
  roundedOperand: RoundedOperand,
): TapProduct {
  const { specs, specOf } = specsOfWeights(layer, assignment.get(layer.name)!);
  const products = specs.map((spec) => pairProducts(spec, roundedOperand));
  return (activation, weight, tap) => {
    const index = specOf(tap);
    return index === SKIPPED ? undefined : products[index]!(activation, weight);
  };
}

function pairProducts(
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
): (activation: number, weight: number) => number {
  const known = new Map<number, number>();
  return (activation, weight) => {
    const key = (activation + 128) * 256 + weight + 128;
    let product = known.get(key);
    if (product === undefined) {
      const [a, b] = roundedOperand === 'activations' ? [activation, weight] : [weight, activation];
      product = operandProduct(spec, a, b);
      known.set(key, product);
    }
    return product;
  };
}
