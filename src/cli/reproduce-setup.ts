import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { badInput, type Fault, show } from '../base/errors.ts';
import { readInputFile, sha256 } from '../base/files.ts';
import type { OnProgress } from '../base/progress.ts';
import { calibrateBatchNorm } from '../dnn/calibrate-batch-norm.ts';
import { type Dataset, readCifarRecords } from '../dnn/data/dataset.ts';
import { readFloatNetwork, writeFloatNetwork } from '../dnn/float-network-file.ts';
import type { FloatNetwork } from '../dnn/network.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { readQuantisedNetwork } from '../dnn/quantised-network-file.ts';
import { importTensorflowGraph } from '../dnn/tensorflow/import-tensorflow.ts';
import { loadTruthTable } from '../multiplier/truth-table.ts';
import { type AlwannGraph, readAlwannGraph } from '../reproduce/alwann/read-graph.ts';
import { PRINTED_EVOAPPROX } from '../reproduce/paper.ts';
import { firstImages } from '../reproduce/scorer.ts';
import type { BatchFill, EvoApproxMultiplier } from '../reproduce/table1.ts';
import { CALIBRATION_IMAGES, DEFAULT_PERCENTILE, quantiseStage } from './stages.ts';
import type { Workspace } from './workspace.ts';

/** What a reproduction starts from. */
export interface ReproduceInputs {
  readonly floatNetwork: FloatNetwork;
  readonly network: QuantisedNetwork;
  readonly graph: AlwannGraph;
  readonly test: Dataset;
  readonly train: Dataset;
  readonly evoapprox: readonly EvoApproxMultiplier[];
  readonly fills: readonly BatchFill[];
}

/** Batch of ALWANN's published accuracies. */
const PUBLISHED_BATCH = 1000;

const MODEL = 'models/alwann_resnet8.pb';
const GRAPH = 'models/alwann_resnet8_quant.pb';
const TRAIN = 'cifar10/train_lossless_5085.bin';
const TEST = 'cifar10/test_lossless_517.bin';
const TEST_JPEG = 'cifar10/test_jpeg_10000.bin';
const PUBLISHED = 'evoapprox/published.json';
const EXACT_TABLE = 'mul8u_1JFF';

/**
 * Reads models, images and multipliers of the data folder, and makes the static network in the work folder unless it is
 * there.
 * @param images first test images to take; default: all
 * @throws bad-input that lists every file which is missing, or when the work folder holds another network
 */
export function openReproduction(
  dataDir: string,
  place: Workspace,
  images: number | undefined,
  onProgress: OnProgress,
): ReproduceInputs {
  const at = (name: string): string => join(dataDir, name);
  const tables = PRINTED_EVOAPPROX.map(({ name }) => `evoapprox/mul8u_${name}.bin`);
  const missing = [MODEL, GRAPH, TRAIN, TEST, PUBLISHED, ...tables].filter((name) => !existsSync(at(name)));
  if (missing.length > 0) {
    const faults: readonly Fault[] = missing.map((name) => ({
      where: dataDir,
      wanted: `a file ${name}`,
      found: 'none',
    }));
    throw badInput(faults, 'Name the folder that has models/, cifar10/ and evoapprox/ with --data DIR.');
  }
  const graph = readAlwannGraph(at(GRAPH));
  const train = readCifarRecords(at(TRAIN));
  const whole = readCifarRecords(at(TEST));
  const test = firstImages(whole, images ?? whole.images);
  const jpeg = existsSync(at(TEST_JPEG)) ? readCifarRecords(at(TEST_JPEG)) : undefined;
  const networks = openNetworks(at(MODEL), train, place, onProgress);
  requireSameConvolutions(networks.network, graph, place);
  return {
    ...networks,
    graph,
    test,
    train,
    evoapprox: readEvoApprox(dataDir),
    fills: batchFills(test, train, jpeg),
  };
}

/** The networks of the work folder; imported, calibrated and quantised where there are none. */
function openNetworks(
  model: string,
  train: Dataset,
  place: Workspace,
  onProgress: OnProgress,
): Pick<ReproduceInputs, 'floatNetwork' | 'network'> {
  if (existsSync(place.floatNetwork) && existsSync(place.quantisedNetwork)) {
    return {
      floatNetwork: readFloatNetwork(place.floatNetwork),
      network: readQuantisedNetwork(place.quantisedNetwork),
    };
  }
  if (!existsSync(place.floatNetwork)) {
    const calibrated = calibrateBatchNorm(importTensorflowGraph(model), train);
    const inputs = { model: sha256(readInputFile(model, 'a model')), calibration: train.sha256 };
    writeFloatNetwork(place.floatNetwork, calibrated, inputs);
    onProgress({ stage: 'import', done: 1, total: 1, note: calibrated.name });
  }
  const floatNetwork = readFloatNetwork(place.floatNetwork);
  const calibration = firstImages(train, CALIBRATION_IMAGES);
  const { network } = quantiseStage(place, floatNetwork, calibration, DEFAULT_PERCENTILE, onProgress);
  return { floatNetwork, network };
}

/** Mixtures tell weights apart by place: both networks must have the same convolutions. */
function requireSameConvolutions(network: QuantisedNetwork, graph: AlwannGraph, place: Workspace): void {
  const own = network.layers.filter(({ op }) => op === 'conv2d').map(({ name }) => name);
  const wanted = graph.convs.map(({ name }) => name);
  if (own.join() === wanted.join()) return;
  throw badInput(
    {
      where: place.quantisedNetwork,
      wanted: `the convolutions of ${graph.name}: ${wanted.join(', ')}`,
      found: own.join(', ') || 'none',
    },
    'Reproduce in a work folder of its own (--work DIR): the network is made there.',
  );
}

function readEvoApprox(dataDir: string): readonly EvoApproxMultiplier[] {
  const path = join(dataDir, PUBLISHED);
  const sheet = JSON.parse(readInputFile(path, 'EvoApproxLib data sheets (JSON)').toString('utf8')) as Record<
    string,
    { readonly PDK45_PWR_mW?: number } | undefined
  >;
  const powerMw = (name: string): number => {
    const power = sheet[name]?.PDK45_PWR_mW;
    if (typeof power === 'number' && power > 0) return power;
    const where = `${path}: ${name}.PDK45_PWR_mW`;
    throw badInput({ where, wanted: 'a power above 0', found: show(power ?? null) }, 'Fetch the file again.');
  };
  return PRINTED_EVOAPPROX.map(({ name }) => ({
    name,
    table: loadTruthTable(join(dataDir, 'evoapprox', `mul8u_${name}.bin`)),
    savingPercentPublished: 100 * (1 - powerMw(`mul8u_${name}`) / powerMw(EXACT_TABLE)),
  }));
}

/** What fills ALWANN's batch up to 1000 images: training images, and the next test images as JPEG has them. */
function batchFills(test: Dataset, train: Dataset, jpeg: Dataset | undefined): readonly BatchFill[] {
  const count = PUBLISHED_BATCH - test.images;
  if (count <= 0) return [];
  const training = { title: `with ${count} training images`, images: firstImages(train, count) };
  if (jpeg === undefined || jpeg.images < PUBLISHED_BATCH) return [training];
  const size = jpeg.pixels.length / jpeg.images;
  const rest: Dataset = {
    ...jpeg,
    name: `${jpeg.name}[${test.images}..${PUBLISHED_BATCH - 1}]`,
    sha256: sha256(`${jpeg.sha256} ${test.images} ${count}`),
    images: count,
    labels: jpeg.labels.subarray(test.images, PUBLISHED_BATCH),
    pixels: jpeg.pixels.subarray(test.images * size, PUBLISHED_BATCH * size),
  };
  return [{ title: `with the next ${count} test images, JPEG-decoded`, images: rest }, training];
}
