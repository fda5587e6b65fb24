import { basename } from 'node:path';
import { canonicalJson, readArtifact } from '../base/artifact.ts';
import { badInput, type Fault, MaxdnnError, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import { compileSchema } from '../base/schema-check.ts';
import type { MixedAssignment } from '../dnn/assignment.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork, quantisedNetworkDigest } from '../dnn/quantised-network.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { type DataBytes, readData } from './assignment-data.ts';
import {
  ASSIGNMENT_FORMAT_VERSION,
  ASSIGNMENT_FRAME_SCHEMA,
  type AssignmentEnergy,
  type AssignmentFile,
  findVersionFaults,
} from './assignment-schema.ts';
import { countAssignment } from './count-assignment.ts';
import {
  checkEntryShape,
  entryMultipliers,
  findEntryFaults,
  isLayerEntry,
  mixEntry,
  planOfEntry,
  tunedOfEntry,
} from './layer-entry.ts';
import type { AssignmentPlan, LayerPlan } from './layer-plan.ts';

/** An assignment that fits a network: a multiplier for each of its convolutions and dense layers. */
export interface NamedAssignment {
  /** Name of the file without its ending. */
  readonly name: string;
  readonly layers: MixedAssignment;
}

/** Everything that an assignment file says of a network. */
export interface AssignmentOfFile extends NamedAssignment {
  /** The multipliers with the constants that tuning made for them, for applyVariants. */
  readonly variant: NetworkVariant;
  /** Whether any layer has constants of its own. */
  readonly isTuned: boolean;
  /** How the multipliers of a layer came about; without the layers whose weights have one each. */
  readonly plan: AssignmentPlan;
  /** What it is called in the style of MAx-DNN, where the file says so. */
  readonly label?: string;
  /** What the file says of energy, where it does. */
  readonly energy?: AssignmentEnergy;
}

/** The multiplier that a name stands for. @throws bad-input that starts with `where` when it stands for none */
export type ResolveMultiplier = (name: string, where: string) => MultiplierSpec;

const checkFrame = compileSchema(ASSIGNMENT_FRAME_SCHEMA);

const HINT =
  'For example: {"kind": "assignment", "formatVersion": 2, "default": "mul_booth_s8", "layers": {"conv1": "mul_roup_s8_p2_r4"}}';

/**
 * Reads an assignment of multipliers to the layers of a network, with what tuning made of their constants.
 * @param resolve gives the multiplier of a name
 * @throws bad-input with every fault at once: no JSON, unknown fields, layers that the network does not have,
 *   multipliers that do not exist, layers without a multiplier, levels that do not suit a layer; constants that were
 *   tuned for another network; figures that are not those of the layers
 */
export function readAssignment(
  path: string,
  network: QuantisedNetwork,
  resolve: ResolveMultiplier,
): AssignmentOfFile {
  const file = readFrame(path);
  const boundFaults = findNetworkFaults(file, network, path);
  if (boundFaults.length > 0) {
    throw badInput(boundFaults, 'Give the network that the assignment was made for (--model, --quantised).');
  }
  const data = file.data === undefined ? undefined : readData(path, file.data);
  const faults = findLayerFaults(file, network, data, path);
  if (faults.length > 0) throw badInput(faults, HINT);
  const specs = readMultipliers(file, path, resolve);
  const variant = new Map<string, LayerVariant>();
  const plan = new Map<string, LayerPlan>();
  for (const layer of network.layers.filter(isWeighted)) {
    const place = layer.name in (file.layers ?? {}) ? `layers.${layer.name}` : 'default';
    const entry = file.layers?.[layer.name] ?? file.default!;
    if (!isLayerEntry(entry)) {
      const spec = specs.get(place)!;
      variant.set(layer.name, { multiplier: spec });
      plan.set(layer.name, { level: { kind: 'llam' }, specs: [spec] });
      continue;
    }
    const own = new Map(entryMultipliers(entry).map(([at]) => [at, specs.get(`${place}.${at}`)!] as const));
    const multiplier = mixEntry(entry, layer, own, data);
    variant.set(layer.name, { multiplier, ...tunedOfEntry(entry, data) });
    const how = planOfEntry(entry, own);
    if (how !== undefined) plan.set(layer.name, how);
  }
  const layers = new Map([...variant].map(([layer, { multiplier }]) => [layer, multiplier]));
  const countFaults = findCountFaults(file, network, layers, path);
  if (countFaults.length > 0) {
    throw badInput(countFaults, 'The layers were edited: leave "counts" and "energy" out of the file.');
  }
  return {
    name: basename(path).replace(/\.json$/i, ''),
    layers,
    variant,
    isTuned: [...variant.values()].some((own) => Object.keys(own).length > 1),
    plan,
    ...(file.name === undefined ? {} : { label: file.name }),
    ...(file.energy === undefined ? {} : { energy: file.energy }),
  };
}

/** The file without its layers' entries being checked. */
function readFrame(path: string): AssignmentFile {
  const file = readArtifact<AssignmentFile & { inputs: never; tools: never; maxdnnVersion: never }>(
    path,
    'assignment',
    [1, ASSIGNMENT_FORMAT_VERSION],
  ) as AssignmentFile;
  const faults = checkFrame(file, path);
  const found = faults.length > 0 ? faults : findVersionFaults(file, path);
  if (found.length > 0) throw badInput(found, HINT);
  return file;
}

/** What is bound to the weights of one network must not be used with another. */
function findNetworkFaults(
  { network: madeFor, layers = {} }: AssignmentFile,
  network: QuantisedNetwork,
  path: string,
): readonly Fault[] {
  const bound = Object.entries(layers).filter(
    ([, entry]) =>
      typeof entry === 'object' && ['tuned', 'perWeight', 'sensitivity'].some((field) => field in entry),
  );
  if (bound.length === 0) return [];
  const where = `${path}: network`;
  const names = bound.map(([name]) => name).join(', ');
  if (madeFor === undefined) {
    return [{ where, wanted: `name and sha256 of the network that ${names} were tuned for`, found: 'none' }];
  }
  const digest = quantisedNetworkDigest(network);
  if (madeFor.sha256 === digest) return [];
  const wanted = `${madeFor.name} (sha256 ${madeFor.sha256.slice(0, 12)}…), which ${names} were tuned for`;
  return [{ where, wanted, found: `${network.name} (sha256 ${digest.slice(0, 12)}…)` }];
}

function findLayerFaults(
  file: AssignmentFile,
  network: QuantisedNetwork,
  data: DataBytes,
  path: string,
): readonly Fault[] {
  const weighted = network.layers.filter(isWeighted);
  const names = weighted.map(({ name }) => name);
  const given = file.layers ?? {};
  const faults: Fault[] = Object.keys(given)
    .filter((layer) => !names.includes(layer))
    .map((layer) => ({
      where: `${path}: layers`,
      wanted: `convolutions and dense layers of ${network.name}: ${names.join(', ')}`,
      found: `${show(layer)}, nearest ${show(nearestWord(layer, names))}`,
    }));
  const missing = names.filter((layer) => !(layer in given));
  if (file.default === undefined && missing.length > 0) {
    faults.push({
      where: path,
      wanted: `a "default" multiplier for ${missing.join(', ')}, or one for each of them`,
      found: 'none',
    });
  }
  for (const layer of weighted) {
    const entry = given[layer.name];
    if (entry === undefined || !isLayerEntry(entry)) continue;
    const where = `${path}: layers.${layer.name}`;
    const shape = checkEntryShape(entry, where);
    faults.push(...(shape.length > 0 ? shape : findEntryFaults(entry, layer, data, where)));
  }
  return faults;
}

/** Every multiplier of the file by its place; the faults of all of them at once. */
function readMultipliers(
  file: AssignmentFile,
  path: string,
  resolve: ResolveMultiplier,
): ReadonlyMap<string, MultiplierSpec> {
  const places = [
    ...(file.default === undefined ? [] : [['default', file.default] as const]),
    ...Object.entries(file.layers ?? {}).flatMap(([layer, entry]) =>
      isLayerEntry(entry)
        ? entryMultipliers(entry).map(([at, own]) => [`layers.${layer}.${at}`, own] as const)
        : [[`layers.${layer}`, entry] as const],
    ),
  ];
  const specs = new Map<string, MultiplierSpec>();
  // One object per name, so that a mixture of few multipliers has few.
  const known = new Map<string, MultiplierSpec>();
  const errors: MaxdnnError[] = [];
  for (const [place, entry] of places) {
    try {
      const where = `${path}: ${place}`;
      const key = canonicalJson(entry);
      const spec =
        known.get(key) ?? (typeof entry === 'string' ? resolve(entry, where) : parseSpec(entry, where));
      checkTable(spec, file, where);
      known.set(key, spec);
      specs.set(place, spec);
    } catch (error) {
      if (!(error instanceof MaxdnnError && error.code === 'bad-input')) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first === undefined) return specs;
  const hint = first.hint === undefined ? {} : { hint: first.hint };
  const told = errors.slice(0, FAULTS_TOLD).map(({ message }) => message);
  throw new MaxdnnError('bad-input', told.join('\n'), { ...hint, cause: first });
}

const FAULTS_TOLD = 20;

/** A truth table must be the one that the file was written with: its name does not say which. */
function checkTable(spec: MultiplierSpec, { inputs = {} }: AssignmentFile, where: string): void {
  const wanted = inputs[designName(spec)];
  if (spec.family !== 'table' || wanted === undefined || wanted === spec.sha256) return;
  throw badInput(
    {
      where,
      wanted: `the truth table with sha256 ${wanted.slice(0, 12)}…`,
      found: `${designName(spec)} with ${spec.sha256.slice(0, 12)}…`,
    },
    'Add the table that the assignment was made with: maxdnn add-multiplier.',
  );
}

/** Counts in the file must be those of its layers; for another network they say nothing. */
function findCountFaults(
  file: AssignmentFile,
  network: QuantisedNetwork,
  layers: MixedAssignment,
  path: string,
): readonly Fault[] {
  const { counts, network: madeFor } = file;
  if (counts === undefined) return [];
  if (madeFor !== undefined && madeFor.sha256 !== quantisedNetworkDigest(network)) return [];
  const right = countAssignment(network, layers);
  if (canonicalJson(right) === canonicalJson(counts)) return [];
  const names = [...new Set([...Object.keys(right.layers), ...Object.keys(counts.layers)])];
  const wrong = names.find(
    (name) => canonicalJson(right.layers[name] ?? null) !== canonicalJson(counts.layers[name] ?? null),
  );
  const where = `${path}: counts${wrong === undefined ? '' : `.layers.${wrong}`}`;
  const [wanted, found] = [right, counts].map(({ layers: own, ...total }) =>
    show(wrong === undefined ? total : (own[wrong] ?? null), 200),
  );
  return [{ where, wanted: wanted!, found: found! }];
}
