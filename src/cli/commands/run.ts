import { MaxdnnError } from '../../base/errors.ts';
import type { OnProgress } from '../../base/progress.ts';
import type { RoundedOperand } from '../../dnn/assignment.ts';
import type { Dataset } from '../../dnn/data/dataset.ts';
import type { QuantisedNetwork } from '../../dnn/quantised-network.ts';
import { DEFAULT_ARRAY } from '../../dnn/record-operands-schedule.ts';
import type { AcceleratorEnergy } from '../../explore/accelerator-energy.ts';
import { DEFAULT_STORAGE } from '../../explore/storage-parameters.ts';
import { CATALOGUE } from '../../multiplier/catalogue.ts';
import { generateRtl } from '../../rtl/generate.ts';
import { DEFAULT_ACCUMULATOR_BITS } from '../../rtl/mac.ts';
import { type LoadedDesign, loadDesigns, writeRtlSet } from '../../rtl/rtl-set.ts';
import { buildEnergyTable } from '../../synth/build-table.ts';
import type { EnergyConditions, EnergyTable } from '../../synth/energy-table.ts';
import { cosimulate, requireVerified } from '../../verify/cosim.ts';
import type { Verdict } from '../../verify/verdict.ts';
import type { Command } from '../command.ts';
import { describeEvaluation } from '../describe-evaluation.ts';
import { energyStage } from '../energy-stage.ts';
import { importedNetwork } from '../import-model.ts';
import { type OpenedOperands, recordedStreams } from '../open-operands.ts';
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
import { type Workspace, workspaceOf } from '../workspace.ts';
import { arrayClockNs, uniformSubjects } from './energy.ts';
import { DATASET_OPTIONS, ROUNDED_OPERANDS } from './evaluate.ts';
import { NETWORK_OPTION, networkSource, PERCENTILE_OPTION, percentileOption } from './quantise.ts';
import { recordOptions, recordStage } from './record.ts';
import { SYNTHESIS_OPTIONS, tableConditions } from './table.ts';

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
    const conditions = tableConditions(args);
    const roundedOperand = choiceOption(args, 'round', ROUNDED_OPERANDS) ?? 'activations';
    const percentile = percentileOption(args);
    const images = integerOption(args, 'images', 1, 2 ** 24);
    const imported = importedNetwork(args, place);
    const floatNetwork = imported ? undefined : openFloatNetwork(networkSource(args, place));
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
    const network =
      imported ?? quantiseStage(place, floatNetwork!, calibration, percentile, onProgress).network;
    const choice = recordOptions(calibration);
    const operands = recordStage(place.operands, network, calibration, choice, onProgress);
    const hardware = await priceWhatCanBe(place, {
      designs,
      conditions,
      operands: recordedStreams(operands),
      network,
      calibration,
      roundedOperand,
      liberty: textOption(args, 'liberty'),
      onProgress,
    });
    const table = 'table' in hardware ? hardware.table : undefined;
    const float = floatNetwork ? { floatNetwork } : {};
    const request = { place, network, ...float, dataset, designs, roundedOperand, table, onProgress };
    const evaluation = await evaluateStage(request);
    if ('missing' in hardware) {
      const skipped = 'Not done, because a tool is missing: energy table and report.';
      const text = `${describeEvaluation(evaluation)}\n${place.evaluation}\n\n${skipped}`;
      return { text, value: { evaluation }, failure: hardware.missing };
    }
    const { report, htmlPath, markdownPath, csvPath } = reportStage(
      place,
      hardware.table,
      hardware.verdict,
      evaluation,
      hardware.accelerator,
    );
    return {
      text: `${renderTerminalTable(report)}\n\nReport: ${htmlPath} (also ${markdownPath}, ${csvPath})`,
      value: { htmlPath, markdownPath, csvPath, rows: report.rows },
    };
  },
};

type Hardware =
  | { readonly verdict: Verdict; readonly table: EnergyTable; readonly accelerator: AcceleratorEnergy }
  | { readonly missing: MaxdnnError };

/** Verification, energy table and energy of the array; a missing tool ends this part of the chain, not the part that needs none. */
async function priceWhatCanBe(
  place: Workspace,
  request: {
    readonly designs: readonly LoadedDesign[];
    readonly conditions: EnergyConditions;
    readonly operands: OpenedOperands;
    readonly network: QuantisedNetwork;
    readonly calibration: Dataset;
    readonly roundedOperand: RoundedOperand;
    readonly liberty: string | undefined;
    readonly onProgress: OnProgress;
  },
): Promise<Hardware> {
  const { designs, conditions, operands, network, calibration, liberty, onProgress } = request;
  try {
    const verdict = await cosimulate(designs, { outDir: place.verifyDir, seed: 1, onProgress });
    requireVerified(verdict);
    const library = await openLibrary(place, liberty);
    const outFolder = place.tableDir;
    const { table } = await buildEnergyTable({
      designs,
      verdict,
      library,
      conditions,
      operands,
      outFolder,
      onProgress,
    });
    const accelerator = await energyStage({
      place,
      table,
      library,
      network,
      dataset: calibration,
      subjects: uniformSubjects(designs, network),
      role: request.roundedOperand === 'activations' ? 'weight-on-b' : 'activation-on-b',
      stream: 'layer-stream',
      clockNs: arrayClockNs(table),
      array: DEFAULT_ARRAY,
      accumulatorBits: DEFAULT_ACCUMULATOR_BITS,
      storage: DEFAULT_STORAGE,
      verilogOf: new Map(designs.map(({ design, verilog }) => [design, verilog])),
      onProgress,
    });
    return { verdict, table, accelerator };
  } catch (error) {
    if (error instanceof MaxdnnError && error.code === 'tool-missing') return { missing: error };
    throw error;
  }
}
