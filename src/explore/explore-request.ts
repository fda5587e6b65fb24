import type { Level } from '../assign/level-text.ts';
import type { SkipRule } from '../assign/skip-rule.ts';
import type { OnProgress } from '../base/progress.ts';
import type { LayerMultiplier, RoundedOperand } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import type { LayerVariant, NetworkVariant } from '../dnn/layer-variant.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import type { EnergyTable } from '../synth/energy-table.ts';
import type { Evaluator } from './evaluator.ts';
import type { NoiseOf } from './shortlist.ts';
import type { NetworkStream } from './stream-comparison.ts';

/** What may be minimised, in the words of the options. */
export type ObjectiveWord = 'kl' | 'accuracy' | 'energy' | 'area' | 'delay';

/** The same with units, as artifacts name them. */
export const OBJECTIVE_NAMES: Readonly<Record<ObjectiveWord, string>> = {
  kl: 'klNats',
  accuracy: 'lossPoints',
  energy: 'energyNj',
  area: 'areaUm2',
  delay: 'delayNs',
};

/**
 * How several multipliers stand in a chip.
 * - power-gated: every processing element has all of them, those not in use are switched off.
 * - tiled: every processing element has one; a layer runs on the elements of its kind, so it uses one multiplier.
 * - any: no constraint; area is counted as for "power-gated".
 */
export type Architecture = 'any' | 'power-gated' | 'tiled';

export const ARCHITECTURES: readonly Architecture[] = ['any', 'power-gated', 'tiled'];

export type MultiplierFamily = 'roup' | 'narrow' | 'exact' | 'table';

export const MULTIPLIER_FAMILIES: readonly MultiplierFamily[] = ['roup', 'narrow', 'exact', 'table'];

/** Which multipliers and layers take part. */
export interface SearchScope {
  /** Default: all families of the table. */
  readonly families?: readonly MultiplierFamily[];
  /** Design names; default: every design of the families that fits. */
  readonly multipliers?: readonly string[];
  /** Layers that may be approximated; default: all. The others keep the exact multiplier. */
  readonly layers?: readonly string[];
  /** Multipliers to choose from per layer, at most; default 12. */
  readonly choices?: number;
}

export interface SearchBudget {
  /** Searches to run, each once. */
  readonly methods: readonly ('nsga2' | 'greedy' | 'random')[];
  readonly seed: number;
  /** Even, ≥ 4. */
  readonly population: number;
  readonly generations: number;
}

/** Makes the variant of a layer for its multiplier; deterministic. */
export type VariantOf = (layerName: string, multiplier: LayerMultiplier) => LayerVariant;

export interface Tuning {
  /** What is on, in the words of the options. */
  readonly words: Readonly<Record<string, string>>;
  readonly variantOf: VariantOf;
  /** Forecast with which multipliers that are not worth tuning are left out; absent: all are tuned and scored. */
  readonly noiseOf?: NoiseOf;
  /**
   * What is done with the best points of the front: a variant whose layers were tuned each by itself is tuned as a whole.
   * Deterministic.
   */
  readonly refine?: (variant: NetworkVariant, evaluator: Evaluator) => Promise<NetworkVariant>;
  /** How that is done, in the words of the options; of no effect on the search. */
  readonly refineWords?: Readonly<Record<string, string>>;
  /** Points to refine, at most, evenly spread over the front; default 12. */
  readonly refinedPoints?: number;
}

export interface ExploreRequest {
  readonly network: QuantisedNetwork;
  /** Training images that assignments are scored on, and the seed that they were drawn with. */
  readonly calibration: Dataset;
  readonly calibrationSeed: number;
  /** Test images, for the final front alone; none of them among the calibration images. */
  readonly test?: Dataset;
  readonly roundedOperand: RoundedOperand;
  readonly table: EnergyTable;
  readonly stream: NetworkStream;
  /** Each is searched by itself. */
  readonly levels: readonly Level[];
  /** Skipping rules that each layer chooses from; undefined: nothing is skipped. Default: nothing, no choice. */
  readonly skips?: readonly (SkipRule | undefined)[];
  readonly scope?: SearchScope;
  /** 2 or 3. */
  readonly objectives: readonly ObjectiveWord[];
  /** Different multipliers in the whole chip, at most; default: no limit. */
  readonly maxMultipliers?: number;
  readonly architecture: Architecture;
  readonly budget: SearchBudget;
  /** Default: none. */
  readonly tuning?: Tuning;
  /** Scores on the calibration images; started when something has to be scored, closed at the end. */
  readonly startEvaluator: () => Evaluator | Promise<Evaluator>;
  /** Threads for the test images; 0: none besides this one. Default 2. */
  readonly workers?: number;
  /** Where the exploration and its assignments go, and the checkpoints of unfinished searches. */
  readonly folder: string;
  /** Command line that evaluates an assignment file again. */
  readonly commandFor: (assignmentFile: string) => string;
  readonly onProgress?: OnProgress;
}
