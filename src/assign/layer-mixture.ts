import { type Fault, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import { type LayerMultiplier, SKIPPED } from '../dnn/assignment.ts';
import { mixWeights, skipWeights, type WeightPlace } from '../dnn/mixture.ts';
import type { WeightedLayer } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** A multiplier as it stands in an assignment file: what a user may call it, or its spec. */
export type MultiplierEntry = string | object;

/** JSON schema of a multiplier in an assignment file. */
export const MULTIPLIER_ENTRY_SCHEMA = {
  description: 'a design name, or a spec such as {"family": "roup", "bits": 8, "P": 2, "r": 4}',
  oneOf: [
    { type: 'string', minLength: 1 },
    { type: 'object', required: ['family'] },
  ],
} as const;

/** How the weights of a layer are told apart. */
type Axis = 'filter' | 'channel' | 'row' | 'column';

const AXES = { perFilter: 'filter', perChannel: 'channel', perRow: 'row', perColumn: 'column' } as const;

/**
 * Several multipliers in one layer, as it stands in an assignment file: a list over the filters, input channels,
 * kernel rows or kernel columns (null: not multiplied at all), or one for `all`; and weights to skip: those less than
 * `withinSigma` standard deviations from the mean of the layer's weights, or those more than `beyondSigma` from it.
 */
export interface MixtureEntry {
  readonly all?: MultiplierEntry;
  readonly perFilter?: readonly (MultiplierEntry | null)[];
  readonly perChannel?: readonly (MultiplierEntry | null)[];
  readonly perRow?: readonly (MultiplierEntry | null)[];
  readonly perColumn?: readonly (MultiplierEntry | null)[];
  readonly skip?: { readonly withinSigma?: number; readonly beyondSigma?: number };
}

const list = {
  type: 'array',
  minItems: 1,
  items: {
    description: MULTIPLIER_ENTRY_SCHEMA.description,
    oneOf: [...MULTIPLIER_ENTRY_SCHEMA.oneOf, { type: 'null' }],
  },
} as const;

const sigmas = { type: 'number', exclusiveMinimum: 0 } as const;

/** Faults of the form of a mixture. */
export const checkMixtureShape = compileSchema({
  type: 'object',
  properties: {
    all: MULTIPLIER_ENTRY_SCHEMA,
    perFilter: list,
    perChannel: list,
    perRow: list,
    perColumn: list,
    skip: {
      type: 'object',
      properties: { withinSigma: sigmas, beyondSigma: sigmas },
      additionalProperties: false,
    },
  },
  additionalProperties: false,
});

/** True for an entry that is neither a name nor a spec. */
export function isMixtureEntry(entry: MultiplierEntry | MixtureEntry): entry is MixtureEntry {
  return typeof entry === 'object' && !('family' in entry);
}

/** The multipliers of a mixture by their place within it. */
export function mixtureMultipliers(entry: MixtureEntry): readonly (readonly [string, MultiplierEntry])[] {
  const all = entry.all === undefined ? [] : [['all', entry.all] as const];
  return [
    ...all,
    ...axesOf(entry).flatMap(([key]) =>
      entry[key]!.flatMap((own, index) => (own === null ? [] : [[`${key}[${index}]`, own] as const])),
    ),
  ];
}

/** Faults of a mixture that fits its form, for this layer. */
export function findMixtureFaults(
  entry: MixtureEntry,
  layer: WeightedLayer,
  where: string,
): readonly Fault[] {
  const axes = axesOf(entry);
  const ways = axes.length + (entry.all === undefined ? 0 : 1);
  if (ways !== 1) {
    const wanted = 'one of all, perFilter, perChannel, perRow, perColumn';
    return [{ where, wanted, found: ways === 0 ? show(entry) : `${ways} of them` }];
  }
  return axes.flatMap(([key, axis]) => {
    const { length } = entry[key]!;
    const wanted = sizesOf(layer)[axis];
    if (length === wanted) return [];
    return [
      { where: `${where}: ${key}`, wanted: `${wanted} entries, one per ${axis}`, found: String(length) },
    ];
  });
}

/**
 * The multiplier of each weight of a layer.
 * @param entry without faults
 * @param specs the multiplier of each place of mixtureMultipliers
 */
export function mixLayer(
  entry: MixtureEntry,
  layer: WeightedLayer,
  specs: ReadonlyMap<string, MultiplierSpec>,
): LayerMultiplier {
  const [axis] = axesOf(entry);
  const mixed = axis === undefined ? specs.get('all')! : mixAlong(entry, layer, axis, specs);
  return entry.skip === undefined ? mixed : skipBySigma(layer, mixed, entry.skip);
}

function mixAlong(
  entry: MixtureEntry,
  layer: WeightedLayer,
  [key, axis]: readonly [keyof typeof AXES, Axis],
  specs: ReadonlyMap<string, MultiplierSpec>,
): LayerMultiplier {
  const own = entry[key]!.map((_, index) => specs.get(`${key}[${index}]`));
  const distinct = [...new Set(own.filter((spec) => spec !== undefined))];
  const choices = own.map((spec) => (spec === undefined ? SKIPPED : distinct.indexOf(spec)));
  return mixWeights(layer, distinct, (place) => choices[place[axis]]!);
}

function skipBySigma(
  layer: WeightedLayer,
  multiplier: LayerMultiplier,
  { withinSigma = 0, beyondSigma = Number.POSITIVE_INFINITY }: NonNullable<MixtureEntry['skip']>,
): LayerMultiplier {
  const taps = layer.weights.length / layer.bias.length;
  const values = Float64Array.from(
    layer.weights,
    (code, tap) => code * layer.weightScales[Math.floor(tap / taps)]!,
  );
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sigma = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
  return skipWeights(layer, multiplier, (code: number, { filter }: WeightPlace) => {
    const distance = Math.abs(code * layer.weightScales[filter]! - mean);
    return distance < withinSigma * sigma || distance > beyondSigma * sigma;
  });
}

function axesOf(entry: MixtureEntry): readonly (readonly [keyof typeof AXES, Axis])[] {
  return (Object.keys(AXES) as (keyof typeof AXES)[])
    .filter((key) => entry[key] !== undefined)
    .map((key) => [key, AXES[key]] as const);
}

function sizesOf(layer: WeightedLayer): Readonly<Record<Axis, number>> {
  const filter = layer.bias.length;
  const [row, column] = layer.op === 'conv2d' ? layer.kernel : [1, 1];
  return { filter, row, column, channel: layer.weights.length / (filter * row * column) };
}
