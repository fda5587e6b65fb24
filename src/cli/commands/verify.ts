import { loadDesigns } from '../../rtl/rtl-set.ts';
import { cosimulate, requireVerified } from '../../verify/cosim.ts';
import type { Command } from '../command.ts';
import { inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { workspaceOf } from '../workspace.ts';

export const verify: Command = {
  name: 'verify',
  summary: 'simulate Verilog in one Verilator bank and compare every product with the golden model',
  options: {
    work: WORK_OPTION,
    rtl: inputOption('designs to verify, an rtl.json that gen-rtl wrote', 'rtl/rtl.json'),
    seed: { type: 'string', value: 'N', describe: 'seed of the random pairs of wide designs', default: '1' },
  },
  examples: [
    ['maxdnn gen-rtl --P 2 --r 4 && maxdnn verify', 'all 65536 operand pairs of the design just written'],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const designs = loadDesigns(textOption(args, 'rtl') ?? place.rtlSet);
    const seed = integerOption(args, 'seed', 0, 2 ** 32 - 1) ?? 1;
    const verdict = await cosimulate(designs, { outDir: place.verifyDir, seed, onProgress });
    requireVerified(verdict);
    const lines = verdict.designs.map(
      ({ design, pairsCompared, coverage }) => `equal  ${design}  ${pairsCompared} pairs (${coverage})`,
    );
    return { text: [...lines, place.verdict].join('\n'), value: { path: place.verdict, ...verdict } };
  },
};
