/** JSON schema of NAME.json of a float network (docs/network-format.md). */
const NAME = { type: 'string', pattern: '^[A-Za-z0-9_./-]{1,200}$' } as const;
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
const COUNT = { type: 'integer', minimum: 0, maximum: 65536 } as const;

export const FLOAT_NETWORK_SCHEMA = {
  type: 'object',
  required: ['kind', 'formatVersion', 'name', 'input', 'layers', 'tensors', 'bin'],
  additionalProperties: false,
  properties: {
    kind: { const: 'float-network' },
    formatVersion: { const: 1 },
    maxdnnVersion: { type: 'string' },
    inputs: { type: 'object', additionalProperties: { type: 'string' } },
    tools: { type: 'object', additionalProperties: { type: 'string' } },
    provenance: { type: 'string' },
    name: { type: 'string', minLength: 1, maxLength: 200 },
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
          layer('conv2d', 1, { weights: NAME, stride: PAIR, pads: PADS }, { bias: NAME }),
          layer(
            'batchNorm',
            1,
            { gamma: NAME, beta: NAME, epsilon: { type: 'number', exclusiveMinimum: 0 } },
            { mean: NAME, variance: NAME },
          ),
          layer('relu', 1),
          layer('add', 2),
          layer('averagePool', 1, { kernel: PAIR, stride: PAIR }),
          layer('padChannels', 1, { before: COUNT, after: COUNT }),
          layer('globalAveragePool', 1),
          layer('dense', 1, { weights: NAME }, { bias: NAME }),
        ],
      },
    },
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
        sha256: { type: 'string', pattern: '^[0-9a-f]{64}$' },
      },
    },
  },
} as const;

function layer(
  op: string,
  inputCount: number,
  required: Readonly<Record<string, object>> = {},
  optional: Readonly<Record<string, object>> = {},
): object {
  return {
    required: ['name', 'inputs', ...Object.keys(required)],
    additionalProperties: false,
    properties: {
      name: NAME,
      op: { const: op },
      inputs: { type: 'array', items: NAME, minItems: inputCount, maxItems: inputCount },
      ...required,
      ...optional,
    },
  };
}
