import { digestOf, readArtifact, reusableArtifact } from '../base/artifact.ts';
import { badInput } from '../base/errors.ts';
import { sha256 } from '../base/files.ts';
import { shippedFile } from '../base/package-root.ts';
import type { OnProgress } from '../base/progress.ts';
import type { RoundedOperand } from '../dnn/assignment.ts';
import { type Dataset, sliceDataset } from '../dnn/data/dataset.ts';
import { readDataset } from '../dnn/data/read-dataset.ts';
import { readFloatNetwork } from '../dnn/float-network-file.ts';
import { type FloatNetwork, floatNetworkDigest } from '../dnn/network.ts';
import { type LayerQuantisation, type QuantiseOptions, quantiseWithReport } from '../dnn/quantise.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import {
  QUANTISED_NETWORK_FORMAT_VERSION,
  type QuantisedNetworkFile,
  readQuantisedNetwork,
  writeQuantisedNetwork,
} from '../dnn/quantised-network-file.ts';
import { generateSyntheticImages, type SyntheticSplit } from '../dnn/synthetic/dataset.ts';
import type { AcceleratorEnergy } from '../explore/accelerator-energy.ts';
import type { BatchNormChoice } from '../explore/batch-norm-mode.ts';
import { type EvaluateRequest, evaluateNetwork } from '../explore/evaluate.ts';
import { EVALUATION_FORMAT_VERSION, type Evaluation } from '../explore/evaluation.ts';
import { energiesOf } from '../explore/multiplier-energies.ts';
import { LIBRARY_CORNERS } from '../library/corners.ts';
import { errorMetrics } from '../multiplier/error-metrics.ts';
import { type WrittenReport, writeReport } from '../report/write-report.ts';
import type { LoadedDesign } from '../rtl/rtl-set.ts';
import type { EnergyTable } from '../synth/energy-table.ts';
import { prepareLibrary, type SynthesisLibrary } from '../synth/library-files.ts';
import { designsOf } from '../synth/select-rows.ts';
import { VERDICT_FORMAT_VERSION, type Verdict } from '../verify/verdict.ts';
import type { Workspace } from './workspace.ts';

/** The network and images that ship with the toolkit, as they are named in options. */
export const EMBEDDED = 'embedded';

/** Images that set the activation scales unless the user asks for another number. */
export const CALIBRATION_IMAGES = 512;

/** Calibration percentile of the demo chain and of quantise. */
export const DEFAULT_PERCENTILE = 99.99;

const EMBEDDED_NETWORK = ['models', 'synthetic-resnet8.json'] as const;
/**
 * Liberty file of --liberty: a corner of the embedded library by its name (typ, slow, fast), a file, or by default the
 * typical corner.
 */
export function libertyPath(liberty = 'typ'): {
  readonly path: string;
  readonly origin: 'embedded' | 'user';
} {
  const corner = Object.values(LIBRARY_CORNERS).find(({ name }) => name === liberty);
  if (corner === undefined) return { path: liberty, origin: 'user' };
  return { path: shippedFile('synth', corner.file), origin: 'embedded' };
}

/** The library of --liberty, else the embedded one, prepared for the tools. */
export function openLibrary(place: Workspace, liberty: string | undefined): Promise<SynthesisLibrary> {
  return prepareLibrary({ ...libertyPath(liberty), cacheFolder: place.libraryCache });
}

/** "embedded" or a float network file. */
export function openFloatNetwork(source: string): FloatNetwork {
  return readFloatNetwork(source === EMBEDDED ? shippedFile(...EMBEDDED_NETWORK) : source);
}

/**
 * "embedded", or images in any of the formats of docs/datasets.md.
 * @param images first images to take; default: all of a file, 1000 of the embedded set
 */
export function openDataset(source: string, split: SyntheticSplit, images: number | undefined): Dataset {
  if (source === EMBEDDED) return generateSyntheticImages({ split, count: images ?? 1000 });
  const dataset = readDataset(source);
  return images === undefined ? dataset : sliceDataset(dataset, 0, images);
}

/** Reads a verdict. @throws bad-input */
export function readVerdict(path: string): Verdict {
  const verdict = readArtifact<Verdict>(path, 'verdict', VERDICT_FORMAT_VERSION);
  if (Array.isArray(verdict.designs)) return verdict;
  throw badInput({ where: `${path}: designs`, wanted: 'a list', found: 'none' }, 'Run maxdnn verify again.');
}

/** Reads an evaluation. @throws bad-input */
export function readEvaluation(path: string): Evaluation {
  const evaluation = readArtifact<Evaluation>(path, 'evaluation', EVALUATION_FORMAT_VERSION);
  if (Array.isArray(evaluation.rows)) return evaluation;
  throw badInput({ where: `${path}: rows`, wanted: 'a list', found: 'none' }, 'Run maxdnn evaluate again.');
}

/** What quantise found or made. */
export interface QuantiseResult {
  readonly network: QuantisedNetwork;
  readonly layers: readonly LayerQuantisation[];
  readonly reused: boolean;
}

/** Quantises a float network unless the same was done before; writes quantised.json. */
export function quantiseStage(
  place: Workspace,
  network: FloatNetwork,
  calibration: Dataset,
  percentile: number,
  onProgress: OnProgress,
  method: Omit<QuantiseOptions, 'percentile'> = {},
): QuantiseResult {
  const inputs = {
    floatNetwork: floatNetworkDigest(network),
    calibrationSet: calibration.sha256,
    percentile: sha256(String(percentile)),
    method: digestOf(method),
  };
  const path = place.quantisedNetwork;
  const stored = reusableArtifact<QuantisedNetworkFile>(
    path,
    'quantised-network',
    QUANTISED_NETWORK_FORMAT_VERSION,
    inputs,
  );
  const known = stored && 'layers' in stored.quantisation ? stored.quantisation.layers : undefined;
  const reused = known !== undefined;
  let layers = known;
  if (layers === undefined) {
    const made = quantiseWithReport(network, calibration, { percentile, ...method });
    writeQuantisedNetwork(path, made.network, made.report, inputs);
    layers = made.report.layers;
  }
  onProgress({ stage: 'quantise', done: 1, total: 1, note: network.name, reused });
  return { network: readQuantisedNetwork(path), layers, reused };
}

/** Evaluates each design used everywhere, and each assignment; writes evaluation.json, or `outPath`. */
export function evaluateStage(request: {
  readonly place: Workspace;
  readonly network: QuantisedNetwork;
  readonly floatNetwork?: FloatNetwork;
  readonly dataset: Dataset;
  readonly designs: readonly Pick<LoadedDesign, 'design' | 'spec'>[];
  readonly assignments?: EvaluateRequest['assignments'];
  readonly roundedOperand: RoundedOperand;
  readonly batchNorm?: BatchNormChoice;
  readonly table: EnergyTable | undefined;
  readonly outPath?: string;
  readonly onProgress: OnProgress;
}): Promise<Evaluation> {
  const { place, network, floatNetwork, dataset, designs, roundedOperand, table, onProgress } = request;
  return evaluateNetwork({
    network,
    ...(floatNetwork === undefined ? {} : { floatNetwork }),
    dataset,
    designs: designs.map(({ design, spec }) => ({ design, spec })),
    roundedOperand,
    ...(request.batchNorm === undefined ? {} : { batchNorm: request.batchNorm }),
    assignments: request.assignments ?? [],
    outPath: request.outPath ?? place.evaluation,
    onProgress,
    ...(table === undefined ? {} : { energies: energiesOf(table, network, roundedOperand) }),
  });
}

/** Writes the report of the artifacts. */
export function reportStage(
  place: Workspace,
  table: EnergyTable,
  verdict: Verdict,
  evaluation: Evaluation | undefined,
  accelerator: AcceleratorEnergy | undefined,
): WrittenReport {
  const errors = Object.fromEntries(designsOf(table).map(({ design, spec }) => [design, errorMetrics(spec)]));
  return writeReport(
    {
      table,
      verdict,
      errors,
      ...(evaluation === undefined ? {} : { evaluation }),
      ...(accelerator === undefined ? {} : { accelerator }),
    },
    place.reportDir,
  );
}
