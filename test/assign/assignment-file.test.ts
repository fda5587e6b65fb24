import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readAssignment } from '../../src/assign/assignment-file.ts';
import { badInput } from '../../src/base/errors.ts';
import { nearestWord } from '../../src/base/nearest.ts';
import { isMixture, type LayerMultiplier, SKIPPED } from '../../src/dnn/assignment.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { isWeighted, multiplicationsByLayer, type QuantisedConv } from '../../src/dnn/quantised-network.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { randomImages, randomNetwork } from '../dnn/random-network.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-assignment-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'mine.json');

const floatNetwork = randomNetwork(38);
const network = quantiseNetwork(floatNetwork, randomImages(floatNetwork, 8, 3));
const names = [...multiplicationsByLayer(network).keys()];

function resolve(name: string, where: string): MultiplierSpec {
  const spec = parseDesignName(name);
  if (spec !== undefined) return spec;
  throw badInput({ where, wanted: 'a design name', found: name }, 'See maxdnn list.');
}

function read(content: unknown) {
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return readAssignment(path, network, resolve);
}

function messageOf(content: unknown): string {
  try {
    read(content);
  } catch (error) {
    expect(error).toMatchObject({ code: 'bad-input' });
    return (error as Error).message.replaceAll(path, 'mine.json');
  }
  throw new Error('accepted');
}

const header = { kind: 'assignment', formatVersion: 1 };
const [first, ...others] = names;
const roup = { family: 'roup', bits: 8, P: 2, r: [4, 4] };

describe('assignment file', () => {
  test('gives named layers their multiplier, by name or spec, and the others the default', () => {
    expect(names.length).toBeGreaterThan(2);
    const { name, layers } = read({
      ...header,
      default: 'mul_booth_s8',
      layers: { [first!]: 'mul_roup_s8_p1_r2', [others[0]!]: { family: 'roup', bits: 8, P: 2, r: 4 } },
    });
    expect(name).toBe('mine');
    expect([...layers.keys()]).toEqual(names);
    expect(layers.get(first!)).toEqual({ family: 'roup', bits: 8, P: 1, r: [2, 2, 2] });
    expect(layers.get(others[0]!)).toEqual(roup);
    for (const layer of others.slice(1)) expect(layers.get(layer)).toMatchObject({ family: 'booth' });
  });

  test('needs no default when all layers are named, no layers when there is a default', () => {
    const all = Object.fromEntries(names.map((layer) => [layer, 'mul_booth_s8']));
    expect(read({ ...header, layers: all }).layers.size).toBe(names.length);
    expect(read({ ...header, default: roup }).layers.get(first!)).toEqual(roup);
  });

  test('refuses layers that the network does not have, with those it has, and layers without a multiplier', () => {
    expect(messageOf({ ...header, layers: { fc9: 'mul_booth_s8' } })).toBe(
      [
        `mine.json: layers: wanted convolutions and dense layers of ${network.name}: ${names.join(', ')}, found "fc9", nearest "${nearestWord('fc9', names)}"`,
        `mine.json: wanted a "default" multiplier for ${names.join(', ')}, or one for each of them, found none`,
      ].join('\n'),
    );
  });

  test('tells every multiplier that does not exist at once, and where', () => {
    const layers = { [first!]: 'mul_x', [others[0]!]: { family: 'roup', bits: 8, P: 9, r: 4 } };
    expect(messageOf({ ...header, default: 'mul_y', layers })).toBe(
      [
        'mine.json: default: wanted a design name, found mul_y',
        `mine.json: layers.${first}: wanted a design name, found mul_x`,
        `mine.json: layers.${others[0]}: P: wanted 0..3 for bits=8, found 9`,
      ].join('\n'),
    );
  });

  test('refuses other fields, other kinds and what is no JSON', () => {
    expect(messageOf({ ...header, default: 'mul_booth_s8', layer: {} })).toBe(
      'mine.json: wanted no other fields, found field "layer"',
    );
    expect(messageOf({ ...header, default: 8 })).toBe(
      'mine.json: default: wanted a design name, or a spec such as {"family": "roup", "bits": 8, "P": 2, "r": 4}, found 8',
    );
    expect(messageOf({ kind: 'network', formatVersion: 1 })).toBe(
      'mine.json: wanted an artifact of kind "assignment", found kind "network"',
    );
    expect(messageOf({ ...header, formatVersion: 9, default: roup })).toBe(
      'mine.json: wanted format version 1 or 2 of "assignment", found format version 9',
    );
    expect(messageOf('{"kind": "assig')).toMatch(
      /^mine\.json: wanted JSON of kind "assignment", found no valid JSON/,
    );
  });

  describe('several multipliers in one layer', () => {
    const layer = network.layers.filter(isWeighted).find(({ op }) => op === 'conv2d') as QuantisedConv;
    const filters = layer.bias.length;
    const [rows, columns] = layer.kernel;
    const channels = layer.weights.length / (filters * rows * columns);
    const A = 'mul_booth_s8';
    const B = 'mul_roup_s8_p2_r4';
    const readLayer = (entry: unknown) =>
      read({ ...header, default: A, layers: { [layer.name]: entry } }).layers.get(layer.name)!;
    const nameOf = (own: LayerMultiplier, tap: number): string => {
      if (!isMixture(own)) return designName(own);
      const index = own.index[tap]!;
      return index === SKIPPED ? 'skipped' : designName(own.specs[index]!);
    };
    /** Name of the multiplier of each weight, out × row × column × channel. */
    const namesOf = (own: LayerMultiplier): readonly string[] =>
      [...layer.weights.keys()].map((tap) => nameOf(own, tap));

    test.each([
      ['perFilter', filters, (tap: number) => Math.floor(tap / (rows * columns * channels))],
      ['perRow', rows, (tap: number) => Math.floor(tap / (columns * channels)) % rows],
      ['perColumn', columns, (tap: number) => Math.floor(tap / channels) % columns],
      ['perChannel', channels, (tap: number) => tap % channels],
    ])('%s: each weight has the multiplier of its place, null skips', (key, size, placeOf) => {
      const list = Array.from({ length: size }, (_, i) => [A, B, null][i % 3]!);
      const found = namesOf(readLayer({ [key]: list }));
      expect(found).toEqual([...layer.weights.keys()].map((tap) => list[placeOf(tap)] ?? 'skipped'));
      expect(found.length).toBeGreaterThan(8);
    });

    test('one multiplier for few or many places is one in the mixture', () => {
      const own = readLayer({ perFilter: Array.from({ length: filters }, (_, i) => (i === 0 ? B : A)) });
      expect(isMixture(own) && own.specs.length).toBe(2);
    });

    test('skips weights by their distance from the mean, in standard deviations of the real weights', () => {
      const taps = layer.weights.length / filters;
      const real = [...layer.weights].map((code, tap) => code * layer.weightScales[Math.floor(tap / taps)]!);
      const mean = real.reduce((a, b) => a + b) / real.length;
      const sigma = Math.sqrt(real.reduce((sum, w) => sum + (w - mean) ** 2, 0) / real.length);
      const distance = real.map((w) => Math.abs(w - mean) / sigma);
      const skipped = (entry: object) => namesOf(readLayer(entry)).map((name) => name === 'skipped');
      expect(skipped({ all: B, skip: { withinSigma: 0.25 } })).toEqual(distance.map((d) => d < 0.25));
      expect(skipped({ all: B, skip: { beyondSigma: 1 } })).toEqual(distance.map((d) => d > 1));
      const all = skipped({ all: B, skip: { withinSigma: 0.25 } });
      expect(all.filter(Boolean).length).toBeGreaterThan(0);
      expect(all.filter((own) => !own).length).toBeGreaterThan(0);
    });

    test('refuses lists of another length, two ways at once, none, and unknown multipliers', () => {
      const at = `mine.json: layers.${layer.name}`;
      const message = (entry: unknown) =>
        messageOf({ ...header, default: A, layers: { [layer.name]: entry } });
      expect(message({ perFilter: [A] })).toBe(
        `${at}: perFilter: wanted ${filters} entries, one per filter, found 1`,
      );
      expect(message({ all: A, perRow: [A] })).toBe(
        `${at}: wanted one of all, perFilter, perChannel, perRow, perColumn, level, perWeight, found 2 of them`,
      );
      expect(message({})).toBe(
        `${at}: wanted one of all, perFilter, perChannel, perRow, perColumn, level, perWeight, found {}`,
      );
      expect(message({ all: A, skip: { withinSigma: -1 } })).toBe(
        `${at}: skip.withinSigma: wanted a number above 0, found -1`,
      );
      expect(message({ perFilters: [A] })).toBe(`${at}: wanted no other fields, found field "perFilters"`);
      expect(message({ all: 'mul_x' })).toBe(`${at}.all: wanted a design name, found mul_x`);
    });
  });
});
