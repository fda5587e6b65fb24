import {
  CONCAT_INPUTS_MAX,
  COUNT,
  DIGEST,
  layer,
  layerList,
  NAME,
  NETWORK_HEADER,
  PADS,
  PAIR,
  SIZE,
} from './schema-parts.ts';

/** JSON schema of NAME.json of a float network (docs/network-format.md). */
export const FLOAT_NETWORK_SCHEMA = {
  type: 'object',
  required: ['kind', 'formatVersion', 'name', 'input', 'layers', 'tensors', 'bin'],
  additionalProperties: false,
  properties: {
    kind: { const: 'float-network' },
    formatVersion: { const: 1 },
    ...NETWORK_HEADER,
    provenance: { type: 'string' },
    layers: layerList([
      layer('conv2d', 1, { weights: NAME, stride: PAIR, pads: PADS }, { bias: NAME, groups: SIZE }),
      layer(
        'batchNorm',
        1,
        { gamma: NAME, beta: NAME, epsilon: { type: 'number', exclusiveMinimum: 0 } },
        { mean: NAME, variance: NAME },
      ),
      layer('relu', 1),
      layer('clip', 1, { low: { type: 'number' }, high: { type: 'number' } }),
      layer('add', 2),
      layer('concat', [1, CONCAT_INPUTS_MAX]),
      layer('averagePool', 1, { kernel: PAIR, stride: PAIR }, { pads: PADS }),
      layer('maxPool', 1, { kernel: PAIR, stride: PAIR, pads: PADS }),
      layer('pad', 1, { pads: PADS }),
      layer('padChannels', 1, { before: COUNT, after: COUNT }),
      layer('globalAveragePool', 1),
      layer('dense', 1, { weights: NAME }, { bias: NAME }),
    ]),
    tensors: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'shape', 'offset'],
        additionalProperties: false,
        properties: {
          name: NAME,
          shape: { type: 'array', items: SIZE, minItems: 1, maxItems: 4 },
          offset: { type: 'integer', minimum: 0, multipleOf: 4 },
        },
      },
    },
    bin: {
      type: 'object',
      required: ['bytes', 'sha256'],
      additionalProperties: false,
      properties: {
        bytes: { type: 'integer', minimum: 0 },
        sha256: DIGEST,
      },
    },
  },
} as const;
