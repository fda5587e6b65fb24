import { digestOf } from '../base/artifact.ts';
import { sha256 } from '../base/files.ts';
import { NO_PADS, padShape, windowCount } from './float-shapes.ts';
import { INPUT_NAME, type InputDescription, type Shape } from './network.ts';
import {
  type CodeRange,
  INT8,
  isWeighted,
  type QuantisedLayer,
  type WeightedLayer,
} from './quantised-layers.ts';

export * from './quantised-layers.ts';

/** An int8 network; the last layer gives the logits (int32, one common scale). */
export interface QuantisedNetwork {
  readonly name: string;
  readonly input: InputDescription;
  readonly layers: readonly QuantisedLayer[];
}

/** SHA-256 over everything that decides the logits and the scales; independent of the network's name. */
export function quantisedNetworkDigest(network: QuantisedNetwork): string {
  const layers = network.layers.map((layer) =>
    isWeighted(layer) ? { ...layer, weights: sha256(bytesOf(layer.weights)), bias: [...layer.bias] } : layer,
  );
  return digestOf({ input: network.input, layers });
}

/** Output shape of the image and of each layer. */
export function quantisedShapes(network: QuantisedNetwork): ReadonlyMap<string, Shape> {
  const { height, width, channels } = network.input;
  const shapes = new Map<string, Shape>([[INPUT_NAME, { height, width, channels }]]);
  for (const layer of network.layers)
    shapes.set(
      layer.name,
      quantisedOutputShape(
        layer,
        layer.inputs.map((name) => shapes.get(name)!),
      ),
    );
  return shapes;
}

/** Shape of what a layer makes of inputs of the given shapes. */
export function quantisedOutputShape(layer: QuantisedLayer, inputs: readonly Shape[]): Shape {
  const from = inputs[0]!;
  switch (layer.op) {
    case 'conv2d':
      return windowShape(layer, from, layer.pads, layer.bias.length);
    case 'averagePool':
      return windowShape(layer, from, NO_PADS, from.channels);
    case 'tfliteAveragePool':
    case 'maxPool':
      return windowShape(layer, from, layer.pads, from.channels);
    case 'dense':
      return { height: 1, width: 1, channels: layer.bias.length };
    case 'pad':
      return padShape(from, layer.pads);
    case 'padChannels':
      return { ...from, channels: from.channels + layer.before + layer.after };
    case 'concat':
      return { ...from, channels: inputs.reduce((sum, { channels }) => sum + channels, 0) };
    default:
      return from;
  }
}

/** Smallest and largest code of the image and of each layer. */
export function codeRanges(network: QuantisedNetwork): ReadonlyMap<string, CodeRange> {
  const zeroPoints = quantisedZeroPoints(network);
  const ranges = new Map<string, CodeRange>([[INPUT_NAME, INT8]]);
  for (const layer of network.layers) {
    const from = ranges.get(layer.inputs[0]!)!;
    const zero = zeroPoints.get(layer.name)!;
    switch (layer.op) {
      case 'relu':
        ranges.set(layer.name, { low: Math.max(from.low, zero), high: Math.max(from.high, zero) });
        break;
      case 'maxPool':
        ranges.set(layer.name, from);
        break;
      case 'pad':
      case 'padChannels':
        ranges.set(layer.name, { low: Math.min(from.low, zero), high: Math.max(from.high, zero) });
        break;
      default:
        ranges.set(layer.name, { low: layer.low, high: layer.high });
    }
  }
  return ranges;
}

/** Code that stands for 0 in the image and in the output of each layer. */
export function quantisedZeroPoints(network: QuantisedNetwork): ReadonlyMap<string, number> {
  return new Map([
    [INPUT_NAME, network.input.zeroPoint - 128],
    ...network.layers.map((layer) => [layer.name, layer.zeroPoint ?? 0] as const),
  ]);
}

/** A weighted layer as a convolution: a dense layer has one tap over the flattened input. */
export interface ConvGeometry {
  readonly from: Shape;
  readonly to: Shape;
  readonly kernel: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly groups: number;
}

export function convGeometry(layer: WeightedLayer, from: Shape, to: Shape): ConvGeometry {
  if (layer.op === 'conv2d') {
    const { kernel, stride, pads, groups = 1 } = layer;
    return { from, to, kernel, stride, pads, groups };
  }
  const flat = { height: 1, width: 1, channels: sizeOf(from) };
  return { from: flat, to, kernel: [1, 1], stride: [1, 1], pads: NO_PADS, groups: 1 };
}

/** Multiplications per image of each weighted layer, those with padding included, in the order of the layers. */
export function multiplicationsByLayer(network: QuantisedNetwork): ReadonlyMap<string, number> {
  const shapes = quantisedShapes(network);
  return new Map(
    network.layers.filter(isWeighted).map((layer) => {
      const { height, width } = shapes.get(layer.name)!;
      return [layer.name, height * width * layer.weights.length];
    }),
  );
}

/** Multiplications per image in all convolutions and dense layers. */
export function countMultiplications(network: QuantisedNetwork): number {
  return [...multiplicationsByLayer(network).values()].reduce((sum, count) => sum + count, 0);
}

export function sizeOf(shape: Shape): number {
  return shape.height * shape.width * shape.channels;
}

function windowShape(
  {
    kernel,
    stride,
  }: { readonly kernel: readonly [number, number]; readonly stride: readonly [number, number] },
  from: Shape,
  pads: readonly [number, number, number, number],
  channels: number,
): Shape {
  const { height, width } = padShape(from, pads);
  return {
    height: windowCount(height, kernel[0], stride[0]),
    width: windowCount(width, kernel[1], stride[1]),
    channels,
  };
}

function bytesOf(values: Int8Array): Uint8Array {
  return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
}
