import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { readAssignment } from '../../src/assign/assignment-file.ts';
import { ASSIGNMENT_SCHEMA } from '../../src/assign/assignment-schema.ts';
import { writeAssignment } from '../../src/assign/write-assignment.ts';
import type { MaxdnnError } from '../../src/base/errors.ts';
import type { CommandArguments } from '../../src/cli/command.ts';
import { assign } from '../../src/cli/commands/assign.ts';
import { evaluate } from '../../src/cli/commands/evaluate.ts';
import { resolveMultiplier } from '../../src/cli/resolve-multiplier.ts';
import { workspaceOf } from '../../src/cli/workspace.ts';
import type { LayerVariant } from '../../src/dnn/layer-variant.ts';
import { type QuantisedNetwork, quantisedNetworkDigest } from '../../src/dnn/quantised-network.ts';
import { writeQuantisedNetwork } from '../../src/dnn/quantised-network-file.ts';
import { parseDesignName } from '../../src/multiplier/design-name.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { type EnergyTable, rowKey } from '../../src/synth/energy-table.ts';
import { randomConv, randomDense } from '../assign/random-layers.ts';
import { layerRows, row, tableOf } from '../explore/stream-table.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('assign');
afterAll(folder.remove);
const at = (...parts: readonly string[]): string => join(folder.path, ...parts);
const work = at('out');

const layers = [
  { ...randomConv(6, [3, 3], 3, 5), name: 'conv0', pads: [1, 1, 1, 1] as const },
  { ...randomConv(8, [1, 1], 6, 6), name: 'conv1', inputs: ['conv0'] },
  { ...randomDense(4, 8 * 16, 7), name: 'dense', inputs: ['conv1'], low: -(2 ** 31), high: 2 ** 31 - 1 },
];
const network: QuantisedNetwork = {
  name: 'small',
  input: { height: 4, width: 4, channels: 3, scale: 1, zeroPoint: 128 },
  layers,
};
writeQuantisedNetwork(at('net.json'), network, { importedFrom: 'ONNX' }, {});

const spec = (name: string): MultiplierSpec => parseDesignName(name)!;
const [BOOTH, MILD, STRONG] = ['mul_booth_s8', 'mul_roup_s8_p1_r2', 'mul_roup_s8_p2_r4'];
const PALETTE = [BOOTH, MILD, STRONG].join(',');
const names = layers.map(({ name }) => name);

/** A table that readEnergyTable takes: keys fit the rows. */
function writeTable(path: string, more: Partial<EnergyTable> = {}): void {
  const rows = [BOOTH, MILD, STRONG].flatMap((name, index) => [
    row(spec(name!), 0.4 / (index + 1)),
    ...layerRows(
      spec(name!),
      'layer-stream',
      'weight-on-b',
      Object.fromEntries(names.map((layer) => [layer, 0.2 / (index + 1)])),
    ),
  ]);
  const table = { ...tableOf(rows, quantisedNetworkDigest(network)), ...more };
  const operands = {
    ...table.operands!,
    layers: names.map((layer) => ({ layer, multiplicationsPerImage: 1, activationsPerWeight: 1 })),
  };
  const keyed = table.rows.map((own) => ({ ...own, key: rowKey(own, table.conditions) }));
  writeFileSync(path, JSON.stringify({ ...table, operands, rows: keyed }));
}
writeTable(at('table.json'));

const argsOf = (words: readonly string[], options: object = {}): CommandArguments => ({
  work,
  model: at('net.json'),
  ...options,
  _: words,
});
const context = { onProgress: () => {} };
const run = (words: readonly string[], options: object = {}) => assign.run(argsOf(words, options), context);

async function refusal(words: readonly string[], options: object = {}, command = assign): Promise<string> {
  const before = filesBelow(folder.path);
  const error = await command.run(argsOf(words, options), context).then(
    () => new Error('accepted'),
    (thrown: unknown) => thrown,
  );
  expect(error).toMatchObject({ code: 'bad-input' });
  expect(filesBelow(folder.path)).toEqual(before);
  const { message, hint } = error as MaxdnnError;
  return `${message}\n${hint}`.replaceAll(`${folder.path}/`, '');
}

describe('assign', () => {
  test('a name: counts by layer and multiplier, energy by stream, and a file that reads the same', async () => {
    const { text, value } = await run(['FLAM-2clas_2_1+KLMS-2sigma'], {
      palette: PALETTE,
      table: at('table.json'),
    });
    const path = join(work, 'assign', 'FLAM-2clas_2_1+KLMS-2sigma.json');
    const lines = text.split('\n');
    expect(lines.slice(0, 5)).toEqual([
      'FLAM-2clas_2_1+KLMS-2sigma for small: 3872 multiplications per image',
      '[1] mul_roup_s8_p1_r2',
      '[2] mul_roup_s8_p2_r4',
      '',
      expect.stringMatching(/^layer +\[1\] +\[2\] +skipped +uniform +layer-stream$/),
    ]);
    expect(lines.slice(6, 10).map((line) => line.split(/ +/)[0])).toEqual([...names, 'all']);
    expect(lines.slice(-6)).toEqual([
      '',
      "Energies of library lib at 1 ns, zero delay; on the layers' own operands weights on port b.",
      'Best exact on uniform: mul_booth_s8, 1548.8 nJ per image.'.replace(
        '1548.8',
        (3872 * 0.4e-3).toFixed(1),
      ),
      `Best exact on layer-stream: mul_booth_s8, ${(3872 * 0.2e-3).toFixed(1)} nJ per image.`,
      '',
      path,
    ]);
    const file = JSON.parse(readFileSync(path, 'utf8'));
    const told = value as { counts: object; energy: object };
    expect([file.counts, file.energy, file.name]).toEqual([
      told.counts,
      told.energy,
      'FLAM-2clas_2_1+KLMS-2sigma',
    ]);
    const { skippedPerImage, layers: counts } = file.counts;
    expect(skippedPerImage).toBeGreaterThan(50);
    for (const own of Object.values(counts) as {
      multiplications: number;
      skipped: number;
      byMultiplier: object;
    }[]) {
      const sum = Object.values(own.byMultiplier).reduce((a: number, b: number) => a + b, own.skipped);
      expect(sum).toBe(own.multiplications);
    }
    const { conv0 } = counts;
    const pj = conv0.byMultiplier[MILD!] * 0.2 + conv0.byMultiplier[STRONG!] * (0.4 / 3);
    expect(file.energy.streams.uniform.layers.conv0.energyNj).toBeCloseTo(pj / 1000, 9);
    expect(file.layers.conv1).toEqual({
      level: 'flam-2-modulo',
      multipliers: [STRONG, MILD],
      skip: { beyondSigma: 2 },
    });
    const place = workspaceOf({ work, _: [] });
    const back = readAssignment(path, network, (name, where) => resolveMultiplier(name, place, where));
    expect(back.label).toBe('FLAM-2clas_2_1+KLMS-2sigma');
  });

  test('a level with its multipliers is the same as its name', async () => {
    await run([], {
      level: 'flam-2-contiguous',
      multipliers: `${STRONG},none`,
      skip: '0.25sigma-small,2sigma',
      out: at('level.json'),
    });
    await run(['FLAM-2clas-contiguous_1_x+KLMS-2sigma+KLMS-0.25sigma-small'], {
      palette: `${BOOTH},${STRONG}`,
      out: at('name.json'),
    });
    const [one, other] = ['level.json', 'name.json'].map((name) =>
      JSON.parse(readFileSync(at(name), 'utf8')),
    );
    expect({ ...one, name: '' }).toEqual({ ...other, name: '' });
    expect(one.name).toBe('FLAM-2clas-contiguous_0_x+KLMS-2sigma+KLMS-0.25sigma-small');
  });

  test('layers with something else: a digit, a multiplier, a name of their own', async () => {
    const options = {
      palette: PALETTE,
      layers: `conv0=FLAM-3clas_0_1_2,conv1=${MILD},dense=0`,
      out: at('mixed.json'),
    };
    await run(['LLAM_2'], options);
    const file = JSON.parse(readFileSync(at('mixed.json'), 'utf8'));
    expect(file.layers).toEqual({
      conv0: { level: 'flam-3-modulo', multipliers: [BOOTH, MILD, STRONG] },
      conv1: MILD,
      dense: BOOTH,
    });
    expect(file.name).toBeUndefined();
  });

  test('a file: told again, priced, and written with its tuned constants and levels as they were', async () => {
    const variant = new Map<string, LayerVariant>(
      layers.map((layer) => [
        layer.name,
        { multiplier: spec(STRONG!), weights: layer.weights.map((code) => -code - 1), bias: layer.bias },
      ]),
    );
    writeAssignment(at('tuned.json'), { network, variant });
    const { text } = await run([at('tuned.json')], {
      table: at('table.json'),
      out: at('again.json'),
      stream: 'uniform',
    });
    expect(text.split('\n')[0]).toBe('tuned for small: 3872 multiplications per image');
    const [first, second] = ['tuned.json', 'again.json'].map((name) =>
      JSON.parse(readFileSync(at(name), 'utf8')),
    );
    expect(second.layers).toEqual(first.layers);
    expect(second.data).toEqual({ ...first.data, file: 'again.bin' });
    expect(readFileSync(at('again.bin')).equals(readFileSync(at('tuned.bin')))).toBe(true);
    expect([first.energy, Object.keys(second.energy.streams)]).toEqual([undefined, ['uniform']]);
    const told = await run([at('again.json')]);
    expect(told.text.split('\n').at(-1)).toMatch(/^all +3872$/);
  });

  test('the schema of its files', async () => {
    expect((await run([], { schema: true })).value).toBe(ASSIGNMENT_SCHEMA);
  });

  test('on the command line: a refusal has exit code 2', async () => {
    expect((await run(['LLAM_1'], { palette: PALETTE })).value).toMatchObject({
      name: 'LLAM_1',
      path: join(work, 'assign', 'LLAM_1.json'),
      counts: { multiplicationsPerImage: 3872 },
    });
    const refused = await runProgram(
      'maxdnn',
      ['assign', 'LAM_1', '--palette', PALETTE, '--model', 'net.json'],
      folder.path,
    );
    expect(refused).toEqual({
      code: 2,
      stdout: '',
      stderr:
        'maxdnn: assign: wanted a name such as LLAM_2_1_1_0, FLAM-3clas_2_1_1, KLAM-chan_1_0_1 or KLMS-1sigma, found "LAM_1"\nThe nearest is LLAM_1.',
    });
  });
});

describe('refused, with the nearest valid name', () => {
  const palette = { palette: PALETTE };

  test.each<[string, readonly string[], object, string]>([
    [
      'an unknown multiplier',
      ['LLAM_1'],
      { palette: 'mul_booth_s8,mul_rup_s8_p1_r3' },
      '--palette: wanted a design name such as mul_roup_s8_p2_r4, one of the added multipliers (none yet), or a spec file (.json), found "mul_rup_s8_p1_r3", nearest mul_roup_s8_p1_r3\n' +
        'maxdnn list shows the catalogue and what was added to the work folder (--work).',
    ],
    [
      'a class count that does not divide',
      ['FLAM-3clas-contiguous_2_1_1'],
      palette,
      'FLAM-3clas-contiguous_2_1_1: layer conv1: wanted a class count that divides 8 filters: flam-2-contiguous or flam-4-contiguous; or flam-3-contiguous-uneven, found flam-3-contiguous\n' +
        'FLAM-3clas-contiguous_2_1_1: layer dense: wanted a class count that divides 4 filters: flam-2-contiguous or flam-4-contiguous; or flam-3-contiguous-uneven, found flam-3-contiguous\n' +
        'A level must leave no class empty and, but for "modulo", make classes of equal size unless it says "-uneven".',
    ],
    [
      'a layer that the model lacks',
      ['LLAM_1'],
      { ...palette, layers: 'conf1=0' },
      '--layers: wanted LAYER=MULTIPLIER with a layer of small: conv0, conv1, dense, found "conf1=0", nearest conv1\n' +
        'For example: --layers conv0=0,dense=mul_booth_s8',
    ],
    [
      'a digit beyond the palette',
      ['LLAM_3'],
      palette,
      'LLAM_3: wanted 0 … 2 (the palette has 3 multipliers) or x, nearest 2, found 3\nName more multipliers in the palette, or use smaller digits.',
    ],
    [
      'an unknown level',
      [],
      { level: 'klam-rows', multipliers: STRONG },
      '--level: wanted a level: llam, flam-N or klam-channel-N, -row-N, -column-N, N 1..255, then perhaps -contiguous or -sensitivity, found "klam-rows"\nThe nearest is klam-row.',
    ],
    [
      'more classes than multipliers',
      [],
      { level: 'flam-3', multipliers: STRONG },
      '--multipliers: wanted 3, one per class of flam-3, found 1\nName one multiplier for each class, separated by commas.',
    ],
    [
      'a name without a palette',
      ['LLAM_1'],
      {},
      '--palette: wanted the multipliers that the digits of LLAM_1 stand for, found none\nFor example: --palette mul_booth_s8,mul_roup_s8_p1_r2,mul_roup_s8_p2_r4',
    ],
    [
      'a palette beside a level',
      [],
      { level: 'llam', palette: STRONG, multipliers: STRONG },
      '--palette: wanted not beside --level, found "mul_roup_s8_p2_r4"\nA name goes with --palette; --level with --multipliers and --skip.',
    ],
    [
      'nothing at all',
      [],
      {},
      'assign: wanted one name, assignment file or --level, found none\nFor example: maxdnn assign FLAM-3clas_2_1_1 --palette mul_booth_s8,mul_roup_s8_p1_r2,mul_roup_s8_p2_r4',
    ],
    [
      'a rule of skipping that is none',
      [],
      { level: 'llam', multipliers: STRONG, skip: '2sigmas' },
      '--skip: wanted Nsigma, Nsigma-small, or one of each with a comma, found "2sigmas"\n' +
        'For example: --skip 2sigma leaves out weights beyond µ ± 2σ, --skip 0.25sigma-small those within µ ± 0.25σ.',
    ],
    [
      'an energy table without a multiplier in use',
      ['LLAM_1'],
      { palette: 'mul_booth_s8,mul_roup_s8_p1_r3', table: at('table.json') },
      'table.json: wanted uniform rows for mul_roup_s8_p1_r3, found none, nearest mul_roup_s8_p1_r2\n' +
        'table.json: wanted layer-stream rows of conv0, conv1, dense with weight-on-b for mul_roup_s8_p1_r3, found none, nearest mul_roup_s8_p1_r2\n' +
        'Price the design too (maxdnn gen-rtl, verify, table), or use one that the table has.',
    ],
    [
      'an energy table of another library than stated',
      ['LLAM_1'],
      { ...palette, table: at('table.json'), library: 'lip' },
      'table.json: wanted energies of library lip, found those of lib\n' +
        'Make the table with that library (maxdnn table --liberty FILE), or state the nearest one: --library lib.',
    ],
    [
      'a library without a table',
      ['LLAM_1'],
      { ...palette, library: 'lib' },
      '--library: wanted an energy table (--table FILE), found none at out/table/energy-table.json\nMake one: maxdnn table.',
    ],
    [
      'an output that is no JSON file',
      ['LLAM_1'],
      { ...palette, out: at('x.txt') },
      '--out: wanted a file that ends in .json, found "x.txt"\nName it mine.json.',
    ],
  ])('%s', async (_what, words, options, message) => {
    expect(await refusal(words, options)).toBe(message);
  });

  test('a file that states another library than the table has, by assign and by evaluate', async () => {
    await run(['LLAM_1'], { ...palette, table: at('table.json'), out: at('stated.json') });
    const library = {
      name: 'other',
      sha256: 'a'.repeat(64),
      origin: 'user',
      voltageV: 1,
      temperatureC: 25,
      notes: [],
    } as const;
    writeTable(at('other.json'), { library });
    const message =
      'other.json: wanted energies of library lib, found those of other\n' +
      'Make the table with that library (maxdnn table --liberty FILE), or state the nearest one: --library other.';
    expect(await refusal([at('stated.json')], { table: at('other.json') })).toBe(message);
    const { value } = await run([at('stated.json')], { table: at('other.json'), library: 'other' });
    expect(value).toMatchObject({ energy: { library: { name: 'other' } } });
    const args = { assign: at('stated.json'), table: at('other.json'), images: '2' };
    expect(await refusal([], args, evaluate)).toBe(message);
  });

  test('evaluate refuses a named table that lacks a multiplier of the assignment', async () => {
    await run(['LLAM_1'], { palette: 'mul_booth_s8,mul_roup_s8_p1_r3', out: at('lacking.json') });
    const args = { assign: at('lacking.json'), table: at('table.json'), images: '2' };
    expect((await refusal([], args, evaluate)).split('\n')[0]).toBe(
      'table.json: wanted uniform rows for mul_roup_s8_p1_r3, found none, nearest mul_roup_s8_p1_r2',
    );
  });
});
