/**
 * The public interface of maxdnn: everything that `import { … } from 'maxdnn'` gives (docs/api.md). Every function
 * throws MaxdnnError with a code and, mostly, a hint; none prints. Nothing here is imported by the toolkit itself.
 */
import { shippedFile } from './base/package-root.ts';

// Accelerator
export { type ArrayWish, arrayForAssignment } from './accel/array-for-assignment.ts';
export type { ArraySpec, ElementKind } from './accel/array-spec.ts';
export { type CompileRequest, compileNetwork } from './accel/compile-network.ts';
export { cosimulateNetwork, type NetworkCosim, type NetworkCosimRequest } from './accel/cosim-network.ts';
export { generateAccelerator } from './accel/generate-accelerator.ts';
export { imageWords, readOutput } from './accel/memory-words.ts';
export { parseArraySpec } from './accel/parse-array-spec.ts';
export { readProgram, writeProgram } from './accel/program-file.ts';
export { runProgram } from './accel/run-program.ts';
// Assignments of multipliers to layers, filters and kernels
export { type AssignmentOfFile, type NamedAssignment, readAssignment } from './assign/assignment-file.ts';
export { type AssignmentName, parseAssignmentName, printAssignmentName } from './assign/assignment-name.ts';
export { ASSIGNMENT_SCHEMA, type AssignmentEnergy } from './assign/assignment-schema.ts';
export { type AssignmentCounts, countAssignment } from './assign/count-assignment.ts';
export { type AssignmentPlan, type LayerPlan, planNetwork, planOfName } from './assign/layer-plan.ts';
export {
  classCount,
  classesOf,
  type Level,
  levelMultiplier,
  parseLevel,
  printLevel,
  type SkipRule,
} from './assign/levels.ts';
export { type AssignmentDraft, writeAssignment } from './assign/write-assignment.ts';
// Errors and progress
export { type ErrorCode, MaxdnnError } from './base/errors.ts';
export { MAXDNN_VERSION } from './base/package-root.ts';
export type { OnProgress, ProgressEvent } from './base/progress.ts';
// Tuning
export { applyVariants } from './dnn/apply-variants.ts';
// Inference and evaluation
export {
  EXACT_INT8,
  type LayerMultiplier,
  type MixedAssignment,
  type MultiplierAssignment,
  type RoundedOperand,
  uniformAssignment,
} from './dnn/assignment.ts';
// Networks and images
export { calibrateBatchNorm } from './dnn/calibrate-batch-norm.ts';
export { correctZeroPoint } from './dnn/correct-zero-point.ts';
export { type Dataset, sliceDataset } from './dnn/data/dataset.ts';
export { readDataset } from './dnn/data/read-dataset.ts';
export { readFloatNetwork, writeFloatNetwork } from './dnn/float-network-file.ts';
export { createEngine, type Engine, infer } from './dnn/infer.ts';
export type { LayerVariant, NetworkVariant } from './dnn/layer-variant.ts';
export { mixWeights, perChannel, perColumn, perFilter, perRow, skipWeights } from './dnn/mixture.ts';
export type { FloatNetwork } from './dnn/network.ts';
export { type ImportedOnnx, importOnnx } from './dnn/onnx/import-onnx.ts';
export { type OperandFile, operandInputs, readOperands, writeOperands } from './dnn/operand-file.ts';
export {
  type LayerQuantisation,
  type QuantisationReport,
  type QuantiseOptions,
  quantiseNetwork,
  quantiseWithReport,
} from './dnn/quantise.ts';
export type { QuantisedNetwork } from './dnn/quantised-network.ts';
export { readQuantisedNetwork, writeQuantisedNetwork } from './dnn/quantised-network-file.ts';
export { recalibrateBatchNorm } from './dnn/recalibrate-batch-norm.ts';
export { type OperandRecord, type RecordOptions, recordOperands } from './dnn/record-operands.ts';
export { generateSyntheticImages } from './dnn/synthetic/dataset.ts';
export { importTensorflowGraph } from './dnn/tensorflow/import-tensorflow.ts';
export { importTflite, type TfliteImport } from './dnn/tflite/import-tflite.ts';
export { type PriceOptions, priceAssignment, requireLibrary } from './explore/assignment-energy.ts';
export type { BatchNormChoice, BatchNormMode } from './explore/batch-norm-mode.ts';
export { sampleImages } from './explore/calibration-images.ts';
export { type EvaluateRequest, evaluateNetwork } from './explore/evaluate.ts';
export type {
  Accuracy,
  AssignmentRow,
  ClassAccuracy,
  Comparison,
  Evaluation,
  EvaluationRow,
} from './explore/evaluation.ts';
export type { Evaluator, EvaluatorSetup, VariantScore } from './explore/evaluator.ts';
export type { Exploration, ExplorationPoint } from './explore/exploration.ts';
export { type ExploreResult, exploreNetwork } from './explore/explore.ts';
export type { ExploreRequest } from './explore/explore-request.ts';
export { startLocalEvaluator } from './explore/local-evaluator.ts';
export { mcnemarPValue } from './explore/mcnemar.ts';
export { energiesOf, type MultiplierEnergies } from './explore/multiplier-energies.ts';
export { compareStreams, type StreamComparison } from './explore/stream-comparison.ts';
export { wilsonInterval } from './explore/wilson-interval.ts';
// Operand streams
export type { LibraryModel } from './liberty/model.ts';
export { readLiberty } from './liberty/read-liberty.ts';
// Multipliers: spec, golden model, error metrics
export { CATALOGUE, type CatalogueEntry } from './multiplier/catalogue.ts';
export { parseDesignName } from './multiplier/design-name.ts';
export { type ErrorMetrics, errorMetrics } from './multiplier/error-metrics.ts';
export { type ExportedTable, exportTable } from './multiplier/export-table.ts';
export { compileOperandProduct, goldenTable, operandProduct } from './multiplier/golden.ts';
export { parseSpec } from './multiplier/parse-spec.ts';
export {
  baselineSpace,
  exactSpace,
  narrowSpace,
  type RoundingOrder,
  type RoupSpaceOptions,
  roupSpace,
} from './multiplier/space.ts';
export {
  designName,
  type ExactSpec,
  exactTwin,
  type MultiplierSpec,
  type NarrowSpec,
  type RoupSpec,
  type TableSpec,
} from './multiplier/spec.ts';
export { loadTruthTable, type TableOptions } from './multiplier/truth-table.ts';
export { type GlitchReport, simulateGlitchPower } from './power/glitch-power.ts';
export { layerSource } from './power/layer-stream.ts';
export { type GateNetlist, parseNetlist, readNetlist } from './power/netlist.ts';
export { csvSource, readOperandCsv } from './power/operand-csv.ts';
export { type PowerConditions, type PowerReport, simulatePower } from './power/power.ts';
export { writeSaif } from './power/saif.ts';
export { writeSdf } from './power/sdf.ts';
export { type SequentialPowerReport, simulateSequentialPower } from './power/sequential-power.ts';
export { makeStream, type OperandStream, type StreamSource, uniformStream } from './power/stream.ts';
export { sampleStream } from './power/stream-sample.ts';
export { propagateTiming } from './power/timing.ts';
export { writeOperandVcd, writeVcd } from './power/vcd.ts';
// Scale-out (needs a Redis)
export { connectQueueEvaluator, type QueueOptions } from './queue/connect-queue-evaluator.ts';
export {
  type QueueWorkerOptions,
  type QueueWorkerSummary,
  runQueueWorker,
} from './queue/run-queue-worker.ts';
// Report
export { type WrittenExplorationReport, writeExplorationReport } from './report/exploration-report.ts';
export { readExploration } from './report/read-exploration.ts';
export type { ReportInput } from './report/rows.ts';
export type { SpaceInput, SpaceReference, SpaceReport, SpaceRow } from './report/space-rows.ts';
export { type WrittenReport, writeReport } from './report/write-report.ts';
export { type WrittenSpace, writeSpace } from './report/write-space.ts';
// Reproduction of ALWANN and MAx-DNN
export { type AlwannOptions, type AlwannRun, createAlwannRun } from './reproduce/alwann/inference.ts';
export { type AlwannGraph, readAlwannGraph } from './reproduce/alwann/read-graph.ts';
export { type ReproduceRequest, reproduceParts } from './reproduce/reproduce-parts.ts';
export type { PartName, Reproduction } from './reproduce/reproduction.ts';
// Verilog and its verification (needs Verilator)
export { type GeneratedRtl, generateRtl } from './rtl/generate.ts';
// Search
export { choiceSpace } from './search/choice-space.ts';
export { nonDominated } from './search/domination.ts';
export { type GreedySettings, searchGreedy } from './search/greedy-search.ts';
export { hypervolume } from './search/hypervolume.ts';
export { type Nsga2Settings, searchNsga2 } from './search/nsga2.ts';
export type { Evaluated, Genome, GenomeSpace, Outcome, SearchProblem } from './search/problem.ts';
export { type RandomSettings, searchRandom } from './search/random-search.ts';
export { type Bounds, realSpace } from './search/real-space.ts';
export type { SearchProgress, SearchRequest, SearchResult } from './search/run-search.ts';
export type { SearchState } from './search/search-state.ts';
export { compareLevels, type LevelGain } from './silicon/compare.ts';
export { estimateSilicon, type SiliconEstimate, type SiliconRequest } from './silicon/estimate.ts';
export { DEFAULT_SRAM, type SramSilicon } from './silicon/sram.ts';
// Energy (needs Yosys, abc, OpenSTA)
export { buildEnergyTable, type PricingRequest, type TableResult } from './synth/build-table.ts';
export {
  type EnergyConditions,
  type EnergyRow,
  type EnergyTable,
  readEnergyTable,
} from './synth/energy-table.ts';
export { prepareLibrary, type SynthesisLibrary } from './synth/library-files.ts';
export { type RowSelection, selectRows } from './synth/select-rows.ts';
export { buildSpaceTable, type SpaceTable, type SpaceTableRequest } from './synth/space-table.ts';
export { type RefineRequest, refineVariant } from './tune/refine.ts';
export { tuneLayer } from './tune/tune-layer.ts';
export { createTuner, type Tuner } from './tune/tuner.ts';
export { FULL_TUNING, NO_TUNING, type TuningChoice } from './tune/tuning.ts';
export { applyWeightMap, countRemapped, mapWeights, type WeightMapRequest } from './tune/weight-map.ts';
export { type CosimOptions, cosimulate, type DesignUnderTest, requireVerified } from './verify/cosim.ts';
export { type CosimManyOptions, cosimulateMany } from './verify/cosim-many.ts';
export { type CModelOptions, type TabulatedModel, tabulateCModel } from './verify/tabulate-c-model.ts';
export type { DesignVerdict, Mismatch, Verdict } from './verify/verdict.ts';

/** The float network that ships with the toolkit, for readFloatNetwork. */
export const EMBEDDED_NETWORK_PATH: string = shippedFile('models', 'synthetic-resnet8.json');

/** The 45 nm-class Liberty library that ships with the toolkit, for prepareLibrary. */
export const EMBEDDED_LIBRARY_PATH: string = shippedFile('synth', 'maxdnn45_typ.lib');
