import type { ArtifactHeader } from '../base/artifact.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

/** Operand pair on which hardware and golden model differ. */
export interface Mismatch {
  readonly a: number;
  readonly b: number;
  /** Golden product. */
  readonly want: number;
  /** Product at p_o in simulation. */
  readonly got: number;
}

/** Result of cosimulating one design. */
export interface DesignVerdict {
  readonly design: string;
  readonly spec: MultiplierSpec;
  readonly rtlSha256: string;
  /** "exhaustive": all operand pairs of the ports; "sampled": corners and seeded random pairs. */
  readonly coverage: 'exhaustive' | 'sampled';
  readonly pairsCompared: number;
  readonly mismatchCount: number;
  /** The first mismatches, at most 8, in the order of the vectors. */
  readonly mismatches: readonly Mismatch[];
  readonly verified: boolean;
}

/** Artifact of the verify stage. */
export interface Verdict extends ArtifactHeader<'verdict'> {
  readonly seed: number;
  readonly designs: readonly DesignVerdict[];
}

export const VERDICT_FORMAT_VERSION = 1;
