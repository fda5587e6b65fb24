import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import {
  type OperandFile,
  operandInputs,
  readOperands,
  reusableOperands,
  writeOperands,
} from '../../src/dnn/operand-file.ts';
import { recordOperands } from '../../src/dnn/record-operands.ts';
import { badInputText } from './error-text.ts';
import { randomImages } from './random-network.ts';
import { randomQuantised } from './random-quantised.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-operands-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'operands.json');
const binary = join(folder, 'operands.bin');

const network = randomQuantised(4);
const images = { ...randomImages(network, 2, 3), sha256: 'd'.repeat(64) };
const record = recordOperands(network, images, { pairs: 64 });
const inputs = operandInputs(record, { pairs: 64 });
writeOperands(path, record, inputs);
const [json, bytes] = [readFileSync(path, 'utf8'), readFileSync(binary)];

/** Files with a change, and the refusal that they must meet. */
function refusal(edit: (file: Draft) => void, content: Uint8Array = bytes): string {
  const file = JSON.parse(json) as Draft;
  edit(file);
  writeFileSync(path, JSON.stringify(file));
  writeFileSync(binary, content);
  return badInputText(() => readOperands(path));
}

type Draft = { -readonly [K in keyof OperandFile]: OperandFile[K] } & Record<string, unknown>;

function flipped(index: number, mask: number): Uint8Array {
  const content = Uint8Array.from(bytes);
  content[index]! ^= mask;
  return content;
}

test('what was written is read again, with its digests', () => {
  writeFileSync(path, json);
  writeFileSync(binary, bytes);
  const stored = readOperands(path);
  expect(stored.record).toEqual(record);
  expect(stored.record.layers.length).toBe(4);
  expect(bytes.length).toBe(4 * 2 * (64 + 256));
  const { layers } = stored.file;
  expect(layers.map(({ sequences }) => sequences['layer-iid'].offset)).toEqual([0, 640, 1280, 1920]);
  for (const { layer, sequences } of layers) {
    const { activations } = record.layers.find((own) => own.layer === layer)!.pairs['layer-stream'];
    const zeros = activations.filter((code) => code === 0).length;
    expect(sequences['layer-stream'].zeroActivations).toBe(zeros / 256);
  }
});

test('sabotage: any flipped bit of any byte is noticed', () => {
  let noticed = 0;
  for (let index = 0; index < bytes.length; index += 7) {
    const text = refusal(() => {}, flipped(index, 1 << (index % 8)));
    expect(text).toMatch(/operands\.bin: \w+, layer-(iid|stream)(, (activation|weight) \d+)?: wanted/);
    expect(text).toMatch(/make it again with "maxdnn record"/);
    noticed += 1;
  }
  expect(noticed).toBe(366);
});

describe('refused', () => {
  test('values out of range, told apart from other damage', () => {
    const { high, low } = record.layers[0]!.weightRange;
    const text = refusal(({ layers }) => {
      (layers[0] as { weightRange: object }).weightRange = { low, high: high - 1 };
    });
    const { weights } = record.layers[0]!.pairs['layer-iid'];
    const { weights: later } = record.layers[0]!.pairs['layer-stream'];
    const places = [weights.indexOf(high), later.indexOf(high)];
    expect(Math.max(...places)).toBeGreaterThanOrEqual(0);
    for (const [order, index] of [
      ['layer-iid', places[0]!],
      ['layer-stream', places[1]!],
    ] as const) {
      if (index < 0) continue;
      expect(text).toContain(
        `${binary}: first, ${order}, weight ${index}: wanted ${low} … ${high - 1}, found ${high}`,
      );
    }
  });

  test('pairs cut off, or more than were written', () => {
    expect(refusal(() => {}, bytes.subarray(0, 2000))).toContain(
      `${binary}: wanted 2560 bytes, found 2000 bytes`,
    );
    expect(refusal(() => {}, Buffer.concat([bytes, bytes]))).toContain('wanted 2560 bytes, found 5120 bytes');
  });

  test('no pairs, another kind, another version', () => {
    writeFileSync(path, json);
    rmSync(binary);
    expect(badInputText(() => readOperands(path))).toMatch(
      /operands\.bin: wanted the operand pairs of operands\.json, found no readable file/,
    );
    expect(refusal((file) => Object.assign(file, { kind: 'verdict' }))).toMatch(
      /wanted an artifact of kind "operand-streams", found kind "verdict"/,
    );
    expect(refusal((file) => Object.assign(file, { formatVersion: 9 }))).toMatch(/wanted format version 1/);
  });

  test.each([
    [
      'a field that is missing',
      (file: Draft) => Reflect.deleteProperty(file, 'seed'),
      /wanted field "seed", found none/,
    ],
    ['no images', (file: Draft) => Object.assign(file, { images: [] }), /images: wanted at least 1 items/],
    [
      'a code beyond int8',
      (file: Draft) => Object.assign(file.layers[1]!.activationRange, { high: 128 }),
      /layers\[1\]\.activationRange\.high: wanted at most 127, found 128/,
    ],
    [
      'sequences that overlap',
      (file: Draft) => Object.assign(file.layers[1]!.sequences['layer-iid'], { offset: 0 }),
      /layers\[1\]\.sequences\.layer-iid\.offset: wanted 640, the end of the sequence before, found 0/,
    ],
    [
      'a layer twice',
      (file: Draft) => Object.assign(file.layers[1]!, { layer: 'first' }),
      /layers\[1\]\.layer: wanted each layer once, found "first" again/,
    ],
    [
      'another share of zeros',
      (file: Draft) => Object.assign(file.layers[0]!.sequences['layer-iid'], { zeroActivations: 0.999 }),
      /first, layer-iid, zeroActivations: wanted 0(\.\d+)?, found 0\.999/,
    ],
    [
      'the digest of another file',
      (file: Draft) => Object.assign(file, { sha256: 'a'.repeat(64) }),
      /operands\.json: sha256: wanted [0-9a-f]{64}, found a{64}/,
    ],
  ])('%s', (_what, edit, wanted) => {
    expect(refusal(edit)).toMatch(wanted);
  });
});

test('reused only when whole and from the same inputs', () => {
  writeFileSync(path, json);
  writeFileSync(binary, bytes);
  expect(reusableOperands(path, inputs)?.record).toEqual(record);
  expect(reusableOperands(path, operandInputs(record, { pairs: 65 }))).toBeUndefined();
  expect(
    reusableOperands(path, operandInputs({ ...record, network: { name: 'x', sha256: 'y' } }, { pairs: 64 })),
  ).toBeUndefined();
  writeFileSync(binary, flipped(100, 1));
  expect(reusableOperands(path, inputs)).toBeUndefined();
});
