import { badInput, MaxdnnError } from '../base/errors.ts';
import {
  isWeighted,
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedZeroPoints,
  type WeightedLayer,
} from './quantised-network.ts';
import { clamp, fitAddition, fitRescale } from './requantise.ts';

/**
 * The network with another scale for the activations that a layer reads: codes stand for `factor` times as much as
 * before, so below 1 they are finer and what lies above the largest code saturates. In hardware only constants of the
 * requantisation change: of the layer that makes the activations, and of all that read them.
 * @param reader a convolution or dense layer that is the only one of these to read the activations
 * @param factor > 0; 1 changes nothing
 * @throws bad-input when the layer reads the image, shares its input with another one, or the network has layers
 *   whose constants TensorFlow Lite made
 */
export function rescaleInputOf(network: QuantisedNetwork, reader: string, factor: number): QuantisedNetwork {
  if (factor === 1) return network;
  const root = rescalableInput(network, reader);
  if (root === undefined || !(factor > 0)) {
    const wanted =
      root === undefined ? 'a layer that alone reads activations whose scale is free' : 'a factor above 0';
    throw badInput(
      {
        where: `scale of the input of ${reader}`,
        wanted,
        found: root === undefined ? 'none' : String(factor),
      },
      'Leave inputScaleFactor out for this layer.',
    );
  }
  const group = scaleGroup(network, root);
  const { input, layers } = network;
  const scales = new Map([['input', input.scale], ...layers.map((l) => [l.name, l.outputScale] as const)]);
  const after = new Map([...scales].map(([name, scale]) => [name, group.has(name) ? scale * factor : scale]));
  const zeroPoints = quantisedZeroPoints(network);
  return {
    ...network,
    layers: layers.map((layer) => {
      const touched = group.has(layer.name) || layer.inputs.some((name) => group.has(name));
      if (!touched) return layer;
      const scaleOf = (name: string): number => after.get(name)!;
      const rescaled = refit({ ...layer, outputScale: scaleOf(layer.name) }, layer, scaleOf, factor, group);
      return group.has(layer.name) ? moveEnds(rescaled, zeroPoints.get(layer.name)!, factor) : rescaled;
    }),
  };
}

/**
 * Name of the layer whose output decides the scale of what `reader` reads, where that scale may be changed for it:
 * no other convolution or dense layer reads it, it is not the image, and our own quantisation made the constants.
 */
export function rescalableInput(network: QuantisedNetwork, reader: string): string | undefined {
  const byName = new Map(network.layers.map((layer) => [layer.name, layer]));
  let name = byName.get(reader)?.inputs[0];
  while (name !== undefined && KEEPERS.includes(byName.get(name)?.op ?? 'conv2d')) {
    name = byName.get(name)!.inputs[0];
  }
  if (name === undefined || !byName.has(name)) return undefined;
  const group = scaleGroup(network, name);
  const readers = network.layers.filter((layer) => layer.inputs.some((input) => group.has(input)));
  const rivals = readers.filter((layer) => isWeighted(layer) && layer.name !== reader);
  const involved = [byName.get(name)!, ...readers];
  const isOurs = involved.every(
    (layer) => layer.op !== 'tfliteAdd' && !('rounding' in layer && layer.rounding === 'tflite'),
  );
  return rivals.length === 0 && isOurs ? name : undefined;
}

/** Layers that pass codes on with their scale. */
const KEEPERS: readonly QuantisedLayer['op'][] = [
  'relu',
  'pad',
  'padChannels',
  'maxPool',
  'clip',
  'tfliteAveragePool',
];

/** A layer with all that pass its codes on: these have one scale. */
function scaleGroup({ layers }: QuantisedNetwork, root: string): ReadonlySet<string> {
  const group = new Set([root]);
  for (const layer of layers) {
    if (KEEPERS.includes(layer.op) && group.has(layer.inputs[0]!)) group.add(layer.name);
  }
  return group;
}

/** Constants of a layer for new scales around it. */
function refit(
  layer: QuantisedLayer,
  before: QuantisedLayer,
  scaleOf: (name: string) => number,
  factor: number,
  group: ReadonlySet<string>,
): QuantisedLayer {
  const from = scaleOf(layer.inputs[0]!);
  switch (layer.op) {
    case 'conv2d':
    case 'dense':
      return refitWeighted(layer, from, group.has(layer.inputs[0]!) ? factor : 1);
    case 'add': {
      const [one, other] = layer.inputs.map((name) => scaleOf(name) / layer.outputScale);
      return { ...layer, ...fitAddition(one!, other!) };
    }
    case 'averagePool': {
      const [height, width] = layer.kernel;
      return { ...layer, ...fitRescale(from / (height * width * layer.outputScale)) };
    }
    case 'concat': {
      const fits = layer.inputs.map((name) => fitRescale(scaleOf(name) / layer.outputScale));
      return {
        ...layer,
        multipliers: fits.map((fit) => fit.multiplier),
        shifts: fits.map((fit) => fit.shift),
      };
    }
    default:
      if (KEEPERS.includes(layer.op)) return layer;
      throw new MaxdnnError('internal', `The scale around ${before.name} (${before.op}) cannot be changed`);
  }
}

function refitWeighted(layer: WeightedLayer, inputScale: number, factor: number): WeightedLayer {
  const fits = layer.weightScales.map((scale) => fitRescale((scale * inputScale) / layer.outputScale));
  return {
    ...layer,
    bias: factor === 1 ? layer.bias : layer.bias.map((value) => Math.round(value / factor)),
    multipliers: fits.map((fit) => fit.multiplier),
    shifts: fits.map((fit) => fit.shift),
  };
}

/** Ends of the codes that stand for the same values as before, where they were inside of int8. */
function moveEnds(layer: QuantisedLayer, zeroPoint: number, factor: number): QuantisedLayer {
  if (!('high' in layer) || layer.high > 127) return layer;
  const move = (end: number, edge: number): number =>
    end === edge || end === zeroPoint
      ? end
      : clamp(Math.round((end - zeroPoint) / factor) + zeroPoint, -128, 127);
  return { ...layer, low: move(layer.low, -128), high: move(layer.high, 127) };
}
