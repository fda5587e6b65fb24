import type { ArtifactHeader } from '../base/artifact.ts';
import type { LibraryIdentity, OperandRole } from '../synth/energy-table.ts';
import type { LayerAccesses } from './access-counts.ts';
import type { DramTraffic } from './storage-energy.ts';
import type { StorageParameters } from './storage-parameters.ts';
import type { NetworkStream } from './stream-comparison.ts';

/** Energy per image by what it is spent on, nJ; docs/accelerator-energy.md says what is in each and what in none. */
export interface EnergySplit {
  /** Multipliers: #multiplications × energy per multiplication. */
  readonly multiplyNj: number;
  /** Adder and partial-sum register of the elements that multiply, without the clock pins. */
  readonly accumulateNj: number;
  /** Weight and activation register of the elements that multiply, without the clock pins. */
  readonly operandRegistersNj: number;
  /** Clock pins of the registers of the elements that multiply. */
  readonly clockNj: number;
  /** Clock pins and leakage of the elements that have nothing to multiply. */
  readonly idleNj: number;
  readonly activationSramNj: number;
  readonly weightSramNj: number;
  readonly accumulatorSramNj: number;
  readonly dramNj: number;
}

/** The split with its sums. */
export interface EnergyTotals extends EnergySplit {
  /** multiply + accumulate + operand registers + clock + idle: the array. */
  readonly macNj: number;
  /** The three SRAMs and the DRAM. */
  readonly storageNj: number;
  /** macNj + storageNj: all that is modelled, not the whole chip. */
  readonly totalNj: number;
}

export interface LayerEnergy {
  readonly layer: string;
  readonly multiplications: number;
  /** The multipliers of the layer and their share of its weights; without skipped ones. */
  readonly designs: readonly { readonly design: string; readonly weights: number }[];
  readonly accesses: LayerAccesses;
  readonly dram: DramTraffic;
  readonly energy: EnergyTotals;
}

/** Gains against the baseline, percent; negative where more energy is needed. */
export interface EnergyGains {
  /** Of multiplyNj: what is usually quoted. */
  readonly multiplyPercent: number;
  /** Of macNj. */
  readonly macPercent: number;
  /** Of totalNj. */
  readonly totalPercent: number;
}

/** One way of choosing the multipliers of the network. */
export interface AcceleratorRow {
  /** Name of the design that is used everywhere, or of the assignment. */
  readonly name: string;
  /** Which operand sits on port b. */
  readonly role: OperandRole;
  /** Longest path of the slowest processing element in use, and whether it is within the clock period. */
  readonly delayNs: number;
  readonly meetsClock: boolean;
  /** Area of one processing element (the largest one in use), multiplier and shell. */
  readonly multiplierAreaUm2: number;
  readonly shellAreaUm2: number;
  /** In the order of the network. */
  readonly layers: readonly LayerEnergy[];
  readonly total: EnergyTotals;
  /** Against the baseline; 0 for the baseline itself. */
  readonly gains: EnergyGains;
}

/** Artifact of the energy stage: where the energy of one image goes. */
export interface AcceleratorEnergy extends ArtifactHeader<'accelerator-energy'> {
  readonly network: {
    readonly name: string;
    readonly sha256: string;
    readonly multiplicationsPerImage: number;
  };
  readonly library: LibraryIdentity;
  readonly clockNs: number;
  /** Operands that multipliers and shells were priced with. */
  readonly stream: NetworkStream;
  readonly array: { readonly rows: number; readonly columns: number; readonly accumulatorDepth: number };
  readonly accumulatorBits: number;
  readonly storage: StorageParameters;
  /** The exact multiplier with the lowest multiplyNj over the network on this stream, in its cheaper role. */
  readonly baseline: AcceleratorRow;
  readonly rows: readonly AcceleratorRow[];
}

export const ACCELERATOR_ENERGY_FORMAT_VERSION = 1;
