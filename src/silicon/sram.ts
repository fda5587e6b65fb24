import { badInput, type Fault, show } from '../base/errors.ts';
import { sramAccessPj } from '../explore/storage-parameters.ts';
import type { MemoryCell } from './modules.ts';

/** What is assumed of the memories, which are black boxes. */
export interface SramSilicon {
  /** Area of a memory per bit that it holds, its periphery included. */
  readonly um2PerBit: number;
  /** Factor on the published energy per access (sramAccessPj). */
  readonly energyFactor: number;
}

/**
 * Area: twice a bit cell of 0.346 µm² (K. Mistry et al., "A 45nm Logic Technology with High-k+Metal Gate Transistors …",
 * IEDM 2007, the six-transistor cell); that the second port and the periphery double it is an assumption, no measurement.
 * Energy: as published (storage-parameters.ts); below 8 KB the published line goes on.
 */
export const DEFAULT_SRAM: SramSilicon = { um2PerBit: 0.692, energyFactor: 1 };

/** @throws bad-input for parameters that are no memory */
export function checkSram({ um2PerBit, energyFactor }: SramSilicon): void {
  const faults: Fault[] = [];
  if (!(um2PerBit > 0 && um2PerBit <= 100)) {
    faults.push({
      where: '--sram-area',
      wanted: 'µm² per bit, above 0 and at most 100',
      found: show(um2PerBit),
    });
  }
  if (!(energyFactor >= 0 && energyFactor <= 1000)) {
    faults.push({ where: '--sram-energy', wanted: 'a factor of 0 … 1000', found: show(energyFactor) });
  }
  if (faults.length > 0)
    throw badInput(faults, 'Take them from the data sheet of the memory that you will use.');
}

export function memoryAreaUm2({ words, wordBits }: MemoryCell, { um2PerBit }: SramSilicon): number {
  return words * wordBits * um2PerBit;
}

/** Energy of one access to a whole word, read or write. */
export function memoryAccessPj({ words, wordBits }: MemoryCell, { energyFactor }: SramSilicon): number {
  return energyFactor * sramAccessPj((words * wordBits) / 8, wordBits);
}
