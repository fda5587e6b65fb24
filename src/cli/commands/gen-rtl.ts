import { join } from 'node:path';
import { CATALOGUE } from '../../multiplier/catalogue.ts';
import type { MultiplierSpec } from '../../multiplier/spec.ts';
import { generateRtl } from '../../rtl/generate.ts';
import { writeRtlSet } from '../../rtl/rtl-set.ts';
import type { Command, CommandArguments } from '../command.ts';
import { textOption } from '../options.ts';
import { readSpecFile } from '../spec-file.ts';
import { SPEC_OPTIONS, specFromOptions } from '../spec-options.ts';

export const genRtl: Command = {
  name: 'gen-rtl',
  summary: 'write a multiplier as a self-contained Verilog module with its data sheet',
  options: {
    ...SPEC_OPTIONS,
    spec: {
      type: 'string',
      value: 'FILE',
      describe: 'read the spec from a JSON file (one spec or a list) instead',
    },
    catalogue: { type: 'boolean', describe: 'all designs of the built-in catalogue instead' },
    out: {
      type: 'string',
      value: 'DIR',
      describe: 'folder for <design>.v, <design>.f (filelist) and rtl.json (what verify reads)',
      default: join('out', 'rtl'),
    },
    stdout: { type: 'boolean', describe: 'print the Verilog and write nothing' },
  },
  examples: [
    ['gen-rtl --P 2 --r 4', 'ROUP, 8 bit, two Booth digits left out, operand a rounded to multiples of 16'],
    ['gen-rtl --r 6,4,2,0 --stdout', 'another rounding for each partial product, on standard output'],
    ['gen-rtl --family baugh-wooley --bits 8x7 --unsigned-b', 'an exact 8×7 multiplier, b unsigned'],
  ],
  run: async (args) => {
    const designs = requestedSpecs(args).map(generateRtl);
    const value = designs.map(({ design, spec, rtlSha256, metrics }) => ({
      design,
      spec,
      rtlSha256,
      metrics,
    }));
    if (args.stdout === true) {
      const text = designs.map(({ verilog }) => verilog.trimEnd()).join('\n\n');
      return { text, value: designs.map(({ verilog }, index) => ({ ...value[index], verilog })) };
    }
    const out = textOption(args, 'out')!;
    const set = writeRtlSet(designs, out, { replace: args.catalogue === true });
    const lines = designs.map(({ design, metrics }) => {
      const error = metrics.maeAbs === 0 ? 'exact' : `MAE ${metrics.maePercent.toPrecision(3)} %`;
      return `${join(out, `${design}.v`)}  (${error})`;
    });
    const next = 'Next: maxdnn verify compares the Verilog with the golden model.';
    const files = designs.map(({ design }) => [join(out, `${design}.v`), join(out, `${design}.f`)]);
    return {
      text: [...lines, `${set}  (list of designs for the next stages)`, next].join('\n'),
      value: { set, designs: value.map((entry, index) => ({ ...entry, files: files[index] })) },
    };
  },
};

function requestedSpecs(args: CommandArguments): readonly MultiplierSpec[] {
  if (args.catalogue === true) return CATALOGUE.map((entry) => entry.spec);
  const file = textOption(args, 'spec');
  return file === undefined ? [specFromOptions(args)] : readSpecFile(file);
}
