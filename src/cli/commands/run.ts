import { CATALOGUE } from '../../multiplier/catalogue.ts';
import { generateRtl } from '../../rtl/generate.ts';
import { loadDesigns, writeRtlSet } from '../../rtl/rtl-set.ts';
import { buildEnergyTable } from '../../synth/build-table.ts';
import { cosimulate, requireVerified } from '../../verify/cosim.ts';
import type { Command } from '../command.ts';
import { choiceOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import {
  CALIBRATION_IMAGES,
  EMBEDDED,
  evaluateStage,
  openDataset,
  openFloatNetwork,
  openLibrary,
  quantiseStage,
  reportStage,
} from '../stages.ts';
import { renderTerminalTable } from '../terminal-table.ts';
import { workspaceOf } from '../workspace.ts';
import { DATASET_OPTIONS, ROUNDED_OPERANDS } from './evaluate.ts';
import { NETWORK_OPTION, networkSource, PERCENTILE_OPTION, percentileOption } from './quantise.ts';
import { conditionsOf, SYNTHESIS_OPTIONS } from './table.ts';

export const run: Command = {
  name: 'run',
  summary: 'the whole chain: catalogue, Verilog, cosimulation, energy table, accuracy, report',
  options: {
    work: WORK_OPTION,
    rtl: {
      type: 'string',
      value: 'FILE',
      describe: 'designs, an rtl.json (default: the built-in catalogue)',
    },
    ...SYNTHESIS_OPTIONS,
    network: NETWORK_OPTION,
    calibration: {
      type: 'string',
      value: 'FILE',
      describe: `training images that set the activation scales, or "${EMBEDDED}"`,
      default: EMBEDDED,
    },
    percentile: PERCENTILE_OPTION,
    ...DATASET_OPTIONS,
  },
  examples: [
    ['maxdnn run', 'embedded library, network and images; run it again and finished work is reused'],
    ['maxdnn run --liberty nangate45_typ.lib.gz --work nangate', 'with your library, in a folder of its own'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const conditions = conditionsOf(args);
    const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
    const percentile = percentileOption(args);
    const images = integerOption(args, 'images', 1, 2 ** 24);
    const floatNetwork = openFloatNetwork(networkSource(args, place));
    const dataset = openDataset(textOption(args, 'dataset') ?? EMBEDDED, 'test', images);
    const calibrationSource = textOption(args, 'calibration') ?? EMBEDDED;
    const calibration = openDataset(calibrationSource, 'calibration', CALIBRATION_IMAGES);

    const given = textOption(args, 'rtl');
    const rtlSet =
      given ??
      writeRtlSet(
        CATALOGUE.map(({ spec }) => generateRtl(spec)),
        place.rtlDir,
        { replace: true },
      );
    const designs = loadDesigns(rtlSet);
    const verdict = await cosimulate(designs, { outDir: place.verifyDir, seed: 1, onProgress });
    requireVerified(verdict);
    const library = await openLibrary(place, textOption(args, 'liberty'));
    const outFolder = place.tableDir;
    const { table } = await buildEnergyTable({
      designs,
      verdict,
      library,
      conditions,
      outFolder,
      onProgress,
    });
    const { network } = quantiseStage(place, floatNetwork, calibration, percentile, onProgress);
    const request = { place, network, floatNetwork, dataset, designs, roundedOperand, table, onProgress };
    const evaluation = await evaluateStage(request);
    const { report, htmlPath, markdownPath, csvPath } = reportStage(place, table, verdict, evaluation);
    return {
      text: `${renderTerminalTable(report)}\n\nReport: ${htmlPath} (also ${markdownPath}, ${csvPath})`,
      value: { htmlPath, markdownPath, csvPath, rows: report.rows },
    };
  },
};
