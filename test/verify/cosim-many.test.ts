import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { EXACT_FAMILIES, exactSpace } from '../../src/multiplier/space.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { type CosimManyOptions, cosimulateMany } from '../../src/verify/cosim-many.ts';
import { toolMissing } from '../tool-missing.ts';

const base = mkdtempSync(join(tmpdir(), 'maxdnn-cosim-many-'));
afterAll(() => rmSync(base, { recursive: true }));

test('no design, or one twice, is refused', async () => {
  const one = generateRtl({ family: 'booth', aBits: 3, bBits: 3, aSigned: true, bSigned: true });
  const options = { outDir: join(base, 'refused'), seed: 1 };
  await expect(cosimulateMany([], options)).rejects.toThrow(
    'designs: wanted at least one design, found none',
  );
  await expect(cosimulateMany([one, one], options)).rejects.toThrow(
    'mul_booth_s3: wanted it once, found it again',
  );
});

describe.skipIf(toolMissing('verilator'))('banks of many designs [needs verilator]', () => {
  const shapes = [
    { aBits: 3, bBits: 3, aSigned: true, bSigned: true },
    { aBits: 3, bBits: 8, aSigned: true, bSigned: false },
    { aBits: 8, bBits: 3, aSigned: false, bSigned: true },
    { aBits: 8, bBits: 7, aSigned: true, bSigned: false },
  ];
  const specs: readonly MultiplierSpec[] = EXACT_FAMILIES.flatMap((family) =>
    shapes.map((shape) => ({ family, ...shape })),
  );
  const designs = specs.map(generateRtl);
  // One wrong gate: an exclusive or of the first compression stage became an or.
  const at = designs.findIndex(({ design }) => design === 'mul_baugh_wooley_s8xu7');
  const broken = {
    ...designs[at]!,
    verilog: designs[at]!.verilog.replace(/(wire s1_6_0 = \S+) \^/, '$1 |'),
  };
  const tampered = designs.with(at, broken);
  const outDir = join(base, 'run');
  const run = async (options: Partial<CosimManyOptions> = {}) => {
    const done: string[] = [];
    const reused: string[] = [];
    const verdict = await cosimulateMany(tampered, {
      outDir,
      seed: 1,
      bankSize: 6,
      concurrency: 1,
      onProgress: (event) => (event.reused === true ? reused : done).push(event.note!),
      ...options,
    });
    return { verdict, done, reused };
  };

  test('an interrupted run goes on where it stopped; a wrong gate is found; nothing is left over', {
    timeout: 120_000,
  }, async () => {
    let seen = 0;
    const interrupted = run({
      onProgress: () => {
        seen += 1;
        if (seen === 6) throw new Error('interrupted');
      },
    });
    await expect(interrupted).rejects.toThrow('interrupted');
    expect(existsSync(join(outDir, 'verdict.json'))).toBe(false);
    expect(readdirSync(join(outDir, 'verdicts')).length).toBe(6);

    const { verdict, done, reused } = await run();
    expect([reused.length, done.length]).toEqual([6, 6]);
    expect(verdict.designs.map(({ design }) => design)).toEqual(designs.map(({ design }) => design));
    expect(verdict.designs.map(({ pairsCompared }) => pairsCompared)).toEqual(
      specs.map((spec) => ('aBits' in spec && 'bBits' in spec ? 2 ** (spec.aBits + spec.bBits) : 0)),
    );
    expect(verdict.designs.flatMap(({ design, verified }) => (verified ? [] : [design]))).toEqual([
      broken.design,
    ]);
    const failed = verdict.designs[at]!;
    expect(failed.mismatchCount).toBeGreaterThan(100);
    expect(failed.mismatches.map(({ a, b, want }) => want - a * b)).toEqual(new Array(8).fill(0));
    expect(readdirSync(outDir).sort()).toEqual(['verdict.json', 'verdicts']);

    const bytes = readFileSync(join(outDir, 'verdict.json'));
    const again = await run();
    expect([again.reused.length, again.done.length]).toEqual([12, 0]);
    expect(readFileSync(join(outDir, 'verdict.json'))).toEqual(bytes);
    // A damaged verdict is made again, also alone and in another bank.
    writeFileSync(join(outDir, 'verdicts', `${designs[0]!.design}.json`), '{"kind"');
    const repaired = await run();
    expect([repaired.reused.length, repaired.done]).toEqual([11, [designs[0]!.design]]);
    expect(readFileSync(join(outDir, 'verdict.json'))).toEqual(bytes);
  });

  test.skipIf(process.env.MAXDNN_FULL !== '1')(
    'exact multipliers of all widths 3 … 8 and signs equal golden on all pairs in Verilator [npm run test:full]',
    { timeout: 600_000 },
    async () => {
      const all = exactSpace(3, 8).map(generateRtl);
      const { designs: verdicts } = await cosimulateMany(all, { outDir: join(base, 'exact'), seed: 1 });
      expect(verdicts.length).toBe(324);
      expect(verdicts.filter(({ verified }) => !verified)).toEqual([]);
      const pairs = verdicts.reduce((sum, verdict) => sum + verdict.pairsCompared, 0);
      expect(pairs).toBe(9 * (8 + 16 + 32 + 64 + 128 + 256) ** 2);
    },
  );
});
