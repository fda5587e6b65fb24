import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { evaluateNetwork } from '../../src/explore/evaluate.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-outside-'));
afterAll(() => rmSync(folder, { recursive: true }));

const floatNetwork = randomNetwork(38);
const dataset = randomImages(floatNetwork, 61, 12);
const network = quantiseNetwork(floatNetwork, dataset);
const outPath = join(folder, 'evaluation.json');
const evaluate = (spec: MultiplierSpec) =>
  evaluateNetwork({
    network,
    floatNetwork,
    dataset,
    designs: [{ design: designName(spec), spec }],
    roundedOperand: 'activations',
    outPath,
    workers: 0,
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
