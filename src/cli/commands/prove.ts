import { join } from 'node:path';
import { selectDesigns } from '../../rtl/rtl-set.ts';
import { proveRtl } from '../../verify/prove.ts';
import type { Command } from '../command.ts';
import { inputOption, integerOption, textOption, WORK_OPTION } from '../options.ts';
import { workspaceOf } from '../workspace.ts';

export const prove: Command = {
  name: 'prove',
  summary: 'prove for all operands that Verilog equals the definition of its family (practical up to 8 bit)',
  positionals: '[DESIGN…]',
  options: {
    work: WORK_OPTION,
    rtl: inputOption('designs, an rtl.json', 'rtl/rtl.json'),
    'time-limit-s': {
      type: 'string',
      value: 'N',
      describe: 'give up a proof after so many seconds',
      default: '120',
    },
  },
  examples: [['maxdnn prove mul_roup_s8_p2_r4', 'one design of out/rtl; without a name: all']],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const designs = selectDesigns(textOption(args, 'rtl') ?? place.rtlSet, args._);
    const timeLimitS = integerOption(args, 'time-limit-s', 1, 100_000) ?? 120;
    const lines: string[] = [];
    const proofs: unknown[] = [];
    for (const [index, subject] of designs.entries()) {
      const folder = join(place.proveDir, subject.design);
      const { proof, reused } = await proveRtl(subject, folder, timeLimitS);
      onProgress({ stage: 'prove', done: index + 1, total: designs.length, note: subject.design, reused });
      lines.push(
        `proved  ${proof.design} equals ${proof.reference} for all ${2 ** proof.proof.inputBits} operand pairs`,
      );
      proofs.push({ path: join(folder, 'proof.json'), ...proof });
    }
    return { text: lines.join('\n'), value: proofs };
  },
};
