import { SHA256_PATTERN } from '../base/schema-check.ts';

const digest = { type: 'string', pattern: SHA256_PATTERN } as const;
const name = { type: 'string', minLength: 1 } as const;
const share = { type: 'number', minimum: 0, maximum: 1 } as const;
const code = { type: 'integer', minimum: -128, maximum: 127 } as const;
const codes = objectOf({ low: code, high: code });

const sequence = objectOf({
  pairs: integerFrom(2),
  offset: integerFrom(0),
  sha256: digest,
  zeroActivations: share,
});

/** JSON schema of operands.json; what lies in operands.bin is checked by readOperands. */
export const OPERAND_FILE_SCHEMA = objectOf({
  kind: { const: 'operand-streams' },
  formatVersion: { type: 'integer' },
  maxdnnVersion: { type: 'string' },
  inputs: { type: 'object', additionalProperties: { type: 'string' } },
  tools: { type: 'object', additionalProperties: { type: 'string' } },
  sha256: digest,
  network: objectOf({ name, sha256: digest }),
  dataset: objectOf({ name, sha256: digest }),
  images: { type: 'array', minItems: 1, items: { type: 'integer', minimum: 0 } },
  seed: { type: 'integer', minimum: 0 },
  array: objectOf({
    rows: { type: 'integer', minimum: 1, maximum: 64 },
    columns: { type: 'integer', minimum: 1, maximum: 64 },
    accumulatorDepth: integerFrom(1),
  }),
  layers: {
    type: 'array',
    minItems: 1,
    items: objectOf({
      layer: name,
      multiplicationsPerImage: integerFrom(1),
      activationsPerWeight: integerFrom(1),
      blocks: integerFrom(1),
      activationRange: codes,
      weightRange: codes,
      sequences: objectOf({ 'layer-iid': sequence, 'layer-stream': sequence }),
    }),
  },
});

function integerFrom(minimum: number) {
  return { type: 'integer', minimum } as const;
}

/** An object with exactly these properties. */
function objectOf<P extends object>(properties: P) {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties,
    additionalProperties: false,
  } as const;
}
