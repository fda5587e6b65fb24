import { readArtifact } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { compileSchema, SHA256_PATTERN } from '../base/schema-check.ts';
import { EXPLORATION_FORMAT_VERSION, type Exploration } from '../explore/exploration.ts';
import { SPEC_SCHEMA } from '../multiplier/parse-spec.ts';

/**
 * Reads the artifact of the explore stage and checks its shape; whether its parts belong together is checked by what
 * makes a report of it.
 * @throws bad-input with every fault
 */
export function readExploration(path: string): Exploration {
  const exploration = readArtifact<Exploration>(path, 'exploration', EXPLORATION_FORMAT_VERSION);
  const faults = checkShape(exploration, path);
  if (faults.length === 0) return exploration;
  throw badInput(faults, 'The file is damaged or was edited: make it again with "maxdnn explore".');
}

const text = { type: 'string', minLength: 1 } as const;
const number = { type: 'number' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const some = { type: 'integer', minimum: 1 } as const;
const positive = { type: 'number', exclusiveMinimum: 0 } as const;
const digest = { type: 'string', pattern: SHA256_PATTERN } as const;
const words = { type: 'object', additionalProperties: { type: 'string' } } as const;
const stream = { enum: ['uniform', 'layer-iid', 'layer-stream'] } as const;
const spec = { ...SPEC_SCHEMA, description: 'a multiplier spec' };

const SHARE = {
  images: some,
  correct: count,
  accuracy: number,
  interval95: object({ low: number, high: number }),
};
const SCORE = { images: some, correct: count, klNats: number };
const ACCURACY = {
  ...SHARE,
  correctTop5: count,
  accuracyTop5: number,
  perClass: list(object({ label: count, ...SHARE })),
  confusion: list(list(count)),
};
const IMAGES = { name: text, sha256: digest, images: some };

const checkShape = compileSchema(
  object(
    {
      kind: { const: 'exploration' },
      formatVersion: { type: 'integer' },
      maxdnnVersion: text,
      inputs: words,
      tools: words,
      network: object({ name: text, sha256: digest, multiplicationsPerImage: some }),
      calibration: object({ ...IMAGES, seed: number }),
      roundedOperand: { enum: ['weights', 'activations'] },
      level: text,
      tuning: words,
      constraints: words,
      library: object({
        name: text,
        sha256: digest,
        origin: { enum: ['embedded', 'user'] },
        voltageV: positive,
        temperatureC: number,
        notes: list(text),
      }),
      clockNs: positive,
      streams: list(stream),
      searchedStream: stream,
      baselines: byStream(
        object({ design: text, energyPj: positive, energyPerImageNj: positive }, { role: text }),
      ),
      exact: object({ calibration: object(SCORE) }, { test: object(ACCURACY) }),
      objectives: list(text),
      referencePoint: list(number),
      multipliers: list(object({ design: text, spec, areaUm2: positive, delayNs: positive })),
      genes: list(
        object(
          { name: text, layer: text, choices: list(count) },
          { level: text, classIndex: count, skips: list(text) },
        ),
      ),
      sensitivity: list(object({ ...SCORE, layer: text, multiplier: count, energyPj: byStream(positive) })),
      searches: list(
        object(
          {
            method: { enum: ['nsga2', 'greedy', 'random'] },
            seed: number,
            settings: words,
            evaluations: count,
            convergence: list(
              object({ generation: count, evaluations: count, frontSize: count, hypervolume: number }),
            ),
            front: list(text),
          },
          { level: text },
        ),
      ),
      points: list(
        object(
          {
            id: text,
            name: text,
            genome: list(count),
            layers: list(
              object(
                {
                  layer: text,
                  parts: list(object({ multiplier: count, multiplications: count }, { classIndex: count })),
                  skippedMultiplications: count,
                },
                { inputScaleFactor: positive },
              ),
            ),
            objectives: list(number),
            energyPerImageNjByStream: byStream(positive),
            savingPercentByStream: byStream(number),
            calibration: object(SCORE),
            assignmentFile: text,
            command: text,
          },
          {
            refinedFrom: text,
            level: text,
            test: object({
              ...ACCURACY,
              changePoints: number,
              changeHalfWidth95Points: number,
              lost: count,
              gained: count,
              pValue: number,
            }),
          },
        ),
      ),
      front: list(text),
    },
    { test: object(IMAGES) },
  ),
);

/** An object with all of `required` and perhaps some of `optional`; what later versions add is no fault. */
function object(
  required: Readonly<Record<string, object>>,
  optional: Readonly<Record<string, object>> = {},
): object {
  return {
    type: 'object',
    properties: { ...required, ...optional },
    required: Object.keys(required),
    additionalProperties: true,
  };
}

function list(items: object): object {
  return { type: 'array', items };
}

function byStream(value: object): object {
  return object({}, { uniform: value, 'layer-iid': value, 'layer-stream': value });
}
