import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { generateMac, type MacSpec, macShell, renderMacBank } from '../../src/rtl/mac.ts';
import { render } from '../../src/rtl/render.ts';
import { toolMissing } from '../tool-missing.ts';

const approved = (name: string) => new URL(`../golden/${name}`, import.meta.url).pathname;
const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] };
const NARROW: MultiplierSpec = {
  family: 'narrow',
  bits: 8,
  aBits: 6,
  bBits: 5,
  architecture: 'baugh-wooley',
};
const unsigned = (aBits: number, bBits: number): MultiplierSpec => ({
  family: 'behavioural',
  aBits,
  bBits,
  aSigned: false,
  bSigned: false,
});

describe('approved renderings in test/golden (vitest -u writes them anew: look at the difference)', () => {
  const signedMac = generateMac({ multiplier: ROUP, weightPort: 'b', accumulatorBits: 24 });
  const narrowMac = generateMac({ multiplier: NARROW, weightPort: 'a', accumulatorBits: 20 });

  test.each([signedMac, narrowMac])('$shellName', async ({ shellName, shellVerilog }) => {
    await expect(shellVerilog).toMatchFileSnapshot(approved(`${shellName}.v`));
  });

  test('element and bank', async () => {
    await expect(signedMac.verilog).toMatchFileSnapshot(approved(`${signedMac.name}.v`));
    await expect(renderMacBank([signedMac, narrowMac])).toMatchFileSnapshot(approved('mac_bank.v'));
  });
});

describe('the product in the width of the sum', () => {
  const extended = (spec: MacSpec): string =>
    /wire \[\d+:0\] product = (.*);/.exec(generateMac(spec).shellVerilog)![1]!;

  test.each([
    ['signed', ROUP, 24, '{{8{product_i[15]}}, product_i}'],
    ['as wide as the sum', ROUP, 16, 'product_i'],
    ['narrow: shifted back by 2 + 3 dropped bits', NARROW, 20, "{{4{product_i[10]}}, product_i, 5'b0}"],
    ['unsigned', unsigned(4, 3), 10, "{3'b0, product_i}"],
  ] as const)('%s', (_name, multiplier, accumulatorBits, want) => {
    expect(extended({ multiplier, weightPort: 'b', accumulatorBits })).toBe(want);
  });

  test('the port of the weight decides the widths of its register and of the activation', () => {
    const widths = (weightPort: 'a' | 'b') => {
      const shell = macShell({ multiplier: NARROW, weightPort, accumulatorBits: 20 });
      return [shell.weightBits, shell.activationBits];
    };
    expect(widths('a')).toEqual([6, 5]);
    expect(widths('b')).toEqual([5, 6]);
  });
});

test.skipIf(toolMissing('iverilog'))('Icarus reads an element without a warning', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-icarus-'));
  const mac = generateMac({ multiplier: NARROW, weightPort: 'a', accumulatorBits: 20 });
  const { design, verilog } = generateRtl(NARROW);
  const files = { [mac.name]: mac.verilog, [mac.shellName]: mac.shellVerilog, [design]: verilog };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, `${name}.v`), text);
  const args = [
    '-g2005',
    '-Wall',
    '-s',
    mac.name,
    '-o',
    'element',
    ...Object.keys(files).map((f) => `${f}.v`),
  ];
  const { exitCode, stderr, stdout } = await execa('iverilog', args, { cwd: folder, reject: false });
  rmSync(folder, { recursive: true });
  // With -Wall Icarus remarks that modules have no time scale; nothing else.
  const remarks = `${stdout}${stderr}`
    .split('\n')
    .filter((line) => line !== '' && !line.includes('timescale'));
  expect([exitCode, remarks]).toEqual([0, []]);
});

test.each([
  [15, 'accumulator bits 16 … 32, found 15'],
  [33, 'accumulator bits 16 … 32, found 33'],
  [20.5, 'accumulator bits 16 … 32, found 20.5'],
])('a sum of %s bits is refused', (accumulatorBits, text) => {
  expect(() => generateMac({ multiplier: ROUP, weightPort: 'b', accumulatorBits })).toThrow(text);
});

test('a product wider than 32 bits is refused', () => {
  const spec: MacSpec = { multiplier: unsigned(20, 20), weightPort: 'b', accumulatorBits: 32 };
  expect(() => generateMac(spec)).toThrow('wanted a product of at most 32 bits, found 40 bits');
});

test('a view that lacks a field is refused', () => {
  expect(() => render('mac-shell.v', { header: [] })).toThrow('the view has no field "name"');
});
