import { basename, dirname, join } from 'node:path';
import { artifactHeader, canonicalJson } from '../base/artifact.ts';
import { MaxdnnError } from '../base/errors.ts';
import { sha256, writeFileAtomic } from '../base/files.ts';
import { readableJson } from '../base/readable-json.ts';
import { isMixture, type LayerMultiplier, SKIPPED, specsOfWeights } from '../dnn/assignment.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';
import {
  isWeighted,
  type QuantisedNetwork,
  quantisedNetworkDigest,
  type WeightedLayer,
} from '../dnn/quantised-network.ts';
import { parseDesignName } from '../multiplier/design-name.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { createDataBuilder, type DataBuilder } from './assignment-data.ts';
import {
  ASSIGNMENT_FORMAT_VERSION,
  type AssignmentEnergy,
  type AssignmentFile,
  type LayerEntry,
  type MultiplierEntry,
} from './assignment-schema.ts';
import { axisSizes } from './classes.ts';
import { countAssignment } from './count-assignment.ts';
import { type AssignmentPlan, type LayerPlan, planLayer } from './layer-plan.ts';
import { printLevel } from './level-text.ts';

export interface AssignmentDraft {
  readonly network: QuantisedNetwork;
  /** Multipliers and tuned constants, for each convolution and dense layer. */
  readonly variant: NetworkVariant;
  /**
   * How the multipliers of layers came about, so that the file says it in those words; layers without are written by
   * filter, channel, row or column where that tells all, else weight by weight.
   */
  readonly plan?: AssignmentPlan;
  /** What it is called in the style of MAx-DNN. */
  readonly label?: string;
  readonly energy?: AssignmentEnergy;
}

/** Paths of what was written; no data where nothing is tuned. */
export interface WrittenAssignment {
  readonly path: string;
  readonly dataPath?: string;
}

/**
 * Writes an assignment with its counts as readable JSON, and what is tuned into `<name>.bin` beside it, each whole or
 * not at all. Read again with the same network it gives the same multiplier for each weight and the same constants.
 * @param path ends in .json
 * @throws internal when a plan does not give the multipliers of the variant
 */
export function writeAssignment(path: string, draft: AssignmentDraft): WrittenAssignment {
  const { network, variant, plan, label, energy } = draft;
  const builder = createDataBuilder();
  const layers = network.layers.filter(isWeighted).map((layer) => {
    const own = variant.get(layer.name)!;
    return [layer.name, entryOf(layer, own, plan?.get(layer.name), builder)] as const;
  });
  const multipliers = new Map([...variant].map(([layer, { multiplier }]) => [layer, multiplier]));
  const digest = quantisedNetworkDigest(network);
  const inputs = { network: digest, ...tableDigests(variant) };
  const data = builder.finish();
  const dataPath = join(dirname(path), `${basename(path).replace(/\.json$/i, '')}.bin`);
  const file: AssignmentFile = {
    ...artifactHeader('assignment', ASSIGNMENT_FORMAT_VERSION, inputs),
    ...(label === undefined ? {} : { name: label }),
    network: { name: network.name, sha256: digest },
    layers: Object.fromEntries(layers),
    ...(data === undefined
      ? {}
      : { data: { file: basename(dataPath), bytes: data.length, sha256: sha256(data) } }),
    counts: countAssignment(network, multipliers),
    ...(energy === undefined ? {} : { energy }),
  };
  if (data !== undefined) writeFileAtomic(dataPath, data);
  writeFileAtomic(path, `${readableJson(file)}\n`);
  return { path, ...(data === undefined ? {} : { dataPath }) };
}

function entryOf(
  layer: WeightedLayer,
  own: LayerVariant,
  plan: LayerPlan | undefined,
  builder: DataBuilder,
): MultiplierEntry | LayerEntry {
  const entry = plan === undefined ? foundEntry(layer, own.multiplier, builder) : planEntry(layer, own, plan);
  const { weights, bias, inputScaleFactor } = own;
  const tuned = {
    ...(weights === undefined ? {} : { weights: builder.add(weights) }),
    ...(bias === undefined ? {} : { bias: builder.add(bias) }),
    ...(inputScaleFactor === undefined ? {} : { inputScaleFactor }),
  };
  if (Object.keys(tuned).length > 0) return { ...entry, tuned };
  return entry.all !== undefined && entry.skip === undefined ? entry.all : entry;
}

/** An entry in the words of a plan. */
function planEntry(layer: WeightedLayer, { multiplier }: LayerVariant, plan: LayerPlan): LayerEntry {
  if (!isSame(layer, planLayer(layer, plan), multiplier)) {
    throw new MaxdnnError('internal', `The plan of layer ${layer.name} does not give its multipliers`);
  }
  const { level, specs, skip, sensitivity } = plan;
  const skips = skip === undefined ? {} : { skip };
  const [first] = specs;
  if (level.kind === 'llam' && first != null) return { all: nameOf(first), ...skips };
  return {
    level: printLevel(level),
    multipliers: specs.map((spec) => (spec === null ? null : nameOf(spec))),
    ...(sensitivity === undefined ? {} : { sensitivity }),
    ...skips,
  };
}

/** Axes by the name of their list, shortest lists first. */
const AXES = [
  ['row', 'perRow'],
  ['column', 'perColumn'],
  ['channel', 'perChannel'],
  ['filter', 'perFilter'],
] as const;

/** An entry for a multiplier of which nothing is known but what each weight has. */
function foundEntry(layer: WeightedLayer, multiplier: LayerMultiplier, builder: DataBuilder): LayerEntry {
  if (!isMixture(multiplier)) return { all: nameOf(multiplier) };
  const { specs, index } = multiplier;
  for (const [axis, key] of AXES) {
    const choices = choicesAlong(layer, index, axis);
    if (choices !== undefined) {
      return { [key]: choices.map((choice) => (choice === SKIPPED ? null : nameOf(specs[choice]!))) };
    }
  }
  return { perWeight: { multipliers: specs.map(nameOf), index: builder.add(index) } };
}

/** The choice at each place of an axis, where all weights of a place have the same. */
function choicesAlong(
  layer: WeightedLayer,
  index: Uint8Array,
  axis: (typeof AXES)[number][0],
): readonly number[] | undefined {
  const sizes = axisSizes(layer);
  const { row, column, channel } = sizes;
  const stride = { filter: row * column * channel, row: column * channel, column: channel, channel: 1 }[axis];
  const choices = Array.from({ length: sizes[axis] }, (_, place) => index[place * stride]!);
  const isAll = index.every((choice, tap) => choice === choices[Math.floor(tap / stride) % sizes[axis]]);
  return isAll ? choices : undefined;
}

function isSame(layer: WeightedLayer, one: LayerMultiplier, other: LayerMultiplier): boolean {
  const [first, second] = [one, other].map((own) => {
    const { specs, specOf } = specsOfWeights(layer, own);
    const keys = specs.map(canonicalJson);
    return (tap: number) => keys[specOf(tap)];
  });
  return layer.weights.every((_, tap) => first!(tap) === second!(tap));
}

/** The design name where it stands for the spec: of all but odd ones. */
function nameOf(spec: MultiplierSpec): MultiplierEntry {
  const name = designName(spec);
  if (spec.family === 'table') return name;
  return canonicalJson(parseDesignName(name) ?? null) === canonicalJson(spec) ? name : spec;
}

/** Digests of the truth tables in use, by design name. */
function tableDigests(variant: NetworkVariant): Readonly<Record<string, string>> {
  const specs = [...variant.values()].flatMap(({ multiplier }) =>
    isMixture(multiplier) ? multiplier.specs : [multiplier],
  );
  const tables = specs.flatMap((spec) =>
    spec.family === 'table' ? [[designName(spec), spec.sha256] as const] : [],
  );
  return Object.fromEntries(tables);
}
