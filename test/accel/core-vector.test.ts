import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { toolMissing } from '../tool-missing.ts';
import { randomConv } from './conv-sample.ts';
import { buildCore, coreSession, type Fields } from './core-bench.ts';
import { compareLayers, randomShapes, SHAPE_CODES } from './core-layers.ts';
import { SPECS } from './core-specs.ts';
import { CASES, COPY, map, POOL, prepareVector } from './vector-sample.ts';

const SPEC = SPECS.bank!;
const ROWS = SPEC.rows;
const OUTPUT = 600;
const RANDOM_LAYERS = process.env.MAXDNN_FULL ? 150 : 15;

describe.skipIf(toolMissing('verilator'))('vector unit, fills and order of descriptors', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-vector-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));
  let program = '';
  beforeAll(async () => {
    program = await buildCore(SPEC, outDir);
  }, 180_000);

  test('random layers give the convolution of their definition', async () => {
    const compared = await compareLayers(SPEC, program, outDir);
    expect(compared.differences).toEqual([]);
    expect(compared.codes).toBe(SHAPE_CODES);
    expect(compared.neighbours).toBeGreaterThan(100);
    const shapes = randomShapes(SPEC, RANDOM_LAYERS, 77);
    const more = await compareLayers(SPEC, program, outDir, { shapes, seed: 78 });
    expect(more.differences).toEqual([]);
    expect(more.codes).toBeGreaterThan(20 * RANDOM_LAYERS);
  });

  test('additions, pools, copies and fills give the numbers of their definition', async () => {
    const rng = createRng(11);
    const session = coreSession(SPEC);
    session.reset();
    const jobs = CASES.map((one) => prepareVector(SPEC, one, rng));
    for (const { before, descriptor } of jobs) {
      session.write('activation', 0, before);
      session.run(descriptor);
      session.read(0, SPEC.activationWords);
    }
    session.run({ operation: 4, outputBase: 17, outputZero: -77, fillWords: 9 });
    session.read(0, SPEC.activationWords);
    const { runs, reads } = await session.execute(program, outDir);
    const expected = [...jobs.map(({ after }) => after)];
    const filled = expected.at(-1)!.slice();
    filled.fill(256 - 77, 17 * ROWS, 26 * ROWS);
    expected.push(filled);
    expect(runs.map(({ done, fault }) => [done, fault])).toEqual(expected.map(() => [true, false]));
    expect(runs.map(({ cycles }) => cycles)).toEqual([
      96 + 13,
      15,
      144 + 14,
      144 + 14,
      60 + 14,
      36 + 13,
      9 + 4,
    ]);
    let compared = 0;
    for (const [index, wanted] of expected.entries()) {
      expect(Buffer.compare(reads[index]!, wanted), `step ${index}`).toBe(0);
      compared += wanted.length;
    }
    expect(compared).toBe(7 * 4 * SPEC.activationWords);
    expect(jobs.map(({ results }) => results)).toEqual([84, 1, 40, 48, 4, 72]);
  });

  test('memory traffic during a descriptor changes nothing, and arrives', async () => {
    const rng = createRng(12);
    const shape = { height: 6, width: 6, channels: 6, filters: 8, kernel: 3, stride: 1, pad: 1 };
    const sample = randomConv(SPEC, shape, rng);
    const next = Uint8Array.from({ length: 64 * ROWS }, () => rng.nextInt(0, 255));
    const [nextWeights, nextParameters] = [next.subarray(0, 200), next.subarray(56)];
    const fields = { ...sample.fields, outputBase: OUTPUT, outputPitch: 2, outputRowPitch: 12 };
    const session = coreSession(SPEC);
    session.reset();
    session.write('activation', 0, sample.input);
    session.write('weight', 0, sample.weights);
    session.write('parameter', 0, sample.parameters);
    session.write('activation', 900, next, { isKept: true });
    session.write('weight', 900, nextWeights, { isKept: true });
    session.write('parameter', 20, nextParameters, { isKept: true });
    session.read(900, 64, { isKept: true });
    session.read(0, 30, { isKept: true });
    session.run(fields);
    session.read(OUTPUT, 72);
    const second = randomConv(SPEC, shape, createRng(13));
    session.write('weight', 0, second.weights, { isKept: true });
    session.run({ ...COPY, inputBase: 900, outputBase: 100, ...map(1, 32, 1), channels: 4 });
    session.read(100, 32);
    const { runs, reads } = await session.execute(program, outDir, 3);
    expect(runs.map(({ done, fault }) => [done, fault])).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(Buffer.compare(reads[0]!, next)).toBe(0);
    expect(Buffer.compare(reads[1]!, sample.input.subarray(0, 30 * ROWS))).toBe(0);
    expect([...new Int8Array(reads[2]!)]).toEqual([...sample.wanted]);
    expect(Buffer.compare(reads[3]!, next.subarray(0, 32 * ROWS))).toBe(0);
  });

  test('reset in the middle of a descriptor, then clean runs', async () => {
    const rng = createRng(14);
    const shape = { height: 6, width: 6, channels: 6, filters: 8, kernel: 3, stride: 1, pad: 1 };
    const sample = randomConv(SPEC, shape, rng);
    const fields = { ...sample.fields, outputBase: OUTPUT, outputPitch: 2, outputRowPitch: 12 };
    const session = coreSession(SPEC);
    session.reset();
    session.write('activation', 0, sample.input);
    session.write('weight', 0, sample.weights);
    session.write('parameter', 0, sample.parameters);
    const moments = [3, 11, 40, 97, 333, 700];
    for (const moment of moments) {
      session.reset(moment, fields);
      session.run(fields);
      session.read(OUTPUT, 72);
    }
    const { runs, reads } = await session.execute(program, outDir, 4);
    expect(runs.map(({ done, fault, cycles }) => [done, fault, cycles])).toEqual(
      moments.map(() => [true, false, runs[0]!.cycles]),
    );
    for (const read of reads) expect([...new Int8Array(read)]).toEqual([...sample.wanted]);
    expect(reads).toHaveLength(moments.length);
    expect(sample.wanted).toHaveLength(288);
  });

  test('fields that cannot be right and addresses beyond a memory are faults, and the core goes on', async () => {
    const rng = createRng(15);
    const shape = { height: 4, width: 4, channels: 4, filters: 4, kernel: 1, stride: 1, pad: 0 };
    const sample = randomConv(SPEC, shape, rng);
    const good = { ...sample.fields, outputBase: OUTPUT, outputPitch: 1, outputRowPitch: 4 };
    const bad: readonly Fields[] = [
      { operation: 5 },
      { ...good, outputWidth: 0 },
      { ...good, strideX: 0 },
      { ...good, channels: 0 },
      { ...good, outputChannel: 1 },
      { ...good, wide: 1 },
      { ...good, channels: 5 }, // more filters than the passes have
      { ...good, outputBase: SPEC.activationWords - 3 },
      { ...good, inputBase: SPEC.activationWords - 3 },
      { ...good, weightBase: SPEC.weightWords - 2 },
      { ...POOL, ...map(2, 2, 1), channels: 4, kernelWidth: 0 },
      { operation: 4, outputBase: SPEC.activationWords - 1, fillWords: 2 },
      { operation: 4 },
    ];
    const session = coreSession(SPEC);
    session.reset();
    session.write('activation', 0, sample.input);
    session.write('weight', 0, sample.weights);
    session.write('parameter', 0, sample.parameters);
    for (const fields of bad) session.run(fields);
    session.run({ operation: 0 });
    session.run(good);
    session.read(OUTPUT, 16);
    const { runs, reads } = await session.execute(program, outDir, 5);
    expect(runs.map(({ done, fault }) => [done, fault])).toEqual([
      ...bad.map(() => [true, true]),
      [true, false],
      [true, false],
    ]);
    expect([...new Int8Array(reads[0]!)]).toEqual([...sample.wanted]);
  });
});
