import { basename } from 'node:path';
import { readArtifact } from '../base/artifact.ts';
import { badInput, type Fault, MaxdnnError, show } from '../base/errors.ts';
import { compileSchema } from '../base/schema-check.ts';
import type { MultiplierAssignment } from '../dnn/assignment.ts';
import { multiplicationsByLayer, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { parseSpec } from '../multiplier/parse-spec.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

export const ASSIGNMENT_FORMAT_VERSION = 1;

/** A multiplier as it stands in an assignment file: what a user may call it, or its spec. */
type MultiplierEntry = string | object;

/** Content of the file: `{ "kind": "assignment", "formatVersion": 1, "default": …, "layers": { "conv1": … } }`. */
interface AssignmentFile {
  readonly kind: 'assignment';
  readonly formatVersion: number;
  /** For the layers that are not named; may be left out when all are. */
  readonly default?: MultiplierEntry;
  readonly layers?: Readonly<Record<string, MultiplierEntry>>;
}

/** An assignment that fits a network: a multiplier for each of its convolutions and dense layers. */
export interface NamedAssignment {
  /** Name of the file without its ending. */
  readonly name: string;
  readonly layers: MultiplierAssignment;
}

/** The multiplier that a name stands for. @throws bad-input that starts with `where` when it stands for none */
export type ResolveMultiplier = (name: string, where: string) => MultiplierSpec;

const multiplier = {
  description: 'a design name, or a spec such as {"family": "roup", "bits": 8, "P": 2, "r": 4}',
  oneOf: [
    { type: 'string', minLength: 1 },
    { type: 'object', required: ['family'] },
  ],
} as const;

const checkShape = compileSchema({
  type: 'object',
  properties: {
    kind: { const: 'assignment' },
    formatVersion: { type: 'integer' },
    maxdnnVersion: { type: 'string' },
    inputs: { type: 'object' },
    tools: { type: 'object' },
    default: multiplier,
    layers: { type: 'object', additionalProperties: multiplier },
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
  const names = [...multiplicationsByLayer(network).keys()];
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
  if (faults.length > 0) throw badInput(faults, HINT);
  const specs = readMultipliers(file, path, resolve);
  const layers = new Map(
    names.map((layer) => [layer, specs.get(layer in given ? `layers.${layer}` : 'default')!]),
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
    ...Object.entries(file.layers ?? {}).map(([layer, entry]) => [`layers.${layer}`, entry] as const),
  ];
  const specs = new Map<string, MultiplierSpec>();
  const errors: MaxdnnError[] = [];
  for (const [place, entry] of places) {
    try {
      const where = `${path}: ${place}`;
      specs.set(place, typeof entry === 'string' ? resolve(entry, where) : parseSpec(entry, where));
    } catch (error) {
      if (!(error instanceof MaxdnnError && error.code === 'bad-input')) throw error;
      errors.push(error);
    }
  }
  const [first] = errors;
  if (first === undefined) return specs;
  const hint = first.hint === undefined ? {} : { hint: first.hint };
  throw new MaxdnnError('bad-input', errors.map(({ message }) => message).join('\n'), {
    ...hint,
    cause: first,
  });
}
