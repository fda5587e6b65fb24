import type { ArtifactHeader } from '../base/artifact.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** Accuracy of one network on one set of images. */
export interface AccuracyCount {
  readonly images: number;
  readonly correct: number;
  /** correct / images, 0 … 1. */
  readonly accuracy: number;
}

/** One multiplier used for every multiplication of the convolutions and dense layers ("uniform" assignment). */
export interface EvaluationRow extends AccuracyCount {
  readonly design: string;
  readonly spec: MultiplierSpec;
  /** Accuracy minus that of the exact int8 network on the same images, in percentage points. */
  readonly changePoints: number;
  /** Half width of the 95 % confidence interval of changePoints (paired: both networks see the same images). */
  readonly changeHalfWidth95Points: number;
  /** #multiplications × energy per multiplication; absent where no energy table was given. */
  readonly energyPerImageNj?: number;
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
  /** "fixed": batch norm folded with the exact network's statistics. */
  readonly batchNorm: 'fixed';
  readonly float: AccuracyCount;
  readonly exact: AccuracyCount;
  readonly rows: readonly EvaluationRow[];
}

export const EVALUATION_FORMAT_VERSION = 1;
