import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { toPattern } from '../../src/base/bits.ts';
import type { MultiplierSpec } from '../../src/multiplier/spec.ts';
import { parseNetlist } from '../../src/power/netlist.ts';
import { generateRtl } from '../../src/rtl/generate.ts';
import { generateMac, type MacSpec } from '../../src/rtl/mac.ts';
import { prepareLibrary, type SynthesisLibrary } from '../../src/synth/library-files.ts';
import { proveSequentialEquivalent } from '../../src/synth/mac-equivalence.ts';
import { type MappedShell, mapShell } from '../../src/synth/mac-map.ts';
import { type OperandLoads, portLoadsFf, priceMac } from '../../src/synth/mac-price.ts';
import { type MacOperands, macStream, uniformMacOperands } from '../../src/synth/mac-stream.ts';
import { synthesiseSequential } from '../../src/synth/mac-synthesise.ts';
import { staMac } from '../../src/synth/mac-timing.ts';
import { mapDesign, netlistPath, netlistVerilogPath } from '../../src/synth/map-design.ts';
import { DEFAULT_CONDITIONS } from '../../src/synth/price.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';

const ROUP: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
const SPEC: MacSpec = { multiplier: ROUP, weightPort: 'b', accumulatorBits: 24 };
const NO_LOADS: OperandLoads = { weightFf: [], activationFf: [] };

describe('patterns at the ports of a shell', () => {
  const operands = (weights: readonly number[], activations: readonly number[]): MacOperands => ({
    identity: { kind: 'uniform' },
    weights: Int8Array.from(weights),
    activations: Int8Array.from(activations),
    isLoaded: new Uint8Array(weights.length).fill(1),
    incomingSums: (product) => Int32Array.from(weights, (weight, i) => 3 * product(activations[i]!, weight)),
  });

  test('a narrow multiplier gets codes; its products are those of the codes, its sums are shifted back', () => {
    const narrow: MultiplierSpec = {
      family: 'narrow',
      bits: 8,
      aBits: 6,
      bBits: 5,
      architecture: 'baugh-wooley',
    };
    const stream = macStream(
      { multiplier: narrow, weightPort: 'b', accumulatorBits: 20 },
      operands([-100], [50]),
    )!;
    // Activation 50 rounds to 13 · 4, weight −100 to −12 · 8 (half-up).
    expect(stream.activations[0]).toBe(13);
    expect(stream.weights[0]).toBe(32 - 12);
    expect(stream.products[0]).toBe(toPattern(13 * -12, 11));
    expect(stream.psums[0]).toBe(toPattern(3 * 13 * -12 * 32, 20));
  });

  test('the port of the weight decides what is rounded', () => {
    const on = (weightPort: 'a' | 'b') =>
      macStream({ ...SPEC, weightPort }, operands([16], [7]))!.products[0];
    // On b: 7 rounds to 0. On a: 16 stays, and of 7 the two upper digits are 0.
    expect([on('b'), on('a')]).toEqual([0, 0]);
    expect(macStream(SPEC, operands([16], [9]))!.products[0]).toBe(16 * 16);
  });

  test('operands out of range have no stream, sums out of range are refused with the width that holds them', () => {
    const unsigned: MultiplierSpec = {
      family: 'behavioural',
      aBits: 8,
      bBits: 8,
      aSigned: false,
      bSigned: false,
    };
    expect(macStream({ ...SPEC, multiplier: unsigned }, operands([1], [-1]))).toBeUndefined();
    const exact: MultiplierSpec = { family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true };
    expect(() =>
      macStream({ multiplier: exact, weightPort: 'b', accumulatorBits: 16 }, operands([127], [127])),
    ).toThrow('wanted at most 16 bits, found 0 … 48387, which need 17');
  });
});

describe.skipIf(toolMissing('yosys') || toolMissing('berkeley-abc'))(
  'a shell in the embedded library',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'maxdnn-shell-'));
    const shellFolder = join(folder, 'shell');
    const mac = generateMac(SPEC);
    const common = { conditions: DEFAULT_CONDITIONS, clockNs: 1 };
    let library: SynthesisLibrary;
    let mapped: MappedShell;

    beforeAll(async () => {
      const path = new URL('../../synth/maxdnn45_typ.lib', import.meta.url).pathname;
      library = await prepareLibrary({ path, origin: 'embedded', cacheFolder: join(folder, 'library') });
      mapped = await mapShell({ mac, library, ...common, runFolder: shellFolder });
    }, 60_000);

    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    const price = (operands: MacOperands, loads = NO_LOADS, from = shellFolder) =>
      priceMac({
        spec: SPEC,
        mapped,
        loads,
        library,
        ...common,
        operands: [operands],
        shellFolder: from,
        runFolder: mkdtempSync(join(folder, 'price-')),
      });

    test('is proved at its registers, one per bit, and taken from the run folder the next time', async () => {
      expect(mapped.registers).toBe(8 + 8 + 24);
      // 62 bits in, 40 out; of each register its output is an input, and data and reset value are outputs, and clock
      // and reset of the three registers.
      expect(mapped.proof).toEqual({ method: 'abc-cec', inputBits: 60 + 40, outputBits: 40 + 80 + 6 });
      const again = await mapShell({ mac, library, ...common, runFolder: shellFolder });
      expect(again).toEqual(mapped);
      const verilog = readFileSync(netlistVerilogPath(shellFolder), 'utf8');
      writeFileSync(netlistVerilogPath(shellFolder), '');
      expect(await mapShell({ mac, library, ...common, runFolder: shellFolder })).toEqual(mapped);
      expect(readFileSync(netlistVerilogPath(shellFolder), 'utf8')).toBe(verilog);
    }, 30_000);

    test('sabotage: a netlist with two sums exchanged is no longer equal, and its sums are noticed when priced', async () => {
      const text = readFileSync(netlistPath(shellFolder), 'utf8');
      const wrong = exchangeBits(text, 'psum_i', 9, 12);
      expect(parseNetlist(wrong, library.model, 'wrong').registers).toHaveLength(40);
      const runFolder = join(folder, 'wrong');
      mkdirSync(runFolder);
      writeFileSync(join(runFolder, 'netlist.json'), wrong);
      writeFileSync(join(runFolder, 'rtl.v'), mac.shellVerilog);
      const request = {
        moduleName: mac.shellName,
        rtlPath: join(runFolder, 'rtl.v'),
        netlistJsonPath: join(runFolder, 'netlist.json'),
        library,
        runFolder,
      };
      await expect(proveSequentialEquivalent(request)).rejects.toThrow('is not equivalent to its RTL');
      expect(() => price(uniformMacOperands(512, 3), NO_LOADS, runFolder)).toThrow(
        /differs from the golden model in \d+ of 511 sums/,
      );
    });

    test.each([
      [
        'another enable',
        'else if (weight_load_i)',
        'else if (weight_load_i & en_i)',
        'is not equivalent to its RTL',
      ],
      [
        'another sum',
        'psum_d = psum_i + product',
        'psum_d = psum_i - product',
        'is not equivalent to its RTL',
      ],
      ['no reset', 'if (!rst_ni) weight_o', "if (1'b0) weight_o", /ports|select -assert-none|yosys ended/],
    ])(
      'sabotage: RTL with %s is not what the netlist was made from',
      async (name, text, replacement, error) => {
        const runFolder = mkdtempSync(join(folder, `${name.replace(' ', '-')}-`));
        expect(mac.shellVerilog).toContain(text);
        writeFileSync(join(runFolder, 'rtl.v'), mac.shellVerilog.replace(text, replacement));
        const request = {
          moduleName: mac.shellName,
          rtlPath: join(runFolder, 'rtl.v'),
          netlistJsonPath: netlistPath(shellFolder),
          library,
          runFolder,
        };
        await expect(proveSequentialEquivalent(request)).rejects.toThrow(error);
      },
    );

    test('standing still costs clock and leakage only; an operand bit that changes costs ½CV² at the multiplier', () => {
      const still = constantOperands(256, () => 0);
      const own = price(still);
      expect(own.sumsCompared).toBe(255);
      const [energy] = own.energies;
      const leakagePj = energy!.idlePj - energy!.clockPj;
      expect(leakagePj).toBeGreaterThan(0);
      expect(energy!.accumulatePj + energy!.operandRegistersPj).toBeCloseTo(leakagePj, 9);
      // Bit 3 of the activation changes in every cycle.
      const changing = constantOperands(256, (cycle) => 8 * (cycle % 2));
      const [loaded] = price(changing, { weightFf: [], activationFf: [0, 0, 0, 5] }).energies;
      const [unloaded] = price(changing).energies;
      expect(loaded!.operandRegistersPj - unloaded!.operandRegistersPj).toBeCloseTo(
        (0.5 * 5 * library.model.voltageV ** 2) / 1000,
        9,
      );
      expect(unloaded!.operandRegistersPj).toBeGreaterThan(energy!.operandRegistersPj);
    });

    test('is timed together with its multiplier, whose pins load the operand registers', async () => {
      if (toolMissing('sta')) return;
      const runFolder = join(folder, 'multiplier');
      await mapDesign({ subject: generateRtl(ROUP), library, ...common, runFolder });
      const netlistText = readFileSync(join(runFolder, 'netlist.json'), 'utf8');
      const netlist = parseNetlist(netlistText, library.model, 'multiplier');
      const loads = portLoadsFf(netlist, 'b_i');
      // Of b, two digits are perforated: bits 0 … 2 are not read.
      expect(loads).toHaveLength(8);
      expect(loads.slice(0, 3)).toEqual([0, 0, 0]);
      expect(Math.min(...loads.slice(3))).toBeGreaterThan(0);
      const path = await staMac({
        moduleName: mac.name,
        verilog: mac.verilog,
        shellNetlistVerilogPath: join(shellFolder, 'netlist.v'),
        multiplierNetlistVerilogPath: join(runFolder, 'netlist.v'),
        library,
        ...common,
        runFolder: join(folder, 'timing'),
      });
      expect(path.delayNs).toBeGreaterThan(0.3);
      expect(path.delayNs).toBeLessThan(2);
      expect([path.from, path.to].every((pin) => pin.startsWith('u_shell/'))).toBe(true);
    }, 60_000);

    test.skipIf(DATA_DIR === undefined)(
      'is mapped to Nangate45 too, and proved',
      async () => {
        const nangate = await prepareLibrary({
          path: join(DATA_DIR!, 'liberty', 'nangate45_typ.lib.gz'),
          origin: 'user',
          cacheFolder: join(folder, 'library'),
        });
        const runFolder = join(folder, 'nangate');
        const own = await mapShell({ mac, library: nangate, ...common, runFolder });
        expect([own.registers, own.proof.outputBits]).toEqual([40, 126]);
        expect(own.areaUm2).toBeGreaterThan(300);
      },
      60_000,
    );

    test('a library without a flip-flop that can be cleared is refused', async () => {
      const cells = new Map(
        [...library.model.cells].filter(([, cell]) => cell.flipFlop?.clear === undefined),
      );
      const request = {
        moduleName: mac.shellName,
        rtlText: mac.shellVerilog,
        library: { ...library, model: { ...library.model, cells } },
        delayTargetPs: 450,
        outputLoadFf: 4,
        runFolder: join(folder, 'none'),
      };
      await expect(synthesiseSequential(request)).rejects.toThrow(
        'wanted a flip-flop with asynchronous clear, for the registers of processing elements, found DFF_X1, DFF_X2',
      );
    });
  },
);

/** Weight and sum 0, and an activation per cycle. */
function constantOperands(pairs: number, activationOf: (cycle: number) => number): MacOperands {
  return {
    identity: { kind: 'uniform' },
    weights: new Int8Array(pairs),
    activations: Int8Array.from({ length: pairs }, (_, cycle) => activationOf(cycle)),
    isLoaded: new Uint8Array(pairs),
    incomingSums: () => new Int32Array(pairs),
  };
}

/** A Yosys JSON netlist in which the cells read two bits of an input port exchanged. */
function exchangeBits(text: string, port: string, i: number, j: number): string {
  const json = JSON.parse(text) as {
    modules: Record<
      string,
      {
        ports: Record<string, { bits: number[] }>;
        cells: Record<string, { connections: Record<string, unknown[]> }>;
      }
    >;
  };
  for (const { ports, cells } of Object.values(json.modules)) {
    const bits = ports[port]?.bits;
    if (bits === undefined) continue;
    const other = new Map<unknown, unknown>([
      [bits[i], bits[j]],
      [bits[j], bits[i]],
    ]);
    for (const { connections } of Object.values(cells)) {
      for (const nets of Object.values(connections)) nets[0] = other.get(nets[0]) ?? nets[0];
    }
  }
  return JSON.stringify(json);
}
