import { join } from 'node:path';
import { selectDesigns } from '../../rtl/rtl-set.ts';
import { priceDesigns, requireVerifiedDesigns } from '../../synth/build-table.ts';
import type { Command } from '../command.ts';
import { inputOption, textOption, WORK_OPTION } from '../options.ts';
import { openLibrary, readVerdict } from '../stages.ts';
import { workspaceOf } from '../workspace.ts';
import { conditionsOf, describeDelay, SYNTHESIS_OPTIONS } from './table.ts';

export const synth: Command = {
  name: 'synth',
  summary: 'synthesise verified designs: netlist, area, delay, proof that netlist and RTL are equal',
  positionals: '[DESIGN…]',
  options: {
    work: WORK_OPTION,
    rtl: inputOption('designs, an rtl.json', 'rtl/rtl.json'),
    verdict: inputOption('verdict on them', 'verify/verdict.json'),
    ...SYNTHESIS_OPTIONS,
  },
  examples: [['maxdnn synth mul_roup_s8_p2_r4', 'one design of out/rtl; without a name: all']],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const designs = selectDesigns(textOption(args, 'rtl') ?? place.rtlSet, args._);
    const verdict = readVerdict(textOption(args, 'verdict') ?? place.verdict);
    requireVerifiedDesigns(designs, verdict);
    const conditions = conditionsOf(args);
    const library = await openLibrary(place, textOption(args, 'liberty'));
    const outFolder = place.tableDir;
    const results = await priceDesigns({ designs, verdict, library, conditions, outFolder, onProgress });
    const value = results.map(({ mapped, energies, runFolder }) => ({ runFolder, energies, ...mapped }));
    const lines = value.map(({ recipe, proof, longestPath, runFolder, ...mapped }) =>
      [
        `${mapped.design}: ${mapped.cells} cells, ${mapped.areaUm2.toFixed(1)} µm², ${describeDelay(mapped)}`,
        `  recipe "${recipe}"; netlist proved equal to the RTL (${proof.method}, ${proof.outputBits} outputs)`,
        `  longest path ${longestPath.from} to ${longestPath.to}`,
        `  ${join(runFolder, 'netlist.v')}`,
      ].join('\n'),
    );
    return { text: lines.join('\n'), value };
  },
};
