import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DYNAMIC_NAME, renderDynamicMultiplier } from '../../src/accel/dynamic-multiplier.ts';
import { roleBits } from '../../src/accel/edge-maps.ts';
import { type ElementSpec, elementClasses, renderElement, selectBits } from '../../src/accel/element.ts';
import type { VerilogFile } from '../../src/accel/generate-core.ts';
import { wordMultiplier } from '../../src/accel/word-multiplier.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { designName } from '../../src/multiplier/spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { buildSimulation, runSimulation } from '../../src/tools/verilator.ts';

/** An element of a bench; static ones have a single multiplier. */
export interface BenchElement {
  readonly spec: ElementSpec;
  /** Its multipliers on words instead of gates. */
  readonly isWordLevel?: boolean;
  /** Fault: text of the Verilog and what stands there instead. */
  readonly fault?: readonly [string, string];
  /** Stands twice, the second one on the right of the first: its sum is that of the next slot. */
  readonly isPair?: boolean;
}

/** Builds the elements side by side, module element_bench. @returns the program */
export async function buildElements(
  elements: readonly BenchElement[],
  buildDir: string,
  { isUnlinted = false, change = (files: readonly VerilogFile[]) => files } = {},
): Promise<string> {
  const files = change(elements.flatMap((element, index) => elementFiles(element, `e${index}`)));
  const slots = elements.flatMap(({ spec, isPair = false }, index) =>
    isPair
      ? [
          { spec, index, isRight: false },
          { spec, index, isRight: true },
        ]
      : [{ spec, index, isRight: false }],
  );
  const instances = slots.map(({ spec, index: element, isRight }, index) => {
    const [own] = elementClasses(spec);
    const sumBits = spec.accumulatorBits;
    const select = own!.hasSelect ? `.select_i(select_i[${selectBits(spec) - 1}:0]), ` : '';
    const activation = isRight ? `activation_${index - 1}` : `activation_i[${own!.activationBits - 1}:0]`;
    const [valid, swap] = isRight ? [`valid_${index - 1}`, `swap_${index - 1}`] : ['valid_i', 'swap_i'];
    return [
      `  wire [${sumBits - 1}:0] sum_${index};`,
      `  wire [${own!.activationBits - 1}:0] activation_${index};`,
      `  wire valid_${index}, swap_${index};`,
      `  e${element}_element u_${index} (.clk_i(clk_i), .rst_ni(rst_ni), .load_i(load_i),`,
      `    .weight_i(weight_i[${own!.weightBits - 1}:0]), ${select}.valid_i(${valid}), .swap_i(${swap}),`,
      `    .activation_i(${activation}), .sum_i(sum_i[${sumBits - 1}:0]),`,
      `    .valid_o(valid_${index}), .swap_o(swap_${index}), .activation_o(activation_${index}),`,
      `    .sum_o(sum_${index}));`,
      `  wire unused_${index} = &{1'b0, activation_${index}, valid_${index}, swap_${index}};`,
      `  assign sums_o[${32 * index} +: 32] = ${sumBits < 32 ? `{${32 - sumBits}'d0, sum_${index}}` : `sum_${index}`};`,
    ].join('\n');
  });
  const bench = [
    'module element_bench (input wire clk_i, input wire rst_ni, input wire load_i, input wire valid_i,',
    '  input wire swap_i, input wire [3:0] select_i, input wire [7:0] weight_i, input wire [7:0] activation_i,',
    `  input wire [31:0] sum_i, output wire [${32 * slots.length - 1}:0] sums_o);`,
    ...instances,
    "  wire unused = &{1'b0, select_i, weight_i, activation_i, sum_i};",
    'endmodule\n',
  ].join('\n');
  const driver = readFileSync(shippedFile('sim', 'element_driver.cpp'), 'utf8');
  const texts = new Map([...files, { name: 'element_bench.v', text: bench }].map((f) => [f.name, f.text]));
  texts.set('element_driver.cpp', driver);
  for (const [name, text] of texts) writeFileAtomic(join(buildDir, name), text);
  return buildSimulation({
    topModule: 'element_bench',
    sources: [...texts.keys()],
    buildDir,
    functionStatements: 500,
    isUnlinted,
  });
}

/** Sums after each cycle, cycle × element. */
export async function runElements(
  program: string,
  stimuli: Uint32Array,
  outDir: string,
): Promise<Uint32Array> {
  const [stimulusFile, responseFile] = [join(outDir, 'stimuli.bin'), join(outDir, 'responses.bin')];
  writeFileAtomic(stimulusFile, new Uint8Array(stimuli.buffer));
  await runSimulation(program, [resolve(stimulusFile), resolve(responseFile)], outDir);
  const bytes = readFileSync(responseFile);
  return new Uint32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

/** Files of an element, its own modules with a prefix. */
function elementFiles({ spec, isWordLevel = false, fault }: BenchElement, prefix: string): VerilogFile[] {
  const [own] = elementClasses(spec);
  const rename = (text: string): string => {
    const named = text.replaceAll(/\bmaxdnn_/g, `${prefix}_`);
    return isWordLevel ? named.replaceAll(/\bmul_/g, `${prefix}_mul_`) : named;
  };
  const element = renderElement(spec, own!);
  if (fault !== undefined && !element.includes(fault[0])) throw new Error(`no ${fault[0]} in ${own!.name}`);
  const text = fault === undefined ? element : element.replace(...fault);
  const multipliers =
    spec.elements === 'dynamic'
      ? [
          {
            name: `${prefix}_dynamic.v`,
            text: rename(renderDynamicMultiplier(spec.multipliers, selectBits(spec), DYNAMIC_NAME)),
          },
        ]
      : spec.multipliers.map((multiplier) => {
          const name = `${isWordLevel ? `${prefix}_` : ''}${designName(multiplier)}.v`;
          const verilog = isWordLevel
            ? rename(wordMultiplier(multiplier).text)
            : generateRtl(multiplier).verilog;
          return { name, text: verilog };
        });
  return [{ name: `${prefix}_element.v`, text: rename(text) }, ...multipliers];
}

/** Widths that the weight and activation of an element's multiplier have. */
export function operandBits(spec: ElementSpec, number: number) {
  return roleBits(spec.multipliers[number]!, spec.weightPort);
}
