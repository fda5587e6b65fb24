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

/** Both rounding rules together; which of them, checkLayers knows. */
const MULTIPLIER = { type: 'integer', minimum: 0, maximum: 2 ** 31 - 1 } as const;
const ANY_SHIFT = { type: 'integer', minimum: -30, maximum: 46 } as const;
const CODE = { type: 'integer', minimum: -128, maximum: 127 } as const;
const ROUNDING = { enum: ['half-up-16', 'tflite'] } as const;

const FACTOR = { type: 'integer', minimum: 0, maximum: 65535 } as const;
const SHIFT = { type: 'integer', minimum: 1, maximum: 46 } as const;
const TFLITE_SHIFT = { type: 'integer', minimum: -30, maximum: 31 } as const;
const TFLITE_ADD_SHIFT = { type: 'integer', minimum: 0, maximum: 31 } as const;
const SCALE = { type: 'number', exclusiveMinimum: 0 } as const;

/** Int8 codes only; the accumulator range is for the logits. */
const CODE_RANGE = { low: CODE, high: CODE } as const;
const ANY_RANGE = {
  low: { type: 'integer', minimum: -(2 ** 31), maximum: 127 },
  high: { type: 'integer', minimum: -128, maximum: 2 ** 31 - 1 },
} as const;

const WEIGHTED = {
  ...ANY_RANGE,
  weights: { type: 'string', pattern: '^[A-Za-z0-9+/]*={0,2}$' },
  bias: {
    type: 'array',
    items: { type: 'integer', minimum: -(2 ** 31), maximum: 2 ** 31 - 1 },
    minItems: 1,
    maxItems: 65536,
  },
  multipliers: { type: 'array', items: MULTIPLIER },
  shifts: { type: 'array', items: ANY_SHIFT },
  weightScales: { type: 'array', items: SCALE },
} as const;

const LAYER_REPORT = {
  type: 'object',
  required: ['name', 'op', 'smallest', 'largest', 'outputScale', 'zeroPoint'],
  additionalProperties: false,
  properties: {
    name: NAME,
    op: { type: 'string' },
    smallest: { type: 'number' },
    largest: { type: 'number' },
    outputScale: SCALE,
    zeroPoint: CODE,
    saturatedShare: { type: 'number', minimum: 0, maximum: 1 },
    weightSqnrDb: { type: 'number' },
    weightScales: { type: 'array', items: SCALE, minItems: 2, maxItems: 2 },
  },
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
      description: 'percentile and calibrationImages, or importedFrom',
      oneOf: [
        {
          type: 'object',
          required: ['percentile', 'calibrationImages'],
          additionalProperties: false,
          properties: {
            percentile: { type: 'number', exclusiveMinimum: 0, maximum: 100 },
            calibrationImages: { type: 'integer', minimum: 1 },
            calibration: { enum: ['max', 'percentile', 'mse'] },
            weights: { enum: ['per-channel', 'per-tensor'] },
            activations: { enum: ['symmetric', 'asymmetric'] },
            equalise: { type: 'number', minimum: 0, maximum: 1 },
            layers: { type: 'array', items: LAYER_REPORT },
          },
        },
        {
          type: 'object',
          required: ['importedFrom'],
          additionalProperties: false,
          properties: { importedFrom: { enum: ['ONNX', 'TensorFlow Lite'] } },
        },
      ],
    },
    layers: layerList([
      quantisedLayer(
        'conv2d',
        1,
        { ...WEIGHTED, kernel: PAIR, stride: PAIR, pads: PADS },
        { rounding: ROUNDING, groups: SIZE },
      ),
      quantisedLayer('dense', 1, WEIGHTED, { rounding: ROUNDING }),
      quantisedLayer('add', 2, {
        ...CODE_RANGE,
        factors: { type: 'array', items: FACTOR, minItems: 2, maxItems: 2 },
        shift: { type: 'integer', minimum: 1, maximum: 24 },
      }),
      quantisedLayer('tfliteAdd', 2, {
        ...CODE_RANGE,
        inputMultipliers: { type: 'array', items: MULTIPLIER, minItems: 2, maxItems: 2 },
        inputShifts: { type: 'array', items: TFLITE_ADD_SHIFT, minItems: 2, maxItems: 2 },
        outputMultiplier: MULTIPLIER,
        outputShift: TFLITE_SHIFT,
      }),
      quantisedLayer(
        'averagePool',
        1,
        { ...CODE_RANGE, kernel: PAIR, stride: PAIR, multiplier: MULTIPLIER, shift: ANY_SHIFT },
        { rounding: ROUNDING },
      ),
      quantisedLayer('tfliteAveragePool', 1, { ...CODE_RANGE, kernel: PAIR, stride: PAIR, pads: PADS }),
      quantisedLayer('maxPool', 1, { kernel: PAIR, stride: PAIR, pads: PADS }),
      quantisedLayer('concat', [1, CONCAT_INPUTS_MAX], {
        ...CODE_RANGE,
        multipliers: { type: 'array', items: FACTOR },
        shifts: { type: 'array', items: SHIFT },
      }),
      quantisedLayer('pad', 1, { pads: PADS }),
      quantisedLayer('padChannels', 1, { before: COUNT, after: COUNT }),
      quantisedLayer('relu', 1, {}),
      quantisedLayer('clip', 1, CODE_RANGE),
    ]),
  },
} as const;

function quantisedLayer(
  op: string,
  inputCount: number | readonly [number, number],
  required: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): object {
  return layer(op, inputCount, { outputScale: SCALE, ...required }, { zeroPoint: CODE, ...optional });
}
