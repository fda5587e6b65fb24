import { type ArraySpec, externalBytes, headerWords } from './array-spec.ts';
import type { ComputeStep, Descriptor, TransferStep } from './encode-descriptor.ts';

/** Cycles of a pass beyond its columns: the exchange of weights runs through them. */
export const EXCHANGE_OVERHEAD = 3;
/** Cycles of a pass beyond reading its header and rows. */
export const LOAD_OVERHEAD = 1;
/** Cycles from the last pass of a filter tile to the first code. */
export const DRAIN_OVERHEAD = 8;
/** Cycles of the vector unit for each word that it reads or writes. */
export const CYCLES_PER_WORD = 1;
/** Cycles of the vector unit from the first read to the first write. */
export const VECTOR_LATENCY = 8;
/** Most 64-bit beats of a burst, and cycles from its address to its first beat. */
export const BURST_BEATS = 16;
export const BURST_LATENCY = 12;
/** Cycles to fetch a descriptor, start it and store its counters, without waiting for the memory. */
export const DESCRIPTOR_OVERHEAD = 80;

/** Expected cycles of one descriptor. */
export interface CycleEstimate {
  readonly compute: number;
  /** All transfers after each other, reads beside writes. */
  readonly transfer: number;
  /** The longer one, and the descriptor's own. */
  readonly total: number;
}

/**
 * Expected cycles of a descriptor, memory without wait states.
 * @param passes passes of each filter tile of a convolution, else empty
 */
export function estimateCycles(
  spec: ArraySpec,
  { compute, transfers }: Descriptor,
  passes: readonly number[],
): CycleEstimate {
  const own = compute.operation === 'conv' ? convCycles(spec, compute, passes) : vectorCycles(spec, compute);
  const moved = (isStore: boolean): number =>
    transfers
      .filter(({ kind }) => (kind === 'storeActivations') === isStore)
      .reduce((sum, step) => sum + transferCycles(spec, step), 0);
  const transfer = Math.max(moved(false), moved(true));
  return { compute: own, transfer, total: Math.max(own, transfer) + DESCRIPTOR_OVERHEAD };
}

/** Cycles of a pass of few positions. */
export function shortestPass(spec: ArraySpec): number {
  const load = headerWords(spec) + spec.rows + LOAD_OVERHEAD;
  return Math.max(spec.columns + EXCHANGE_OVERHEAD, load);
}

/** Bytes that a transfer moves. */
export function transferBytes(spec: ArraySpec, { kind, words }: TransferStep): number {
  const local =
    kind === 'loadWeights' ? spec.columns : kind === 'loadParameters' ? 8 * spec.lanes : spec.rows;
  return words * externalBytes(local);
}

function transferCycles(spec: ArraySpec, step: TransferStep): number {
  const beats = transferBytes(spec, step) / 8;
  return beats + BURST_LATENCY * Math.ceil(beats / BURST_BEATS);
}

/** While a filter tile streams, the one before is requantised. */
function convCycles(spec: ArraySpec, compute: ComputeStep, passes: readonly number[]): number {
  const positions = compute.outputHeight * compute.outputWidth;
  const shortest = shortestPass(spec);
  let cycles = shortest;
  let drain = 0;
  for (let first = 0; first < positions; first += spec.accumulatorDepth) {
    const inTile = Math.min(spec.accumulatorDepth, positions - first);
    for (const [tile, count] of passes.entries()) {
      cycles += Math.max(count * Math.max(inTile, shortest), drain);
      const filters = Math.min(spec.columns, compute.channels - tile * spec.columns);
      drain = inTile * Math.ceil(filters / spec.lanes) + DRAIN_OVERHEAD;
    }
  }
  return cycles + drain + spec.rows + spec.columns;
}

function vectorCycles(spec: ArraySpec, compute: ComputeStep): number {
  const { operation, outputHeight, outputWidth, channels, kernelHeight, kernelWidth, fillWords } = compute;
  const groups = outputHeight * outputWidth * Math.ceil(channels / spec.lanes);
  switch (operation) {
    case 'add':
      return 2 * groups * CYCLES_PER_WORD + VECTOR_LATENCY;
    case 'pool':
      return groups * kernelHeight * kernelWidth * CYCLES_PER_WORD + VECTOR_LATENCY;
    case 'fill':
      return fillWords * CYCLES_PER_WORD + VECTOR_LATENCY;
    default:
      return 0;
  }
}
