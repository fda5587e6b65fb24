import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, uniformAssignment } from '../../src/dnn/assignment.ts';
import { infer } from '../../src/dnn/infer.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { evaluateNetwork } from '../../src/explore/evaluate.ts';
import { exportTable } from '../../src/multiplier/export-table.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { loadTruthTable, type TableOptions } from '../../src/multiplier/truth-table.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';
import { uniformEnergies } from './energies.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-outside-'));
afterAll(() => rmSync(folder, { recursive: true }));

const floatNetwork = randomNetwork(38);
const dataset = randomImages(floatNetwork, 61, 12);
const network = quantiseNetwork(floatNetwork, dataset);
const outPath = join(folder, 'evaluation.json');
const evaluate = (
  spec: MultiplierSpec,
  energyPjPerDesign: ReadonlyMap<string, number> = new Map(),
  workers = 0,
) =>
  evaluateNetwork({
    network,
    floatNetwork,
    dataset,
    designs: [{ design: designName(spec), spec }],
    roundedOperand: 'activations',
    outPath,
    energies: uniformEnergies(energyPjPerDesign),
    workers,
  });

test('an earlier row whose truth table is gone is no obstacle; the other rows are still reused', async () => {
  const spec: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
  const first = await evaluate(spec);
  const gone: MultiplierSpec = { family: 'table', name: 'gone', operands: 'signed', sha256: 'ab'.repeat(32) };
  const stored = JSON.parse(readFileSync(outPath, 'utf8'));
  stored.rows = [
    { ...stored.rows[0], design: designName(gone), spec: gone },
    { ...stored.rows[0], correct: 5 },
  ];
  writeFileSync(outPath, JSON.stringify(stored));
  const second = await evaluate(spec);
  expect(second.rows.map(({ design }) => design)).toEqual([designName(spec)]);
  expect(second.rows[0]!.correct).toBe(5);
  expect(first.rows[0]!.images).toBe(61);
});

/** The multiplier as a table: written, read again. */
function throughFile(spec: MultiplierSpec, name: string, options: TableOptions = {}): MultiplierSpec {
  const path = join(folder, `${name}.bin`);
  writeFileSync(path, exportTable(spec).bin);
  return loadTruthTable(path, options);
}

const logitsOf = (spec: MultiplierSpec) => infer(network, uniformAssignment(network, spec), dataset);

describe('a network with a multiplier that went out as a table and came in again', () => {
  const roup: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [5, 3, 0] };

  test('gives the same logits as with the multiplier itself, for both operands on port a', () => {
    const table = throughFile(roup, 'mul8s_roup');
    for (const rounded of ['activations', 'weights'] as const) {
      const [own, back] = [roup, table].map((spec) =>
        infer(network, uniformAssignment(network, spec), dataset, rounded),
      );
      expect(back).toEqual(own);
      expect(own!.length).toBeGreaterThanOrEqual(2 * 61);
    }
    expect(logitsOf(table)).not.toEqual(logitsOf(EXACT_INT8));
  });

  test('an exact unsigned table with its sign put back is the exact network', () => {
    const unsigned: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: false, bSigned: false };
    const table = throughFile(unsigned, 'mul8u_exact', { wrap: 'sign-magnitude' });
    expect(logitsOf(table)).toEqual(logitsOf(EXACT_INT8));
  });

  test('is evaluated like any other, and its row has no energy', async () => {
    const table = throughFile(roup, 'mul8s_rows');
    rmSync(outPath);
    const own = await evaluate(roup, new Map([[designName(roup), 0.3]]));
    rmSync(outPath);
    const back = await evaluate(table, new Map([[designName(roup), 0.3]]));
    const { energyPerImageNj, energyPerImageNjByStream: _, ...figures } = own.rows[0]!;
    expect(energyPerImageNj).toBeGreaterThan(0);
    const design = 'mul_table_s8_mul8s_rows';
    const energyMissing = { uniform: `the energy table has no row uniform for ${design}` };
    expect(back.rows).toEqual([{ ...figures, design, spec: table, energyMissing }]);
  });

  test('is evaluated by threads, which get its products with the job', async () => {
    const table = throughFile(roup, 'mul8s_threads');
    rmSync(outPath);
    const alone = await evaluate(table);
    rmSync(outPath);
    const shared = await evaluate(table, new Map(), 2);
    expect(shared).toEqual(alone);
    expect(shared.rows[0]!.images).toBe(61);
  });

  test('an unsigned table is refused where codes are negative', () => {
    const table = throughFile(
      { ...EXACT_INT8, aSigned: false, bSigned: false } as MultiplierSpec,
      'mul8u_plain',
    );
    expect(() => logitsOf(table)).toThrow(
      expect.objectContaining({
        code: 'bad-input',
        message:
          'multiplier mul_table_u8_mul8u_plain in layer first: wanted a port a for the activations, -128 … 127, found 0 … 255',
        hint: 'An unsigned truth table serves signed operands when it was added with --wrap sign-magnitude.',
      }),
    );
  });
});
