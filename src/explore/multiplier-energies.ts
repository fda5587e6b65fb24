import type { RoundedOperand } from '../dnn/assignment.ts';
import {
  multiplicationsByLayer,
  type QuantisedNetwork,
  quantisedNetworkDigest,
} from '../dnn/quantised-network.ts';
import type { EnergyTable, OperandRole } from '../synth/energy-table.ts';
import { nominalClockNs } from '../synth/select-rows.ts';
import {
  compareStreams,
  NETWORK_STREAMS,
  type NetworkStream,
  type StreamComparison,
} from './stream-comparison.ts';

/** Energies per multiplication in one network, at one clock target and with one operand on port b. */
export interface MultiplierEnergies {
  readonly clockNs: number;
  readonly role: OperandRole;
  /** Streams that there are energies of. */
  readonly streams: readonly NetworkStream[];
  /** pJ; undefined where the table has no row. On "uniform" the same for all layers. */
  readonly energyPjOf: (design: string, layer: string, stream: NetworkStream) => number | undefined;
  /** The best exact multiplier on each stream, for the whole network and with the role that is better for it. */
  readonly baselines: StreamComparison['baselines'];
  /** Why layer streams of the table do not count here. */
  readonly note?: string;
}

/** The operand on port b, the other one than the rounded on port a. */
function roleOf(roundedOperand: RoundedOperand): OperandRole {
  return roundedOperand === 'activations' ? 'weight-on-b' : 'activation-on-b';
}

/**
 * Energies of a table for a network. Rows of layer streams count only when the operands were recorded in this very
 * network: others have other layers, or other weights in layers of the same name.
 * @param clockNs default: the nominal clock target
 * @param recordedIn digest of another recording that counts: of the network as an assignment leaves it
 */
export function energiesOf(
  table: EnergyTable,
  network: QuantisedNetwork,
  roundedOperand: RoundedOperand,
  clockNs: number = nominalClockNs(table),
  recordedIn?: string,
): MultiplierEnergies {
  const role = roleOf(roundedOperand);
  const { operands } = table;
  const isForeign =
    operands !== undefined &&
    ![quantisedNetworkDigest(network), recordedIn].includes(operands.network.sha256);
  const rows = table.rows.filter(
    (row) => row.clockNs === clockNs && (!isForeign || row.stream.kind === 'uniform'),
  );
  const energies = new Map(
    rows
      .filter(({ stream }) => stream.kind === 'uniform' || stream.role === role)
      .map(({ design, stream, energyPj }) => [keyOf(design, stream.layer, stream.kind), energyPj]),
  );
  const counts = multiplicationsByLayer(network);
  const note = isForeign
    ? { note: `The operands of the energy table were recorded in another network, ${operands.network.name}.` }
    : {};
  return {
    clockNs,
    role,
    streams: NETWORK_STREAMS.filter((stream) => rows.some((row) => row.stream.kind === stream)),
    energyPjOf: (design, layer, stream) =>
      energies.get(keyOf(design, stream === 'uniform' ? undefined : layer, stream)),
    baselines: compareStreams({ ...table, rows }, counts, { clockNs }).baselines,
    ...note,
  };
}

function keyOf(design: string, layer: string | undefined, stream: string): string {
  return `${stream}\n${layer ?? ''}\n${design}`;
}
