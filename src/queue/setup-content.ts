import { badInput, type Fault, show } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { compileSchema } from '../base/schema-check.ts';
import { checkQuantisedNetwork } from '../dnn/quantised-network-check.ts';
import { decodeLayer, encodeLayer } from '../dnn/quantised-network-file.ts';
import { QUANTISED_NETWORK_SCHEMA } from '../dnn/quantised-network-schema.ts';
import { NETWORK_HEADER, SIZE } from '../dnn/schema-parts.ts';
import type { EvaluatorSetup } from '../explore/evaluator.ts';
import { pack, unpack } from './pack.ts';

/** What an evaluator works on, as bytes for other machines. */
export interface PackedSetup {
  readonly sha256: string;
  readonly bytes: Uint8Array;
}

export function packSetup({ network, images, roundedOperand }: EvaluatorSetup): PackedSetup {
  const { name, sha256: digest, height, width, channels, labels, pixels } = images;
  const bytes = pack({
    kind: KIND,
    network: { name: network.name, input: network.input, layers: network.layers.map(encodeLayer) },
    images: { name, sha256: digest, images: images.images, height, width, channels, labels, pixels },
    roundedOperand,
  });
  return { sha256: sha256(bytes), bytes };
}

/**
 * The setup of such bytes, checked as if a user had written it.
 * @param where what to call the bytes in errors
 * @throws bad-input with every fault found
 */
export function unpackSetup(bytes: Uint8Array, where: string): EvaluatorSetup {
  const value = unpack(bytes, where) as StoredSetup;
  const { labels, pixels } = value?.images ?? {};
  // Schemas describe JSON: the arrays are looked at here.
  const faults: Fault[] = [
    ...checkSchema(value && { ...value, images: { ...value.images, labels: null, pixels: null } }, where),
    ...(labels instanceof Uint8Array ? [] : [{ where, wanted: 'labels as bytes', found: show(labels) }]),
    ...(pixels instanceof Uint8Array ? [] : [{ where, wanted: 'pixels as bytes', found: show(pixels) }]),
  ];
  if (faults.length > 0) throw badInput(faults, HINT);
  const { network: stored, images, roundedOperand } = value;
  const network = { ...stored, layers: stored.layers.map(decodeLayer) };
  const pixelCount = images.images * images.height * images.width * images.channels;
  const lengths: readonly (readonly [string, number, number])[] = [
    ['labels', images.images, images.labels.length],
    ['pixels', pixelCount, images.pixels.length],
  ];
  for (const [what, wanted, found] of lengths) {
    if (wanted !== found) faults.push({ where, wanted: `${wanted} ${what}`, found: String(found) });
  }
  faults.push(...checkQuantisedNetwork(network, where));
  if (faults.length > 0) throw badInput(faults.slice(0, 20), HINT);
  return { network, images, roundedOperand };
}

const KIND = 'setup';
const HINT = 'It was not written by this version of maxdnn.';

type StoredSetup = {
  readonly network: { readonly layers: readonly object[] } & Omit<EvaluatorSetup['network'], 'layers'>;
} & Omit<EvaluatorSetup, 'network'>;

const checkSchema = compileSchema({
  type: 'object',
  required: ['kind', 'network', 'images', 'roundedOperand'],
  additionalProperties: false,
  properties: {
    kind: { const: KIND },
    network: {
      type: 'object',
      required: ['name', 'input', 'layers'],
      additionalProperties: false,
      properties: {
        name: NETWORK_HEADER.name,
        input: NETWORK_HEADER.input,
        layers: QUANTISED_NETWORK_SCHEMA.properties.layers,
      },
    },
    images: {
      type: 'object',
      required: ['name', 'sha256', 'images', 'height', 'width', 'channels'],
      additionalProperties: false,
      properties: {
        name: { type: 'string' },
        sha256: { type: 'string' },
        images: { type: 'integer', minimum: 1 },
        height: SIZE,
        width: SIZE,
        channels: SIZE,
        labels: {},
        pixels: {},
      },
    },
    roundedOperand: { enum: ['weights', 'activations'] },
  },
});
