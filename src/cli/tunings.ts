import { readFileSync } from 'node:fs';
import type { ArtifactHeader } from '../base/artifact.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import type { TuningComparison, TuningResult } from '../explore/compare-tunings.ts';

export const TUNINGS_FORMAT_VERSION = 1;

/** What maxdnn tune found: its artifact NAME.tunings.json. */
export interface Tunings extends ArtifactHeader<'tunings'> {
  readonly assignment: string;
  readonly roundedOperand: RoundedOperand;
  /** Of the slice of training images that everything was tuned and scored on. */
  readonly seed: number;
  readonly exact?: TuningComparison['exact'];
  readonly results: readonly Omit<TuningResult, 'variant'>[];
}

/** True for the artifact of maxdnn tune; false for a file that is another one, damaged or not there. */
export function isTunings(path: string): boolean {
  try {
    return (JSON.parse(readFileSync(path, 'utf8')) as Partial<Tunings>).kind === 'tunings';
  } catch {
    return false;
  }
}
