import { mkdirSync } from 'node:fs';
import { test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { buildCore, coreSession } from './core-bench.ts';
import { randomConv } from './conv-sample.ts';
import { SPECS } from './core-specs.ts';
test('debug', async () => {
  const name = process.env.DBG ?? 'plain';
  const spec = SPECS[name]!;
  const dir = `/tmp/core/dbg/${name}`;
  mkdirSync(dir, { recursive: true });
  const program = await buildCore(spec, dir);
  for (const shape of [
    { height: 1, width: 1, channels: 1, filters: 10, kernel: 1, stride: 1, pad: 0 },
    { height: 1, width: 1, channels: 4, filters: 10, kernel: 1, stride: 1, pad: 0 },
    { height: 1, width: 1, channels: 8, filters: 10, kernel: 1, stride: 1, pad: 0 },
    { height: 5, width: 1, channels: 4, filters: 4, kernel: 1, stride: 1, pad: 0 },
  ]) {
    const s = randomConv(spec, shape, createRng(3));
    const session = coreSession(spec);
    session.reset();
    session.write('activation', 0, s.input);
    session.write('weight', 0, s.weights);
    session.write('parameter', 0, s.parameters);
    const op = Math.ceil(shape.filters / spec.rows);
    session.run({ ...s.fields, outputBase: 400, outputPitch: op, outputRowPitch: op * s.outputWidth });
    session.read(400, s.outputHeight * s.outputWidth * op);
    const { runs, reads } = await session.execute(program, dir);
    console.log(JSON.stringify(runs[0]), '\n', Array.from(s.wanted).join(' '), '\n', new Int8Array(reads[0]!.buffer).join(' '), '\n', s.parameters.join(' '), '\n w', s.weights.join(' '), ' x ', s.input.join(' '));
  }
});
