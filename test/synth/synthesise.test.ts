import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeFileAtomic } from '../../src/base/files.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { readNetlist } from '../../src/power/netlist.ts';
import { uniformSource } from '../../src/power/stream.ts';
import { latestArrivalNs, propagateTiming } from '../../src/power/timing.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { prepareLibrary, type SynthesisLibrary } from '../../src/synth/library-files.ts';
import { DEFAULT_CONDITIONS, priceDesign } from '../../src/synth/price.ts';
import { chooseCandidate, type Synthesis, synthesise } from '../../src/synth/synthesise.ts';
import { staDelay } from '../../src/synth/timing.ts';
import { runSta } from '../../src/tools/opensta.ts';
import { runYosys, yosysWord } from '../../src/tools/yosys.ts';
import { SYNTHESIS_MISSING, TEST_LIBRARY } from '../liberty/test-library.ts';
import { DATA_DIR } from '../tool-missing.ts';

const CONDITIONS = { inputTransitionNs: 0.02, outputLoadFf: 4 };
const ROUP = parseSpec({ family: 'roup', bits: 8, P: 1, r: [3, 1, 0] }, 'spec');

test('the smallest netlist that meets the target wins, else the fastest, else the first of equals', () => {
  const small = { recipe: 'area', cells: 9, areaUm2: 100, abcDelayPs: 950 } as const;
  const middle = { recipe: 'area-restructured', cells: 9, areaUm2: 110, abcDelayPs: 900 } as const;
  const fast = { recipe: 'delay', cells: 9, areaUm2: 130, abcDelayPs: 800 } as const;
  const all = [small, middle, fast];
  expect(chooseCandidate(all, 1000)).toBe(small);
  expect(chooseCandidate(all, 900)).toBe(middle);
  expect(chooseCandidate(all, 899)).toBe(fast);
  expect(chooseCandidate(all, 500)).toBe(fast);
  expect(chooseCandidate([small, { ...small }], 1000)).toBe(small);
});

describe.skipIf(SYNTHESIS_MISSING !== '')(`synthesis and timing${SYNTHESIS_MISSING}`, () => {
  let folder: string;
  let library: SynthesisLibrary;
  let roup: Synthesis;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn synth-'));
    library = await prepareLibrary({ ...TEST_LIBRARY!, cacheFolder: join(folder, 'library') });
    const { design, verilog } = generateRtl(ROUP);
    roup = await map(design, verilog);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const map = (moduleName: string, rtlText: string, delayTargetPs = 900): Promise<Synthesis> =>
    synthesise({
      moduleName,
      rtlText,
      library,
      delayTargetPs,
      outputLoadFf: 4,
      runFolder: join(folder, `${moduleName}-${delayTargetPs}`),
    });

  test('area and cells equal those that Yosys counts in the Verilog netlist', async () => {
    const { text } = await runYosys({
      commands: [
        `read_rtlil ${yosysWord(library.portsPath)}`,
        `read_verilog ${yosysWord(roup.netlistVerilogPath)}`,
        `stat -top ${roup.moduleName} -liberty ${yosysWord(library.libertyPath)}`,
      ],
      cwd: folder,
      name: 'stat',
      timeoutMs: 60_000,
    });
    expect(Number(/Number of cells:\s+(\d+)/.exec(text)?.[1])).toBe(roup.cells);
    expect(Number(/Chip area for .*: ([\d.]+)/.exec(text)?.[1])).toBeCloseTo(roup.areaUm2, 4);
    expect(roup.cells).toBeGreaterThan(100);
  });

  test('every recipe was tried, and the run folder holds what was run', () => {
    expect(roup.candidates.map(({ recipe }) => recipe)).toEqual(['area', 'area-restructured', 'delay']);
    expect(roup.areaUm2).toBe(Math.min(...roup.candidates.filter(meets).map(({ areaUm2 }) => areaUm2)));
    const log = readFileSync(join(folder, `${roup.moduleName}-900`, 'synthesise.log'), 'utf8');
    expect(log.split('\n')[0]).toBe('$ yosys -s synthesise.ys');
  });

  test('a tighter target gives a faster, larger netlist', async () => {
    const { design, verilog } = generateRtl(ROUP);
    const tight = await map(design, verilog, 400);
    const [slow, fast] = [await delayOf(roup), await delayOf(tight)];
    expect(fast.delayNs).toBeLessThan(slow.delayNs);
    expect(tight.areaUm2).toBeGreaterThan(roup.areaUm2);
  });

  test('OpenSTA and the power engine agree on the longest path within 12 %', async () => {
    const path = await delayOf(roup);
    const timing = propagateTiming(readNetlist(roup.netlistJsonPath, library.model), 0.02, 4);
    const nets = readNetlist(roup.netlistJsonPath, library.model).ports.get('p_o')!.nets;
    const arrivalNs = Math.max(...nets.map((net) => latestArrivalNs(timing, net)));
    expect(nets.length).toBe(16);
    expect(Math.abs(path.delayNs / arrivalNs - 1)).toBeLessThan(0.12);
    expect(path.cells).toBeGreaterThan(5);
    expect(path.to).toMatch(/^p_o\[\d+\]$/);
  });

  test('constants of one value come from one tie cell where the library has it', async () => {
    const tied = await map(
      'tied',
      "module tied(input a_i, b_i, output [4:0] p_o); assign p_o = {~(a_i & b_i), 4'd5}; endmodule",
    );
    const cells = readNetlist(tied.netlistJsonPath, library.model).gates.map(({ cell }) => cell.name);
    const ties = [library.tieHigh?.cell, library.tieLow?.cell].filter((cell) => cell !== undefined);
    expect(cells.filter((cell) => ties.includes(cell)).sort()).toEqual(ties.sort());
    expect(await delayOf(tied)).toMatchObject({ to: 'p_o[4]', cells: 1 });
  });

  test('a netlist without a path from an input to an output is not timed', async () => {
    const netlistVerilogPath = join(folder, 'constant.v');
    writeFileAtomic(
      netlistVerilogPath,
      "module constant(input a_i, output p_o); assign p_o = 1'b0; endmodule\n",
    );
    await expect(delayOf({ ...roup, moduleName: 'constant', netlistVerilogPath })).rejects.toMatchObject({
      code: 'tool-failed',
      message: 'sta found no path from an input to an output of constant',
    });
  });

  test('sabotage: a netlist with a cell that the library lacks is not timed', async () => {
    const broken = join(folder, 'broken.v');
    const cell = readNetlist(roup.netlistJsonPath, library.model).gates[0]!.cell.name;
    writeFileAtomic(
      broken,
      readFileSync(roup.netlistVerilogPath, 'utf8').replace(`  ${cell} `, '  NO_SUCH_CELL '),
    );
    const timed = delayOf({ ...roup, netlistVerilogPath: broken });
    await expect(timed).rejects.toMatchObject({ code: 'tool-failed' });
    await expect(timed).rejects.toThrow(/^sta: Warning: .*broken\.v, line \d+ module NO_SUCH_CELL not found/);
  });

  test('report_power of OpenSTA is refused', async () => {
    const call = { commands: ['report_power'], cwd: folder, name: 'power', timeoutMs: 1000 };
    await expect(runSta(call)).rejects.toThrow(
      'report_power of OpenSTA must not be used: its numbers are wrong',
    );
  });

  test.each([
    ['no Verilog', 'module broken(input a; endmodule', /^yosys ended with status 1\n[\s\S]*syntax error/],
    [
      'another module',
      'module other(input a_i, output p_o); assign p_o = a_i; endmodule',
      /Module `broken' not found/,
    ],
    [
      'a register',
      'module broken(input a_i, output reg p_o); always @(posedge a_i) p_o <= !p_o; endmodule',
      /Found 1 problems in 'check -assert'/,
    ],
  ])('RTL that is %s fails', async (_what, verilog, message) => {
    const mapped = map('broken', verilog);
    await expect(mapped).rejects.toMatchObject({ code: 'tool-failed' });
    await expect(mapped).rejects.toThrow(message);
  });

  function delayOf(synthesis: Synthesis) {
    const { moduleName, netlistVerilogPath } = synthesis;
    return staDelay({ moduleName, netlistVerilogPath, library, conditions: CONDITIONS, runFolder: folder });
  }
});

const NANGATE = join(DATA_DIR ?? '', 'liberty', 'nangate45_typ.lib.gz');
const noNangate = SYNTHESIS_MISSING || (existsSync(NANGATE) ? '' : ' [skipped: no MAXDNN_DATA]');

test.skipIf(noNangate !== '')(`another library (Nangate45, .lib.gz) works alike${noNangate}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'maxdnn-nangate-'));
  try {
    const library = await prepareLibrary({ path: NANGATE, origin: 'user', cacheFolder: folder });
    const { design, spec, verilog } = generateRtl(ROUP);
    const runFolder = join(folder, design);
    const conditions = DEFAULT_CONDITIONS;
    const { mapped, productsCompared } = await priceDesign({
      subject: { design, spec, verilog },
      library,
      conditions,
      clockNs: 1,
      streams: [uniformSource(1024, 1)],
      runFolder,
    });
    expect(library.drivingCell).toBe('BUF_X1');
    expect(mapped.proof).toEqual({ method: 'abc-cec', inputBits: 16, outputBits: 16 });
    expect([mapped.productsCompared, productsCompared]).toEqual([65536, 1024]);
    expect(mapped.delayNs).toBeLessThan(1);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

function meets({ abcDelayPs }: { readonly abcDelayPs: number }): boolean {
  return abcDelayPs <= 900;
}
