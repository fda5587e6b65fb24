import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fromPattern } from '../../src/base/bits.ts';
import { MaxdnnError } from '../../src/base/errors.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import type { CellModel } from '../../src/liberty/model.ts';
import { portProduct } from '../../src/multiplier/golden.ts';
import { parseSpec } from '../../src/multiplier/parse-spec.ts';
import { type Gate, readNetlist } from '../../src/power/netlist.ts';
import { simulatePower } from '../../src/power/power.ts';
import { makeStream } from '../../src/power/stream.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { proveEquivalent } from '../../src/synth/equivalence.ts';
import { prepareLibrary, type SynthesisLibrary } from '../../src/synth/library-files.ts';
import { type MappingTask, mapCandidates } from '../../src/synth/map-candidates.ts';
import { netlistJson } from '../../src/synth/mapped-netlist.ts';
import { RECIPES, type Synthesis, synthesise } from '../../src/synth/synthesise.ts';
import { SYNTHESIS_MISSING, TEST_LIBRARY } from '../liberty/test-library.ts';

const FULL = process.env.MAXDNN_FULL === '1';
const SPEC = parseSpec({ family: 'roup', bits: 6, P: 1, r: [2, 0] }, 'spec');

describe.skipIf(SYNTHESIS_MISSING !== '')(`equivalence${SYNTHESIS_MISSING}`, () => {
  const { design, verilog } = generateRtl(SPEC);
  let folder: string;
  let library: SynthesisLibrary;
  let task: MappingTask;
  let mapped: Synthesis;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn-equivalence-'));
    library = await prepareLibrary({ ...TEST_LIBRARY!, cacheFolder: join(folder, 'library') });
    task = {
      moduleName: design,
      rtlText: verilog,
      library,
      clockNs: 1,
      conditions: { inputTransitionNs: 0.02, outputLoadFf: 4 },
      runFolder: join(folder, 'run'),
    };
    mapped = await synthesise(task);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const prove = (netlistPath: string, rtlPath = mapped.rtlPath) =>
    proveEquivalent({ moduleName: design, rtlPath, netlistPath, library, runFolder: join(folder, 'proof') });

  test(`the netlist of ${FULL ? 'every' : 'every fourth'} recipe and sizing is proved, the kept one also as Verilog`, async () => {
    const candidates = await mapCandidates({ ...task, runFolder: join(folder, 'candidates') });
    const chosen = candidates.filter((_, index) => FULL || index % 4 === 0);
    const paths = chosen.map(({ netlist }, index) => {
      const path = join(folder, `candidate-${index}.json`);
      writeFileAtomic(path, netlistJson(netlist));
      return path;
    });
    const proofs = [];
    for (const path of [...paths, mapped.netlistVerilogPath]) proofs.push(await prove(path));
    expect(candidates.length).toBe(RECIPES.reduce((sum, { sizing }) => sum + sizing.length, 0));
    expect(paths.length).toBeGreaterThanOrEqual(5);
    expect(proofs).toEqual(
      new Array(paths.length + 1).fill({ method: 'abc-cec', inputBits: 12, outputBits: 12 }),
    );
  });

  test('sabotage: any single swapped gate is refuted, with operands that show it', async () => {
    const { gates } = readNetlist(mapped.netlistJsonPath, library.model);
    const swaps = gates.flatMap((gate) => {
      const other = lookalike(gate.cell, library);
      return other === undefined ? [] : [{ gate, other }];
    });
    const chosen = swaps.filter((_, index) => index % Math.ceil(swaps.length / 6) === 0);
    expect(chosen.length).toBeGreaterThanOrEqual(5);
    for (const { gate, other } of chosen) {
      const path = swapCell(gate, other);
      const error: unknown = await prove(path).catch((caught: unknown) => caught);
      expect(error, `${gate.instance}: ${gate.cell.name} -> ${other.name}`).toBeInstanceOf(MaxdnnError);
      const { code, message } = error as MaxdnnError;
      expect(code).toBe('mismatch');
      const [, a, b] = /for a_i = 0x([0-9a-f]+), b_i = 0x([0-9a-f]+) /.exec(message) ?? [];
      const pair = [Number.parseInt(a!, 16), Number.parseInt(b!, 16)] as const;
      expect(productOf(path, ...pair)).not.toBe(goldenOf(...pair));
      expect(productOf(mapped.netlistJsonPath, ...pair)).toBe(goldenOf(...pair));
    }
  });

  test('sabotage: two swapped product bits are refuted', async () => {
    const path = join(folder, 'bits.json');
    const json = JSON.parse(readFileSync(mapped.netlistJsonPath, 'utf8'));
    for (const { bits } of [json.modules[design].ports.p_o, json.modules[design].netnames.p_o]) {
      [bits[8], bits[9]] = [bits[9], bits[8]];
    }
    writeFileAtomic(path, JSON.stringify(json));
    await expect(prove(path)).rejects.toThrow(
      new RegExp(
        `^netlist of ${design} is not equivalent to its RTL, e\\.g\\. for a_i = .* \\(abc names p_o\\[8\\] p_o\\[9\\]\\)$`,
      ),
    );
  });

  test('a netlist with other ports is a mismatch, whatever it computes', async () => {
    const path = join(folder, 'ports.v');
    writeFileAtomic(path, `module ${design}(input a_i, output p_o); assign p_o = a_i; endmodule\n`);
    const rtl = join(folder, 'two.v');
    writeFileAtomic(rtl, `module ${design}(input a_i, b_i, output p_o); assign p_o = a_i; endmodule\n`);
    await expect(prove(path, rtl)).rejects.toMatchObject({
      code: 'mismatch',
      message: `netlist of ${design}: ports in:a_i out:p_o instead of in:a_i in:b_i out:p_o`,
    });
  });

  test('a proof that runs out of time is a failure, never a proof', async () => {
    const multiplier = (family: string) =>
      generateRtl(parseSpec({ family, aBits: 16, bBits: 16, aSigned: true, bSigned: true }, 'spec'));
    const [booth, array] = [multiplier('booth'), multiplier('baugh-wooley')];
    const [rtlPath, netlistPath] = [join(folder, 'booth.v'), join(folder, 'array.v')];
    writeFileAtomic(rtlPath, booth.verilog);
    writeFileAtomic(netlistPath, array.verilog.replaceAll(array.design, booth.design));
    const proof = proveEquivalent({
      moduleName: booth.design,
      rtlPath,
      netlistPath,
      library,
      runFolder: join(folder, 'hard'),
      timeLimitS: 1,
    });
    await expect(proof).rejects.toMatchObject({ code: 'tool-failed' });
    await expect(proof).rejects.toThrow(
      /^abc: equivalence of the netlist of mul_booth_s16 and its RTL failed: abc did not finish within 1000 ms\n/,
    );
  });

  test('a netlist that abc cannot read is a failure, never a proof', async () => {
    const path = join(folder, 'twice.json');
    const json = JSON.parse(readFileSync(mapped.netlistJsonPath, 'utf8'));
    json.modules[design].ports.p_o.bits[8] = json.modules[design].ports.p_o.bits[9];
    writeFileAtomic(path, JSON.stringify(json));
    const proof = prove(path);
    await expect(proof).rejects.toMatchObject({ code: 'tool-failed' });
    await expect(proof).rejects.toThrow(/and its RTL without a verdict\n/);
  });

  function swapCell(gate: Gate, other: CellModel): string {
    const json = JSON.parse(readFileSync(mapped.netlistJsonPath, 'utf8'));
    json.modules[design].cells[gate.instance].type = other.name;
    const path = join(folder, `swap-${gate.instance.replaceAll(/\W/g, '')}.json`);
    writeFileAtomic(path, JSON.stringify(json));
    return path;
  }

  function productOf(netlistPath: string, a: number, b: number): number {
    const stream = makeStream('one pair', Uint32Array.of(a, a), Uint32Array.of(b, b));
    const conditions = { vectorPeriodNs: 1, inputTransitionNs: 0.02, outputLoadFf: 4 };
    const netlist = readNetlist(netlistPath, library.model);
    return simulatePower(netlist, library.model, stream, conditions, { products: true }).products![1]!;
  }
});

/** Pattern of the golden product of two patterns. */
function goldenOf(a: number, b: number): number {
  return portProduct(SPEC, fromPattern(a, 6, true), fromPattern(b, 6, true)) & 0xfff;
}

/** Another cell with the same pins and another function, e.g. NOR2 for NAND2. */
function lookalike(cell: CellModel, library: SynthesisLibrary): CellModel | undefined {
  const shape = (c: CellModel) => `${c.inputs.join()}>${c.outputs.join()}`;
  const meaning = (c: CellModel) => JSON.stringify(c.outputs.map((pin) => c.pins.get(pin)!.function));
  if (cell.inputs.length < 2) return undefined;
  return [...library.model.cells.values()].find(
    (other) => other.storage === 'none' && shape(other) === shape(cell) && meaning(other) !== meaning(cell),
  );
}
