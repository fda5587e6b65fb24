import type { MixedAssignment } from '../dnn/assignment.ts';
import { countMultiplications, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import type { AssignmentRow, EvaluationEnergy, EvaluationRow } from './evaluation.ts';
import { imageEnergyNj } from './image-energy.ts';
import type { MultiplierEnergies } from './multiplier-energies.ts';
import type { NetworkStream } from './stream-comparison.ts';

type Row = EvaluationRow | AssignmentRow;

/** Adds the energy of one image on each stream for which every multiplier in use has one; of the others, why not. */
export function withEnergy(
  row: Row,
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  energies: MultiplierEnergies | undefined,
): Row {
  if (energies === undefined) return row;
  const found: Partial<Record<NetworkStream, number>> = {};
  const missing: Partial<Record<NetworkStream, string>> = {};
  for (const stream of energies.streams) {
    const energy = imageEnergyNj(network, assignment, (spec, layer) =>
      energies.energyPjOf('design' in row ? row.design : designName(spec), layer, stream),
    );
    if ('energyNj' in energy) found[stream] = energy.energyNj;
    else {
      const name = 'design' in row ? row.design : designName(energy.missing);
      const place = stream === 'uniform' ? '' : ` of ${energy.layer} with ${energies.role}`;
      missing[stream] = `the energy table has no row ${stream}${place} for ${name}`;
    }
  }
  return {
    ...row,
    ...(found.uniform === undefined ? {} : { energyPerImageNj: found.uniform }),
    ...(Object.keys(found).length === 0 ? {} : { energyPerImageNjByStream: found }),
    ...(Object.keys(missing).length === 0 ? {} : { energyMissing: missing }),
  };
}

/** What the energies are, with the exact multipliers to compare them with. */
export function describeEnergies(
  { clockNs, role, streams, baselines, note }: MultiplierEnergies,
  network: QuantisedNetwork,
): EvaluationEnergy {
  const multiplications = countMultiplications(network);
  const priced = Object.entries(baselines).map(([stream, baseline]) => [
    stream,
    { ...baseline, energyPerImageNj: (multiplications * baseline.energyPj) / 1000 },
  ]);
  return {
    clockNs,
    role,
    streams,
    baselines: Object.fromEntries(priced),
    ...(note === undefined ? {} : { note }),
  };
}
