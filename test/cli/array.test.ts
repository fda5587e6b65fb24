import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { writeQuantisedNetwork } from '../../src/dnn/quantised-network-file.ts';
import { smallNetwork } from '../accel/small-network.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('array');
afterAll(folder.remove);

const quantised = join(folder.path, 'quantised.json');
writeQuantisedNetwork(quantised, smallNetwork(1, 2), { percentile: 100, calibrationImages: 1 }, {});
const run = (...words: readonly string[]) =>
  runProgram('maxdnn', ['array', ...words, '--quantised', quantised], folder.path);

describe('maxdnn array', () => {
  test('writes everything for a network, with the clock that was asked for', async () => {
    const { code, stdout, stderr } = await run('2x2', '--mul', 'mul_roup_s8_p2_r4', '--clock-ns', '3');
    expect({ code, stderr }).toEqual({ code: 0, stderr: expect.not.stringContaining('rror') });
    expect(stdout).toMatch(/^2 × 2 elements \(static\) for .* with mul_roup_s8_p2_r4: mul_roup_s8_p2_r4$/m);
    const out = join(folder.path, 'out', 'array');
    expect(filesBelow(out)).toEqual(
      expect.arrayContaining([
        'block-diagram.svg',
        'listing.txt',
        'maxdnn_accelerator.core',
        'maxdnn_accelerator.f',
        'maxdnn_accelerator.gtkw',
        'maxdnn_accelerator.sdc',
        'maxdnn_accelerator.sucl',
        'maxdnn_registers.h',
        'program.bin',
        'program.json',
        'rtl/maxdnn_accelerator.v',
        'rtl/mul_roup_s8_p2_r4.v',
      ]),
    );
    const constraints = readFileSync(join(out, 'maxdnn_accelerator.sdc'), 'utf8');
    expect(constraints).toContain('create_clock -name clk -period 3.000 ');
  });

  test.each([
    [['0x4'], 'configuration: wanted 1 … 64 rows and columns', '0x4'],
    [['4x4', '--clock-ns', '0'], '--clock-ns', '0'],
    [['2x2', '--accumulator-bits', '16'], 'accumulatorBits', '16'],
  ])('%j is refused in one line', async (words, where, found) => {
    const { code, stderr } = await run(...words);
    expect(code).toBe(2);
    expect(stderr).toContain(where);
    expect(stderr).toContain(found);
  });
});
