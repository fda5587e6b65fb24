import type { ArtifactHeader } from '../base/artifact.ts';
import type { ImagesIdentity } from '../explore/exploration.ts';
import type { NetworkStream } from '../explore/stream-comparison.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';

export const REPRODUCTION_FORMAT_VERSION = 1;

/**
 * How a network is run.
 * - fixed: static int8 network with its batch norms folded once, as an accelerator runs it.
 * - recalibrated: the same with batch norm statistics measured under the assignment on training images.
 * - alwann: uint8 codes with ranges and batch norm statistics of the batch of test images (alwann/inference.ts).
 */
export type Semantics = 'fixed' | 'recalibrated' | 'alwann';

export const SEMANTICS: readonly Semantics[] = ['fixed', 'recalibrated', 'alwann'];

/** Right answers under each semantics. */
export type Correct = Readonly<Record<Semantics, number>>;

/** A multiplier of the palette; its index is the digit in the names of assignments. */
export interface PaletteEntry {
  readonly title: string;
  readonly design: string;
  readonly spec: MultiplierSpec;
  /** 1 − energy / energy of the best exact multiplier, per cent, all layers of the network; where the table has it. */
  readonly savingPercentByStream: Savings;
}

export type Savings = Readonly<Partial<Record<NetworkStream, number>>>;

/** What everything on the pages rests on. */
export interface ReproductionBase {
  readonly network: { readonly name: string; readonly sha256: string };
  readonly graph: { readonly name: string; readonly sha256: string };
  readonly test: ImagesIdentity;
  readonly recalibration: ImagesIdentity;
  readonly exact: Correct;
  readonly palette: readonly PaletteEntry[];
  /** Absent without an energy table. */
  readonly energy?: {
    readonly library: string;
    readonly clockNs: number;
    readonly streams: readonly NetworkStream[];
    readonly baselines: Readonly<Partial<Record<NetworkStream, string>>>;
    readonly note?: string;
  };
}

/** Fig. 3: some layers with one multiplier, the others exact. */
export interface Figure3 {
  readonly kind: 'fig3a' | 'fig3b';
  /** By layer (3a) or by the number of first layers (3b), then by multiplier of the palette without the exact one. */
  readonly rows: readonly { readonly label: string; readonly correct: readonly Correct[] }[];
}

/** An assignment that is told by its name. */
export interface NamedPoint {
  /** As assignment-name.ts reads it, with the palette's digits. */
  readonly name: string;
  readonly savingPercentByStream: Savings;
}

/** Fig. 4: a systematic set of assignments, by level. */
export interface Figure4 {
  readonly kind: 'fig4';
  /** Largest loss to the exact network that a point may have to be kept, points of accuracy under "fixed". */
  readonly maxLossPoints: number;
  /** Stream whose energies decide the fronts. */
  readonly stream: NetworkStream;
  readonly levels: readonly {
    readonly title: string;
    readonly evaluated: number;
    /** Those kept, by rising saving. */
    readonly points: readonly (NamedPoint & { readonly correctFixed: number })[];
    /** Those that no other of the level beats in saving and accuracy under "fixed", by rising saving. */
    readonly front: readonly (NamedPoint & { readonly correct: Correct })[];
  }[];
}

/** Table I. */
export interface Table1 {
  readonly kind: 'table1';
  readonly proposed: readonly (NamedPoint & { readonly why: string; readonly correct: Correct })[];
  readonly evoapprox: readonly EvoApproxRow[];
}

/** One multiplier of EvoApproxLib for all convolutions. */
export interface EvoApproxRow {
  /** Short name, e.g. "2AC". */
  readonly name: string;
  readonly correct: Correct;
  /** With weights mapped as published. */
  readonly tuned: Correct;
  /** With weights mapped by the histogram of what each layer reads. */
  readonly tunedMeasured: Correct;
  /** Weights of 256 that the map changes, for uint8 codes and for the signed codes of the static network. */
  readonly remapped: { readonly unsigned: number; readonly signed: number };
  readonly savingPercentPublished: number;
  /** Accuracy under ALWANN's semantics in other batches: the same test images among 1000. */
  readonly otherBatches: readonly {
    readonly batch: string;
    readonly correct: number;
    readonly correctTuned: number;
  }[];
}

export type ReproductionPart = Figure3 | Figure4 | Table1;

export type PartName = ReproductionPart['kind'];

export const PART_NAMES: readonly PartName[] = ['fig3a', 'fig3b', 'fig4', 'table1'];

/** Artifact of one figure or table. */
export interface Reproduction extends ArtifactHeader<'reproduction'> {
  readonly base: ReproductionBase;
  readonly part: ReproductionPart;
}
