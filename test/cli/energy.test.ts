import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { writeArtifact } from '../../src/base/artifact.ts';
import type { AcceleratorEnergy } from '../../src/explore/accelerator-energy.ts';
import { readAcceleratorEnergy } from '../../src/explore/read-accelerator-energy.ts';
import { type EnergyTable, rowKey } from '../../src/synth/energy-table.ts';
import { BOOTH, ROUP, sampleEnergy } from '../explore/energy-sample.ts';
import { row, tableOf } from '../explore/stream-table.ts';
import { SYNTHESIS_MISSING } from '../liberty/test-library.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('energy');
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);
const run = (...args: readonly string[]) => runProgram('maxdnn', args, folder.path);

/** A table with keys that fit its rows. */
function keyed(table: EnergyTable): EnergyTable {
  const rows = table.rows.map((own) => ({ ...own, key: rowKey(own, table.conditions) }));
  return { ...table, rows };
}

/** The sample of the library of the table. */
function energyOf(change: Partial<AcceleratorEnergy> = {}): AcceleratorEnergy {
  return { ...sampleEnergy(), library: TABLE.library, ...change };
}

const TABLE = keyed(tableOf([row(BOOTH, 0.5), row(ROUP, 0.2)]));
writeArtifact(at('out/table/energy-table.json'), TABLE);

describe('export-energy', () => {
  test('without processing elements: multipliers, and how to have more', async () => {
    const { code, stdout } = await run('export-energy');
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      'out/energy/ERT.yaml',
      'out/energy/ART.yaml',
      '2 components, 4 actions',
      'Multipliers only: "maxdnn energy" adds processing elements and memories.',
    ]);
    const { ERT } = parse(readFileSync(at('out/energy/ERT.yaml'), 'utf8')) as {
      ERT: { tables: { name: string }[] };
    };
    expect(ERT.tables.map(({ name }) => name)).toEqual(['maxdnn.mul_booth_s8', 'maxdnn.mul_roup_s8_p2_r4']);
  });

  test('with them, as CSV, under a name of the architecture', async () => {
    writeArtifact(at('energy.json'), energyOf());
    const args = ['--energy', 'energy.json', '--format', 'csv', '--prefix', 'system.pe', '--out', 'csv'];
    const { code, stdout } = await run('export-energy', ...args);
    expect([code, stdout]).toEqual([0, 'csv/energy-reference.csv\n8 components, 24 actions']);
    const lines = readFileSync(at('csv/energy-reference.csv'), 'utf8').trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 24);
    expect(lines.filter((line) => line.startsWith('system.pe.'))).toHaveLength(24);
  });

  test('elements of another library or clock target are not put beside its multipliers', async () => {
    const library = { ...TABLE.library, sha256: 'b'.repeat(64) };
    writeArtifact(at('other.json'), energyOf({ library }));
    const { code, stderr } = await run('export-energy', '--energy', 'other.json');
    expect(code).toBe(2);
    expect(stderr).toContain('accelerator energy: library: wanted');
    writeArtifact(at('slow.json'), energyOf({ clockNs: 2 }));
    const slow = await run('export-energy', '--energy', 'slow.json', '--clock-ns', '1');
    expect([slow.code, slow.stderr]).toEqual([
      2,
      expect.stringContaining('accelerator energy: clock target in ns: wanted 1, found 2'),
    ]);
  });

  test('what the table does not have is refused', async () => {
    const { code, stderr } = await run('export-energy', '--stream', 'layer-stream');
    expect(code).toBe(2);
    expect(stderr).toContain('wanted rows at 1 ns on layer-stream weight-on-b, found none');
  });
});

describe('energy: bad input is told before any work', () => {
  writeFileSync(at('storage.json'), JSON.stringify({ dram: { readPj: -1 }, weights: 3 }));

  test.each([
    [
      ['--storage', 'storage.json'],
      ['dram.readPj: wanted a number above 0, found -1', 'wanted no other fields, found field "weights"'],
    ],
    [['--array', '0x16'], ['--array: wanted ROWSxCOLUMNS, each 1 … 64, found "0x16"']],
    [['--clock-ns', '7'], ['--clock-ns: wanted a clock target of the energy table: 1, found 7']],
    [
      ['mul_nonsense', 'mul_booth_s8'],
      ['design: wanted a design name', 'found "mul_nonsense"'],
    ],
  ])('%j', async (args, errors) => {
    const { code, stderr } = await run('energy', ...args);
    expect(code).toBe(2);
    for (const error of errors) expect(stderr).toContain(error);
    expect(filesBelow(at('out')).filter((path) => path.startsWith('elements'))).toEqual([]);
  });
});

const FULL = process.env.MAXDNN_FULL === '1';

test.skipIf(!FULL || SYNTHESIS_MISSING !== '')(
  `the whole way from two designs to the energy of an image, on uniform operands${SYNTHESIS_MISSING}`,
  async () => {
    const work = ['--work', 'full'];
    for (const args of [
      ['--family', 'booth', '--bits', '8'],
      ['--P', '2', '--r', '4'],
    ]) {
      expect((await runProgram('gen-rtl', [...args, '--out', 'full/rtl'], folder.path)).code).toBe(0);
    }
    for (const verb of [['verify'], ['table', '--clock-ns', '2', '--pairs', '1024']]) {
      expect((await run(...verb, ...work)).code).toBe(0);
    }
    const { code, stdout } = await run('energy', ...work);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^synthetic-resnet8, 12239488 multiplications; array 16 × 16, /m);
    const { baseline, rows } = readAcceleratorEnergy(at('full/energy/accelerator-energy.json'));
    expect(baseline.name).toBe('mul_booth_s8');
    const roup = rows.find(({ name }) => name === 'mul_roup_s8_p2_r4')!;
    // A multiplier gain is no chip gain.
    expect(roup.gains.multiplyPercent).toBeGreaterThan(roup.gains.macPercent);
    expect(roup.gains.macPercent).toBeGreaterThan(roup.gains.totalPercent);
    expect(roup.gains.totalPercent).toBeGreaterThan(0);
    // The same again: nothing is synthesised, the figures are the same.
    const before = readFileSync(at('full/energy/accelerator-energy.json'), 'utf8');
    expect((await run('energy', ...work)).code).toBe(0);
    expect(readFileSync(at('full/energy/accelerator-energy.json'), 'utf8')).toBe(before);
    // Gains against a baseline whose weights are on the chip for good are larger.
    writeFileSync(at('resident.json'), JSON.stringify({ weightsResident: true }));
    expect((await run('energy', ...work, '--storage', 'resident.json')).code).toBe(0);
    const resident = readAcceleratorEnergy(at('full/energy/accelerator-energy.json'));
    expect(resident.rows.find(({ name }) => name === roup.name)!.gains.totalPercent).toBeGreaterThan(
      roup.gains.totalPercent,
    );
  },
  300_000,
);
