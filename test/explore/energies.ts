import type { MultiplierEnergies } from '../../src/explore/multiplier-energies.ts';

/** Energies by design on uniform operands alone. */
export function uniformEnergies(energyPjPerDesign: ReadonlyMap<string, number>): MultiplierEnergies {
  return {
    clockNs: 1,
    role: 'weight-on-b',
    streams: ['uniform'],
    energyPjOf: (design) => energyPjPerDesign.get(design),
    baselines: {},
  };
}
