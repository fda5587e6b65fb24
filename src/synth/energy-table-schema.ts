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
      name: text(),
      sha256: digest(),
      origin: { enum: ['embedded', 'user'] },
      voltageV: positive(),
      temperatureC: { type: 'number' },
      notes: { type: 'array', items: text() },
    }),
    conditions: objectOf({
      clockTargetsNs: { type: 'array', minItems: 1, uniqueItems: true, items: positive() },
      operandPairs: { type: 'integer', minimum: 2 },
      seed: { type: 'integer' },
      inputTransitionNs: { type: 'number', minimum: 0 },
      outputLoadFf: { type: 'number', minimum: 0 },
      adderCells: { enum: ['auto', 'always', 'never'] },
      glitches: { enum: ['none', 'uniform', 'all'] },
    }),
    operands: objectOf({
      sha256: digest(),
      network: objectOf({ name: text(), sha256: digest() }),
      dataset: objectOf({ name: text(), sha256: digest(), images: count() }),
      seed: { type: 'integer' },
      array: objectOf({ rows: count(), columns: count(), accumulatorDepth: count() }),
      layers: {
        type: 'array',
        minItems: 1,
        items: objectOf({ layer: text(), multiplicationsPerImage: count(), activationsPerWeight: count() }),
      },
    }),
    rows: {
      type: 'array',
      minItems: 1,
      items: objectOf(
        {
          key: digest(),
          design: text(),
          spec: { type: 'object' },
          clockNs: positive(),
          rtlSha256: digest(),
          netlistSha256: digest(),
          librarySha256: digest(),
          flowSha256: digest(),
          recipe: text(),
          equivalence: { const: 'abc-cec' },
          pairsCosimulated: count(),
          cells: count(),
          areaUm2: positive(),
          delayNs: positive(),
          meetsClock: { type: 'boolean' },
          stream: objectOf(
            {
              kind: { enum: ['uniform', 'layer-iid', 'layer-stream', 'file'] },
              pairs: { type: 'integer', minimum: 2 },
              sha256: digest(),
            },
            { layer: text(), role: { enum: ['weight-on-b', 'activation-on-b'] } },
          ),
          energyPj: positive(),
          internalPj: { type: 'number' },
          switchingPj: { type: 'number', minimum: 0 },
          leakagePj: { type: 'number', minimum: 0 },
        },
        { glitchPj: { type: 'number' } },
      ),
    },
  },
  additionalProperties: false,
} as const;

/** An object with exactly these properties, and perhaps those of `optional`. */
function objectOf<P extends object, O extends object>(properties: P, optional?: O) {
  return {
    type: 'object',
    required: Object.keys(properties),
    properties: { ...properties, ...optional },
    additionalProperties: false,
  } as const;
}

function text() {
  return { type: 'string', minLength: 1 } as const;
}

function count() {
  return { type: 'integer', minimum: 1 } as const;
}

function digest() {
  return { type: 'string', pattern: SHA256_PATTERN } as const;
}

function positive() {
  return { type: 'number', exclusiveMinimum: 0 } as const;
}
