import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { VerilogFile } from '../../src/accel/generate-core.ts';
import { toolMissing } from '../tool-missing.ts';
import { buildCore } from './core-bench.ts';
import { compareLayers, randomShapes, SHAPE_CODES } from './core-layers.ts';
import { SPECS } from './core-specs.ts';

const RANDOM_LAYERS = process.env.MAXDNN_FULL ? 150 : 15;
/** Each array takes a build of half a minute: the ordinary run has the bank, below and in core-vector.test.ts. */
const NAMES = process.env.MAXDNN_FULL ? Object.keys(SPECS) : [];

describe.skipIf(toolMissing('verilator'))('convolutions on the core', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-core-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));

  test.each(NAMES)('%s: random layers give the convolution of their definition', async (name) => {
    const spec = SPECS[name]!;
    const program = await buildCore(spec, join(outDir, name));
    const compared = await compareLayers(spec, program, join(outDir, name));
    expect(compared.differences).toEqual([]);
    expect(compared.codes).toBe(SHAPE_CODES);
    expect(compared.neighbours).toBeGreaterThan(40);
    const shapes = randomShapes(spec, RANDOM_LAYERS, 77);
    const more = await compareLayers(spec, program, join(outDir, name), { shapes, seed: 78 });
    expect(more.differences).toEqual([]);
    expect(more.codes).toBeGreaterThan(20 * RANDOM_LAYERS);
  });

  test('sabotage: each fault is noticed', async () => {
    // Bit k of the descriptor's layer number, which the core does not look at, switches fault k on.
    const spec = SPECS.bank!;
    const program = await buildCore(spec, join(outDir, 'faulty'), { change: addFaults });
    for (const [fault, { name, wrongLayers }] of FAULTS.entries()) {
      const { differences } = await compareLayers(spec, program, join(outDir, 'faulty'), {
        extra: { layer: 2 ** fault },
      });
      expect(differences.length, name).toBeGreaterThanOrEqual(wrongLayers);
    }
    const sound = await compareLayers(spec, program, join(outDir, 'faulty'));
    expect(sound.differences).toEqual([]);
  });
});

/** Faults in the wiring of the core, and how many of the layers have to suffer at least. */
const FAULTS = [
  { name: 'padding', from: '.pad_i(word_pad)', to: '.pad_i(word_pad && !FAULT)', wrongLayers: 2 },
  { name: 'shift', from: '.shift_i(shift)', to: ".shift_i(shift ^ {Lanes{5'd0, FAULT}})", wrongLayers: 6 },
  { name: 'first sum', from: '.first_i(sum_first)', to: '.first_i(sum_first && !FAULT)', wrongLayers: 5 },
  { name: 'bank', from: '.bank_i(sum_bank)', to: '.bank_i(sum_bank && !FAULT)', wrongLayers: 3 },
  { name: 'operand map', from: '.map_i(word_map)', to: ".map_i(FAULT ? 8'd0 : word_map)", wrongLayers: 4 },
  {
    name: 'selects',
    from: '.select_i(select)',
    to: '.select_i(select & {SelectBits*Columns{!FAULT}})',
    wrongLayers: 4,
  },
  {
    name: 'lanes in use',
    from: '.mask_i(result_tag[Lanes+2:3])',
    to: '.mask_i(result_tag[Lanes+2:3] | {Lanes{FAULT}})',
    wrongLayers: 1,
  },
  {
    name: 'zero',
    from: ".zero_i(is_maximum ? 8'd0 : f_output_zero)",
    to: ".zero_i(f_output_zero ^ {7'd0, FAULT})",
    wrongLayers: 5,
  },
];

function addFaults(files: readonly VerilogFile[]): readonly VerilogFile[] {
  return files.map((file) => {
    if (file.name !== 'maxdnn_core.v') return file;
    let { text } = file;
    for (const [fault, { from, to }] of FAULTS.entries()) {
      expect(text).toContain(from);
      text = text.replace(from, to.replace('FAULT', `descriptor_i[${32 + fault}]`));
    }
    return { ...file, text };
  });
}
