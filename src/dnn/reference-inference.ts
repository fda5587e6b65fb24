import { operandProduct } from '../multiplier/golden.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import type { MultiplierAssignment, RoundedOperand } from './assignment.ts';
import { INPUT_NAME, type Shape } from './network.ts';
import {
  convGeometry,
  type QuantisedAveragePool,
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedShapes,
  sizeOf,
  type WeightedLayer,
} from './quantised-network.ts';
import { clamp, rescale } from './requantise.ts';

/**
 * The integer network straight from its definition: one operandProduct per multiplication (kept in a table of pairs
 * already asked for), no mapped operands, no kernels. Slow; the oracle that `infer` is tested against.
 * @param codes int8 pixels of one image, height × width × channel
 * @returns the output of each layer and of "input", height × width × channel; the last layer's are the logits
 */
export function inferReference(
  network: QuantisedNetwork,
  assignment: MultiplierAssignment,
  codes: Int8Array,
  roundedOperand: RoundedOperand = 'activations',
): ReadonlyMap<string, Int32Array> {
  const shapes = quantisedShapes(network);
  const outputs = new Map<string, Int32Array>([[INPUT_NAME, Int32Array.from(codes)]]);
  for (const layer of network.layers) {
    const inputs = layer.inputs.map((name) => outputs.get(name)!);
    const from = shapes.get(layer.inputs[0]!)!;
    const to = shapes.get(layer.name)!;
    const multiply = (spec: MultiplierSpec) => pairProducts(spec, roundedOperand);
    outputs.set(
      layer.name,
      runLayer(layer, inputs, from, to, () => multiply(assignment.get(layer.name)!)),
    );
  }
  return outputs;
}

type Product = (activation: number, weight: number) => number;

function runLayer(
  layer: QuantisedLayer,
  inputs: readonly Int32Array[],
  from: Shape,
  to: Shape,
  product: () => Product,
): Int32Array {
  const input = inputs[0]!;
  switch (layer.op) {
    case 'conv2d':
    case 'dense':
      return convolve(layer, input, from, to, product());
    case 'add': {
      const [first, second] = layer.factors;
      const half = 2 ** (layer.shift - 1);
      return input.map((a, i) => {
        const sum = a * first + inputs[1]![i]! * second + half;
        return clamp(Math.floor(sum / 2 ** layer.shift), layer.low, layer.high);
      });
    }
    case 'averagePool':
      return average(layer, input, from, to);
    case 'padChannels': {
      const padded = new Int32Array(sizeOf(to));
      for (const [i, code] of input.entries()) {
        padded[Math.floor(i / from.channels) * to.channels + layer.before + (i % from.channels)] = code;
      }
      return padded;
    }
    case 'relu':
      return input.map((code) => Math.max(code, 0));
  }
}

function convolve(
  layer: WeightedLayer,
  input: Int32Array,
  inputShape: Shape,
  to: Shape,
  product: Product,
): Int32Array {
  const { from, kernel, stride, pads } = convGeometry(layer, inputShape, to);
  const out = new Int32Array(sizeOf(to));
  for (let oy = 0; oy < to.height; oy++) {
    for (let ox = 0; ox < to.width; ox++) {
      for (let o = 0; o < to.channels; o++) {
        let sum = layer.bias[o]!;
        for (let ky = 0; ky < kernel[0]; ky++) {
          for (let kx = 0; kx < kernel[1]; kx++) {
            const y = oy * stride[0] + ky - pads[0];
            const x = ox * stride[1] + kx - pads[1];
            const isInside = y >= 0 && y < from.height && x >= 0 && x < from.width;
            for (let i = 0; i < from.channels; i++) {
              const activation = isInside ? input[(y * from.width + x) * from.channels + i]! : 0;
              const tap = ((o * kernel[0] + ky) * kernel[1] + kx) * from.channels + i;
              sum += product(activation, layer.weights[tap]!);
            }
          }
        }
        const code = rescale(sum, { multiplier: layer.multipliers[o]!, shift: layer.shifts[o]! });
        out[(oy * to.width + ox) * to.channels + o] = clamp(code, layer.low, layer.high);
      }
    }
  }
  return out;
}

function average(layer: QuantisedAveragePool, input: Int32Array, from: Shape, to: Shape): Int32Array {
  return Int32Array.from({ length: sizeOf(to) }, (_, index) => {
    const channel = index % to.channels;
    const ox = Math.floor(index / to.channels) % to.width;
    const oy = Math.floor(index / to.channels / to.width);
    let sum = 0;
    for (let ky = 0; ky < layer.kernel[0]; ky++) {
      for (let kx = 0; kx < layer.kernel[1]; kx++) {
        const pixel = (oy * layer.stride[0] + ky) * from.width + ox * layer.stride[1] + kx;
        sum += input[pixel * from.channels + channel]!;
      }
    }
    return clamp(rescale(sum, layer), layer.low, layer.high);
  });
}

function pairProducts(spec: MultiplierSpec, roundedOperand: RoundedOperand): Product {
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
