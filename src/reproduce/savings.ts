import { badInput } from '../base/errors.ts';
import { EXACT_INT8, isMixture, type MixedAssignment, uniformAssignment } from '../dnn/assignment.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { priceAssignment } from '../explore/assignment-energy.ts';
import { energiesOf } from '../explore/multiplier-energies.ts';
import type { NetworkStream } from '../explore/stream-comparison.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import type { EnergyTable } from '../synth/energy-table.ts';
import { designsOf } from '../synth/select-rows.ts';
import type { ReproductionBase, Savings } from './reproduction.ts';

/** Energies of assignments; without a table there are none. */
export interface Pricing {
  readonly streams: readonly NetworkStream[];
  /** @throws bad-input when the table lacks a row */
  readonly savingsOf: (assignment: MixedAssignment) => Savings;
  readonly description?: NonNullable<ReproductionBase['energy']>;
}

/** Streams that are shown, where the table has them for the network. */
const SHOWN: readonly NetworkStream[] = ['uniform', 'layer-stream'];

/**
 * Savings from an energy table against the best exact multiplier of each stream. What is exact in an assignment counts
 * as the best exact 8×8 multiplier for the role that operands have there.
 */
export function createPricing(network: QuantisedNetwork, table: EnergyTable | undefined): Pricing {
  if (table === undefined) return { streams: [], savingsOf: () => ({}) };
  const options = { roundedOperand: 'activations' } as const;
  const energies = energiesOf(table, network, options.roundedOperand);
  const streams = SHOWN.filter((stream) => energies.streams.includes(stream));
  const saved = (assignment: MixedAssignment, stream: NetworkStream): number =>
    priceAssignment(network, assignment, table, 'energy table', { ...options, streams: [stream] }).streams[
      stream
    ]!.savingPercent!;
  const exactDesigns = designsOf(table)
    .map(({ spec }) => spec)
    .filter(isExact8x8);
  if (exactDesigns.length === 0) {
    throw badInput(
      { where: 'energy table', wanted: 'an exact signed 8×8 multiplier', found: 'none' },
      'Price one too, e.g. mul_baugh_wooley_s8 (maxdnn gen-rtl, verify, table).',
    );
  }
  const known = new Map<NetworkStream, MultiplierSpec>();
  const exactOf = (stream: NetworkStream): MultiplierSpec => {
    let best = known.get(stream);
    if (best === undefined) {
      const all = exactDesigns.map((spec) => ({
        spec,
        saved: saved(uniformAssignment(network, spec), stream),
      }));
      best = all.reduce((most, own) => (own.saved > most.saved ? own : most)).spec;
      known.set(stream, best);
    }
    return best;
  };
  return {
    streams,
    savingsOf: (assignment) =>
      Object.fromEntries(
        streams.map((stream) => [stream, saved(withExact(assignment, exactOf(stream)), stream)]),
      ),
    description: {
      library: table.library.name,
      clockNs: energies.clockNs,
      streams,
      baselines: Object.fromEntries(streams.map((stream) => [stream, energies.baselines[stream]!.design])),
      ...(energies.note === undefined ? {} : { note: energies.note }),
    },
  };
}

function isExact8x8(spec: MultiplierSpec): boolean {
  return 'aSigned' in spec && spec.aBits === 8 && spec.bBits === 8 && spec.aSigned && spec.bSigned;
}

/** The assignment with another exact multiplier for EXACT_INT8. */
function withExact(assignment: MixedAssignment, exact: MultiplierSpec): MixedAssignment {
  const own = designName(EXACT_INT8);
  const change = (spec: MultiplierSpec): MultiplierSpec => (designName(spec) === own ? exact : spec);
  return new Map(
    [...assignment].map(([layer, multiplier]) => [
      layer,
      isMixture(multiplier) ? { ...multiplier, specs: multiplier.specs.map(change) } : change(multiplier),
    ]),
  );
}
