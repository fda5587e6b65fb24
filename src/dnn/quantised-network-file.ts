import { existsSync, readFileSync } from 'node:fs';
import { type ArtifactHeader, artifactHeader, readArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import type { InputDescription } from './network.ts';
import type { LayerQuantisation } from './quantise.ts';
import type { ActivationCodes, Calibration } from './quantise-ranges.ts';
import type { WeightScales } from './quantise-weights.ts';
import {
  isWeighted,
  type QuantisedLayer,
  type QuantisedNetwork,
  quantisedNetworkDigest,
} from './quantised-network.ts';
import { checkQuantisedNetwork } from './quantised-network-check.ts';
import { QUANTISED_NETWORK_SCHEMA } from './quantised-network-schema.ts';

export const QUANTISED_NETWORK_FORMAT_VERSION = 1;

/** How the scales were found: by us from a float network, or given by a model that was int8 already. */
export type Quantisation =
  | {
      /** Share of the activation magnitudes that the codes cover, per cent. */
      readonly percentile: number;
      readonly calibrationImages: number;
      /** Default "percentile". */
      readonly calibration?: Calibration;
      /** Default "per-channel". */
      readonly weights?: WeightScales;
      /** Default "symmetric". */
      readonly activations?: ActivationCodes;
      /** Exponent of the channel equalisation; default: none. */
      readonly equalise?: number;
      /** What it did to each layer. */
      readonly layers?: readonly LayerQuantisation[];
    }
  | { readonly importedFrom: ImportFormat };

/** Formats of int8 models. */
export type ImportFormat = 'ONNX' | 'TensorFlow Lite';

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
    layers: network.layers.map(encodeLayer),
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
  const faults = checkQuantisedNetwork(network, path);
  if (faults.length > 0) throw badInput(faults.slice(0, 20), hint);
  const digest = quantisedNetworkDigest(network);
  if (digest !== file.sha256) {
    throw badInput({ where: `${path}/sha256`, wanted: digest, found: show(file.sha256) }, hint);
  }
  return network;
}

/** True for the file of a network that was int8 already when it was imported: there is no float network of it. */
export function isImportedNetwork(path: string): boolean {
  const quantisation = quantisationOf(path);
  return quantisation !== undefined && 'importedFrom' in quantisation;
}

/** True for the file of a network whose channels were equalised before it was quantised. */
export function isEqualisedNetwork(path: string): boolean {
  const quantisation = quantisationOf(path);
  return quantisation !== undefined && 'equalise' in quantisation;
}

/** Absent for a file that is not there or no quantised network. */
function quantisationOf(path: string): Quantisation | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Partial<QuantisedNetworkFile>).quantisation;
  } catch {
    return undefined;
  }
}

const checkSchema = compileSchema(QUANTISED_NETWORK_SCHEMA);

/** A layer as plain JSON: weights as base64, biases as numbers. */
export function encodeLayer(layer: QuantisedLayer): object {
  return isWeighted(layer)
    ? { ...layer, weights: Buffer.from(layer.weights).toString('base64'), bias: [...layer.bias] }
    : layer;
}

/** The layer of such JSON, which must have been checked with the schema. */
export function decodeLayer(stored: object): QuantisedLayer {
  if (!('weights' in stored && 'bias' in stored)) return stored as QuantisedLayer;
  const weights = Int8Array.from(Buffer.from(stored.weights as string, 'base64'));
  const bias = Int32Array.from(stored.bias as readonly number[]);
  return { ...stored, weights, bias } as unknown as QuantisedLayer;
}
