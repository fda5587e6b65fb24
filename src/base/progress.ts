/** One step forward of a long stage. */
export interface ProgressEvent {
  /** Short name of the stage, e.g. "synth". */
  readonly stage: string;
  readonly done: number;
  readonly total: number;
  /** What done and total count, where that is not the stage's items, e.g. "images". */
  readonly unit?: string;
  /** What was just finished, e.g. a design's name. */
  readonly note?: string;
  /** True when the result was already there and only checked; counts as much as `done` rose. */
  readonly reused?: boolean;
}

/** Called by long stages after each finished item; never prints by itself. */
export type OnProgress = (event: ProgressEvent) => void;

/** For callers who do not care. */
export const ignoreProgress: OnProgress = () => {};
