import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { generateMac, type MacSpec } from '../../src/rtl/mac.ts';
import {
  cosimulateMacs,
  type MacUnderTest,
  type MacVerdict,
  requireVerifiedMacs,
} from '../../src/verify/mac-cosim.ts';
import { type MacCycle, macModel, RESET_STATE } from '../../src/verify/mac-golden.ts';
import { toolMissing } from '../tool-missing.ts';

const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] };
const SPECS: readonly MacSpec[] = [
  { multiplier: ROUP, weightPort: 'b', accumulatorBits: 24 },
  { multiplier: ROUP, weightPort: 'a', accumulatorBits: 16 },
  {
    multiplier: { family: 'narrow', bits: 8, aBits: 6, bBits: 5, architecture: 'baugh-wooley' },
    weightPort: 'a',
    accumulatorBits: 32,
  },
  {
    multiplier: { family: 'booth', aBits: 8, bBits: 7, aSigned: true, bSigned: false },
    weightPort: 'a',
    accumulatorBits: 20,
  },
];

describe('golden model', () => {
  const model = macModel(SPECS[0]!);
  const cycle: MacCycle = {
    isReset: false,
    isEnabled: true,
    isWeightLoaded: true,
    weight: 64,
    activation: 100,
    psum: 5,
  };

  test('adds the product of the operands held before the edge', () => {
    const loaded = model.afterEdge(RESET_STATE, cycle);
    expect(loaded).toEqual({ weight: 64, activation: 100, psum: 5 });
    // Digit 3 of 64 is 1, the others 0, and that row is not rounded: 64 · 100.
    const next = model.afterEdge(loaded, { ...cycle, isWeightLoaded: false, weight: 1, activation: 2 });
    expect(next).toEqual({ weight: 64, activation: 2, psum: 6405 });
  });

  test('wraps around, stands still without enable, and forgets everything in reset', () => {
    const held = { weight: 64, activation: 256 - 100, psum: 7 };
    expect(model.afterEdge(held, { ...cycle, psum: 0 }).psum).toBe(2 ** 24 - 6400);
    expect(model.afterEdge(held, { ...cycle, isEnabled: false, isWeightLoaded: false })).toEqual(held);
    expect(model.beforeEdge(held, { ...cycle, isReset: true })).toEqual(RESET_STATE);
  });
});

describe.skipIf(toolMissing('verilator'))('Verilog in Verilator against the golden model', () => {
  const CYCLES = 20_000;
  const good = SPECS.map((spec) => underTest(spec));
  /** Each with one fault; the modules get names of their own. */
  const faulty = [
    sabotaged('adds', 'psum_d = psum_i + product', 'psum_d = psum_i - product'),
    sabotaged('sign', '{8{product_i[15]}}', "{8{1'b0}}"),
    sabotaged('enable', 'else if (en_i)', 'else if (en_i | weight_load_i)'),
    sabotaged('load', 'else if (weight_load_i)', 'else if (weight_load_i & en_i)'),
    sabotaged('reset', "activation_o <= 8'b0", "activation_o <= 8'b1"),
  ];
  let verdicts: readonly MacVerdict[] = [];
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-mac-'));
  afterAll(() => rmSync(outDir, { recursive: true, force: true }));

  beforeAll(async () => {
    verdicts = await cosimulateMacs([...good, ...faulty], { outDir, cycles: CYCLES, seed: 7 });
  }, 120_000);

  test('every sum and activation is the same, before and after each edge', () => {
    const own = verdicts.slice(0, good.length);
    expect(own.map(({ cyclesCompared, mismatchCount }) => [cyclesCompared, mismatchCount])).toEqual(
      good.map(() => [CYCLES, 0]),
    );
    expect(() => requireVerifiedMacs(own)).not.toThrow();
  });

  test('sabotage: each fault is noticed', () => {
    const own = verdicts.slice(good.length);
    expect(own).toHaveLength(faulty.length);
    expect(own.filter(({ verified }) => verified).map(({ name }) => name)).toEqual([]);
    for (const { mismatchCount, mismatches } of own) {
      expect(mismatchCount).toBeGreaterThan(0);
      expect(mismatches[0]).toMatch(/^cycle \d+ (before|after) the edge: psum_o \d+ instead of \d+/);
    }
    expect(() => requireVerifiedMacs(own)).toThrow(/differs from the golden model \d+ times in 20000 cycles/);
  });
});

function underTest(spec: MacSpec): MacUnderTest {
  const { design, verilog } = generateRtl(spec.multiplier);
  return { ...generateMac(spec), multiplier: { design, verilog } };
}

function sabotaged(suffix: string, text: string, replacement: string): MacUnderTest {
  const mac = underTest(SPECS[0]!);
  expect(mac.shellVerilog).toContain(text);
  const [name, shellName] = [`${mac.name}_${suffix}`, `${mac.shellName}_${suffix}`];
  const rename = (verilog: string): string =>
    verilog.replaceAll(mac.name, name).replaceAll(mac.shellName, shellName);
  const shellVerilog = rename(mac.shellVerilog.replace(text, replacement));
  return { ...mac, name, shellName, verilog: rename(mac.verilog), shellVerilog };
}
