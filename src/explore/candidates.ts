import { badInput, type Fault, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import { checkOperands, inputOf, usedWeights } from '../dnn/layer-operands.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../dnn/quantised-network.ts';
import type { MultiplierSpec } from '../multiplier/spec.ts';
import { isLoaded } from '../multiplier/table-registry.ts';
import type { EnergyTable } from '../synth/energy-table.ts';
import type { ExploredMultiplier } from './exploration.ts';
import { MULTIPLIER_FAMILIES, type MultiplierFamily, type SearchScope } from './explore-request.ts';
import type { MultiplierEnergies } from './multiplier-energies.ts';
import type { NetworkStream } from './stream-comparison.ts';

/** A multiplier of the table with the layers that may use it. */
export interface Candidate extends ExploredMultiplier {
  /** Energy per multiplication by layer on the searched stream, pJ; absent where it cannot be used. */
  readonly energyPj: ReadonlyMap<string, number>;
}

/**
 * The multipliers of a table that a search may choose from, the exact ones first, then by falling energy. Designs of a
 * family that miss the clock, whose ports do not hold a layer's codes or that the stream has no row of are left out
 * (there); of designs that are named it is an error.
 * @throws bad-input for unknown names, with the nearest one; for a table without energies on this stream, or none left
 */
export function findCandidates(
  network: QuantisedNetwork,
  table: EnergyTable,
  energies: MultiplierEnergies,
  { stream, roundedOperand, scope }: CandidateOptions,
): readonly Candidate[] {
  checkStream(energies, stream);
  const rows = table.rows.filter((row) => row.clockNs === energies.clockNs);
  const known = new Map(rows.map((row) => [row.design, row]));
  const named = scope.multipliers;
  checkNames('--multipliers', 'designs of the energy table', named ?? [], [...known.keys()]);
  const weighted = network.layers.filter(isWeighted);
  const faults: Fault[] = [];
  const candidates = [...known.values()]
    .filter(({ design }) => named === undefined || named.includes(design))
    .filter(({ spec }) => scope.families === undefined || scope.families.includes(familyOf(spec)))
    .flatMap(({ design, spec, areaUm2, delayNs, meetsClock }): readonly Candidate[] => {
      const unfit = meetsClock ? undefined : `a delay of ${delayNs} ns`;
      const missing = isLoaded(spec) ? unfit : 'a truth table that the work folder does not have';
      const energyPj = new Map<string, number>();
      let lacks: string | undefined;
      for (const layer of missing === undefined ? weighted : []) {
        const energy = energies.energyPjOf(design, layer.name, stream);
        if (energy === undefined) lacks ??= `no row ${stream} of ${layer.name} with ${energies.role}`;
        else if (fits(network, layer, spec, roundedOperand)) energyPj.set(layer.name, energy);
        else lacks ??= `ports too narrow for the codes of ${layer.name}`;
      }
      const found = missing ?? lacks;
      if (named !== undefined && found !== undefined) {
        faults.push({
          where: `--multipliers: ${design}`,
          wanted: `a design that meets ${energies.clockNs} ns and has an energy for every layer`,
          found,
        });
      }
      return energyPj.size === 0 ? [] : [{ design, spec, areaUm2, delayNs, energyPj }];
    });
  if (faults.length > 0) throw badInput(faults, 'Name other designs, or make the table with them.');
  if (candidates.length > 0) return candidates.sort(compareCandidates);
  throw badInput(
    {
      where: 'energy table',
      wanted: `multipliers of ${scope.families?.join(', ') ?? 'any family'} that meet ${energies.clockNs} ns and fit ${network.name}`,
      found: 'none',
    },
    `The table has ${[...known.keys()].slice(0, 8).join(', ')}${known.size > 8 ? ', …' : ''}.`,
  );
}

export interface CandidateOptions {
  readonly stream: NetworkStream;
  readonly roundedOperand: RoundedOperand;
  readonly scope: SearchScope;
}

/** @throws bad-input naming the nearest valid name of each that is none */
export function checkNames(
  where: string,
  what: string,
  given: readonly string[],
  valid: readonly string[],
): void {
  const unknown = given.filter((name) => !valid.includes(name));
  if (unknown.length === 0) return;
  const list =
    valid.length > 12 ? `one of the ${valid.length} ${what}` : `one of the ${what}: ${valid.join(', ')}`;
  throw badInput(
    unknown.map((name) => ({ where, wanted: list, found: show(name) })),
    unknown.map((name) => `The nearest to ${show(name)} is ${nearestWord(name, valid)}.`).join(' '),
  );
}

function checkStream({ streams, note, role }: MultiplierEnergies, stream: NetworkStream): void {
  if (streams.includes(stream)) return;
  throw badInput(
    {
      where: 'energy table',
      wanted: `rows on the stream ${stream} with ${role}`,
      found: `only ${streams.join(', ') || 'none'}`,
    },
    note ??
      (stream === 'uniform'
        ? 'Make it with "maxdnn table".'
        : 'Record the operands of this network (maxdnn record), then run maxdnn table again.'),
  );
}

function familyOf({ family }: MultiplierSpec): MultiplierFamily {
  return MULTIPLIER_FAMILIES.find((own) => own === family) ?? 'exact';
}

function fits(
  network: QuantisedNetwork,
  layer: WeightedLayer,
  spec: MultiplierSpec,
  roundedOperand: RoundedOperand,
): boolean {
  const { activations } = inputOf(network, layer);
  const weights = usedWeights(layer, () => 0, 0);
  try {
    checkOperands(layer, spec, roundedOperand, activations, weights);
    return true;
  } catch {
    return false;
  }
}

function compareCandidates(x: Candidate, y: Candidate): number {
  const isExact = ({ spec }: Candidate): boolean => familyOf(spec) === 'exact';
  const mean = ({ energyPj }: Candidate): number =>
    [...energyPj.values()].reduce((a, b) => a + b) / energyPj.size;
  const byEnergy = isExact(x) && isExact(y) ? mean(x) - mean(y) : mean(y) - mean(x);
  return Number(isExact(y)) - Number(isExact(x)) || byEnergy || (x.design < y.design ? -1 : 1);
}
