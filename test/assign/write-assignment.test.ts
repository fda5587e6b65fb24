import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { type AssignmentOfFile, readAssignment } from '../../src/assign/assignment-file.ts';
import { ASSIGNMENT_SCHEMA } from '../../src/assign/assignment-schema.ts';
import { countAssignment } from '../../src/assign/count-assignment.ts';
import type { AssignmentPlan, LayerPlan } from '../../src/assign/layer-plan.ts';
import { planLayer, planNetwork } from '../../src/assign/layer-plan.ts';
import { axisOf, axisSizes, classCount, findLevelFaults, parseLevel } from '../../src/assign/levels.ts';
import { writeAssignment } from '../../src/assign/write-assignment.ts';
import { badInput } from '../../src/base/errors.ts';
import { createRng } from '../../src/base/rng.ts';
import { compileSchema } from '../../src/base/schema-check.ts';
import { isMixture, type LayerMultiplier, SKIPPED } from '../../src/dnn/assignment.ts';
import type { LayerVariant, NetworkVariant } from '../../src/dnn/layer-variant.ts';
import { isWeighted, type QuantisedNetwork, type WeightedLayer } from '../../src/dnn/quantised-network.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import { designName, type MultiplierSpec } from '../../src/multiplier/spec.ts';
import { registerTable } from '../../src/multiplier/table-registry.ts';
import { randomQuantised } from '../dnn/random-quantised.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-write-assignment-'));
afterAll(() => rmSync(folder, { recursive: true }));
const path = join(folder, 'mine.json');

const TABLE: MultiplierSpec = {
  family: 'table',
  name: 'own',
  operands: 'signed',
  sha256: registerTable(new Uint16Array(65536).fill(7)),
};
const PALETTE: readonly MultiplierSpec[] = [
  ...['mul_booth_s8', 'mul_roup_s8_p0_r6_4_2_0', 'mul_roup_s8_p2_r4', 'mul_narrow_s8_a6_b8'].map(
    (name) => parseDesignName(name)!,
  ),
  TABLE,
];

function resolve(name: string, where: string): MultiplierSpec {
  const spec = name === designName(TABLE) ? TABLE : parseDesignName(name);
  if (spec !== undefined) return spec;
  throw badInput({ where, wanted: 'a design name', found: name }, 'See maxdnn list.');
}

const read = (network: QuantisedNetwork): AssignmentOfFile => readAssignment(path, network, resolve);

/** Design of each weight, or "skipped". */
function designsOf(layer: WeightedLayer, own: LayerMultiplier): readonly string[] {
  return [...layer.weights.keys()].map((tap) => {
    const index = isMixture(own) ? own.index[tap]! : 0;
    if (index === SKIPPED) return 'skipped';
    return designName(isMixture(own) ? own.specs[index]! : own);
  });
}

const LEVELS = ['llam', 'flam', 'flam-2', 'flam-3-contiguous-uneven', 'flam-2-sensitivity-uneven'].concat([
  'klam-row',
  'klam-column-2',
  'klam-channel',
  'klam-channel-2',
]);

/** A plan at random, and constants at random for two layers in three. */
function randomDraft(network: QuantisedNetwork, seed: number) {
  const rng = createRng(seed);
  const pick = <T>(values: readonly T[]): T => values[rng.nextInt(0, values.length - 1)]!;
  const plan = new Map<string, LayerPlan>();
  const variant = new Map<string, LayerVariant>();
  for (const layer of network.layers.filter(isWeighted)) {
    const fitting = LEVELS.map((text) => parseLevel(text, '')).filter(
      (own) => findLevelFaults(layer, own, '').length === 0,
    );
    const level = pick(fitting);
    const specs = Array.from({ length: classCount(layer, level) }, () =>
      rng.nextInt(0, 4) === 0 ? null : pick(PALETTE),
    );
    const axis = axisOf(level);
    const isSorted = level.kind !== 'llam' && level.scheme === 'sensitivity';
    const own: LayerPlan = {
      level,
      specs,
      ...(isSorted && axis !== undefined
        ? { sensitivity: Array.from({ length: axisSizes(layer)[axis] }, () => rng.nextFloat()) }
        : {}),
      ...(rng.nextInt(0, 1) === 0 ? {} : { skip: { beyondSigma: 0.5 + rng.nextFloat() } }),
    };
    plan.set(layer.name, own);
    variant.set(layer.name, {
      multiplier: planLayer(layer, own),
      ...(rng.nextInt(0, 1) === 0 ? {} : { weights: layer.weights.map(() => rng.nextInt(-128, 127)) }),
      ...(rng.nextInt(0, 1) === 0
        ? {}
        : { bias: layer.bias.map(() => rng.nextInt(-(2 ** 31), 2 ** 31 - 1)) }),
      ...(rng.nextInt(0, 1) === 0 ? {} : { inputScaleFactor: 0.1 + rng.nextFloat() }),
    });
  }
  return { plan, variant };
}

function expectSame(network: QuantisedNetwork, found: NetworkVariant, wanted: NetworkVariant): number {
  let weights = 0;
  expect([...found.keys()]).toEqual([...wanted.keys()]);
  for (const layer of network.layers.filter(isWeighted)) {
    const { multiplier, ...tuned } = found.get(layer.name)!;
    const { multiplier: own, ...constants } = wanted.get(layer.name)!;
    expect(designsOf(layer, multiplier)).toEqual(designsOf(layer, own));
    expect(tuned).toEqual(constants);
    weights += layer.weights.length;
  }
  return weights;
}

describe('written and read again', () => {
  const checkSchema = compileSchema(ASSIGNMENT_SCHEMA);

  test.each([true, false])(
    'everything is the same (with the plan: %s), and the file fits its schema',
    (isTold) => {
      let [weights, tuned] = [0, 0];
      for (let seed = 0; seed < 14; seed++) {
        const network = randomQuantised(seed);
        const { plan, variant } = randomDraft(network, seed);
        const written = writeAssignment(path, {
          network,
          variant,
          ...(isTold ? { plan } : {}),
          label: 'LLAM_1',
        });
        const file = JSON.parse(readFileSync(path, 'utf8'));
        expect(checkSchema(file, 'mine')).toEqual([]);
        const found = read(network);
        weights += expectSame(network, found.variant, variant);
        const isTuned = [...variant.values()].some((own) => Object.keys(own).length > 1);
        expect([found.isTuned, found.label, found.name]).toEqual([isTuned, 'LLAM_1', 'mine']);
        if (isTuned) tuned++;
        if (isTold) expect(found.plan).toEqual(plan);
        expect(file.counts).toEqual(countAssignment(network, found.layers));
        expect(written.dataPath).toBe(file.data === undefined ? undefined : join(folder, 'mine.bin'));
      }
      expect(weights).toBeGreaterThan(2000);
      expect(tuned).toBeGreaterThan(8);
      expect(readdirSync(folder).sort()).toEqual(['mine.bin', 'mine.json']);
    },
  );

  test('sabotage: a flipped weight in the binary file, or one file of two, is refused', () => {
    const network = randomQuantised(3);
    const variant = new Map(
      network.layers
        .filter(isWeighted)
        .map((layer) => [layer.name, { multiplier: PALETTE[0]!, weights: layer.weights }]),
    );
    writeAssignment(path, { network, variant });
    const bytes = readFileSync(join(folder, 'mine.bin'));
    expectSame(network, read(network).variant, variant);
    const flipped = Uint8Array.from(bytes);
    flipped[5]! ^= 1;
    writeFileSync(join(folder, 'mine.bin'), flipped);
    expect(() => read(network)).toThrow(
      /mine\.bin: wanted \d+ bytes with sha256 [0-9a-f]{64}, found \d+ with [0-9a-f]{64}$/,
    );
    rmSync(join(folder, 'mine.bin'));
    expect(() => read(network)).toThrow(
      /mine\.bin: wanted the tuned constants of .*mine\.json, found no readable file/,
    );
  });

  test('a plan that does not give the multipliers of the variant is an internal error', () => {
    const network = randomQuantised(3);
    const plan: AssignmentPlan = new Map(
      network.layers
        .filter(isWeighted)
        .map(({ name }) => [name, { level: { kind: 'llam' }, specs: [PALETTE[1]!] }]),
    );
    const variant = new Map(
      [...planNetwork(network, plan)].map(([name, multiplier], i) => [
        name,
        { multiplier: i === 1 ? PALETTE[2]! : multiplier },
      ]),
    );
    expect(() => writeAssignment(path, { network, variant, plan })).toThrow(
      'The plan of layer depthwise does not give its multipliers',
    );
  });
});

describe('refused', () => {
  const network = randomQuantised(5);
  const layers = network.layers.filter(isWeighted);
  const names = layers.map(({ name }) => name);
  const [first, second] = layers as [WeightedLayer, WeightedLayer];
  const base = () => {
    const variant = new Map<string, LayerVariant>(
      layers.map((layer) => [layer.name, { multiplier: PALETTE[0]! }]),
    );
    variant.set(first.name, { multiplier: PALETTE[1]!, bias: first.bias, inputScaleFactor: 0.7 });
    writeAssignment(path, { network, variant });
    return JSON.parse(readFileSync(path, 'utf8'));
  };
  const message = (file: unknown, of: QuantisedNetwork = network): string => {
    writeFileSync(path, JSON.stringify(file));
    try {
      read(of);
    } catch (error) {
      expect(error).toMatchObject({ code: 'bad-input' });
      return (error as Error).message.replaceAll(path, 'mine.json');
    }
    throw new Error('accepted');
  };
  const plain = { kind: 'assignment', formatVersion: 2, default: 'mul_booth_s8' };
  const withEntry = (entry: unknown) => message({ ...plain, layers: { [first.name]: entry } });

  test('the assignment of another network when it is tuned; any other one is taken', () => {
    const file = base();
    const other = {
      ...network,
      layers: network.layers.map((layer) =>
        layer === second ? { ...second, bias: second.bias.map((b) => b + 1) } : layer,
      ),
    };
    expect(message(file, other)).toMatch(
      /^mine\.json: network: wanted quantised 5 \(sha256 [0-9a-f]{12}…\), which first were tuned for, found quantised 5 \(sha256 [0-9a-f]{12}…\)$/,
    );
    const { network: _network, ...without } = file;
    expect(message(without)).toBe(
      'mine.json: network: wanted name and sha256 of the network that first were tuned for, found none',
    );
    file.layers[first.name] = 'mul_booth_s8';
    writeFileSync(path, JSON.stringify(file));
    expect(readAssignment(path, other, resolve).isTuned).toBe(false);
  });

  test('counts that are not those of the layers', () => {
    const file = base();
    file.layers[second.name] = 'mul_roup_s8_p2_r4';
    const { multiplications } = file.counts.layers[second.name];
    expect(message(file)).toBe(
      `mine.json: counts.layers.${second.name}: wanted {"multiplications":${multiplications},"skipped":0,"byMultiplier":{"mul_roup_s8_p2_r4":${multiplications}}}, ` +
        `found {"multiplications":${multiplications},"skipped":0,"byMultiplier":{"mul_booth_s8":${multiplications}}}`,
    );
    file.layers[second.name] = 'mul_booth_s8';
    file.counts.skippedPerImage = 1;
    expect(message(file)).toMatch(
      /^mine\.json: counts: wanted .*"skippedPerImage":0\}, found .*"skippedPerImage":1\}$/,
    );
  });

  test('levels: unknown, of a class count that does not divide, with more or fewer multipliers', () => {
    const filters = first.bias.length;
    const A = 'mul_booth_s8';
    const at = `mine.json: layers.${first.name}`;
    expect(withEntry({ level: 'flem-3', multipliers: [A] })).toBe(
      `${at}: level: wanted a level such as flam-3-modulo or klam-row, found "flem-3" (the nearest is flam-3)`,
    );
    expect(withEntry({ level: `flam-${filters + 1}`, multipliers: [A] })).toBe(
      `${at}: level: wanted at most ${filters} classes of ${filters} filters: flam-${filters}-modulo, found flam-${filters + 1}-modulo`,
    );
    const odd = filters - 1;
    expect(withEntry({ level: `flam-${odd}-contiguous`, multipliers: [A] })).toMatch(
      new RegExp(
        `level: wanted a class count that divides ${filters} filters: flam-\\d+-contiguous or flam-${filters}-contiguous; or flam-${odd}-contiguous-uneven, found flam-${odd}-contiguous$`,
      ),
    );
    expect(withEntry({ level: 'flam-2', multipliers: [A] })).toBe(
      `${at}: multipliers: wanted 2 entries, one per class, found 1`,
    );
    expect(withEntry({ level: 'flam-2' })).toBe(
      `${at}: wanted "level" and "multipliers" together, found one of them`,
    );
    expect(withEntry({ level: 'flam-2', multipliers: [A, 'mul_x'] })).toBe(
      `${at}.multipliers[1]: wanted a design name, found mul_x`,
    );
    expect(withEntry({ level: 'llam', multipliers: [A], all: A })).toContain('found 2 of them');
    expect(
      message({
        ...plain,
        network: { name: 'n', sha256: 'a'.repeat(64) },
        layers: { [first.name]: { all: A, sensitivity: [1] } },
      }),
    ).toContain('which first were tuned for');
  });

  test('parts beyond the binary file, of another length, or of none', () => {
    const file = base();
    const entry = file.layers[first.name];
    const bytes = 4 * first.bias.length;
    const at = `mine.json: layers.${first.name}: tuned.bias`;
    expect(entry.tuned).toEqual({ bias: { offset: 0, bytes }, inputScaleFactor: 0.7 });
    entry.tuned.bias = { offset: 1, bytes };
    expect(message(file)).toBe(`${at}.offset: wanted at most 0, found 1`);
    entry.tuned.bias = { offset: 0, bytes: bytes - 1 };
    expect(message(file)).toBe(`${at}.bytes: wanted ${bytes}, found ${bytes - 1}`);
    entry.tuned.bias = { offset: 0, bytes };
    delete file.data;
    expect(message(file)).toBe(`${at}: wanted field "data" that names the binary file, found none`);
    entry.tuned = { inputScaleFactor: 0 };
    expect(message(file)).toBe(
      `mine.json: layers.${first.name}: tuned.inputScaleFactor: wanted a number above 0, found 0`,
    );
  });

  test('an index of weights that names none of its multipliers', () => {
    const rng = createRng(1);
    const index = first.weights.map(() => rng.nextInt(0, 1));
    const variant = new Map<string, LayerVariant>(
      layers.map((layer) => [layer.name, { multiplier: PALETTE[0]! }]),
    );
    variant.set(first.name, { multiplier: { specs: PALETTE.slice(0, 2), index: Uint8Array.from(index) } });
    writeAssignment(path, { network, variant });
    const file = JSON.parse(readFileSync(path, 'utf8'));
    file.layers[first.name].perWeight.multipliers.pop();
    expect(message(file)).toBe(
      `mine.json: layers.${first.name}: perWeight.index: wanted 0 … 0 or 255, found 1`,
    );
  });

  test('another truth table of the same name', () => {
    const variant = new Map<string, LayerVariant>(names.map((name) => [name, { multiplier: TABLE }]));
    writeAssignment(path, { network, variant });
    const file = JSON.parse(readFileSync(path, 'utf8'));
    expect(file.inputs[designName(TABLE)]).toBe(TABLE.family === 'table' && TABLE.sha256);
    file.inputs[designName(TABLE)] = 'b'.repeat(64);
    expect(message(file).split('\n')[0]).toMatch(
      /^mine\.json: layers\.first: wanted the truth table with sha256 bbbbbbbbbbbb…, found mul_table_s8_own with [0-9a-f]{12}…$/,
    );
  });

  test('what only version 2 has in a file of version 1', () => {
    const file = {
      ...plain,
      formatVersion: 1,
      name: 'x',
      layers: { [first.name]: { level: 'llam', multipliers: ['mul_booth_s8'] } },
    };
    expect(message(file)).toBe(
      [
        'mine.json: wanted formatVersion 2 for "name", found formatVersion 1',
        `mine.json: layers.${first.name}: wanted formatVersion 2 for "level", found formatVersion 1`,
      ].join('\n'),
    );
  });
});
