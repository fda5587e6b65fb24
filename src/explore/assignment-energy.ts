import type { AssignmentEnergy, AssignmentStreamEnergy } from '../assign/assignment-schema.ts';
import { badInput, type Fault } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import type { MixedAssignment, RoundedOperand } from '../dnn/assignment.ts';
import { countWeights } from '../dnn/mixture.ts';
import { isWeighted, multiplicationsByLayer, type QuantisedNetwork } from '../dnn/quantised-network.ts';
import { designName } from '../multiplier/spec.ts';
import type { EnergyTable } from '../synth/energy-table.ts';
import { nominalClockNs, selectRows } from '../synth/select-rows.ts';
import { energiesOf, type MultiplierEnergies } from './multiplier-energies.ts';
import type { NetworkStream } from './stream-comparison.ts';

/** A library as an assignment or the user states it; the digest where it is known. */
export interface StatedLibrary {
  readonly name: string;
  readonly sha256?: string;
}

export interface PriceOptions {
  readonly roundedOperand: RoundedOperand;
  /** Default: the nominal clock target. */
  readonly clockNs?: number;
  /** Default: all that the table has for the network. */
  readonly streams?: readonly NetworkStream[];
  /** Digest of the recording in the network as the assignment leaves it, which counts too (recordedNetwork). */
  readonly recordedIn?: string;
}

/**
 * Energy of the multiplications of one image by stream and layer, beside the best exact multiplier.
 * @param where what the table is called in errors
 * @throws bad-input that tells every row which the table lacks, with the nearest design that it has
 */
export function priceAssignment(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  table: EnergyTable,
  where: string,
  { roundedOperand, clockNs = nominalClockNs(table), streams, recordedIn }: PriceOptions,
): AssignmentEnergy {
  const energies = energiesOf(table, network, roundedOperand, clockNs, recordedIn);
  const absent = streams?.find((stream) => !energies.streams.includes(stream));
  if (absent !== undefined) {
    const found = [energies.streams.join(', ') || 'none', energies.note].filter((part) => part !== undefined);
    throw badInput(
      { where, wanted: `${absent} rows for ${network.name} at ${clockNs} ns`, found: found.join('; ') },
      'Record the operands of the network and price them: maxdnn record, maxdnn table.',
    );
  }
  const priced = streams ?? energies.streams;
  const faults = findMissingRows(network, assignment, { ...energies, streams: priced }, table, where);
  if (faults.length > 0) throw badInput(faults, MISSING_ROWS_HINT);
  return {
    library: { name: table.library.name, sha256: table.library.sha256 },
    clockNs,
    role: energies.role,
    streams: Object.fromEntries(
      priced.map((stream) => [stream, priceStream(network, assignment, table, energies, stream)]),
    ),
  };
}

/** What to do about findMissingRows. */
export const MISSING_ROWS_HINT =
  'Price the design too (maxdnn gen-rtl, verify, table), or use one that the table has.';

/**
 * What the multipliers of an assignment lack in an energy table: a fault per multiplier and stream.
 * @param where what the table is called in errors
 */
export function findMissingRows(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  energies: MultiplierEnergies,
  table: EnergyTable,
  where: string,
): readonly Fault[] {
  if (energies.streams.length === 0) {
    const wanted = `rows for ${network.name} at ${energies.clockNs} ns`;
    return [{ where, wanted, found: energies.note ?? 'none' }];
  }
  return energies.streams.flatMap((stream) => {
    const missing = new Map<string, string[]>();
    for (const layer of network.layers.filter(isWeighted)) {
      for (const spec of countWeights(layer, assignment.get(layer.name)!).keys()) {
        const design = designName(spec);
        if (energies.energyPjOf(design, layer.name, stream) !== undefined) continue;
        missing.set(design, [...(missing.get(design) ?? []), layer.name]);
      }
    }
    return [...missing].map(([design, layers]) => {
      const place = stream === 'uniform' ? '' : ` of ${layers.join(', ')} with ${energies.role}`;
      const others = designsOn(table, energies, stream).filter((other) => other !== design);
      const nearest = nearestWord(design, others);
      return {
        where,
        wanted: `${stream} rows${place} for ${design}`,
        found: nearest === undefined ? 'none' : `none, nearest ${nearest}`,
      };
    });
  });
}

/**
 * Refuses an energy table that was made for another library than stated.
 * @param where what the table is called in errors
 */
export function requireLibrary(table: EnergyTable, stated: StatedLibrary | undefined, where: string): void {
  const { name, sha256 } = table.library;
  if (stated === undefined) return;
  const isSame = stated.name === name && (stated.sha256 ?? sha256) === sha256;
  if (isSame) return;
  const digests =
    stated.name === name
      ? [` (sha256 ${stated.sha256?.slice(0, 12)}…)`, ` (sha256 ${sha256.slice(0, 12)}…)`]
      : ['', ''];
  throw badInput(
    {
      where,
      wanted: `energies of library ${stated.name}${digests[0]}`,
      found: `those of ${name}${digests[1]}`,
    },
    `Make the table with that library (maxdnn table --liberty FILE), or state the nearest one: --library ${name}.`,
  );
}

/** Designs that a stream has rows of. */
function designsOn(
  table: EnergyTable,
  { clockNs, role }: MultiplierEnergies,
  stream: NetworkStream,
): readonly string[] {
  const rows = table.rows.filter(
    (row) =>
      row.clockNs === clockNs &&
      row.stream.kind === stream &&
      (stream === 'uniform' || row.stream.role === role),
  );
  return [...new Set(rows.map(({ design }) => design))];
}

function priceStream(
  network: QuantisedNetwork,
  assignment: MixedAssignment,
  table: EnergyTable,
  energies: MultiplierEnergies,
  stream: NetworkStream,
): AssignmentStreamEnergy {
  const perImage = multiplicationsByLayer(network);
  const best = energies.baselines[stream];
  const { clockNs } = energies;
  let [totalNj, exactNj] = [0, 0];
  const layers: Record<string, { energyNj: number; savingPercent?: number }> = {};
  for (const layer of network.layers.filter(isWeighted)) {
    const multiplications = perImage.get(layer.name)!;
    const perWeight = multiplications / layer.weights.length;
    let energyPj = 0;
    for (const [spec, weights] of countWeights(layer, assignment.get(layer.name)!)) {
      energyPj += weights * perWeight * energies.energyPjOf(designName(spec), layer.name, stream)!;
    }
    const place = stream === 'uniform' ? {} : { layer: layer.name, role: best?.role ?? energies.role };
    const exact =
      best &&
      selectRows(table, { clockNs, kind: stream, ...place }).find(({ design }) => design === best.design);
    const exactPj = exact === undefined ? undefined : multiplications * exact.energyPj;
    totalNj += energyPj / 1000;
    exactNj += (exactPj ?? 0) / 1000;
    layers[layer.name] = {
      energyNj: energyPj / 1000,
      ...(exactPj === undefined ? {} : { savingPercent: 100 * (1 - energyPj / exactPj) }),
    };
  }
  return {
    energyPerImageNj: totalNj,
    ...(best === undefined
      ? {}
      : {
          savingPercent: 100 * (1 - totalNj / exactNj),
          bestExact: { design: best.design, energyPerImageNj: exactNj },
        }),
    layers,
  };
}
