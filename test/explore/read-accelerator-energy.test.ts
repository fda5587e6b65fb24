import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readAcceleratorEnergy } from '../../src/explore/read-accelerator-energy.ts';
import { sampleEnergy } from './energy-sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-energy-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'accelerator-energy.json');

/** Reads the sample after a change to its JSON. */
function readChanged(change: (json: ReturnType<typeof mutable>) => void): unknown {
  const json = mutable();
  change(json);
  writeFileSync(path, JSON.stringify(json));
  return readAcceleratorEnergy(path);
}

function mutable() {
  return JSON.parse(JSON.stringify(sampleEnergy()));
}

test('what was written is read', () => {
  expect(readChanged(() => {})).toEqual(JSON.parse(JSON.stringify(sampleEnergy())));
});

test.each([
  [
    'a total that is not the sum of the layers',
    (json: ReturnType<typeof mutable>) => {
      json.rows[1].total.multiplyNj *= 2;
    },
    /rows\[1\]\.total\.macNj: wanted [\d.e-]+, the sum of its parts, found [\d.e-]+\n.*rows\[1\]\.total\.multiplyNj: wanted/,
  ],
  [
    'a layer with other storage',
    (json: ReturnType<typeof mutable>) => {
      json.baseline.layers[0].energy.dramNj = 0;
    },
    /baseline\.layers\[0\]\.energy\.storageNj: wanted/,
  ],
  [
    'a missing field and one of another kind',
    (json: ReturnType<typeof mutable>) => {
      delete json.rows[0].gains;
      json.clockNs = '1';
    },
    /clockNs: wanted a number, found "1"\n.*rows\[0\]: wanted field "gains", found none/,
  ],
])('refused: %s', (_name, change, error) => {
  expect(() => readChanged(change)).toThrow(error);
});
