import type { Fault } from '../base/errors.ts';
import { SHA256_PATTERN } from '../base/schema-check.ts';
import type { DataFile, DataPart } from './assignment-data.ts';
import type { AssignmentCounts } from './count-assignment.ts';

/** Files of version 1 have neither levels, tuned constants nor figures; they are still read. */
export const ASSIGNMENT_FORMAT_VERSION = 2;

/** A multiplier as it stands in an assignment file: what a user may call it, or its spec. */
export type MultiplierEntry = string | object;

/** Constants that tuning made for a layer, as LayerVariant; what is absent is as in the network. */
export interface TunedEntry {
  /** int8. */
  readonly weights?: DataPart;
  /** int32, little-endian. */
  readonly bias?: DataPart;
  readonly inputScaleFactor?: number;
}

/**
 * Several multipliers in one layer, as it stands in an assignment file: one per class of a level, per filter, input
 * channel, kernel row, kernel column or weight (null, of a weight 255: not multiplied at all), or one for `all`; the
 * weights to skip besides; and tuned constants.
 */
export interface LayerEntry {
  readonly all?: MultiplierEntry;
  readonly level?: string;
  readonly multipliers?: readonly (MultiplierEntry | null)[];
  readonly sensitivity?: readonly number[];
  readonly perFilter?: readonly (MultiplierEntry | null)[];
  readonly perChannel?: readonly (MultiplierEntry | null)[];
  readonly perRow?: readonly (MultiplierEntry | null)[];
  readonly perColumn?: readonly (MultiplierEntry | null)[];
  readonly perWeight?: { readonly multipliers: readonly MultiplierEntry[]; readonly index: DataPart };
  readonly skip?: { readonly withinSigma?: number; readonly beyondSigma?: number };
  readonly tuned?: TunedEntry;
}

/** Energy of the multiplications of one image on one operand stream, nJ. */
export interface AssignmentStreamEnergy {
  readonly energyPerImageNj: number;
  /** 1 − energy / energy of the best exact multiplier on this stream, per cent; absent where the table has none. */
  readonly savingPercent?: number;
  readonly bestExact?: { readonly design: string; readonly energyPerImageNj: number };
  /** By layer; saving against the same exact multiplier in this layer. */
  readonly layers: Readonly<Record<string, { readonly energyNj: number; readonly savingPercent?: number }>>;
}

/** What the multiplications of one image need, and what says so. */
export interface AssignmentEnergy {
  /** The Liberty library that the energy table was made with. */
  readonly library: { readonly name: string; readonly sha256: string };
  readonly clockNs: number;
  /** Operand on port b. */
  readonly role: string;
  /** By operand stream: uniform, layer-iid, layer-stream. */
  readonly streams: Readonly<Record<string, AssignmentStreamEnergy>>;
}

/** Content of the file: `{ "kind": "assignment", "formatVersion": 2, "default": …, "layers": { "conv1": … } }`. */
export interface AssignmentFile {
  readonly kind: 'assignment';
  readonly formatVersion: number;
  readonly maxdnnVersion?: string;
  readonly inputs?: Readonly<Record<string, string>>;
  readonly tools?: Readonly<Record<string, string>>;
  /** What it is called in the style of MAx-DNN, e.g. "FLAM-3clas_2_1_1". */
  readonly name?: string;
  /** The network that it was made for. */
  readonly network?: { readonly name: string; readonly sha256: string };
  /** For the layers that are not named; may be left out when all are. */
  readonly default?: MultiplierEntry;
  readonly layers?: Readonly<Record<string, MultiplierEntry | LayerEntry>>;
  readonly data?: DataFile;
  readonly counts?: AssignmentCounts;
  readonly energy?: AssignmentEnergy;
}

const multiplier = {
  description: 'a design name, or a spec such as {"family": "roup", "bits": 8, "P": 2, "r": 4}',
  oneOf: [
    { type: 'string', minLength: 1 },
    { type: 'object', required: ['family'] },
  ],
} as const;

const list = {
  type: 'array',
  minItems: 1,
  items: { description: multiplier.description, oneOf: [...multiplier.oneOf, { type: 'null' }] },
} as const;

const text = { type: 'string', minLength: 1 } as const;
const sha = { type: 'string', pattern: SHA256_PATTERN } as const;
const count = { type: 'integer', minimum: 0 } as const;
const positive = { type: 'number', exclusiveMinimum: 0 } as const;

function closed(properties: Readonly<Record<string, object>>, optional: readonly string[] = []) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false } as const;
}

const record = (values: object): object => ({ type: 'object', additionalProperties: values });
const part = closed({ offset: count, bytes: count });
const identity = closed({ name: text, sha256: sha });

/** JSON schema of a layer's entry that is neither a name nor a spec. */
export const LAYER_ENTRY_SCHEMA = {
  type: 'object',
  properties: {
    all: multiplier,
    level: text,
    multipliers: list,
    sensitivity: { type: 'array', minItems: 1, items: { type: 'number' } },
    perFilter: list,
    perChannel: list,
    perRow: list,
    perColumn: list,
    perWeight: closed({
      multipliers: { type: 'array', minItems: 1, maxItems: 255, items: multiplier },
      index: part,
    }),
    skip: closed({ withinSigma: positive, beyondSigma: positive }, ['withinSigma', 'beyondSigma']),
    tuned: closed({ weights: part, bias: part, inputScaleFactor: positive }, [
      'weights',
      'bias',
      'inputScaleFactor',
    ]),
  },
  additionalProperties: false,
} as const;

const layerCounts = closed({ multiplications: count, skipped: count, byMultiplier: record(count) });
const streamEnergy = closed(
  {
    energyPerImageNj: { type: 'number', minimum: 0 },
    savingPercent: { type: 'number' },
    bestExact: closed({ design: text, energyPerImageNj: positive }),
    layers: record(
      closed({ energyNj: { type: 'number', minimum: 0 }, savingPercent: { type: 'number' } }, [
        'savingPercent',
      ]),
    ),
  },
  ['savingPercent', 'bestExact'],
);

function fileSchema(layer: object): object {
  return {
    type: 'object',
    properties: {
      kind: { const: 'assignment' },
      formatVersion: { type: 'integer' },
      maxdnnVersion: { type: 'string' },
      inputs: { type: 'object' },
      tools: { type: 'object' },
      name: text,
      network: identity,
      default: multiplier,
      layers: record(layer),
      data: closed({ file: { ...text, pattern: '^[^/\\\\]+$' }, bytes: count, sha256: sha }),
      counts: closed({ multiplicationsPerImage: count, skippedPerImage: count, layers: record(layerCounts) }),
      energy: closed({ library: identity, clockNs: positive, role: text, streams: record(streamEnergy) }),
    },
    required: ['kind', 'formatVersion'],
    additionalProperties: false,
  };
}

const layerDescription = `${multiplier.description}, or a mixture such as {"perFilter": […]}`;

/** JSON schema of an assignment file but for the entries of its layers, which LAYER_ENTRY_SCHEMA checks. */
export const ASSIGNMENT_FRAME_SCHEMA = fileSchema({
  description: layerDescription,
  oneOf: [{ type: 'string', minLength: 1 }, { type: 'object' }],
});

/** JSON schema of an assignment file. */
export const ASSIGNMENT_SCHEMA = fileSchema({
  description: layerDescription,
  oneOf: [
    { type: 'string', minLength: 1 },
    { type: 'object', required: ['family'] },
    { ...LAYER_ENTRY_SCHEMA, not: { required: ['family'] } },
  ],
});

const NEW_FIELDS: readonly (keyof AssignmentFile)[] = ['name', 'network', 'data', 'counts', 'energy'];
const NEW_ENTRY_FIELDS: readonly (keyof LayerEntry)[] = ['level', 'perWeight', 'tuned'];

/** Faults of a file of version 1 that uses what only version 2 has. */
export function findVersionFaults(file: AssignmentFile, path: string): readonly Fault[] {
  if (file.formatVersion !== 1) return [];
  const fault = (where: string, field: string): Fault => ({
    where,
    wanted: `formatVersion 2 for "${field}"`,
    found: 'formatVersion 1',
  });
  const own = NEW_FIELDS.filter((field) => file[field] !== undefined).map((field) => fault(path, field));
  const inner = Object.entries(file.layers ?? {}).flatMap(([layer, entry]) =>
    typeof entry === 'string'
      ? []
      : NEW_ENTRY_FIELDS.filter((field) => field in entry).map((field) =>
          fault(`${path}: layers.${layer}`, field),
        ),
  );
  return [...own, ...inner];
}
