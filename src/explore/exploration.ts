import type { ArtifactHeader } from '../base/artifact.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import type { LibraryIdentity } from '../synth/energy-table.ts';
import type { Accuracy, ComparedAccuracy } from './evaluation.ts';
import type { VariantScore } from './evaluator.ts';
import type { NetworkStream, StreamBaseline } from './stream-comparison.ts';

export const EXPLORATION_FORMAT_VERSION = 1;

/** Images that took part, by digest. */
export interface ImagesIdentity {
  readonly name: string;
  readonly sha256: string;
  readonly images: number;
}

/** A multiplier that the search could choose. */
export interface ExploredMultiplier {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly areaUm2: number;
  readonly delayNs: number;
}

/** One decision of the search: the multiplier of a layer, or of one class of its weights. */
export interface ExploredGene {
  /** The layer, and where it has several genes which one: "conv1", "conv1/2" for class 2, "conv1/skip". */
  readonly name: string;
  /** Where multipliers may differ: one of the exploration's levels; absent where it has but one. */
  readonly level?: string;
  readonly layer: string;
  /** Class of the layer's weights; absent where the layer is one. */
  readonly classIndex?: number;
  /** Index in `multipliers` by choice; of a gene that chooses what to skip, see `skips`. */
  readonly choices: readonly number[];
  /** For a gene that chooses the weights to skip: the rule of each choice in the words of an assignment, e.g. "none", "|w-mu|<0.25 sigma". */
  readonly skips?: readonly string[];
}

/** One layer alone with one multiplier, all others exact. */
export interface LayerSensitivity extends VariantScore {
  readonly layer: string;
  /** Index in `multipliers`. */
  readonly multiplier: number;
  /** Energy per multiplication in this layer by stream, pJ. */
  readonly energyPj: Readonly<Partial<Record<NetworkStream, number>>>;
}

/** How one search went. */
export interface SearchRecord {
  readonly method: 'nsga2' | 'greedy' | 'random';
  /** One of the exploration's levels; absent where it has but one. */
  readonly level?: string;
  readonly seed: number;
  /** Settings in the words of the options, e.g. { population: "64", generations: "40" }. */
  readonly settings: Readonly<Record<string, string>>;
  readonly evaluations: number;
  /** By generation; hypervolume to `referencePoint` in the objectives' units. */
  readonly convergence: readonly {
    readonly generation: number;
    readonly evaluations: number;
    readonly frontSize: number;
    readonly hypervolume: number;
  }[];
  /** Ids of the points on this search's own front, by rising energy. */
  readonly front: readonly string[];
}

/** What a layer of a point uses. */
export interface PointLayer {
  readonly layer: string;
  /** Multiplications per image by multiplier (index in `multipliers`), each class of weights by itself. */
  readonly parts: readonly {
    readonly multiplier: number;
    readonly classIndex?: number;
    readonly multiplications: number;
  }[];
  readonly skippedMultiplications: number;
  readonly inputScaleFactor?: number;
}

/** One assignment that a search found worth keeping. */
export interface ExplorationPoint {
  /** "p001", by rising energy on the searched stream. */
  readonly id: string;
  /** Name in MAx-DNN's style, e.g. "LLAM_2_1_1_0", "FLAM-3clas_2_1_1". */
  readonly name: string;
  /** One of the exploration's levels, whose genes the genome has; absent where it has but one. */
  readonly level?: string;
  /** Index in `choices` (or `skips`) of each gene of the level. */
  readonly genome: readonly number[];
  /** Id of the point whose constants were tuned again as a whole to make this one; absent for points of the searches. */
  readonly refinedFrom?: string;
  readonly layers: readonly PointLayer[];
  /** Values of `objectives`, as the search saw them. */
  readonly objectives: readonly number[];
  readonly energyPerImageNjByStream: Readonly<Partial<Record<NetworkStream, number>>>;
  /** 1 − energy / energy of the best exact 8×8 multiplier of that stream, in per cent. */
  readonly savingPercentByStream: Readonly<Partial<Record<NetworkStream, number>>>;
  /** On the calibration images (training images that the search saw). */
  readonly calibration: VariantScore;
  /** On test images, which were used for nothing else; only for points of the final front. */
  readonly test?: ComparedAccuracy;
  /** Assignment file of the point, relative to the exploration's folder. */
  readonly assignmentFile: string;
  /** Command line that evaluates this very point again. */
  readonly command: string;
}

/** Artifact of the explore stage. */
export interface Exploration extends ArtifactHeader<'exploration'> {
  readonly network: {
    readonly name: string;
    readonly sha256: string;
    readonly multiplicationsPerImage: number;
  };
  /** Training images that the search scored assignments on. */
  readonly calibration: ImagesIdentity & { readonly seed: number };
  readonly test?: ImagesIdentity;
  readonly roundedOperand: RoundedOperand;
  /** Where multipliers may differ, in the words of the option: "llam", "flam-3-modulo", "klam-row", …, or several with commas. */
  readonly level: string;
  /** What tuning was on, in the words of the options, e.g. { method: "compensated", bias: "on" }. */
  readonly tuning: Readonly<Record<string, string>>;
  /** Constraints in the words of the options, e.g. { "max-multipliers": "3", architecture: "power-gated" }. */
  readonly constraints: Readonly<Record<string, string>>;
  readonly library: LibraryIdentity;
  readonly clockNs: number;
  /** Streams that the table has energies of, and the one whose energy was the objective. */
  readonly streams: readonly NetworkStream[];
  readonly searchedStream: NetworkStream;
  readonly baselines: Readonly<
    Partial<Record<NetworkStream, StreamBaseline & { readonly energyPerImageNj: number }>>
  >;
  /** The exact int8 network. */
  readonly exact: { readonly calibration: VariantScore; readonly test?: Accuracy };
  /** Names of the objectives with units, all minimised, e.g. ["klNats", "energyNj"]. */
  readonly objectives: readonly string[];
  readonly referencePoint: readonly number[];
  readonly multipliers: readonly ExploredMultiplier[];
  readonly genes: readonly ExploredGene[];
  readonly sensitivity: readonly LayerSensitivity[];
  readonly searches: readonly SearchRecord[];
  /** Points of any search's front, by rising energy on the searched stream. */
  readonly points: readonly ExplorationPoint[];
  /** Ids of the points that none other of any search dominates in `objectives`. */
  readonly front: readonly string[];
}
