import { rmSync } from 'node:fs';
import { badInput } from '../../base/errors.ts';
import { readInputFile, sha256 } from '../../base/files.ts';
import { calibrateBatchNorm } from '../../dnn/calibrate-batch-norm.ts';
import { writeFloatNetwork } from '../../dnn/float-network-file.ts';
import { countMultiplications, type QuantisedNetwork } from '../../dnn/quantised-network.ts';
import {
  type ImportFormat,
  isImportedNetwork,
  writeQuantisedNetwork,
} from '../../dnn/quantised-network-file.ts';
import type { Command, Outcome } from '../command.ts';
import { INPUT_SCALE_OPTION, importModelFile, inputScaleOption, MODEL_ENDINGS } from '../import-model.ts';
import { integerOption, textOption, WORK_OPTION } from '../options.ts';
import { openDataset } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';

export const importModel: Command = {
  name: 'import',
  summary: 'read a model of another tool (.onnx, .tflite, frozen .pb) into a float or quantised network',
  positionals: 'MODEL',
  options: {
    work: WORK_OPTION,
    calibration: {
      type: 'string',
      value: 'FILE',
      describe: 'training images (formats: docs/datasets.md) for batch norms without stored statistics',
    },
    'input-scale': INPUT_SCALE_OPTION,
    images: { type: 'string', value: 'N', describe: 'take only the first N calibration images' },
  },
  examples: [
    [
      'maxdnn import alwann_resnet8.pb --calibration train.bin',
      'a graph whose batch norms have no statistics',
    ],
    ['maxdnn import resnet8_int8.tflite', 'an int8 model: the quantised network, ready for evaluate'],
    ['maxdnn import net.onnx --input-scale 0.003921568627,0', 'a model of pixels u8/255'],
  ],
  run: async (args) => {
    const place = workspaceOf(args);
    const [model, ...more] = args._;
    if (model === undefined || more.length > 0) {
      throw badInput(
        {
          where: 'import',
          wanted: `one model (${MODEL_ENDINGS.join(', ')})`,
          found: args._.length === 0 ? 'none' : args._.join(' '),
        },
        'For example: maxdnn import alwann_resnet8.pb --calibration train.bin',
      );
    }
    const imported = importModelFile(model, inputScaleOption(args));
    const modelDigest = sha256(readInputFile(model, 'a model'));
    if (imported.kind === 'quantised') {
      const { network, format } = imported;
      return writeInt8(place.quantisedNetwork, network, format, modelDigest);
    }
    const graph = imported.network;
    const calibration = textOption(args, 'calibration');
    const images = integerOption(args, 'images', 1, 2 ** 24);
    const dataset = calibration === undefined ? undefined : openDataset(calibration, 'calibration', images);
    const needsStatistics = graph.layers.filter(
      (layer) => layer.op === 'batchNorm' && layer.mean === undefined,
    );
    if (needsStatistics.length > 0 && dataset === undefined) {
      throw badInput(
        {
          where: model,
          wanted: 'stored statistics in every batch norm',
          found: `none in ${needsStatistics.length} (${needsStatistics.map(({ name }) => name).join(', ')})`,
        },
        'Give training images with --calibration FILE: the statistics are then measured on them.',
      );
    }
    const network = dataset === undefined ? graph : calibrateBatchNorm(graph, dataset);
    const inputs = {
      model: modelDigest,
      ...(dataset === undefined ? {} : { calibration: dataset.sha256 }),
    };
    // What was imported before no longer stands for the model of the work folder.
    if (isImportedNetwork(place.quantisedNetwork)) rmSync(place.quantisedNetwork);
    writeFloatNetwork(place.floatNetwork, network, inputs);
    const measured =
      dataset && `${needsStatistics.length} batch norms calibrated on ${dataset.images} images`;
    const lines = [
      `${network.name}: ${network.layers.length} layers`,
      ...(measured ? [measured] : []),
      ...(imported.note ? [imported.note] : []),
      place.floatNetwork,
    ];
    const layers = network.layers.map(({ name, op }) => ({ name, op }));
    return {
      text: lines.join('\n'),
      value: { path: place.floatNetwork, name: network.name, layers, calibrationImages: dataset?.images },
    };
  },
};

/** Writes the network of a model that was int8 already. */
function writeInt8(
  path: string,
  network: QuantisedNetwork,
  format: ImportFormat,
  modelDigest: string,
): Outcome {
  writeQuantisedNetwork(path, network, { importedFrom: format }, { model: modelDigest });
  const multiplications = countMultiplications(network);
  const layers = network.layers.map(({ name, op }) => ({ name, op }));
  const text = [
    `${network.name}: ${layers.length} layers, int8 as in the model, ${multiplications} multiplications per image`,
    path,
  ];
  return { text: text.join('\n'), value: { path, name: network.name, layers, multiplications } };
}
