import { existsSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { crosscheck } from '../../src/cli/commands/crosscheck.ts';
import { exportActivity } from '../../src/cli/commands/export-activity.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { pairStream } from '../../src/power/layer-stream.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { buildEnergyTable } from '../../src/synth/build-table.ts';
import { prepareLibrary } from '../../src/synth/library-files.ts';
import { DEFAULT_CONDITIONS } from '../../src/synth/price.ts';
import { SYNTHESIS_MISSING, TEST_LIBRARY } from '../liberty/test-library.ts';
import { countTransitions, readDump } from '../power/vcd-reader.ts';
import { DATA_DIR } from '../tool-missing.ts';

const STA = process.env.MAXDNN_STA;
const quiet = { onProgress: () => {} };

describe.skipIf(SYNTHESIS_MISSING !== '')(`rows of an energy table${SYNTHESIS_MISSING}`, () => {
  const work = mkdtempSync(join(tmpdir(), 'maxdnn-rows-'));
  const spec = parseSpec({ family: 'narrow', bits: 8, aBits: 4, bBits: 3, architecture: 'booth' }, 'spec');
  const subject = generateRtl(spec);
  const csv = join(work, 'pairs.csv');
  const runFolder = join(work, 'table', 'designs', subject.design, '1ns');
  const args = { _: [], work, ...libraryOption() };

  beforeAll(async () => {
    const { path, origin } = TEST_LIBRARY!;
    const library = await prepareLibrary({ path, origin, cacheFolder: join(work, 'library') });
    const pairs = Array.from(
      { length: 100 },
      (_, i) => [((i * 37) % 251) - 125, ((i * 91) % 241) - 120] as const,
    );
    writeFileSync(csv, `a,b\n${pairs.map((pair) => pair.join(',')).join('\n')}\n`);
    const column = (i: 0 | 1): Int32Array => Int32Array.from(pairs, (pair) => pair[i]);
    const { design } = subject;
    const rtlSha256 = sha256(subject.verilog);
    const verdict = { coverage: 'exhaustive', pairsCompared: 128, mismatchCount: 0, mismatches: [] } as const;
    await buildEnergyTable({
      designs: [subject],
      verdict: { designs: [{ design, spec, rtlSha256, verified: true, ...verdict }] },
      library,
      conditions: { ...DEFAULT_CONDITIONS, clockTargetsNs: [1], operandPairs: 200, glitches: 'none' },
      operands: {
        streams: [
          {
            identity: { kind: 'file' },
            streamFor: (own) => pairStream('file', own, column(0), column(1)),
          },
        ],
      },
      outFolder: join(work, 'table'),
    });
  }, 60_000);
  afterAll(() => rmSync(work, { recursive: true, force: true }));

  it('are exported as VCD and SAIF with the names of their netlist, one pair of files per stream', async () => {
    const { text, value } = await exportActivity.run({ ...args, streams: 'all', operands: csv }, quiet);
    const stems = ['uniform', 'file'];
    const files = stems.flatMap((stem) =>
      ['vcd', 'saif'].map((type) => join(runFolder, 'activity', `${stem}.${type}`)),
    );
    expect((value as unknown[]).length).toBe(2);
    for (const file of files) {
      expect(text).toContain(`\n  ${file}`);
      expect(existsSync(file)).toBe(true);
    }
    const netlist = readFileSync(join(runFolder, 'netlist.v'), 'utf8');
    const { variables, lastTime } = readDump(readFileSync(files[0]!, 'utf8'));
    const instances = new Set(
      [...variables.keys()]
        .map((name) => name.split('/'))
        .filter((path) => path.length === 3)
        .map((path) => path[1]!),
    );
    expect(lastTime).toBe(200 * 1000);
    expect(instances.size).toBeGreaterThan(20);
    for (const instance of instances) expect(netlist).toContain(` ${instance} (`);
    const product =
      variables.get(`${subject.design}/p_o[15:0]`) ??
      [...variables].find(([name]) => name.includes('p_o['))?.[1];
    expect(countTransitions(product!)).toBeGreaterThan(100);
    expect(readFileSync(files[1]!, 'utf8')).toContain(`(DURATION ${200 * 1000})`);
  }, 30_000);

  it('are refused when a name is unknown, the operands are others or the netlist is another', async () => {
    const refusal = async (more: object): Promise<string> => {
      const failed = await exportActivity.run({ ...args, ...more }, quiet).catch((error: Error) => error);
      return (failed as Error).message;
    };
    expect(await refusal({ _: ['mul_x'] })).toBe('designs: wanted designs of the table, found "mul_x"');
    expect(await refusal({ streams: 'all' })).toBe(
      `${subject.design} at 1 ns, file: wanted its operand stream, made again, found none, or another one`,
    );
    const path = join(runFolder, 'netlist.json');
    renameSync(path, `${path}.away`);
    const message = await refusal({});
    renameSync(`${path}.away`, path);
    expect(message).toMatch(/: wanted the netlist of the row \(SHA-256 [0-9a-f]{64}\), found none$/);
    const verilogPath = join(runFolder, 'netlist.v');
    const verilog = readFileSync(verilogPath, 'utf8');
    const edited = verilog.replace(' NAND2_X1 ', ' NOR2_X1 '); // same pins, so that nothing else would notice
    expect(edited).not.toBe(verilog);
    writeFileSync(verilogPath, edited);
    const refused = await refusal({});
    writeFileSync(verilogPath, verilog);
    expect(refused).toMatch(
      /netlist\.v: wanted the netlist of the row \(SHA-256 [0-9a-f]{64}\), found [0-9a-f]{64}$/,
    );
  });

  it.skipIf(DATA_DIR === undefined || TEST_LIBRARY?.origin === 'user')(
    `are refused with another library${DATA_DIR ? '' : ' (skipped: MAXDNN_DATA is not set)'}`,
    async () => {
      const liberty = join(DATA_DIR!, 'liberty', 'nangate45_typ.lib.gz');
      await expect(exportActivity.run({ ...args, liberty }, quiet)).rejects.toThrow(
        /^library: wanted maxdnn45_typ/,
      );
    },
    30_000,
  );

  it.skipIf(STA === undefined)(
    `are checked by a newer OpenSTA${STA ? '' : ' [skipped: MAXDNN_STA names no OpenSTA of 2.4 or later]'}`,
    async () => {
      const passed = await crosscheck.run(
        { ...args, streams: 'all', operands: csv, activity: 'saif' },
        quiet,
      );
      expect(passed.value).toMatchObject({ found: true, rows: { length: 2 } });
      const scripts = ['uniform', 'file'].map((stem) => join(runFolder, `crosscheck-${stem}.tcl`));
      expect(scripts.map((script) => existsSync(script))).toEqual([true, true]);
      const path = join(work, 'table', 'energy-table.json');
      const text = readFileSync(path, 'utf8');
      const table = JSON.parse(text) as { rows: { internalPj: number; energyPj: number }[] };
      for (const row of table.rows) {
        row.energyPj += row.internalPj;
        row.internalPj *= 2;
      }
      writeFileSync(path, JSON.stringify(table));
      const failed = await crosscheck.run(args, quiet);
      writeFileSync(path, text);
      expect(failed.failure).toMatchObject({ code: 'mismatch' });
      expect(failed.failure!.message).toMatch(
        /^beyond the tolerance:\n.*, internalPj \+\d+\.\d\d %, energyPj \+/,
      );
    },
    60_000,
  );
});

function libraryOption(): { readonly liberty?: string } {
  return TEST_LIBRARY?.origin === 'user' ? { liberty: TEST_LIBRARY.path } : {};
}
