import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { cosimulateNetwork, idealCycles, type NetworkCosim } from '../../accel/cosim-network.ts';
import { MULTIPLIER_TEXTS } from '../../accel/generate-accelerator.ts';
import { artifactHeader, writeArtifact } from '../../base/artifact.ts';
import { badInput, MaxdnnError, show } from '../../base/errors.ts';
import { sliceDataset } from '../../dnn/data/dataset.ts';
import { quantisedNetworkDigest } from '../../dnn/quantised-network.ts';
import { alignColumns } from '../align-columns.ts';
import { type AcceleratorChoice, ARRAY_OPTIONS, acceleratorChoice } from '../array-options.ts';
import type { Command } from '../command.ts';
import { choiceOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { EMBEDDED, openDataset } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';
import { DATASET_OPTIONS } from './evaluate.ts';

const NETWORK_COSIM_FORMAT_VERSION = 1;

export const cosimNetwork: Command = {
  name: 'cosim-network',
  summary: 'run a network on the Verilated accelerator and compare every layer with both golden models',
  positionals: '[CONFIGURATION]',
  options: {
    work: WORK_OPTION,
    ...ARRAY_OPTIONS,
    dataset: DATASET_OPTIONS.dataset!,
    images: { type: 'string', value: 'N', describe: 'first N images', default: '10' },
    latency: {
      type: 'string',
      value: 'LOW,HIGH',
      describe: 'cycles before the memory answers',
      default: '0,0',
    },
    stall: {
      type: 'string',
      value: 'PERCENT',
      describe: 'cycles in which each AXI channel holds back',
      default: '0',
    },
    seed: { type: 'string', value: 'N', describe: 'seed of latencies and stalls', default: '1' },
    multipliers: {
      type: 'string',
      value: 'HOW',
      describe:
        'gates: their circuits; words: the same products, built faster (default: gates up to 64 elements)',
    },
    trace: { type: 'string', value: 'FILE', describe: 'waveform (FST) for GTKWave or Surfer; slower' },
  },
  examples: [
    ['maxdnn cosim-network 8x8', 'the network of the work folder with exact multipliers'],
    [
      'maxdnn cosim-network 16x16 --assign mine.json --images 2 --trace out.fst',
      'an assignment, with a waveform',
    ],
    ['maxdnn cosim-network 4x4 --latency 0,40 --stall 30', 'a slow memory'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const images = integerOption(args, 'images', 1, 2 ** 20) ?? 10;
    const dataset = openDataset(textOption(args, 'dataset') ?? EMBEDDED, 'test', images);
    const latency = latencyOption(args);
    const trace = textOption(args, 'trace');
    const choice = acceleratorChoice(args, place, onProgress);
    mkdirSync(place.arrayCosimDir, { recursive: true });
    const seed = integerOption(args, 'seed', 0, 2 ** 32 - 1) ?? 1;
    const stallPercent = integerOption(args, 'stall', 0, 99) ?? 0;
    const multipliers = choiceOption(args, 'multipliers', MULTIPLIER_TEXTS);
    const result = await cosimulateNetwork({
      ...choice,
      images: sliceDataset(dataset, 0, Math.min(images, dataset.images)),
      outDir: place.arrayCosimDir,
      latency,
      stallPercent,
      seed,
      ...(multipliers === undefined ? {} : { multipliers }),
      ...(trace === undefined ? {} : { trace: resolve(trace) }),
      onProgress,
    });
    const { program, ...measured } = result;
    const value = {
      ...artifactHeader('network-cosim', NETWORK_COSIM_FORMAT_VERSION, {
        network: quantisedNetworkDigest(choice.network),
        assignment: program.assignmentSha256,
        images: dataset.sha256,
      }),
      spec: choice.spec,
      latency,
      stallPercent,
      seed,
      ...measured,
    };
    writeArtifact(place.networkCosim, value);
    if (!result.verified) throw mismatch(result);
    return {
      text: [...describe(choice, result), ...(trace === undefined ? [] : [trace]), place.networkCosim].join(
        '\n',
      ),
      value: { path: place.networkCosim, ...value },
    };
  },
};

function latencyOption(args: Parameters<Command['run']>[0]): readonly [number, number] {
  const text = textOption(args, 'latency') ?? '0,0';
  const match = /^(\d{1,5})(?:,(\d{1,5}))?$/.exec(text);
  const [low, high] = [Number(match?.[1]), Number(match?.[2] ?? match?.[1])];
  if (match !== null && low <= high) return [low, high];
  throw badInput(
    { where: '--latency', wanted: 'cycles LOW,HIGH with LOW ≤ HIGH', found: show(text) },
    'For example --latency 5,40.',
  );
}

function mismatch({ layers, brokenRules, images }: NetworkCosim): MaxdnnError {
  const lines = layers
    .filter(({ mismatchCount }) => mismatchCount > 0)
    .flatMap(({ layer, mismatchCount, numbersCompared, mismatches }) => [
      `${layer}: ${mismatchCount} of ${numbersCompared} numbers differ`,
      ...mismatches.map((text) => `  ${text}`),
    ]);
  const rules = brokenRules.map(({ rule, times }) => `AXI: ${rule}, ${times} times`);
  return new MaxdnnError('mismatch', [`On ${images} images:`, ...lines, ...rules].join('\n'), {
    hint: 'The first layer named is where to look; --trace FILE gives a waveform.',
  });
}

/** A line per layer: numbers compared, cycles, and the share of the elements that multiplied. */
function describe({ network, spec, name }: AcceleratorChoice, result: NetworkCosim): readonly string[] {
  const ideal = idealCycles(network, spec);
  const steps = result.program.layers.map((layer) => ({
    layer: layer.name,
    cycles: layer.descriptors.reduce((sum, number) => sum + (result.counters[number]?.cycles ?? 0), 0),
    compared: result.layers.find((own) => own.layer === layer.name)?.numbersCompared ?? 0,
  }));
  const rows = steps.map(({ layer, cycles, compared }) => {
    const least = ideal.get(layer);
    return [
      layer,
      String(compared),
      String(cycles),
      least === undefined ? '' : Math.ceil(least).toString(),
      least === undefined || cycles === 0 ? '' : `${((100 * least) / cycles).toFixed(1)} %`,
    ];
  });
  const compared = result.layers.reduce((sum, layer) => sum + layer.numbersCompared, 0);
  const cycles = result.imageCycles[0]!;
  return [
    `${network.name} with ${name} on ${spec.rows} × ${spec.columns} elements (${spec.elements}), ${result.images} images`,
    ...alignColumns([['layer', 'numbers compared', 'cycles', 'ideal', 'utilisation'], ...rows]),
    `${compared} numbers of ${result.layers.length} layers compared with both golden models, none differs`,
    `multipliers as ${result.multipliers}`,
    `${cycles} cycles per image; simulated ${result.imagesPerSecond.toFixed(2)} images/s`,
  ];
}
