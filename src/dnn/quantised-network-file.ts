import { type ArtifactHeader, artifactHeader, readArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import { INPUT_NAME, type InputDescription, type Shape } from './network.ts';
import {
  isWeighted,
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedNetworkDigest,
  quantisedOutputShape,
  sizeOf,
} from './quantised-network.ts';
import { QUANTISED_NETWORK_SCHEMA } from './quantised-network-schema.ts';

export const QUANTISED_NETWORK_FORMAT_VERSION = 1;

/** How the scales were found. */
export interface Quantisation {
  /** Share of the activation magnitudes that the codes cover, per cent. */
  readonly percentile: number;
  readonly calibrationImages: number;
}

/** Content of the artifact: the network with its weights as base64 and its biases as plain numbers. */
export interface QuantisedNetworkFile extends ArtifactHeader<'quantised-network'> {
  readonly name: string;
  /** quantisedNetworkDigest of the content. */
  readonly sha256: string;
  readonly quantisation: Quantisation;
  readonly input: InputDescription;
  readonly layers: readonly object[];
}

/**
 * Writes a quantised network as one JSON file.
 * @param inputs SHA-256 of what it was made from, e.g. { floatNetwork, calibrationSet }
 */
export function writeQuantisedNetwork(
  path: string,
  network: QuantisedNetwork,
  quantisation: Quantisation,
  inputs: Readonly<Record<string, string>>,
): void {
  const file: QuantisedNetworkFile = {
    ...artifactHeader('quantised-network', QUANTISED_NETWORK_FORMAT_VERSION, inputs),
    name: network.name,
    sha256: quantisedNetworkDigest(network),
    quantisation,
    input: network.input,
    layers: network.layers.map((layer) =>
      isWeighted(layer)
        ? { ...layer, weights: Buffer.from(layer.weights).toString('base64'), bias: [...layer.bias] }
        : layer,
    ),
  };
  writeArtifact(path, file);
}

/**
 * Reads a quantised network and checks all of it.
 * @throws bad-input, with every fault found
 */
export function readQuantisedNetwork(path: string): QuantisedNetwork {
  const file = readArtifact<QuantisedNetworkFile>(
    path,
    'quantised-network',
    QUANTISED_NETWORK_FORMAT_VERSION,
  );
  const hint = 'The file is damaged or was edited: quantise the network again.';
  const schemaFaults = checkSchema(file, path);
  if (schemaFaults.length > 0) throw badInput(schemaFaults, hint);
  const layers = file.layers.map(decodeLayer);
  const network: QuantisedNetwork = { name: file.name, input: file.input, layers };
  const faults = checkLayers(network, path);
  if (faults.length > 0) throw badInput(faults.slice(0, 20), hint);
  const digest = quantisedNetworkDigest(network);
  if (digest !== file.sha256) {
    throw badInput({ where: `${path}/sha256`, wanted: digest, found: show(file.sha256) }, hint);
  }
  return network;
}

const checkSchema = compileSchema(QUANTISED_NETWORK_SCHEMA);

function decodeLayer(stored: object): QuantisedLayer {
  if (!('weights' in stored && 'bias' in stored)) return stored as QuantisedLayer;
  const weights = Int8Array.from(Buffer.from(stored.weights as string, 'base64'));
  const bias = Int32Array.from(stored.bias as readonly number[]);
  return { ...stored, weights, bias } as unknown as QuantisedLayer;
}

function checkLayers(network: QuantisedNetwork, path: string): readonly Fault[] {
  const faults: Fault[] = [];
  const shapes = new Map<string, Shape>([[INPUT_NAME, network.input]]);
  for (const [index, layer] of network.layers.entries()) {
    const where = `${path}, layer ${layer.name}`;
    const fault = (wanted: string, found: string): void => void faults.push({ where, wanted, found });
    if (shapes.has(layer.name)) fault('a name of its own', `a second ${show(layer.name)}`);
    const inputs = layer.inputs.map((name) => shapes.get(name));
    for (const [i, shape] of inputs.entries()) {
      if (!shape) fault('inputs among "input" and the layers above it', show(layer.inputs[i]));
    }
    const from = inputs[0];
    if (!from || inputs.includes(undefined)) continue;
    if (isWeighted(layer)) {
      const taps = layer.op === 'conv2d' ? layer.kernel[0] * layer.kernel[1] * from.channels : sizeOf(from);
      const channels = layer.bias.length;
      if (layer.weights.length !== taps * channels) {
        fault(
          `${taps * channels} weights (${taps} taps × ${channels} channels)`,
          String(layer.weights.length),
        );
      }
      for (const key of ['multipliers', 'shifts', 'weightScales'] as const) {
        if (layer[key].length !== channels) fault(`${channels} ${key}`, String(layer[key].length));
      }
      const isWide = layer.low < -128 || layer.high > 127;
      if (isWide && (index < network.layers.length - 1 || layer.low >= -128 || layer.high <= 127)) {
        fault(
          'codes −128 … 127 or 0 … 127 (all of int32 in the last layer only)',
          `${layer.low} … ${layer.high}`,
        );
      }
    }
    if (layer.op === 'add' && sizeOf(from) !== sizeOf(inputs[1]!))
      fault('inputs of one shape', 'different ones');
    const shape = quantisedOutputShape(layer, from);
    if (shape.height < 1 || shape.width < 1)
      fault('a window within its input', `${from.height} × ${from.width}`);
    shapes.set(layer.name, shape);
  }
  const output = shapes.get(network.layers.at(-1)!.name);
  if (faults.length === 0 && output && (output.height !== 1 || output.width !== 1)) {
    faults.push({
      where: path,
      wanted: 'logits of 1 × 1 × classes',
      found: `${output.height} × ${output.width}`,
    });
  }
  return faults;
}
