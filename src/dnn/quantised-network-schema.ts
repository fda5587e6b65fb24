import { COUNT, DIGEST, layer, layerList, NETWORK_HEADER, PADS, PAIR } from './schema-parts.ts';

const FACTOR = { type: 'integer', minimum: 0, maximum: 65535 } as const;
const SHIFT = { type: 'integer', minimum: 1, maximum: 46 } as const;
const SCALE = { type: 'number', exclusiveMinimum: 0 } as const;

/** Int8 codes only; the accumulator range is for the logits. */
const CODE_RANGE = { low: { enum: [-128, 0] }, high: { const: 127 } } as const;
const ANY_RANGE = { low: { enum: [-128, 0, -(2 ** 31)] }, high: { enum: [127, 2 ** 31 - 1] } } as const;

const WEIGHTED = {
  ...ANY_RANGE,
  weights: { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' },
  bias: {
    type: 'array',
    items: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
    minItems: 1,
    maxItems: 65536,
  },
  multipliers: { type: 'array', items: FACTOR },
  shifts: { type: 'array', items: SHIFT },
  weightScales: { type: 'array', items: SCALE },
} as const;

/** JSON schema of a "quantised-network" artifact (weights as base64). */
export const QUANTISED_NETWORK_SCHEMA = {
  type: 'object',
  required: [
    'kind',
    'formatVersion',
    'maxdnnVersion',
    'inputs',
    'tools',
    'name',
    'sha256',
    'quantisation',
    'input',
    'layers',
  ],
  additionalProperties: false,
  properties: {
    kind: { const: 'quantised-network' },
    formatVersion: { const: 1 },
    ...NETWORK_HEADER,
    sha256: DIGEST,
    quantisation: {
      type: 'object',
      required: ['percentile', 'calibrationImages'],
      additionalProperties: false,
      properties: {
        percentile: { type: 'number', exclusiveMinimum: 0, maximum: 100 },
        calibrationImages: { type: 'integer', minimum: 1 },
      },
    },
    layers: layerList([
      quantisedLayer('conv2d', 1, { ...WEIGHTED, kernel: PAIR, stride: PAIR, pads: PADS }),
      quantisedLayer('dense', 1, WEIGHTED),
      quantisedLayer('add', 2, {
        ...CODE_RANGE,
        factors: { type: 'array', items: FACTOR, minItems: 2, maxItems: 2 },
        shift: { type: 'integer', minimum: 1, maximum: 24 },
      }),
      quantisedLayer('averagePool', 1, {
        ...CODE_RANGE,
        kernel: PAIR,
        stride: PAIR,
        multiplier: FACTOR,
        shift: SHIFT,
      }),
      quantisedLayer('padChannels', 1, { before: COUNT, after: COUNT }),
      quantisedLayer('relu', 1, {}),
    ]),
  },
} as const;

function quantisedLayer(op: string, inputCount: number, further: Readonly<Record<string, object>>): object {
  return layer(op, inputCount, { outputScale: SCALE, ...further });
}
