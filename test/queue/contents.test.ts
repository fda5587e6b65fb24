import { describe, expect, test } from 'vitest';
import { badInput } from '../../src/base/errors.ts';
import { sha256 } from '../../src/base/files.ts';
import type { LayerVariant } from '../../src/dnn/layer-variant.ts';
import { failureOf, failureText } from '../../src/queue/job.ts';
import { pack, unpack } from '../../src/queue/pack.ts';
import { createRecent } from '../../src/queue/recent.ts';
import { describeAddress, parseRedisUrl } from '../../src/queue/redis-url.ts';
import { packSetup, unpackSetup } from '../../src/queue/setup-content.ts';
import { packVariant, unpackVariant, variantDigest } from '../../src/queue/variant-content.ts';
import { randomQuantised } from '../dnn/random-quantised.ts';
import { sampleSetup, sampleVariants } from './queue-sample.ts';

describe('packed values', () => {
  const value = {
    name: 'ä',
    list: [1, -2.5e-300, null, true, { inner: Int8Array.of(-128, 0, 127) }],
    bytes: Uint8Array.of(0, 255),
    words: Int32Array.of(-(2 ** 31), 1, 2 ** 31 - 1),
    none: new Int32Array(0),
  };

  test('come back as they were', () => {
    expect(unpack(pack(value), 'test')).toEqual(value);
    // A part of a larger array, at an odd place.
    const part = new Int8Array(Int8Array.of(9, 8, 7, 6, 5).buffer, 1, 3);
    expect(unpack(pack({ part }), 'test')).toEqual({ part: Int8Array.of(8, 7, 6) });
  });

  test('have bytes that do not depend on the order of keys, and are as described', () => {
    const { name, ...others } = value;
    expect(sha256(pack({ ...others, name }))).not.toBe('');
    expect(pack({ b: 1, a: Int32Array.of(258) })).toEqual(pack({ a: Int32Array.of(258), b: 1 }));
    const header = '{"a":{"$array":"int32","at":0,"length":1},"b":1}';
    const expected = Buffer.concat([
      Buffer.from([header.length, 0, 0, 0]),
      Buffer.from(header),
      Buffer.from([2, 1, 0, 0]),
    ]);
    expect(Buffer.from(pack({ b: 1, a: Int32Array.of(258) })).equals(expected)).toBe(true);
  });

  test('sabotage: damaged ones are refused', () => {
    const packed = (header: string, content = ''): Uint8Array => {
      const length = Buffer.alloc(4);
      length.writeUInt32LE(header.length);
      return Buffer.concat([length, Buffer.from(header + content)]);
    };
    const damaged: readonly (readonly [Uint8Array, string])[] = [
      [Uint8Array.of(1, 2), 'found 2 bytes'],
      [Uint8Array.of(255, 255, 255, 255, 1), 'found 5 bytes instead of at least 4294967299'],
      [packed('{"a":'), 'found no valid JSON'],
      [packed('{"$array":"int8","at":0,"length":2}', 'x'), 'found an array that reaches behind its end'],
      [packed('{"$array":"int8","at":-1,"length":1}', 'x'), 'found an array that reaches behind its end'],
      [packed('{"$array":"int32","at":0,"length":1e300}', 'x'), 'found an array that reaches behind its end'],
      [packed('{"$array":"constructor","at":0,"length":1}', 'x'), 'found an array of type "constructor"'],
    ];
    for (const [bytes, found] of damaged) expect(() => unpack(bytes, 'test')).toThrow(found);
  });
});

describe('setups', () => {
  test.each([1, 2, 3, 4, 5, 6])('random network %i comes back as it was', (seed) => {
    const network = randomQuantised(seed);
    const { height, width, channels } = network.input;
    const images = {
      name: 'some',
      sha256: '0'.repeat(64),
      images: 2,
      height,
      width,
      channels,
      labels: Uint8Array.of(0, 1),
      pixels: Uint8Array.from({ length: 2 * height * width * channels }, (_, i) => i),
    };
    const setup = { network, images, roundedOperand: 'weights' } as const;
    expect(unpackSetup(packSetup(setup).bytes, 'test')).toEqual(setup);
  });

  test('sabotage: what does not fit is refused', () => {
    const setup = sampleSetup(3);
    const whole = unpack(packSetup(setup).bytes, 'test') as Record<string, Record<string, unknown>>;
    const layers = whole.network!.layers as readonly object[];
    const changes: readonly (readonly [object, RegExp])[] = [
      [{ kind: 'other' }, /test: kind: wanted "setup", found "other"/],
      [{ roundedOperand: 'both' }, /roundedOperand: wanted one of weights, activations, found "both"/],
      [{ images: { ...whole.images, labels: Uint8Array.of(1) } }, /wanted 3 labels, found 1/],
      [{ images: { ...whole.images, images: 4 } }, /wanted 4 labels, found 3/],
      [{ images: { ...whole.images, pixels: 'x' } }, /wanted pixels as bytes, found "x"/],
      [
        { network: { ...whole.network, layers: layers.slice(1) } },
        /wanted inputs among "input" and the layers/,
      ],
      [{ network: { ...whole.network, layers: [{ ...layers[0], weights: '' }] } }, /weights/],
    ];
    for (const [change, message] of changes) {
      expect(() => unpackSetup(pack({ ...whole, ...change }), 'test')).toThrow(message);
    }
    for (const value of [null, 7, 'x', []]) expect(() => unpackSetup(pack(value), 'test')).toThrow('test');
  });
});

describe('variants', () => {
  const setup = sampleSetup(3);
  const layerVariants = sampleVariants(setup, 8, 1).flatMap((variant) => [...variant.values()]);

  test('come back as they were, with the same digest', () => {
    const scaled: LayerVariant = { ...layerVariants[0]!, inputScaleFactor: 0.875 };
    const all = [...layerVariants, scaled];
    expect(all.length).toBeGreaterThan(20);
    for (const variant of all) {
      const back = unpackVariant(packVariant(variant), 'test');
      expect(back).toEqual(variant);
      expect(variantDigest(back)).toBe(variantDigest(variant));
    }
    expect(new Set(all.map(variantDigest)).size).toBeGreaterThan(8);
  });

  test('sabotage: what is no variant is refused', () => {
    const spec = { family: 'roup', bits: 8, P: 0, r: [1, 1, 1, 1] };
    const changes: readonly (readonly [object, RegExp])[] = [
      [{ kind: 'setup' }, /wanted kind "layer-variant", found "setup"/],
      [{ multiplier: { ...spec, P: 9 } }, /P: wanted 0\.\.3/],
      [{ multiplier: { specs: [], index: Uint8Array.of(0) } }, /wanted 1 … 255 specs and an index of bytes/],
      [{ multiplier: { specs: [spec], index: [0] } }, /wanted 1 … 255 specs and an index of bytes/],
      [{ multiplier: { specs: [{ ...spec, bits: 7 }], index: Uint8Array.of(0) } }, /specs\[0\]/],
      [{ weights: [1] }, /wanted weights in int8/],
      [{ bias: Int8Array.of(1) }, /wanted biases in int32/],
      [{ inputScaleFactor: 0 }, /wanted a scale factor above 0, found 0/],
      [{ run: 'rm' }, /wanted no other fields, found \["run"\]/],
    ];
    for (const [change, message] of changes) {
      const bytes = pack({ kind: 'layer-variant', multiplier: spec, ...change });
      expect(() => unpackVariant(bytes, 'test')).toThrow(message);
    }
    expect(unpackVariant(pack({ kind: 'layer-variant', multiplier: spec }), 'test')).toEqual({
      multiplier: spec,
    });
  });
});

test('errors come back as they were', () => {
  const error = badInput({ where: 'a', wanted: 'b', found: 'c' }, 'do this');
  expect(failureOf(failureText(error))).toMatchObject({
    code: 'bad-input',
    message: error.message,
    hint: 'do this',
  });
  expect(failureOf(failureText(new RangeError('odd')))).toMatchObject({
    code: 'internal',
    message: expect.stringMatching(/^RangeError: odd\n/),
  });
  // In BullMQ's own words, and what nobody of us wrote.
  expect(failureOf('job stalled more than allowable limit').message).toBe(
    'All workers that took a job ended before it was done, more than 5 of them',
  );
  for (const text of ['x', '{"code":"evil","message":"m"}', '{"code":"internal"}', undefined]) {
    expect(failureOf(text)).toMatchObject({
      code: 'tool-failed',
      message: expect.stringContaining('A job of'),
    });
  }
});

describe('addresses', () => {
  test.each([
    ['redis://localhost', { host: 'localhost', port: 6379, db: 0, tls: false }],
    ['redis://h:1/15', { host: 'h', port: 1, db: 15, tls: false }],
    ['rediss://u:p%40%2F@h:1', { host: 'h', port: 1, db: 0, tls: true, username: 'u', password: 'p@/' }],
    ['redis://[::1]:7', { host: '::1', port: 7, db: 0, tls: false }],
  ])('%s', (text, address) => {
    expect(parseRedisUrl(text)).toEqual(address);
    expect(describeAddress(parseRedisUrl(text))).not.toContain('p@');
    const again = parseRedisUrl(describeAddress(parseRedisUrl(text)));
    expect(again).toEqual({ host: again.host, port: address.port, db: address.db, tls: address.tls });
  });

  test('the password of the URL comes before the other one', () => {
    expect(parseRedisUrl('redis://:a@h', 'b').password).toBe('a');
    expect(parseRedisUrl('redis://h', 'b').password).toBe('b');
  });

  test.each([
    ['localhost:6379', '"localhost:6379"'],
    ['http://me:secret@h', '"http://…@h"'],
    ['redis://me:se/cr@et@h:x', '"redis://…@h:x"'],
    ['redis://h/a', '"redis://h/a"'],
    ['redis://h?password=secret', '"redis://…"'],
    ['redis://h?password=sec@ret', '"redis://…"'],
    ['redis://me:sec?ret@h', '"redis://…"'],
    ['redis://', '"redis://"'],
    ['me:secret@h', '"…@h"'],
    ['', '""'],
  ])('%s is refused without its password', (text, found) => {
    const message = `address of the queue: wanted redis://[USER:PASSWORD@]HOST[:PORT][/DB], or rediss://, found ${found}`;
    expect(() => parseRedisUrl(text)).toThrow(new RegExp(`^${message.replace(/[[\]/?.]/g, '\\$&')}$`));
  });
});

test('the things used last are kept, failures are not', async () => {
  const made: string[] = [];
  const discarded: string[] = [];
  const recent = createRecent(
    5,
    async (name) => {
      made.push(name);
      if (name === 'bad') throw new Error('no');
      return { thing: name, weight: name.length };
    },
    async (thing) => void discarded.push(thing),
  );
  for (const name of ['aa', 'bb', 'aa', 'cc', 'aa', 'bb']) expect(await recent.get(name)).toBe(name);
  expect(made).toEqual(['aa', 'bb', 'cc', 'bb']);
  expect(discarded).toEqual(['bb', 'cc']);
  await expect(recent.get('bad')).rejects.toThrow('no');
  await expect(recent.get('bad')).rejects.toThrow('no');
  expect(made.filter((name) => name === 'bad')).toHaveLength(2);
  expect(await recent.get('too long')).toBe('too long');
  expect(discarded).toEqual(['bb', 'cc', 'aa', 'bb']);
  await Promise.all([recent.get('x'), recent.get('x')]);
  expect(made.filter((name) => name === 'x')).toHaveLength(1);
  await recent.clear();
  expect(discarded.slice(4).sort()).toEqual(['too long', 'x']);
});
