import { type Fault, MaxdnnError, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import { type LayerMultiplier, SKIPPED } from '../dnn/assignment.ts';
import type { LayerVariant } from '../dnn/layer-variant.ts';
import type { WeightedLayer } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { bytesOfPart, type DataBytes, findPartFault, int32OfPart } from './assignment-data.ts';
import { LAYER_ENTRY_SCHEMA, type LayerEntry, type MultiplierEntry } from './assignment-schema.ts';
import { classCount, findLevelFaults } from './classes.ts';
import { type LayerPlan, planLayer } from './layer-plan.ts';
import { type Level, parseLevel } from './level-text.ts';
import { applySkip, type SkipRule } from './skip-rule.ts';

/** Lists over an axis, each the same as a level at which every place is a class of its own. */
const LISTS = {
  perFilter: 'flam',
  perChannel: 'klam-channel',
  perRow: 'klam-row',
  perColumn: 'klam-column',
} as const;

type ListKey = keyof typeof LISTS;

const LIST_KEYS = Object.keys(LISTS) as readonly ListKey[];
const WAYS = ['all', ...LIST_KEYS, 'level', 'perWeight'] as const;

/** Faults of the form of an entry that is neither a name nor a spec. */
export const checkEntryShape = compileSchema(LAYER_ENTRY_SCHEMA);

/** True for an entry that is neither a name nor a spec. */
export function isLayerEntry(entry: MultiplierEntry | LayerEntry): entry is LayerEntry {
  return typeof entry === 'object' && !('family' in entry);
}

/** The multipliers of an entry by their place within it. */
export function entryMultipliers(entry: LayerEntry): readonly (readonly [string, MultiplierEntry])[] {
  const lists = [
    ...LIST_KEYS.map((key) => [key, entry[key] ?? []] as const),
    ['multipliers', entry.multipliers ?? []] as const,
    ['perWeight.multipliers', entry.perWeight?.multipliers ?? []] as const,
  ];
  return [
    ...(entry.all === undefined ? [] : [['all', entry.all] as const]),
    ...lists.flatMap(([key, own]) =>
      own.flatMap((one, index) => (one === null ? [] : [[`${key}[${index}]`, one] as const])),
    ),
  ];
}

/** Faults of an entry that fits its form, for this layer. */
export function findEntryFaults(
  entry: LayerEntry,
  layer: WeightedLayer,
  data: DataBytes,
  where: string,
): readonly Fault[] {
  const ways = WAYS.filter((way) => entry[way] !== undefined);
  if (ways.length !== 1) {
    const { tuned: _tuned, ...rest } = entry;
    return [
      {
        where,
        wanted: `one of ${WAYS.join(', ')}`,
        found: ways.length === 0 ? show(rest) : `${ways.length} of them`,
      },
    ];
  }
  const faults: Fault[] = [];
  if ((entry.multipliers === undefined) !== (entry.level === undefined)) {
    faults.push({ where, wanted: '"level" and "multipliers" together', found: 'one of them' });
  } else if (entry.level !== undefined) faults.push(...findLevelEntryFaults(entry, layer, where));
  for (const key of LIST_KEYS.filter((own) => entry[own] !== undefined)) {
    const level = parseLevel(LISTS[key], where);
    const wanted = classCount(layer, level);
    const { length } = entry[key]!;
    if (length === wanted) continue;
    const axis = key.slice(3).toLowerCase();
    const found = String(length);
    faults.push({ where: `${where}: ${key}`, wanted: `${wanted} entries, one per ${axis}`, found });
  }
  if (entry.sensitivity !== undefined && entry.level?.includes('sensitivity') !== true) {
    faults.push({ where, wanted: '"sensitivity" beside a level that sorts by it', found: show(entry.level) });
  }
  const { perWeight, tuned } = entry;
  const { length } = layer.weights;
  if (perWeight) faults.push(...findIndexFaults(perWeight, length, data, `${where}: perWeight`));
  const at = `${where}: tuned`;
  if (tuned?.weights) faults.push(...findPartFault(tuned.weights, data, length, `${at}.weights`));
  if (tuned?.bias) faults.push(...findPartFault(tuned.bias, data, 4 * layer.bias.length, `${at}.bias`));
  return faults;
}

/** A multiplier per class, skipping and sensitivity; undefined for `perWeight`. */
export function planOfEntry(
  entry: LayerEntry,
  specs: ReadonlyMap<string, MultiplierSpec>,
): LayerPlan | undefined {
  const skip = entry.skip as SkipRule | undefined;
  const rest = {
    ...(skip === undefined || Object.keys(skip).length === 0 ? {} : { skip }),
    ...(entry.sensitivity === undefined ? {} : { sensitivity: entry.sensitivity }),
  };
  if (entry.all !== undefined) return { level: { kind: 'llam' }, specs: [specs.get('all')!], ...rest };
  if (entry.perWeight !== undefined) return undefined;
  const key = LIST_KEYS.find((own) => entry[own] !== undefined) ?? 'multipliers';
  const level = parseLevel(key === 'multipliers' ? entry.level! : LISTS[key], key);
  return { level, specs: entry[key]!.map((_, index) => specs.get(`${key}[${index}]`) ?? null), ...rest };
}

/**
 * The multiplier of each weight of a layer.
 * @param entry without faults
 * @param specs the multiplier of each place of entryMultipliers
 */
export function mixEntry(
  entry: LayerEntry,
  layer: WeightedLayer,
  specs: ReadonlyMap<string, MultiplierSpec>,
  data: DataBytes,
): LayerMultiplier {
  const plan = planOfEntry(entry, specs);
  if (plan !== undefined) return planLayer(layer, plan);
  const { multipliers, index } = entry.perWeight!;
  const mixed = {
    specs: multipliers.map((_, place) => specs.get(`perWeight.multipliers[${place}]`)!),
    index: bytesOfPart(index, data),
  };
  return entry.skip === undefined ? mixed : applySkip(layer, mixed, entry.skip as SkipRule);
}

/** Tuned constants of an entry without faults. */
export function tunedOfEntry({ tuned = {} }: LayerEntry, data: DataBytes): Omit<LayerVariant, 'multiplier'> {
  const { weights, bias, inputScaleFactor } = tuned;
  return {
    ...(weights === undefined ? {} : { weights: new Int8Array(bytesOfPart(weights, data).buffer) }),
    ...(bias === undefined ? {} : { bias: int32OfPart(bias, data) }),
    ...(inputScaleFactor === undefined ? {} : { inputScaleFactor }),
  };
}

function findLevelEntryFaults(
  { level, multipliers, sensitivity }: LayerEntry,
  layer: WeightedLayer,
  where: string,
): readonly Fault[] {
  let parsed: Level;
  try {
    parsed = parseLevel(level!, `${where}: level`);
  } catch (error) {
    if (!(error instanceof MaxdnnError && error.code === 'bad-input')) throw error;
    const found = `${show(level)} (${error.hint?.replace(/\.$/, '').replace(/^T/, 't')})`;
    return [{ where: `${where}: level`, wanted: 'a level such as flam-3-modulo or klam-row', found }];
  }
  const faults = findLevelFaults(layer, parsed, `${where}: level`, sensitivity);
  if (faults.length > 0) return faults;
  const count = classCount(layer, parsed);
  const named = parsed.kind === 'llam' || parsed.classes === 'each' ? count : parsed.classes;
  const { length } = multipliers!;
  if (length === count || length === named) return [];
  return [
    { where: `${where}: multipliers`, wanted: `${named} entries, one per class`, found: String(length) },
  ];
}

function findIndexFaults(
  { multipliers, index }: NonNullable<LayerEntry['perWeight']>,
  weights: number,
  data: DataBytes,
  where: string,
): readonly Fault[] {
  const faults = findPartFault(index, data, weights, `${where}.index`);
  if (faults.length > 0) return faults;
  const { length } = multipliers;
  const foreign = bytesOfPart(index, data).find((own) => own !== SKIPPED && own >= length);
  if (foreign === undefined) return [];
  return [{ where: `${where}.index`, wanted: `0 … ${length - 1} or ${SKIPPED}`, found: String(foreign) }];
}
