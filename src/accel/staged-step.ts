import { type Base, TRANSFERS_PER_DESCRIPTOR } from './descriptor.ts';
import { type ComputeStep, computeStep } from './encode-descriptor.ts';
import type { LoweredNetwork, WeightChunk } from './lower-network.ts';

/** A place outside. */
export interface Home {
  readonly base: Base;
  /** Bytes from the base. */
  readonly offset: number;
}

/** A transfer of activations before its tensor has an address. */
export interface TensorTransfer extends Home {
  readonly kind: 'loadActivations' | 'storeActivations';
  readonly tensor: string;
  /** Words from the tensor's first one on. */
  readonly words: number;
}

/** A descriptor before its tensors and weights have addresses. */
export interface StagedStep {
  /** Number of the layer; undefined where nothing is computed. */
  readonly layer?: number;
  readonly compute: ComputeStep;
  readonly input?: string;
  readonly second?: string;
  readonly output?: string;
  readonly chunk?: WeightChunk;
  readonly transfers: readonly TensorTransfer[];
}

export interface StageRequest {
  readonly lowered: LoweredNetwork;
  /** Tensors that live outside, "input" among them or not; the others are inside for as long as they are needed. */
  readonly spilled: ReadonlyMap<string, Home>;
  /** Tensors inside that are stored once they are complete. */
  readonly stored: ReadonlyMap<string, Home>;
  /** Words that the buffers of one layer may take, if at least a row of each fits. */
  readonly budget: number;
  /** Bytes of an activation word outside. */
  readonly wordBytes: number;
}

/** A descriptor that only transfers. */
export function idleStep(transfers: readonly TensorTransfer[]): StagedStep {
  return { compute: computeStep('none'), transfers };
}

/**
 * The steps with more transfers, each in the first step that has room for it (a convolution may have to load weights
 * too); where none has, a step is added at the end.
 */
export function attach(
  steps: readonly StagedStep[],
  transfers: readonly TensorTransfer[],
): readonly StagedStep[] {
  const own = [...steps];
  for (const transfer of transfers) {
    const place = own.findIndex(
      (step) => step.transfers.length < TRANSFERS_PER_DESCRIPTOR - (step.chunk === undefined ? 0 : 2),
    );
    if (place < 0) own.push(idleStep([transfer]));
    else own[place] = { ...own[place]!, transfers: [...own[place]!.transfers, transfer] };
  }
  return own;
}
