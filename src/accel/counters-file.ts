import { readFileSync } from 'node:fs';

/** What the accelerator counted while it ran a descriptor, in cycles. */
export interface StepCounters {
  readonly image: number;
  readonly descriptor: number;
  readonly cycles: number;
  /** In which a position entered the array. */
  readonly active: number;
  /** In which a pass waited for its weights. */
  readonly stallWeights: number;
  /** In which a pass waited for a bank of the accumulators. */
  readonly stallDrain: number;
  /** In which only the transfers were at work. */
  readonly waitTransfers: number;
  /** In which only the computation was at work. */
  readonly waitCompute: number;
}

/** Reads the counters file of sim/accelerator_driver.cpp. */
export function readCounters(path: string): readonly StepCounters[] {
  return readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [image, descriptor, cycles, active, stallWeights, stallDrain, waitTransfers, waitCompute] = line
        .split(' ')
        .map(Number) as [number, number, number, number, number, number, number, number];
      return { image, descriptor, cycles, active, stallWeights, stallDrain, waitTransfers, waitCompute };
    });
}
