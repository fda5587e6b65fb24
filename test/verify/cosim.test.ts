import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { CATALOGUE } from '../../src/multiplier/catalogue.ts';
import { portProduct } from '../../src/multiplier/golden.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { cosimulate, requireVerified } from '../../src/verify/cosim.ts';
import { cornerPatterns, makeVectors, RANDOM_PAIRS } from '../../src/verify/vectors.ts';
import type { Verdict } from '../../src/verify/verdict.ts';
import { toolMissing } from '../tool-missing.ts';

describe('vectors', () => {
  test('8×8: every pair once', () => {
    const { coverage, patterns } = makeVectors(
      { aBits: 8, bBits: 8, pBits: 16, aSigned: true, bSigned: true },
      1,
    );
    const seen = new Set<number>();
    for (let i = 0; i < patterns.length; i += 2) seen.add(patterns[i]! * 256 + patterns[i + 1]!);
    expect([coverage, patterns.length / 2, seen.size]).toEqual(['exhaustive', 65536, 65536]);
  });

  test('16×16: all pairs of corners and 10^6 seeded random pairs', () => {
    const shape = { aBits: 16, bBits: 16, pBits: 32, aSigned: true, bSigned: true };
    const { coverage, patterns } = makeVectors(shape, 7);
    const corners = cornerPatterns(16, true);
    expect(corners).toEqual(
      expect.arrayContaining([0, 1, 0xffff, 0x8000, 0x8001, 0x7fff, 0x7ffe, 0x5555, 0xaaaa]),
    );
    expect([coverage, patterns.length / 2]).toEqual(['sampled', corners.length ** 2 + RANDOM_PAIRS]);
    const isSame = (seed: number): boolean => {
      const again = makeVectors(shape, seed).patterns;
      return again.length === patterns.length && again.every((pattern, i) => pattern === patterns[i]);
    };
    expect([isSame(7), isSame(8)]).toEqual([true, false]);
    expect(Math.max(...patterns.subarray(0, 10_000))).toBeLessThan(65536);
  });
});

describe.skipIf(toolMissing('verilator'))('Verilator bank [needs verilator]', () => {
  const outDir = mkdtempSync(join(tmpdir(), 'maxdnn-cosim-'));
  afterAll(() => rmSync(outDir, { recursive: true }));

  const wide: readonly MultiplierSpec[] = [
    { family: 'roup', bits: 16, P: 2, r: new Array<number>(6).fill(4) },
    { family: 'baugh-wooley', aBits: 16, bBits: 12, aSigned: true, bSigned: false },
    { family: 'booth', aBits: 24, bBits: 24, aSigned: false, bSigned: false },
  ];
  const good = [...CATALOGUE.map(({ spec }) => spec), ...wide].map(generateRtl);
  // A design whose Verilog has one wrong gate: an exclusive or of the last compression stage became an or.
  const honest = generateRtl({ family: 'roup', bits: 8, P: 2, r: [1, 0] });
  const sabotaged = { ...honest, verilog: honest.verilog.replace(/(wire s1_12_\d = \S+) \^/, '$1 |') };
  let verdict: Verdict;
  beforeAll(async () => {
    verdict = await cosimulate([...good, sabotaged], { outDir, seed: 1 });
  });

  test('every design of the catalogue and wide ones equal golden; the pairs compared are counted', () => {
    const passed = verdict.designs.slice(0, good.length);
    expect(passed.map(({ verified, mismatchCount }) => [verified, mismatchCount])).toEqual(
      good.map(() => [true, 0]),
    );
    const compared = (design: string) => passed.find((d) => d.design === design)!.pairsCompared;
    expect(compared('mul_roup_s8_p2_r4')).toBe(65536);
    expect(compared('mul_narrow_s8_a4_b4')).toBe(256);
    expect(compared('mul_roup_s16_p2_r4')).toBe(RANDOM_PAIRS + cornerPatterns(16, true).length ** 2);
    expect(compared('mul_booth_u24')).toBeGreaterThan(RANDOM_PAIRS);
    expect(passed.length).toBe(CATALOGUE.length + 3);
  });

  test('one wrong gate is noticed, and the first mismatches are named', () => {
    expect(sabotaged.verilog).not.toBe(honest.verilog);
    const failed = verdict.designs.at(-1)!;
    expect(failed.verified).toBe(false);
    expect(failed.mismatchCount).toBeGreaterThan(1000);
    expect(failed.mismatches.length).toBe(8);
    for (const { a, b, want, got } of failed.mismatches) {
      expect(want).toBe(portProduct(honest.spec, a, b));
      expect(got).not.toBe(want);
    }
    const [{ a, b, want, got }] = failed.mismatches as [(typeof failed.mismatches)[0]];
    expect(() => requireVerified(verdict)).toThrow(MaxdnnError);
    expect(() => requireVerified(verdict)).toThrow(
      `mul_roup_s8_p2_r1_0: ${failed.mismatchCount} of 65536 products differ from the golden model\n  a=${a} b=${b} want=${want} got=${got}`,
    );
    expect(() => requireVerified({ ...verdict, designs: verdict.designs.slice(0, -1) })).not.toThrow();
  });

  test('the same designs are not built again, other Verilog is', async () => {
    const reused: boolean[] = [];
    const again = await cosimulate([...good, sabotaged], {
      outDir,
      seed: 1,
      onProgress: (event) => reused.push(event.reused === true),
    });
    expect(again).toEqual(verdict);
    expect(reused).toEqual(verdict.designs.map(() => true));
    expect(readdirSync(outDir).filter((name) => name.startsWith('bank-')).length).toBe(1);
    expect(existsSync(join(outDir, 'products.bin'))).toBe(false);
  });

  test.skipIf(toolMissing('iverilog'))(
    'Icarus reads every emitted module without a word [needs iverilog]',
    () => {
      const folder = readdirSync(outDir).find((name) => name.startsWith('bank-'))!;
      const files = readdirSync(join(outDir, folder)).filter(
        (name) => name.startsWith('mul_') && name.endsWith('.v'),
      );
      expect(files.length).toBe(good.length + 1);
      const output = execFileSync('iverilog', ['-Wall', '-t', 'null', ...files], {
        cwd: join(outDir, folder),
      });
      expect(output.toString()).toBe('');
    },
  );
});
