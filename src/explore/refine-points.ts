import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { readAssignment } from '../assign/assignment-file.ts';
import { writeAssignment } from '../assign/write-assignment.ts';
import { digestOf } from '../base/artifact.ts';
import { MaxdnnError } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import type { OnProgress } from '../base/progress.ts';
import { isMixture } from '../dnn/assignment.ts';
import { multiplierDigest } from '../dnn/layer-digest.ts';
import type { NetworkVariant } from '../dnn/layer-variant.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import type { Evaluator, VariantScore } from './evaluator.ts';
import type { ExploreRequest, Tuning } from './explore-request.ts';

/** Points that are refined unless the request says otherwise. */
export const REFINED_POINTS = 12;

export interface RefinePointsRequest {
  readonly request: ExploreRequest;
  /** Places of the front's points in `variants`, by rising energy. */
  readonly places: readonly number[];
  readonly variants: readonly NetworkVariant[];
  readonly evaluator: Evaluator;
  readonly onProgress: OnProgress;
}

export interface RefinedPoint {
  readonly place: number;
  readonly variant: NetworkVariant;
  readonly score: VariantScore;
}

/**
 * Some points of the front with their constants tuned as a whole, at equal distances along it. Each is kept in a file, so
 * that a run that was stopped goes on.
 */
export async function refinePoints(request: RefinePointsRequest): Promise<readonly RefinedPoint[]> {
  const { places, variants, evaluator, onProgress } = request;
  const { tuning, network, folder, calibration } = request.request;
  if (tuning?.refine === undefined) return [];
  const chosen = spread(places, tuning.refinedPoints ?? REFINED_POINTS);
  const refined: RefinedPoint[] = [];
  for (const [done, place] of chosen.entries()) {
    onProgress({ stage: 'refine', done, total: chosen.length });
    const before = variants[place]!;
    const key = digestOf([
      calibration.sha256,
      tuning.words,
      tuning.refineWords ?? {},
      contentOf(before),
    ]).slice(0, 16);
    const path = join(folder, 'refined', `${key}.json`);
    const known = existsSync(path) ? readRefined(path, network, before) : undefined;
    const variant = known ?? (await refineOne(tuning, before, evaluator, network, path));
    refined.push({ place, variant, score: (await evaluator.score([variant]))[0]! });
  }
  onProgress({ stage: 'refine', done: chosen.length, total: chosen.length });
  return refined;
}

async function refineOne(
  { refine }: Tuning,
  before: NetworkVariant,
  evaluator: Evaluator,
  network: QuantisedNetwork,
  path: string,
): Promise<NetworkVariant> {
  const variant = await refine!(before, evaluator);
  writeAssignment(path, { network, variant });
  return variant;
}

/** Constants of an earlier run; the multipliers are the same objects as before. */
function readRefined(path: string, network: QuantisedNetwork, before: NetworkVariant): NetworkVariant {
  const specs = [...before.values()].flatMap(({ multiplier }) =>
    isMixture(multiplier) ? multiplier.specs : [multiplier],
  );
  const { variant } = readAssignment(path, network, (name) => {
    const spec = specs.find((own) => designName(own) === name);
    if (spec !== undefined) return spec;
    throw new MaxdnnError('internal', `${path} has ${name}, which the point it belongs to has not`);
  });
  return new Map(
    [...variant].map(([layer, own]) => [layer, { ...own, multiplier: before.get(layer)!.multiplier }]),
  );
}

/** At most `most` of a list, the first and the last among them, at equal distances. */
function spread(places: readonly number[], most: number): readonly number[] {
  if (places.length <= most) return places;
  const at = (i: number): number => Math.round((i * (places.length - 1)) / Math.max(1, most - 1));
  return [...new Set(Array.from({ length: most }, (_, i) => places[at(i)]!))];
}

/** What decides a variant, as plain data. */
function contentOf(variant: NetworkVariant): unknown {
  return [...variant].map(([layer, { multiplier, weights, bias, ...others }]) => [
    layer,
    multiplierDigest(multiplier),
    weights === undefined ? '' : sha256(new Uint8Array(weights)),
    bias === undefined ? [] : [...bias],
    others,
  ]);
}
