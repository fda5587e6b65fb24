/** JSON schema of a "quantised-network" artifact (weights as base64). */
const NAME = { type: 'string', pattern: '^[A-Za-z0-9_./-]{1,200}$' } as const;
const DIGEST = { type: 'string', pattern: '^[0-9a-f]{64}$' } as const;
const PAIR = {
  type: 'array',
  items: { type: 'integer', minimum: 1, maximum: 64 },
  minItems: 2,
  maxItems: 2,
} as const;
const PADS = {
  type: 'array',
  items: { type: 'integer', minimum: 0, maximum: 32 },
  minItems: 4,
  maxItems: 4,
} as const;
const SIZE = { type: 'integer', minimum: 1, maximum: 65536 } as const;
const FACTOR = { type: 'integer', minimum: 0, maximum: 65535 } as const;
const SHIFT = { type: 'integer', minimum: 1, maximum: 46 } as const;
const SCALE = { type: 'number', exclusiveMinimum: 0 } as const;
const COUNT = { type: 'integer', minimum: 0, maximum: 65536 } as const;

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
    maxdnnVersion: { type: 'string' },
    inputs: { type: 'object', additionalProperties: { type: 'string' } },
    tools: { type: 'object', additionalProperties: { type: 'string' } },
    name: { type: 'string', minLength: 1, maxLength: 200 },
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
    input: {
      type: 'object',
      required: ['height', 'width', 'channels', 'scale', 'zeroPoint'],
      additionalProperties: false,
      properties: {
        height: SIZE,
        width: SIZE,
        channels: SIZE,
        scale: { const: 1 / 128 },
        zeroPoint: { const: 128 },
      },
    },
    layers: {
      type: 'array',
      minItems: 1,
      maxItems: 10000,
      items: {
        type: 'object',
        required: ['op'],
        discriminator: { propertyName: 'op' },
        oneOf: [
          layer('conv2d', 1, { ...WEIGHTED, kernel: PAIR, stride: PAIR, pads: PADS }),
          layer('dense', 1, WEIGHTED),
          layer('add', 2, {
            ...CODE_RANGE,
            factors: { type: 'array', items: FACTOR, minItems: 2, maxItems: 2 },
            shift: { type: 'integer', minimum: 1, maximum: 24 },
          }),
          layer('averagePool', 1, {
            ...CODE_RANGE,
            kernel: PAIR,
            stride: PAIR,
            multiplier: FACTOR,
            shift: SHIFT,
          }),
          layer('padChannels', 1, { before: COUNT, after: COUNT }),
          layer('relu', 1, {}),
        ],
      },
    },
  },
} as const;

function layer(op: string, inputCount: number, further: Readonly<Record<string, object>>): object {
  return {
    required: ['name', 'inputs', 'outputScale', ...Object.keys(further)],
    additionalProperties: false,
    properties: {
      name: NAME,
      op: { const: op },
      inputs: { type: 'array', items: NAME, minItems: inputCount, maxItems: inputCount },
      outputScale: SCALE,
      ...further,
    },
  };
}
