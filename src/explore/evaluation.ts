import type { ArtifactHeader } from '../base/artifact.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import type { OperandRole } from '../synth/energy-table.ts';
import type { BatchNormMode } from './batch-norm-mode.ts';
import type { NetworkStream, StreamBaseline } from './stream-comparison.ts';

/** A confidence interval of a share. */
export interface ShareInterval {
  /** 0 … 1. */
  readonly low: number;
  readonly high: number;
}

/** How often a network is right on one set of images. */
export interface AccuracyCount {
  readonly images: number;
  readonly correct: number;
  /** correct / images, 0 … 1. */
  readonly accuracy: number;
  /** Wilson's 95 % interval of the accuracy: what other images of the same kind may give. */
  readonly interval95: ShareInterval;
}

/** Accuracy on the images of one class. */
export interface ClassAccuracy extends AccuracyCount {
  /** The class, as in the data set. */
  readonly label: number;
}

/** Everything that is counted of one network on one set of images. */
export interface Accuracy extends AccuracyCount {
  /** Images whose class is among the five with the largest logits. */
  readonly correctTop5: number;
  /** correctTop5 / images, 0 … 1. */
  readonly accuracyTop5: number;
  /** Classes that have images, by rising label. */
  readonly perClass: readonly ClassAccuracy[];
  /** Images by [true class][predicted class]; a row and a column for each output of the network. */
  readonly confusion: readonly (readonly number[])[];
}

/** A network against the exact int8 one on the same images. */
export interface Comparison {
  /** Accuracy minus that of the exact int8 network, in percentage points. */
  readonly changePoints: number;
  /** Half width of the 95 % confidence interval of changePoints (paired: both networks see the same images). */
  readonly changeHalfWidth95Points: number;
  /** Images that only the exact network has right. */
  readonly lost: number;
  /** Images that only this one has right. */
  readonly gained: number;
  /** Exact McNemar test of "both are equally good": below 0.05 the change is called significant. */
  readonly pValue: number;
}

/** Accuracy beside that of the exact int8 network. */
export interface ComparedAccuracy extends Accuracy, Comparison {
  /** energyPerImageNjByStream on uniform operands. */
  readonly energyPerImageNj?: number;
  /**
   * Sum over the layers of #multiplications × energy per multiplication, by the operands that the energy was measured
   * with; those of the layers with the operand of `energy.role` on port b. Streams without are absent.
   */
  readonly energyPerImageNjByStream?: Readonly<Partial<Record<NetworkStream, number>>>;
  /** Why a stream of `energy.streams` is absent: the first multiplier and layer that the energy table has no row of. */
  readonly energyMissing?: Readonly<Partial<Record<NetworkStream, string>>>;
}

/** What the energies of an evaluation are. */
export interface EvaluationEnergy {
  readonly clockNs: number;
  /** Which operand is on port b of every multiplier: the one that is not roundedOperand. */
  readonly role: OperandRole;
  /** Streams that the energy table has rows of. */
  readonly streams: readonly NetworkStream[];
  /** The best exact multiplier on each stream, used everywhere, with the role that is better for it. */
  readonly baselines: Readonly<
    Partial<Record<NetworkStream, StreamBaseline & { readonly energyPerImageNj: number }>>
  >;
  /** Why layer streams of the table do not count here. */
  readonly note?: string;
}

/** One multiplier used for every multiplication of the convolutions and dense layers ("uniform" assignment). */
export interface EvaluationRow extends ComparedAccuracy {
  readonly design: string;
  readonly spec: MultiplierSpec;
}

/** Several multipliers in one layer. */
export interface MixtureSummary {
  /** How many weights of the layer each multiplier has. */
  readonly multipliers: readonly { readonly spec: MultiplierSpec; readonly weights: number }[];
  /** Weights that are not multiplied. */
  readonly skippedWeights: number;
}

/** Multipliers by layer. */
export interface AssignmentRow extends ComparedAccuracy {
  /** What the assignment is called: the name of its file without the ending. */
  readonly name: string;
  /** The multiplier of each convolution and dense layer. */
  readonly layers: Readonly<Record<string, MultiplierSpec | MixtureSummary>>;
  /** Present where weights, biases or activation scales are not those of the network but tuned ones. */
  readonly isTuned?: true;
  /** The same for assignments that compute the same. */
  readonly functionSha256: string;
}

/** Artifact of the evaluate stage. */
export interface Evaluation extends ArtifactHeader<'evaluation'> {
  readonly network: {
    readonly name: string;
    readonly sha256: string;
    readonly multiplicationsPerImage: number;
  };
  readonly dataset: { readonly name: string; readonly sha256: string; readonly images: number };
  /** Which operand sits on port a (the rounded one); the other is Booth-encoded and perforated. */
  readonly roundedOperand: 'weights' | 'activations';
  /** Which statistics every network of this evaluation has in its batch norms, the exact one too. */
  readonly batchNorm: BatchNormMode;
  /** The training images that they were measured on; only for "recalibrated". */
  readonly batchNormImages?: { readonly name: string; readonly sha256: string; readonly images: number };
  /** The float network that the int8 one was quantised from, on the first 1000 images at most; absent where there is none (an int8 model file). */
  readonly float?: Accuracy;
  readonly exact: Accuracy;
  /** Absent where no energy table was given. */
  readonly energy?: EvaluationEnergy;
  readonly rows: readonly EvaluationRow[];
  readonly assignments: readonly AssignmentRow[];
}

export const EVALUATION_FORMAT_VERSION = 4;

/** A change with a p-value of at least this is called not distinguishable from 0. */
export const SIGNIFICANCE = 0.05;
