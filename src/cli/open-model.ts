import { basename, extname, join } from 'node:path';
import { badInput, show } from '../base/errors.ts';
import { readInputFile } from '../base/files.ts';
import type { OnProgress } from '../base/progress.ts';
import { calibrateBatchNorm } from '../dnn/calibrate-batch-norm.ts';
import type { Dataset } from '../dnn/data/dataset.ts';
import { type FloatNetwork, isCalibrated } from '../dnn/network.ts';
import { importOnnx } from '../dnn/onnx/import-onnx.ts';
import type { QuantisedNetwork } from '../dnn/quantised-network.ts';
import { readQuantisedNetwork } from '../dnn/quantised-network-file.ts';
import { importTensorflowGraph } from '../dnn/tensorflow/import-tensorflow.ts';
import { importTflite } from '../dnn/tflite/import-tflite.ts';
import { EMBEDDED, openFloatNetwork, quantiseStage } from './stages.ts';
import type { Workspace } from './workspace.ts';

/** A model ready to be evaluated. */
export interface OpenedModel {
  readonly network: QuantisedNetwork;
  /** Absent where the model is int8 already. */
  readonly floatNetwork?: FloatNetwork;
}

/** What opening a model may need besides its file. */
export interface OpenModelContext {
  readonly place: Workspace;
  /** Training images that set the activation scales; read when needed. */
  readonly calibration: () => Dataset;
  /** All training images, for batch norm statistics that the model does not have. */
  readonly allCalibration: () => Dataset;
  /** True when the user named the training images, so that they may stand in for missing statistics. */
  readonly isCalibrationGiven: boolean;
  readonly percentile: number;
  readonly onProgress: OnProgress;
}

type Reader = (path: string, context: OpenModelContext) => OpenedModel;

/** Kinds of model files by ending. */
const READERS: Readonly<Record<string, Reader>> = {
  '.json': openJson,
  '.onnx': (path, context) => imported(path, importOnnx(path), context),
  '.pb': (path, context) => imported(path, { kind: 'float', network: importTensorflowGraph(path) }, context),
  '.tflite': (path, context) => imported(path, importTflite(path), context),
};

type Imported = ReturnType<typeof importOnnx> | ReturnType<typeof importTflite>;

/** An int8 model as it is; a float one quantised. */
function imported(path: string, model: Imported, context: OpenModelContext): OpenedModel {
  if (model.kind === 'quantised') return { network: model.network };
  return quantised(path, withStatistics(path, model.network, context), context);
}

/**
 * Opens "embedded", a float or quantised network of ours (.json), or a model file of another kind. A float network
 * is quantised on the way; the result is kept in the work folder and used again.
 * @throws bad-input when there is no such file, or it is none of these
 */
export function openModel(source: string, context: OpenModelContext): OpenedModel {
  if (source === EMBEDDED) return quantised(EMBEDDED, openFloatNetwork(EMBEDDED), context);
  const reader = READERS[extname(source).toLowerCase()];
  if (reader !== undefined) return reader(source, context);
  throw badInput(
    {
      where: '--model',
      wanted: `"${EMBEDDED}" or a file that ends in ${Object.keys(READERS).join(', ')}`,
      found: show(source),
    },
    'Convert the model to one of these.',
  );
}

function openJson(path: string, context: OpenModelContext): OpenedModel {
  const text = readInputFile(path, 'a network (.json)').toString('utf8');
  if (/"kind"\s*:\s*"quantised-network"/.test(text)) return { network: readQuantisedNetwork(path) };
  return imported(path, { kind: 'float', network: openFloatNetwork(path) }, context);
}

/** A float network with int8 codes for it, in a file of the work folder that is named after the model. */
function quantised(source: string, floatNetwork: FloatNetwork, context: OpenModelContext): OpenedModel {
  const { place, percentile, onProgress } = context;
  const name = basename(source, extname(source));
  const quantisedNetwork = join(place.networkDir, `${name}.quantised.json`);
  const target = { ...place, quantisedNetwork };
  const { network } = quantiseStage(target, floatNetwork, context.calibration(), percentile, onProgress);
  return { network, floatNetwork };
}

function withStatistics(path: string, network: FloatNetwork, context: OpenModelContext): FloatNetwork {
  if (isCalibrated(network)) return network;
  if (context.isCalibrationGiven) return calibrateBatchNorm(network, context.allCalibration());
  throw badInput(
    { where: path, wanted: 'stored statistics in every batch norm', found: 'batch norms without' },
    'Give training images with --calibration FILE: the statistics are then measured on them.',
  );
}
