import type { LayerMultiplier } from './assignment.ts';

/**
 * A convolution or dense layer with its multiplier and what tuning made of its constants for it. Plain data that can
 * be sent to another thread or machine. What is absent is as in the network that it belongs to.
 */
export interface LayerVariant {
  readonly multiplier: LayerMultiplier;
  /** Weight codes, as QuantisedConv.weights. */
  readonly weights?: Int8Array;
  /**
   * What a step of a weight stands for, per output channel, as a multiple of the network's weightScales: below 1 codes
   * are finer and large weights saturate. Default 1.
   */
  readonly weightScaleFactors?: readonly number[];
  /**
   * int32 per output channel, in steps of the network's own input scale × this variant's weight scales;
   * inputScaleFactor is applied to it by applyVariants.
   */
  readonly bias?: Int32Array;
  /**
   * Scale of the activations that the layer reads, as a multiple of the network's: below 1 codes are finer and large
   * values saturate. Default 1. Only where no other convolution or dense layer reads the same tensor.
   */
  readonly inputScaleFactor?: number;
}

/** Variants by layer name, one for each convolution and dense layer. */
export type NetworkVariant = ReadonlyMap<string, LayerVariant>;
