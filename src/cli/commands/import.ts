import { badInput } from '../../base/errors.ts';
import { readInputFile, sha256 } from '../../base/files.ts';
import { calibrateBatchNorm } from '../../dnn/calibrate-batch-norm.ts';
import { writeFloatNetwork } from '../../dnn/float-network-file.ts';
import { importTensorflowGraph } from '../../dnn/import-tensorflow.ts';
import type { Command } from '../command.ts';
import { integerOption, textOption, WORK_OPTION } from '../options.ts';
import { openDataset } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';

export const importModel: Command = {
  name: 'import',
  summary: 'read a TensorFlow frozen graph (.pb) into a float network',
  positionals: 'MODEL.pb',
  options: {
    work: WORK_OPTION,
    calibration: {
      type: 'string',
      value: 'FILE',
      describe: 'training images (formats: docs/datasets.md) for batch norms without stored statistics',
    },
    images: { type: 'string', value: 'N', describe: 'take only the first N calibration images' },
  },
  examples: [
    [
      'maxdnn import alwann_resnet8.pb --calibration train.bin',
      'a graph whose batch norms have no statistics',
    ],
  ],
  run: async (args) => {
    const place = workspaceOf(args);
    const [model, ...more] = args._;
    if (model === undefined || more.length > 0) {
      throw badInput(
        { where: 'import', wanted: 'one MODEL.pb', found: args._.length === 0 ? 'none' : args._.join(' ') },
        'For example: maxdnn import alwann_resnet8.pb --calibration train.bin',
      );
    }
    const graph = importTensorflowGraph(model);
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
      model: sha256(readInputFile(model, 'a TensorFlow graph')),
      ...(dataset === undefined ? {} : { calibration: dataset.sha256 }),
    };
    writeFloatNetwork(place.floatNetwork, network, inputs);
    const measured =
      dataset && `${needsStatistics.length} batch norms calibrated on ${dataset.images} images`;
    const lines = [
      `${network.name}: ${network.layers.length} layers`,
      ...(measured ? [measured] : []),
      place.floatNetwork,
    ];
    const layers = network.layers.map(({ name, op }) => ({ name, op }));
    return {
      text: lines.join('\n'),
      value: { path: place.floatNetwork, name: network.name, layers, calibrationImages: dataset?.images },
    };
  },
};
