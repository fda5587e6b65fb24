import { join, resolve } from 'node:path';
import {
  type ArtifactHeader,
  artifactHeader,
  digestOf,
  reusableArtifact,
  writeArtifact,
} from '../base/artifact.ts';
import { badInput, type MaxdnnError } from '../base/errors.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { simulateGlitchPower } from '../power/glitch-power.ts';
import { readNetlist } from '../power/netlist.ts';
import { POWER_ENGINE_VERSION, simulatePower } from '../power/power.ts';
import type { OperandStream, StreamIdentity, StreamSource } from '../power/stream.ts';
import type { EnergyConditions, RowEnergy } from './energy-table.ts';
import type { SynthesisLibrary } from './library-files.ts';
import {
  checkProducts,
  type MappedDesign,
  type MappingRequest,
  type MappingTimes,
  mapDesign,
  netlistPath,
} from './map-design.ts';

/** A design to map for one clock target and to price on some streams. */
export interface PricingJob extends MappingRequest {
  readonly conditions: MappingRequest['conditions'] & Pick<EnergyConditions, 'glitches'>;
  readonly streams: readonly StreamSource[];
}

/** A mapped design and its energy on each stream. */
export interface PricingResult {
  readonly mapped: MappedDesign;
  /** In the order of the sources; sources whose operands do not fit the design's ports are left out. */
  readonly energies: readonly RowEnergy[];
  /** Products of the simulated netlist on the streams that were compared with the golden model, all equal. */
  readonly productsCompared: number;
  /** True when everything was found out before from the same inputs with the same tools. */
  readonly reused: boolean;
  /** Wall time of each step; absent when reused. */
  readonly times?: Partial<MappingTimes> & { readonly powerMs: number };
}

/**
 * Conditions unless the user gives others, for 8-bit multipliers in a 45 nm library: one operand pair per ns.
 */
export const DEFAULT_CONDITIONS: EnergyConditions = {
  clockTargetsNs: [1],
  operandPairs: 8192,
  seed: 1,
  inputTransitionNs: 0.02,
  outputLoadFf: 4,
  adderCells: 'auto',
  glitches: 'uniform',
};

/**
 * Maps a design for a clock target (mapDesign) and simulates its power on each stream, one operand pair per clock
 * period. The products of each simulation must equal the golden model's. Results are kept as `mapped.json` and
 * `energies.json` in `runFolder`: what was found out before from the same inputs is not done again.
 * @throws as mapDesign; mismatch when a product differs from the golden model; bad-input when no stream fits or the
 *   library lacks internal energies
 */
export async function priceDesign(request: PricingJob): Promise<PricingResult> {
  const runFolder = resolve(request.runFolder); // the tools run in it
  const mapping = await mapDesign({ ...request, runFolder });
  const start = performance.now();
  const energies = priceStreams({ ...request, runFolder }, mapping.mapped);
  const powerMs = performance.now() - start;
  const { mapped, times } = mapping;
  const reused = mapping.reused && energies.reused;
  return {
    mapped,
    energies: energies.energies,
    productsCompared: energies.productsCompared,
    reused,
    ...(reused ? {} : { times: { ...times, powerMs } }),
  };
}

/** Energies found so far of one netlist, in the order in which they were. */
interface StreamEnergies extends ArtifactHeader<'stream-energies'> {
  readonly energies: readonly RowEnergy[];
}

const FORMAT_VERSION = 1;

interface PricedStreams {
  readonly energies: readonly RowEnergy[];
  readonly productsCompared: number;
  readonly reused: boolean;
}

function priceStreams(request: PricingJob, mapped: MappedDesign): PricedStreams {
  const { subject, library, conditions, clockNs, runFolder } = request;
  const path = join(runFolder, 'energies.json');
  const inputs = {
    design: digestOf([subject.design, subject.spec]),
    netlist: mapped.netlistSha256,
    library: library.model.sha256,
    conditions: digestOf([clockNs, conditions.inputTransitionNs, conditions.outputLoadFf]),
    engine: digestOf(POWER_ENGINE_VERSION),
  };
  const stored = reusableArtifact<StreamEnergies>(path, 'stream-energies', FORMAT_VERSION, inputs);
  const known = new Map((stored?.energies ?? []).map((energy) => [digestOf(energy.stream), energy]));
  const isDone = (energy: RowEnergy | undefined): energy is RowEnergy =>
    energy !== undefined && (energy.glitchPj !== undefined || !wantsGlitches(conditions, energy.stream));
  const netlist = readNetlist(netlistPath(runFolder), library.model);
  const powerConditions = { ...conditions, vectorPeriodNs: clockNs };
  let productsCompared = 0;
  const energies = fittingStreams(request.streams, subject.spec).map(({ identity, stream }): RowEnergy => {
    const named = { ...identity, pairs: stream.a.length, sha256: stream.sha256 };
    productsCompared += stream.a.length;
    const before = known.get(digestOf(named));
    if (isDone(before)) return withoutUnwanted(before, conditions);
    const power = simulatePower(netlist, library.model, stream, powerConditions, { products: true });
    checkProducts(subject, stream, power.products ?? new Uint32Array());
    if (power.transitionsWithoutEnergy > 0)
      throw lacksEnergy(library, subject.design, power.transitionsWithoutEnergy);
    const { energyPj, internalPj, switchingPj, leakagePj } = power;
    const energy = { stream: named, energyPj, internalPj, switchingPj, leakagePj };
    if (!wantsGlitches(conditions, identity)) return energy;
    const { glitchPj } = simulateGlitchPower(netlist, library.model, stream, powerConditions);
    return { ...energy, glitchPj };
  });
  const missing = energies.filter(({ stream }) => !isDone(known.get(digestOf(stream))));
  if (missing.length > 0) {
    for (const energy of missing) known.set(digestOf(energy.stream), energy);
    const header = artifactHeader('stream-energies', FORMAT_VERSION, inputs);
    const artifact: StreamEnergies = { ...header, energies: [...known.values()] };
    writeArtifact(path, artifact);
  }
  return { energies, productsCompared, reused: missing.length === 0 };
}

function wantsGlitches({ glitches }: Pick<EnergyConditions, 'glitches'>, { kind }: StreamIdentity): boolean {
  return glitches === 'all' || (glitches === 'uniform' && kind === 'uniform');
}

/** Glitches that an earlier run found and this one does not ask for are left out: same conditions, same table. */
function withoutUnwanted(energy: RowEnergy, conditions: Pick<EnergyConditions, 'glitches'>): RowEnergy {
  const { glitchPj: _, ...settled } = energy;
  return wantsGlitches(conditions, energy.stream) ? energy : settled;
}

/** @throws bad-input when no source has operands for the design */
function fittingStreams(
  sources: readonly StreamSource[],
  spec: MultiplierSpec,
): readonly { identity: StreamIdentity; stream: OperandStream }[] {
  const fitting = sources.flatMap(({ identity, streamFor }) => {
    const stream = streamFor(spec);
    return stream === undefined ? [] : [{ identity, stream }];
  });
  if (fitting.length > 0) return fitting;
  throw badInput(
    {
      where: designName(spec),
      wanted: 'an operand stream within the range of its ports',
      found: `none of ${sources.length}`,
    },
    'Give operands in the range of the ports, or leave the design out.',
  );
}

function lacksEnergy(library: SynthesisLibrary, design: string, transitions: number): MaxdnnError {
  return badInput(
    {
      where: `library ${library.model.name}`,
      wanted: `internal_power for every output of the cells of ${design}`,
      found: `none for ${transitions} of the simulated transitions`,
    },
    'Energies without it would be too low: give a library that was characterised for power.',
  );
}
