import { join } from 'node:path';
import { renderBlockDiagram } from '../../accel/block-diagram.ts';
import { compileNetwork } from '../../accel/compile-network.ts';
import { generateAccelerator } from '../../accel/generate-accelerator.ts';
import { integrationFiles } from '../../accel/integration-files.ts';
import { listProgram } from '../../accel/listing.ts';
import { totalCycles } from '../../accel/program.ts';
import { writeProgram } from '../../accel/program-file.ts';
import { renderRegisterHeader } from '../../accel/register-header.ts';
import { writeFileAtomic } from '../../base/files.ts';
import { designName } from '../../multiplier/spec.ts';
import { ARRAY_OPTIONS, acceleratorChoice, CLOCK_OPTION, clockOption } from '../array-options.ts';
import type { Command } from '../command.ts';
import { textOption, WORK_OPTION } from '../options.ts';
import { workspaceOf } from '../workspace.ts';

export const array: Command = {
  name: 'array',
  summary: 'a MAC-array accelerator for a network with the multipliers of an assignment: Verilog and program',
  positionals: '[CONFIGURATION]',
  options: {
    work: WORK_OPTION,
    ...ARRAY_OPTIONS,
    'clock-ns': { ...CLOCK_OPTION, describe: 'clock period in the timing constraints' },
    out: {
      type: 'string',
      value: 'DIR',
      describe: 'where everything goes (default: array in the work folder)',
    },
  },
  examples: [
    ['maxdnn array 8x8 --mul mul_roup_s8_p2_r4', 'eight by eight elements with one multiplier'],
    [
      'maxdnn array --rows 16 --cols 16 --assign out/explore/assignments/p018.json',
      'an assignment that a search found',
    ],
    [
      'maxdnn array 16x16 --assign mine.json --elements bank',
      'all multipliers of the assignment in each element',
    ],
  ],
  run: async (args, { onProgress }) => {
    const place = workspaceOf(args);
    const choice = acceleratorChoice(args, place, onProgress);
    const { network, spec, name } = choice;
    const clockPeriodNs = clockOption(args);
    const program = compileNetwork(choice);
    const out = textOption(args, 'out') ?? place.arrayDir;
    const verilog = generateAccelerator(spec);
    for (const { name: file, text } of verilog) writeFileAtomic(join(out, 'rtl', file), text);
    const files = [
      { name: 'maxdnn_registers.h', text: renderRegisterHeader() },
      { name: 'listing.txt', text: listProgram(program) },
      { name: 'block-diagram.svg', text: renderBlockDiagram(spec) },
      ...integrationFiles(spec, { verilog: verilog.map(({ name: file }) => `rtl/${file}`), clockPeriodNs }),
    ];
    for (const { name: file, text } of files) writeFileAtomic(join(out, file), text);
    const programPath = writeProgram(out, program);
    const { rows, columns, elements, multipliers, classes } = spec;
    const designs = multipliers.map(designName);
    const kind = classes === undefined ? elements : `${elements}, by ${classes.by}`;
    const { programBytes, activationWords, weightWords } = program.memory;
    return {
      text: [
        `${rows} × ${columns} elements (${kind}) for ${network.name} with ${name}: ${designs.join(', ')}`,
        `${program.descriptors.length} descriptors, ${programBytes} bytes of program, ` +
          `${activationWords} of ${spec.activationWords} activation words, ${weightWords} of ${spec.weightWords} weight words`,
        `about ${totalCycles(program)} cycles per image (estimate)`,
        `${verilog.length} modules in ${join(out, 'rtl')}, top maxdnn_accelerator`,
        join(out, 'listing.txt'),
        `${join(out, 'block-diagram.svg')}; file list, FuseSoC core, constraints and saved views of waveforms beside it`,
        programPath,
      ].join('\n'),
      value: {
        path: programPath,
        spec,
        memory: program.memory,
        estimatedCycles: totalCycles(program),
        verilog: verilog.map(({ name: file }) => join(out, 'rtl', file)),
      },
    };
  },
};
