import { artifactHeader, digestOf, reusableArtifact, writeArtifact } from '../base/artifact.ts';
import { badInput, type Fault, show } from '../base/errors.ts';
import { nearestWord } from '../base/nearest.ts';
import type { OnProgress } from '../base/progress.ts';
import { isMixture, type MixedAssignment, uniformAssignment } from '../dnn/assignment.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import {
  countMultiplications,
  multiplicationsByLayer,
  type QuantisedNetwork,
  quantisedNetworkDigest,
} from '../dnn/quantised-network.ts';
import { recordMacOperands } from '../dnn/record-mac-operands.ts';
import type { ArrayShape } from '../dnn/record-operands-schedule.ts';
import {
  ACCELERATOR_ENERGY_FORMAT_VERSION,
  type AcceleratorEnergy,
  type AcceleratorRow,
} from '../explore/accelerator-energy.ts';
import { accountEnergy, type ElementEnergy, gainsOf } from '../explore/account-energy.ts';
import type { StorageParameters } from '../explore/storage-parameters.ts';
import { compareStreams, type NetworkStream } from '../explore/stream-comparison.ts';
import { designName, type MultiplierSpec } from '../multiplier/spec.ts';
import { POWER_ENGINE_VERSION } from '../power/power.ts';
import { generateRtl } from '../rtl/generate.ts';
import { generateMac, type MacSpec, macName } from '../rtl/mac.ts';
import type { EnergyRow, EnergyTable, OperandRole } from '../synth/energy-table.ts';
import type { SynthesisLibrary } from '../synth/library-files.ts';
import { type PricedElement, priceElements } from '../synth/mac-elements.ts';
import { SHELL_FLOW } from '../synth/mac-map.ts';
import { SPLIT_VERSION } from '../synth/mac-price.ts';
import { type MacOperands, uniformMacOperands } from '../synth/mac-stream.ts';
import { designsOf, selectRows } from '../synth/select-rows.ts';
import type { Workspace } from './workspace.ts';

/** One way of choosing the multipliers that is to be accounted for. */
export interface EnergySubject {
  readonly name: string;
  readonly assignment: MixedAssignment;
}

export interface EnergyStageRequest {
  readonly place: Workspace;
  readonly table: EnergyTable;
  readonly library: SynthesisLibrary;
  readonly network: QuantisedNetwork;
  /** Images that partial sums are recorded on, where the stream is of the layers. */
  readonly dataset: Dataset;
  readonly subjects: readonly EnergySubject[];
  /** Which operand sits on port b of the subjects; the baseline has its own cheaper role. */
  readonly role: OperandRole;
  readonly stream: Exclude<NetworkStream, 'layer-iid'>;
  readonly clockNs: number;
  readonly array: ArrayShape;
  readonly accumulatorBits: number;
  readonly storage: StorageParameters;
  /** Verilog of multipliers that were not generated here, by design. */
  readonly verilogOf: ReadonlyMap<string, string>;
  readonly onProgress: OnProgress;
}

/** A multiplier in a role. */
interface Element {
  readonly multiplier: MultiplierSpec;
  readonly role: OperandRole;
}

/**
 * Accounts for the energy of one image with each subject and with the best exact multiplier, pricing the processing
 * elements that they need; writes accelerator-energy.json.
 * @throws bad-input when the table lacks a multiplier on the stream, or was not made for this network, array or
 *   library; everything that priceElements and accountEnergy throw
 */
export async function energyStage(request: EnergyStageRequest): Promise<AcceleratorEnergy> {
  const { place, table, network, subjects, role, stream, clockNs, array, accumulatorBits, storage } = request;
  const { onProgress } = request;
  checkOrigin(request);
  const baseline = findBaseline(request);
  const wanted: Element[] = [
    baseline,
    ...subjects.flatMap(({ assignment }) =>
      specsOf(assignment).map((multiplier): Element => ({ multiplier, role })),
    ),
  ];
  const shells = wanted.map((own) => generateMac(macSpec(request, own.multiplier, own.role)).shellSha256);
  const inputs = {
    table: digestOf(table.rows.map(({ key, energyPj }) => [key, energyPj])),
    network: quantisedNetworkDigest(network),
    images: request.dataset.sha256,
    conditions: digestOf([stream, role, clockNs, array, accumulatorBits, storage]),
    subjects: digestOf(subjects.map(({ name, assignment }) => [name, ...assignment])),
    elements: digestOf([POWER_ENGINE_VERSION, SPLIT_VERSION, SHELL_FLOW, shells]),
  };
  const stored = reusableArtifact<AcceleratorEnergy>(
    place.acceleratorEnergy,
    'accelerator-energy',
    ACCELERATOR_ENERGY_FORMAT_VERSION,
    inputs,
  );
  if (stored !== undefined) {
    const total = stored.rows.length;
    onProgress({ stage: 'elements', done: total, total, reused: true });
    return stored;
  }
  const rows = energyRows(request, wanted);
  const elements = await priceAll(request, wanted);
  const rowOf = (
    name: string,
    assignment: MixedAssignment,
    own: OperandRole,
  ): Omit<AcceleratorRow, 'gains'> => {
    const used = specsOf(assignment).map((spec) => elements.get(macName(macSpec(request, spec, own)))!);
    const elementOf = (layer: string, spec: MultiplierSpec): ElementEnergy => {
      const element = elements.get(macName(macSpec(request, spec, own)))!;
      return elementEnergy(element, rows.get(rowName(spec, own, layer))!, layer, stream);
    };
    const account = accountEnergy({ network, assignment, elementOf, array, accumulatorBits, storage });
    return {
      name,
      role: own,
      delayNs: Math.max(...used.map(({ path }) => path.delayNs)),
      meetsClock: used.every(({ meetsClock }) => meetsClock),
      multiplierAreaUm2: Math.max(...used.map(({ multiplier }) => multiplier.areaUm2)),
      shellAreaUm2: Math.max(...used.map(({ shell }) => shell.areaUm2)),
      ...account,
    };
  };
  const base = rowOf(
    designName(baseline.multiplier),
    uniformAssignment(network, baseline.multiplier),
    baseline.role,
  );
  const tools = [...elements.values()][0]!.multiplier.tools;
  const result: AcceleratorEnergy = {
    ...artifactHeader('accelerator-energy', ACCELERATOR_ENERGY_FORMAT_VERSION, inputs, tools),
    network: {
      name: network.name,
      sha256: inputs.network,
      multiplicationsPerImage: countMultiplications(network),
    },
    library: table.library,
    clockNs,
    stream,
    array,
    accumulatorBits,
    storage,
    baseline: { ...base, gains: gainsOf(base.total, base.total) },
    rows: subjects.map(({ name, assignment }) => {
      const own = rowOf(name, assignment, role);
      return { ...own, gains: gainsOf(own.total, base.total) };
    }),
  };
  writeArtifact(place.acceleratorEnergy, result);
  return result;
}

/** The multipliers of an assignment, each once. */
function specsOf(assignment: MixedAssignment): readonly MultiplierSpec[] {
  const specs = [...assignment.values()].flatMap((own) => (isMixture(own) ? own.specs : [own]));
  return [...new Map(specs.map((spec) => [designName(spec), spec])).values()];
}

function macSpec(
  { accumulatorBits }: EnergyStageRequest,
  multiplier: MultiplierSpec,
  role: OperandRole,
): MacSpec {
  return { multiplier, weightPort: role === 'weight-on-b' ? 'b' : 'a', accumulatorBits };
}

/** The table must be of this library and, for a stream of the layers, of this network and array. */
function checkOrigin({ table, library, network, dataset, stream, array }: EnergyStageRequest): void {
  const faults: Fault[] = [];
  const check = (where: string, wanted: unknown, found: unknown): void => {
    if (digestOf(wanted) !== digestOf(found))
      faults.push({ where, wanted: show(wanted), found: show(found) });
  };
  check(
    'library',
    `${table.library.name} ${table.library.sha256}`,
    `${library.model.name} ${library.model.sha256}`,
  );
  const { operands } = table;
  if (stream === 'layer-stream' && operands !== undefined) {
    const sha256 = quantisedNetworkDigest(network);
    check('network', operands.network, { name: operands.network.name, sha256 });
    check('images', operands.dataset.sha256, dataset.sha256);
    check('array', operands.array, array);
  }
  if (faults.length === 0) return;
  throw badInput(
    faults.map((fault) => ({ ...fault, where: `${fault.where} of the energy table` })),
    'Give what the table was made with (--liberty, --dataset, --array), or record the operands and make the table again.',
  );
}

function findBaseline({ table, network, stream, clockNs, role }: EnergyStageRequest): Element {
  const comparison = compareStreams(table, multiplicationsByLayer(network), { clockNs });
  const best = comparison.baselines[stream];
  const spec = comparison.designs.find(({ design }) => design === best?.design)?.spec;
  if (best !== undefined && spec !== undefined) return { multiplier: spec, role: best.role ?? role };
  throw badInput(
    { where: `energy table at ${clockNs} ns on ${stream}`, wanted: 'an exact multiplier', found: 'none' },
    'Make the table with exact designs too: gen-rtl --catalogue has them.',
  );
}

function rowName(spec: MultiplierSpec, role: OperandRole, layer: string): string {
  return `${designName(spec)} ${role} ${layer}`;
}

/** Rows of the table by element and layer. @throws bad-input listing all that are missing */
function energyRows(
  { table, network, stream, clockNs }: EnergyStageRequest,
  wanted: readonly Element[],
): ReadonlyMap<string, EnergyRow> {
  const rows = new Map<string, EnergyRow>();
  const missing = new Map<string, string>();
  for (const { multiplier, role } of wanted) {
    const design = designName(multiplier);
    for (const layer of multiplicationsByLayer(network).keys()) {
      const selection = stream === 'uniform' ? { clockNs } : { clockNs, kind: stream, layer, role };
      const row = selectRows(table, selection).find((own) => own.design === design);
      if (row === undefined) missing.set(`${design}, ${role}, layer ${layer}`, design);
      else rows.set(rowName(multiplier, role, layer), row);
    }
  }
  if (missing.size === 0) return rows;
  const known = designsOf(table).map(({ design }) => design);
  const nearest = (design: string) =>
    nearestWord(
      design,
      known.filter((own) => own !== design),
    );
  throw badInput(
    [...missing].slice(0, 20).map(([found, design]) => ({
      where: `energy table at ${clockNs} ns`,
      wanted: `a row on ${stream} of each multiplier and layer`,
      found: `none of ${found}, nearest ${nearest(design) ?? 'none'}`,
    })),
    'Generate and verify the design, then make the table again; unsigned ports cannot hold negative operands.',
  );
}

async function priceAll(
  request: EnergyStageRequest,
  wanted: readonly Element[],
): Promise<ReadonlyMap<string, PricedElement>> {
  const { place, table, library, clockNs, verilogOf, onProgress } = request;
  const specs = new Map(
    wanted.map(({ multiplier, role }) => {
      const spec = macSpec(request, multiplier, role);
      return [macName(spec), spec] as const;
    }),
  );
  const elements = await priceElements({
    elements: [...specs.values()].map((spec) => {
      const verilog = verilogOf.get(designName(spec.multiplier));
      return { spec, multiplierVerilog: verilog ?? generateRtl(spec.multiplier).verilog };
    }),
    library,
    conditions: table.conditions,
    clockNs,
    operands: operandsOf(request),
    tableFolder: place.tableDir,
    outFolder: place.elementsDir,
    onProgress,
  });
  return new Map(elements.map((element) => [element.name, element]));
}

function operandsOf(request: EnergyStageRequest): readonly MacOperands[] {
  const { table, network, dataset, stream, array, onProgress } = request;
  const { operandPairs } = table.conditions;
  const seed = table.operands?.seed ?? table.conditions.seed;
  if (stream === 'uniform') return [uniformMacOperands(operandPairs, table.conditions.seed)];
  const records = recordMacOperands(network, dataset, { seed, array, onProgress });
  return records.map((record) => ({ ...record, identity: { kind: stream, layer: record.layer } }));
}

function elementEnergy(
  { name, energies }: PricedElement,
  row: EnergyRow,
  layer: string,
  stream: NetworkStream,
): ElementEnergy {
  const own = energies.find((energy) => stream === 'uniform' || energy.stream.layer === layer);
  if (own === undefined) {
    throw badInput(
      { where: name, wanted: `operands of layer ${layer} within the range of its ports`, found: 'others' },
      'Use a signed multiplier for this layer.',
    );
  }
  const { accumulatePj, operandRegistersPj, clockPj } = own;
  const idlePj = own.idlePj + row.leakagePj;
  return { multiplyPj: row.energyPj, accumulatePj, operandRegistersPj, clockPj, idlePj };
}
