import { resolve } from 'node:path';
import { artifactHeader, digestOf } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { ignoreProgress, type OnProgress } from '../base/progress.ts';
import type { LibraryModel } from '../liberty/model.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { type GateNetlist, readNetlist } from '../power/netlist.ts';
import { simulatePower } from '../power/power.ts';
import { uniformStream } from '../power/stream.ts';
import { generateRtl } from '../rtl/generate.ts';
import { toolVersions } from '../tools/detect-tools.ts';
import { compareCells } from './compare-cells.ts';
import { BASELINE_CANDIDATES, COMPARISON_MULTIPLIERS, comparisonFamily } from './comparison-multipliers.ts';
import {
  type ComparedLibrary,
  LIBRARY_COMPARISON_FORMAT_VERSION,
  type LibraryComparison,
  MAPPINGS,
  type Mapping,
  type MultiplierComparison,
  type MultiplierPrices,
  type PricedNetlist,
  summariseErrors,
} from './library-comparison.ts';
import type { SynthesisLibrary } from './library-files.ts';
import { mapDesign, netlistPath } from './map-design.ts';
import { DEFAULT_CONDITIONS } from './price.ts';

export interface ComparisonRequest {
  readonly ours: SynthesisLibrary;
  readonly other: SynthesisLibrary;
  /** Path of the other library as the user gave it, for errors. */
  readonly otherPath: string;
  /** Receives a run folder per multiplier and library. */
  readonly outFolder: string;
  /** Default: COMPARISON_MULTIPLIERS. One of BASELINE_CANDIDATES must be among them. */
  readonly multipliers?: readonly MultiplierSpec[];
  readonly onProgress?: OnProgress;
  /** Multipliers mapped at the same time, ≥ 1; default 2. */
  readonly concurrency?: number;
}

const CONDITIONS: LibraryComparison['conditions'] = {
  clockNs: 1,
  inputTransitionNs: DEFAULT_CONDITIONS.inputTransitionNs,
  outputLoadFf: DEFAULT_CONDITIONS.outputLoadFf,
  operandPairs: DEFAULT_CONDITIONS.operandPairs,
  seed: DEFAULT_CONDITIONS.seed,
};

/**
 * Compares two libraries cell by cell, and by the energy of multipliers relative to the best exact one. Every
 * multiplier is mapped to each library (proved equal to its RTL, as for the energy table) and both netlists are
 * priced with both libraries, as far as these have the cells.
 * @throws bad-input when the libraries are the same or have no cell in common; everything that mapDesign throws
 */
export async function compareLibraries(request: ComparisonRequest): Promise<LibraryComparison> {
  const { ours, other, otherPath, concurrency = 2, onProgress = ignoreProgress } = request;
  if (ours.model.sha256 === other.model.sha256) {
    throw badInput(
      { where: otherPath, wanted: `another library than ${ours.model.name}`, found: 'the same' },
      'Give the library to compare with: --liberty FILE.',
    );
  }
  const cells = compareCells(ours.model, other.model, otherPath);
  const specs = request.multipliers ?? COMPARISON_MULTIPLIERS;
  const priced: PricedDesign[] = new Array(specs.length);
  let [next, done] = [0, 0];
  const work = async (): Promise<void> => {
    for (let i = next++; i < specs.length; i = next++) {
      priced[i] = await priceWithBoth(specs[i]!, request);
      done += 1;
      onProgress({ stage: 'compare', done, total: specs.length, note: priced[i]!.design });
    }
  };
  await Promise.all(Array.from({ length: concurrency }, work));
  const baseline = chooseBaseline(priced);
  const multipliers = priced.map((design) => relate(design, baseline));
  const instances = countInstances(priced);
  const inputs = {
    ours: ours.model.sha256,
    other: other.model.sha256,
    conditions: digestOf(CONDITIONS),
    multipliers: digestOf(specs),
  };
  return {
    ...artifactHeader(
      'library-comparison',
      LIBRARY_COMPARISON_FORMAT_VERSION,
      inputs,
      await toolVersions(['yosys', 'abc', 'sta']),
    ),
    ours: identify(ours.model),
    other: identify(other.model),
    conditions: CONDITIONS,
    cells: cells.map((cell) => ({ ...cell, instances: instances.get(cell.cell) ?? 0 })),
    onlyOurs: namesMissing(ours.model, other.model),
    onlyOther: namesMissing(other.model, ours.model),
    baseline: baseline.design,
    multipliers,
    summary: Object.fromEntries(
      MAPPINGS.flatMap((mapping) => {
        const summary = summariseErrors(multipliers, mapping, baseline.design);
        return summary === undefined ? [] : [[mapping, summary]];
      }),
    ),
  };
}

type Side = 'ours' | 'other';
const SIDES: readonly Side[] = ['ours', 'other'];
type AbsolutePrice = Omit<PricedNetlist, 'relativeEnergy'>;

/** A multiplier with the netlist mapped to each library priced with each; absent where cells are missing. */
interface PricedDesign {
  readonly design: string;
  readonly family: string;
  readonly isCandidate: boolean;
  readonly netlists: MultiplierComparison['netlists'];
  readonly prices: Readonly<Record<Side, Readonly<Partial<Record<Side, AbsolutePrice>>>>>;
  readonly missingCells: readonly string[];
  readonly cellsOfOurs: readonly string[];
}

async function priceWithBoth(
  spec: MultiplierSpec,
  { ours, other, outFolder }: ComparisonRequest,
): Promise<PricedDesign> {
  const libraries = { ours, other };
  const { design, verilog } = generateRtl(spec);
  const one = async (mappedTo: Side) => {
    const runFolder = resolve(outFolder, libraries[mappedTo].model.sha256.slice(0, 16), design);
    const { mapped } = await mapDesign({
      subject: { design, spec, verilog },
      library: libraries[mappedTo],
      conditions: { ...CONDITIONS, adderCells: 'auto' },
      clockNs: CONDITIONS.clockNs,
      runFolder,
    });
    const netlist = readNetlist(netlistPath(runFolder), libraries[mappedTo].model);
    const prices: Partial<Record<Side, AbsolutePrice>> = {};
    const missing = new Set<string>();
    for (const side of SIDES) {
      const { model } = libraries[side];
      const lacking = netlist.gates.map((gate) => gate.cell.name).filter((name) => !model.cells.has(name));
      for (const name of lacking) missing.add(name);
      if (lacking.length > 0) continue;
      prices[side] = price(readNetlist(netlistPath(runFolder), model), model, spec);
    }
    return { mapped, prices, missing, gates: netlist.gates.map((gate) => gate.cell.name) };
  };
  const [mine, theirs] = [await one('ours'), await one('other')];
  return {
    design,
    family: comparisonFamily(spec),
    isCandidate: BASELINE_CANDIDATES.some((candidate) => designName(candidate) === design),
    netlists: {
      ours: { sha256: mine.mapped.netlistSha256, cells: mine.mapped.cells },
      other: { sha256: theirs.mapped.netlistSha256, cells: theirs.mapped.cells },
    },
    prices: { ours: mine.prices, other: theirs.prices },
    missingCells: [...new Set([...mine.missing, ...theirs.missing])].sort(),
    cellsOfOurs: mine.gates,
  };
}

function price(netlist: GateNetlist, library: LibraryModel, spec: MultiplierSpec): AbsolutePrice {
  const stream = uniformStream(spec, CONDITIONS.operandPairs, CONDITIONS.seed);
  const conditions = { ...CONDITIONS, vectorPeriodNs: CONDITIONS.clockNs };
  const power = simulatePower(netlist, library, stream, conditions);
  const { energyPj, internalPj, switchingPj, leakagePj, arrivalNs } = power;
  return { energyPj, internalPj, switchingPj, leakagePj, arrivalNs };
}

/** The two prices that a mapping compares; undefined where one of them is not there. */
function pricesOf(
  { prices }: PricedDesign,
  mapping: Mapping,
): Readonly<Record<Side, AbsolutePrice>> | undefined {
  const ours = mapping === 'other' ? prices.other.ours : prices.ours.ours;
  const other = mapping === 'ours' ? prices.ours.other : prices.other.other;
  return ours === undefined || other === undefined ? undefined : { ours, other };
}

/** The full-width exact design of least energy in the other library, natively mapped. */
function chooseBaseline(designs: readonly PricedDesign[]): PricedDesign {
  const energyPj = (design: PricedDesign): number => design.prices.other.other?.energyPj ?? Infinity;
  const candidates = designs.filter((design) => design.isCandidate);
  if (candidates.length === 0) {
    throw badInput(
      {
        where: 'multipliers to compare on',
        wanted: `one of ${BASELINE_CANDIDATES.map(designName).join(', ')}`,
        found: designs.map(({ design }) => design).join(', '),
      },
      'Relative energies refer to a full-width exact design: add one.',
    );
  }
  return candidates.reduce((best, design) => (energyPj(design) < energyPj(best) ? design : best));
}

function relate(design: PricedDesign, baseline: PricedDesign): MultiplierComparison {
  const relative = (mapping: Mapping): MultiplierPrices | undefined => {
    const [own, reference] = [pricesOf(design, mapping), pricesOf(baseline, mapping)];
    if (own === undefined || reference === undefined) return undefined;
    const side = (name: Side): PricedNetlist => ({
      ...own[name],
      relativeEnergy: own[name].energyPj / reference[name].energyPj,
    });
    const [ours, other] = [side('ours'), side('other')];
    return { ours, other, errorPercent: 100 * (ours.relativeEnergy / other.relativeEnergy - 1) };
  };
  const { family, netlists, missingCells } = design;
  return {
    design: design.design,
    family,
    netlists,
    missingCells,
    prices: Object.fromEntries(
      MAPPINGS.flatMap((mapping) => {
        const prices = relative(mapping);
        return prices === undefined ? [] : [[mapping, prices]];
      }),
    ),
  };
}

function countInstances(designs: readonly PricedDesign[]): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const name of designs.flatMap((design) => design.cellsOfOurs)) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

function identify({ name, sha256, voltageV, temperatureC, cells }: LibraryModel): ComparedLibrary {
  return { name, sha256, voltageV, temperatureC, cells: cells.size };
}

function namesMissing(from: LibraryModel, elsewhere: LibraryModel): readonly string[] {
  return [...from.cells.keys()].filter((name) => !elsewhere.cells.has(name));
}
