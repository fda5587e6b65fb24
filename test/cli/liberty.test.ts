import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { liberty } from '../../src/cli/commands/liberty.ts';
import { MACRO_STYLE } from '../liberty/open-library-styles.ts';
import { DATA_DIR } from '../tool-missing.ts';

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-liberty-command-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const look = (...files: string[]) => liberty.run({ _: files }, { onProgress: () => {} });

describe('maxdnn liberty', () => {
  it('says that all of the embedded library is modelled', async () => {
    const { text } = await look();
    expect(text).toMatch(/^maxdnn45_typ: 1\.1 V, 25 °C, SHA-256 [0-9a-f]{16}\n\d+ cells: \d+ combinational/);
    expect(text).toMatch(/Everything in it is modelled\.$/);
  });

  it('names what it leaves out', async () => {
    const path = join(folder, 'macro.lib');
    writeFileSync(path, MACRO_STYLE);
    const { text, value } = await look(path);
    expect(text).toContain('6 cells: 1 flip-flops, 5 left out\n');
    expect(text).toContain('\n  cell sram128x8 left out: bus pin Q of type bus8 is not supported\n');
    expect(Object.keys((value as { leftOut: object }).leftOut)).toHaveLength(5);
  });

  it.skipIf(DATA_DIR === undefined)(
    `names what it leaves out of Nangate45${DATA_DIR ? '' : ' (skipped: MAXDNN_DATA is not set)'}`,
    async () => {
      const { text } = await look(join(DATA_DIR!, 'liberty', 'nangate45_typ.lib.gz'));
      expect(
        text
          .split('\n')
          .slice(3)
          .map((line) => line.replace(/ \(.*/, '')),
      ).toEqual([
        'Not, or not exactly, modelled:',
        '  statetable',
        '  latch, which no stage simulates: 5 cells',
        '  physical only, no signal pins: 6 cells',
        '  three-state output, which no stage simulates: 7 cells',
      ]);
    },
  );

  it('takes one file', async () => {
    await expect(look('a.lib', 'b.lib')).rejects.toThrow('liberty: wanted one file, found ["a.lib","b.lib"]');
  });
});
