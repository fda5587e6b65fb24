import { SHA256_PATTERN } from '../base/schema-check.ts';

/** Parts that the JSON schemas of float and quantised networks share. */
export const NAME = { type: 'string', pattern: '^[A-Za-z0-9_./-]{1,200}$' } as const;
export const DIGEST = { type: 'string', pattern: SHA256_PATTERN } as const;
export const SIZE = { type: 'integer', minimum: 1, maximum: 65536 } as const;
export const COUNT = { type: 'integer', minimum: 0, maximum: 65536 } as const;
export const PAIR = {
  type: 'array',
  items: { type: 'integer', minimum: 1, maximum: 64 },
  minItems: 2,
  maxItems: 2,
} as const;
export const PADS = {
  type: 'array',
  items: { type: 'integer', minimum: 0, maximum: 32 },
  minItems: 4,
  maxItems: 4,
} as const;

/** Fields of the artifact header besides `kind` and `formatVersion`, and the network's name and input. */
export const NETWORK_HEADER = {
  maxdnnVersion: { type: 'string' },
  inputs: { type: 'object', additionalProperties: { type: 'string' } },
  tools: { type: 'object', additionalProperties: { type: 'string' } },
  name: { type: 'string', minLength: 1, maxLength: 200 },
  input: {
    type: 'object',
    required: ['height', 'width', 'channels', 'scale', 'zeroPoint'],
    additionalProperties: false,
    properties: {
      height: SIZE,
      width: SIZE,
      channels: SIZE,
      scale: { type: 'number', exclusiveMinimum: 0 },
      zeroPoint: { type: 'number', minimum: 0, maximum: 255 },
    },
  },
} as const;

/** A list of layers, told apart by `op`. */
export function layerList(layers: readonly object[]) {
  return {
    type: 'array',
    minItems: 1,
    maxItems: 10000,
    items: {
      type: 'object',
      required: ['op'],
      discriminator: { propertyName: 'op' },
      oneOf: layers,
    },
  } as const;
}

/** Inputs that one concatenation may have. */
export const CONCAT_INPUTS_MAX = 64;

/** One kind of layer with its number of inputs (or the least and the most) and its other fields. */
export function layer(
  op: string,
  inputCount: number | readonly [number, number],
  required: Readonly<Record<string, object>> = {},
  optional: Readonly<Record<string, object>> = {},
): object {
  const [minItems, maxItems] = typeof inputCount === 'number' ? [inputCount, inputCount] : inputCount;
  return {
    required: ['name', 'inputs', ...Object.keys(required)],
    additionalProperties: false,
    properties: {
      name: NAME,
      op: { const: op },
      inputs: { type: 'array', items: NAME, minItems, maxItems },
      ...required,
      ...optional,
    },
  };
}
