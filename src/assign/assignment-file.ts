import { basename } from 'node:path';
import { canonicalJson, readArtifact } from '../base/artifact.ts';
import { badInput, type Fault, MaxdnnError, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import type { MixedAssignment } from '../dnn/assignment.ts';
import { isWeighted, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import {
  checkMixtureShape,
  findMixtureFaults,
  isMixtureEntry,
  type MixtureEntry,
  MULTIPLIER_ENTRY_SCHEMA,
  type MultiplierEntry,
  mixLayer,
  mixtureMultipliers,
} from './layer-mixture.ts';

export const ASSIGNMENT_FORMAT_VERSION = 1;

/** Content of the file: `{ "kind": "assignment", "formatVersion": 1, "default": …, "layers": { "conv1": … } }`. */
interface AssignmentFile {
  readonly kind: 'assignment';
  readonly formatVersion: number;
  /** For the layers that are not named; may be left out when all are. */
  readonly default?: MultiplierEntry;
  readonly layers?: Readonly<Record<string, MultiplierEntry | MixtureEntry>>;
}

/** An assignment that fits a network: a multiplier for each of its convolutions and dense layers. */
export interface NamedAssignment {
  /** Name of the file without its ending. */
  readonly name: string;
  readonly layers: MixedAssignment;
}

/** The multiplier that a name stands for. @throws bad-input that starts with `where` when it stands for none */
export type ResolveMultiplier = (name: string, where: string) => MultiplierSpec;

const LAYER_SCHEMA = {
  description: `${MULTIPLIER_ENTRY_SCHEMA.description}, or a mixture such as {"perFilter": […]}`,
  oneOf: [{ type: 'string', minLength: 1 }, { type: 'object' }],
} as const;

const checkShape = compileSchema({
  type: 'object',
  properties: {
    kind: { const: 'assignment' },
    formatVersion: { type: 'integer' },
    maxdnnVersion: { type: 'string' },
    inputs: { type: 'object' },
    tools: { type: 'object' },
    default: MULTIPLIER_ENTRY_SCHEMA,
    layers: { type: 'object', additionalProperties: LAYER_SCHEMA },
  },
  required: ['kind', 'formatVersion'],
  additionalProperties: false,
});

const HINT =
  'For example: {"kind": "assignment", "formatVersion": 1, "default": "mul_booth_s8", "layers": {"conv1": "mul_roup_s8_p2_r4"}}';

/**
 * Reads an assignment of multipliers to the layers of a network.
 * @param resolve gives the multiplier of a name
 * @throws bad-input with every fault at once: no JSON, unknown fields, layers that the network does not have,
 *   multipliers that do not exist, layers without a multiplier
 */
export function readAssignment(
  path: string,
  network: QuantisedNetwork,
  resolve: ResolveMultiplier,
): NamedAssignment {
  const file = readArtifact<AssignmentFile & { inputs: never; tools: never; maxdnnVersion: never }>(
    path,
    'assignment',
    ASSIGNMENT_FORMAT_VERSION,
  ) as AssignmentFile;
  const shapeFaults = checkShape(file, path);
  if (shapeFaults.length > 0) throw badInput(shapeFaults, HINT);
  const weighted = network.layers.filter(isWeighted);
  const names = weighted.map(({ name }) => name);
  const given = file.layers ?? {};
  const faults: Fault[] = Object.keys(given)
    .filter((layer) => !names.includes(layer))
    .map((layer) => ({
      where: `${path}: layers`,
      wanted: `convolutions and dense layers of ${network.name}: ${names.join(', ')}`,
      found: show(layer),
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
    if (entry === undefined || !isMixtureEntry(entry)) continue;
    const where = `${path}: layers.${layer.name}`;
    const shape = checkMixtureShape(entry, where);
    faults.push(...(shape.length > 0 ? shape : findMixtureFaults(entry, layer, where)));
  }
  if (faults.length > 0) throw badInput(faults, HINT);
  const specs = readMultipliers(file, path, resolve);
  const layers = new Map(
    weighted.map((layer) => {
      const entry = given[layer.name];
      if (entry === undefined) return [layer.name, specs.get('default')!];
      const place = `layers.${layer.name}`;
      if (!isMixtureEntry(entry)) return [layer.name, specs.get(place)!];
      const own = mixtureMultipliers(entry).map(([at]) => [at, specs.get(`${place}.${at}`)!] as const);
      return [layer.name, mixLayer(entry, layer, new Map(own))];
    }),
  );
  return { name: basename(path).replace(/\.json$/i, ''), layers };
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
      isMixtureEntry(entry)
        ? mixtureMultipliers(entry).map(([at, own]) => [`layers.${layer}.${at}`, own] as const)
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
  throw new MaxdnnError(
    'bad-input',
    errors
      .slice(0, 20)
      .map(({ message }) => message)
      .join('\n'),
    {
      ...hint,
      cause: first,
    },
  );
}
