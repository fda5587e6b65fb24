import { mkdirSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'vitest';
import { survivorsOf } from './mutation-bench.ts';
import { coreBench } from './mutation-core.ts';

test('mutants', async () => {
  const outDir = process.env.MUT_DIR ?? mkdtempSync(join(tmpdir(), 'maxdnn-mutation-'));
  mkdirSync(outDir, { recursive: true });
  const t0 = Date.now();
  const bench = await coreBench(outDir);
  console.log(bench.mutants.length, 'mutants', Date.now() - t0);
  const step = Number(process.env.STEP ?? 1);
  const own = bench.mutants.filter((_, i) => i % step === 0);
  const t1 = Date.now();
  const survivors = await survivorsOf(bench, own);
  for (const m of survivors) console.log(`${m.number} ${m.file}:${m.line} ${m.original}  =>  ${m.mutated}`);
  console.log('survived', survivors.length, 'of', own.length, Date.now() - t1);
}, 3_000_000);
