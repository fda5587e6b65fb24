import { loadDesigns } from '../../rtl/rtl-set.ts';
import { buildEnergyTable, requireVerifiedDesigns } from '../../synth/build-table.ts';
import type { EnergyConditions } from '../../synth/energy-table.ts';
import { DEFAULT_CONDITIONS } from '../../synth/price.ts';
import type { Command, CommandArguments, CommandOption } from '../command.ts';
import { inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { openLibrary, readVerdict } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';

/** Options of every verb that synthesises. */
export const SYNTHESIS_OPTIONS: Readonly<Record<string, CommandOption>> = {
  liberty: {
    type: 'string',
    value: 'FILE',
    describe: 'Liberty library, .lib or .lib.gz (default: the embedded 45 nm-class one)',
  },
  'delay-target-ps': {
    type: 'string',
    value: 'N',
    describe: 'delay target of the synthesis, the same for every design',
    default: String(DEFAULT_CONDITIONS.abcDelayTargetPs),
  },
  pairs: {
    type: 'string',
    value: 'N',
    describe: 'uniform random operand pairs of the power simulation',
    default: String(DEFAULT_CONDITIONS.operandPairs),
  },
};

/** Conditions of the table from the options. */
export function conditionsOf(args: CommandArguments): EnergyConditions {
  return {
    ...DEFAULT_CONDITIONS,
    abcDelayTargetPs:
      integerOption(args, 'delay-target-ps', 1, 100_000) ?? DEFAULT_CONDITIONS.abcDelayTargetPs,
    operandPairs: integerOption(args, 'pairs', 64, 2 ** 24) ?? DEFAULT_CONDITIONS.operandPairs,
  };
}

export const table: Command = {
  name: 'table',
  summary: 'synthesise, prove, time and price every verified design: the energy table',
  options: {
    work: WORK_OPTION,
    rtl: inputOption('designs, an rtl.json', 'rtl/rtl.json'),
    verdict: inputOption('verdict on them', 'verify/verdict.json'),
    ...SYNTHESIS_OPTIONS,
  },
  examples: [
    ['maxdnn table', 'energy table of the designs in out/rtl, embedded library'],
    ['maxdnn table --liberty NangateOpenCellLibrary_typical.lib.gz', 'the same with your library'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const designs = loadDesigns(textOption(args, 'rtl') ?? place.rtlSet);
    const verdict = readVerdict(textOption(args, 'verdict') ?? place.verdict);
    requireVerifiedDesigns(designs, verdict);
    const conditions = conditionsOf(args);
    const library = await openLibrary(place, textOption(args, 'liberty'));
    const outFolder = place.tableDir;
    const result = await buildEnergyTable({ designs, verdict, library, conditions, outFolder, onProgress });
    const width = Math.max(...designs.map(({ design }) => design.length));
    const lines = result.table.rows.map(
      ({ design, areaUm2, delayNs, energyPj }) =>
        `${design.padEnd(width)} ${areaUm2.toFixed(1).padStart(9)} ${delayNs.toFixed(3).padStart(9)} ${(energyPj * 1000).toFixed(1).padStart(10)}`,
    );
    const head = `${'design'.padEnd(width)} ${'area µm²'.padStart(9)} ${'delay ns'.padStart(9)} ${'energy fJ'.padStart(10)}`;
    return {
      text: [head, ...lines, result.jsonPath, result.csvPath].join('\n'),
      value: { path: result.jsonPath, csvPath: result.csvPath, ...result.table },
    };
  },
};
