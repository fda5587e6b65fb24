import { type ArtifactHeader, artifactHeader, reusableArtifact, writeArtifact } from '../base/artifact.ts';
import type { OnProgress } from '../base/progress.ts';
import { EXACT_INT8 } from '../dnn/assignment.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { Candidate } from './candidates.ts';
import type { Evaluator, VariantScore } from './evaluator.ts';
import type { VariantOf } from './explore-request.ts';
import { functionKey } from './function-key.ts';
import { type NoiseOf, shortlist } from './shortlist.ts';

/** Score of one layer alone with one candidate, all others exact. */
export interface AloneScore extends VariantScore {
  readonly layer: string;
  /** Index of the candidate. */
  readonly multiplier: number;
}

/** Scores so far, so that a run that was stopped goes on. */
interface SensitivityFile extends ArtifactHeader<'sensitivity'> {
  readonly scores: readonly AloneScore[];
}

export interface SensitivityRequest {
  readonly network: QuantisedNetwork;
  readonly candidates: readonly Candidate[];
  readonly layers: readonly string[];
  readonly variantOf: VariantOf;
  /** Where tuning takes long: what need not be tuned (shortlist). */
  readonly noiseOf?: NoiseOf;
  readonly evaluator: Evaluator;
  readonly path: string;
  /** SHA-256 of all that the scores follow from. */
  readonly inputs: Readonly<Record<string, string>>;
  readonly onProgress: OnProgress;
}

/** The network with exact multipliers and its own constants. */
export function exactVariant(network: QuantisedNetwork): NetworkVariant {
  const weighted = network.layers.filter(isWeighted);
  return new Map(weighted.map(({ name }): [string, LayerVariant] => [name, { multiplier: EXACT_INT8 }]));
}

/**
 * Each layer alone with each multiplier that it may use and that is worth it (shortlist); multipliers that compute the
 * same are scored once. Kept in a file, layer by layer.
 */
export async function measureSensitivity(request: SensitivityRequest): Promise<readonly AloneScore[]> {
  const { network, candidates, layers, variantOf, evaluator, path, inputs, onProgress } = request;
  const earlier = reusableArtifact<SensitivityFile>(path, 'sensitivity', 1, inputs)?.scores ?? [];
  const usable = layers.map((layer) => shortlist(candidates, layer, request.noiseOf));
  const total = usable.reduce((sum, { length }) => sum + length, 0);
  const exact = exactVariant(network);
  const scores: AloneScore[] = [];
  for (const [at, layer] of layers.entries()) {
    const own = usable[at]!;
    const note = layer;
    const known = earlier.filter((score) => score.layer === layer);
    if (known.length === own.length) {
      scores.push(...known);
      onProgress({ stage: 'sensitivity', done: scores.length, total, note, reused: true });
      continue;
    }
    const functions = new Map(own.map((index) => [functionKey(candidates[index]!.spec), index]));
    const distinct = [...functions.values()];
    const done = scores.length;
    let scored = 0;
    const variants: NetworkVariant[] = [];
    for (const [at, index] of distinct.entries()) {
      variants.push(new Map(exact).set(layer, variantOf(layer, candidates[index]!.spec)));
      // Tuning may take seconds each; whoever draws progress gets a turn.
      if (Object.keys(variants[at]!.get(layer)!).length > 1) {
        onProgress({
          stage: 'sensitivity',
          done,
          total,
          note: `${layer}, tuning ${at + 1}/${distinct.length}`,
        });
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
    const found = await evaluator.score(variants, () => {
      scored += 1;
      const share = Math.floor((own.length * scored) / distinct.length);
      onProgress({ stage: 'sensitivity', done: done + share, total, note });
    });
    for (const multiplier of own) {
      const same = functions.get(functionKey(candidates[multiplier]!.spec))!;
      scores.push({ layer, multiplier, ...found[distinct.indexOf(same)]! });
    }
    writeArtifact(path, { ...artifactHeader('sensitivity', 1, inputs), scores } as SensitivityFile);
  }
  return scores;
}
