import { SHA256_PATTERN } from '../base/schema-check.ts';

/** JSON schema of the energy table; relations between fields are checked by readEnergyTable. */
export const ENERGY_TABLE_SCHEMA = {
  type: 'object',
  required: ['kind', 'formatVersion', 'maxdnnVersion', 'inputs', 'tools', 'library', 'conditions', 'rows'],
  properties: {
    kind: { const: 'energy-table' },
    formatVersion: { type: 'integer' },
    maxdnnVersion: { type: 'string' },
    inputs: { type: 'object', additionalProperties: { type: 'string' } },
    tools: { type: 'object', additionalProperties: { type: 'string' } },
    library: objectOf({
      name: { type: 'string', minLength: 1 },
      sha256: digest(),
      origin: { enum: ['embedded', 'user'] },
      voltageV: positive(),
      temperatureC: { type: 'number' },
    }),
    conditions: objectOf({
      stream: { const: 'uniform' },
      operandPairs: { type: 'integer', minimum: 2 },
      seed: { type: 'integer' },
      vectorPeriodNs: positive(),
      inputTransitionNs: { type: 'number', minimum: 0 },
      outputLoadFf: { type: 'number', minimum: 0 },
      abcDelayTargetPs: positive(),
      glitches: { type: 'boolean' },
    }),
    rows: {
      type: 'array',
      minItems: 1,
      items: objectOf({
        design: { type: 'string', minLength: 1 },
        spec: { type: 'object' },
        rtlSha256: digest(),
        netlistSha256: digest(),
        streamSha256: digest(),
        librarySha256: digest(),
        equivalence: { const: 'abc-cec' },
        pairsCosimulated: { type: 'integer', minimum: 1 },
        cells: { type: 'integer', minimum: 1 },
        areaUm2: positive(),
        delayNs: positive(),
        energyPj: positive(),
        internalPj: { type: 'number' },
        switchingPj: { type: 'number', minimum: 0 },
        leakagePj: { type: 'number', minimum: 0 },
      }),
    },
  },
  additionalProperties: false,
} as const;

/** An object with exactly these properties. */
function objectOf<P extends object>(properties: P) {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties,
    additionalProperties: false,
  } as const;
}

function digest() {
  return { type: 'string', pattern: SHA256_PATTERN } as const;
}

function positive() {
  return { type: 'number', exclusiveMinimum: 0 } as const;
}
