import type { Corner } from './corners.ts';

/** Where and at which corner cells are measured. */
export interface Bench {
  readonly corner: Corner;
  /** Decks, logs and raw files land here. */
  readonly runFolder: string;
}
