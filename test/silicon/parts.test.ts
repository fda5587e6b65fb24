import { describe, expect, it } from 'vitest';
import { reportArea } from '../../src/silicon/area.ts';
import type { BlockSignal } from '../../src/silicon/block-netlist.ts';
import { placeWindows } from '../../src/silicon/capture.ts';
import { shortenNames } from '../../src/silicon/elaborate.ts';
import { type AcceleratorModule, instancePaths } from '../../src/silicon/modules.ts';
import { sampleInstances } from '../../src/silicon/sample.ts';
import { checkSram, DEFAULT_SRAM, memoryAccessPj } from '../../src/silicon/sram.ts';
import { parsePaths } from '../../src/silicon/timing.ts';
import { parseTrace } from '../../src/silicon/trace.ts';
import { splitVector, splitVectors, vectorPieces } from '../../src/silicon/vector-pieces.ts';

describe('names of modules', () => {
  it('lose their parameters, stay apart, and cells follow', () => {
    const rtlil = [
      'module \\maxdnn_top',
      "  cell $paramod\\maxdnn_walk\\Width=s32'1 \\u_one",
      '  cell $paramod$0123abc\\maxdnn_walk \\u_two',
      '  cell \\maxdnn_sram \\u_memory',
      'end',
      "module $paramod\\maxdnn_walk\\Width=s32'1",
      'end',
      'module $paramod$0123abc\\maxdnn_walk',
      'end',
      'attribute \\blackbox 1',
      'attribute \\src "maxdnn_sram.v:1"',
      'module \\maxdnn_sram',
      'end',
    ].join('\n');
    const { text, modules } = shortenNames(rtlil);
    expect(modules).toEqual(['maxdnn_top', 'maxdnn_walk', 'maxdnn_walk_2']);
    expect(text).toContain(
      '  cell \\maxdnn_walk \\u_one\n  cell \\maxdnn_walk_2 \\u_two\n  cell \\maxdnn_sram \\u_memory',
    );
    expect(text).not.toContain('$paramod');
  });
});

const memory = { instance: 'u_sram', words: 64, wordBits: 24, parts: 1 };
const part = (name: string, rest: Partial<AcceleratorModule>): AcceleratorModule => ({
  name,
  source: { ports: {}, cells: {}, netnames: {} },
  cells: 0,
  registers: 0,
  areaUm2: 0,
  children: [],
  memories: [],
  ...rest,
});
const modules = new Map(
  [
    part('top', {
      cells: 2,
      areaUm2: 10,
      children: [1, 2].map((k) => ({ instance: `u_${k}`, module: 'leaf' })),
    }),
    part('leaf', { cells: 5, registers: 3, areaUm2: 7, memories: [memory] }),
  ].map((module) => [module.name, module]),
);

describe('area', () => {
  it('adds up instances and memories', () => {
    expect(instancePaths(modules, 'top')).toEqual(
      new Map([
        ['top', ['']],
        ['leaf', ['u_1', 'u_2']],
      ]),
    );
    const area = reportArea(modules, 'top', { um2PerBit: 0.5, energyFactor: 1 });
    expect(area).toMatchObject({ cells: 12, registers: 6, logicUm2: 24, memoryUm2: 2 * 64 * 24 * 0.5 });
    expect(area.blocks.map(({ module, areaUm2 }) => [module, areaUm2])).toEqual([
      ['leaf', 14],
      ['top', 10],
    ]);
    expect(area.memories).toMatchObject([{ path: 'u_1.u_sram', instances: 2 }]);
    const shares = [...area.blocks, ...area.memories].reduce(
      (sum, { sharePercent }) => sum + sharePercent,
      0,
    );
    expect(shares).toBeCloseTo(100, 9);
  });

  it('memories that are none are refused', () => {
    expect(() => checkSram({ um2PerBit: 0, energyFactor: Number.NaN })).toThrow(
      /--sram-area[\s\S]*--sram-energy/,
    );
    expect(memoryAccessPj(memory, { ...DEFAULT_SRAM, energyFactor: 2 })).toBeCloseTo(
      2 * memoryAccessPj(memory, DEFAULT_SRAM),
      12,
    );
  });
});

describe('windows', () => {
  const boundaries = [0, 100, 1000, 1010, 2000].map((cycle) => ({ cycle }));

  it('each descriptor that has room gets one in its middle, long ones more, none overlap', () => {
    const starts = placeWindows(boundaries, 6, 50);
    expect(starts.length).toBeGreaterThanOrEqual(6);
    expect(starts.filter((start) => start < 100)).toEqual([25]);
    for (const [k, start] of starts.entries())
      expect(start).toBeGreaterThanOrEqual((starts[k - 1] ?? -50) + 50);
    expect(starts.at(-1)! + 50).toBeLessThanOrEqual(2000);
  });

  it('instances are spread and none is taken twice', () => {
    const items = Array.from({ length: 256 }, (_, k) => k);
    const taken = sampleInstances(items, 8);
    expect(new Set(taken).size).toBe(8);
    expect(new Set(taken.map((k) => Math.floor(k / 32))).size).toBe(8);
    expect(sampleInstances([1, 2], 8)).toEqual([1, 2]);
  });
});

describe('the trace', () => {
  const signal = (name: string, width: number): BlockSignal => ({ name, width });

  it('hexadecimal vectors become words of each signal', () => {
    const [wide, one, byte] = splitVector('1f23456789abcdefa5', [
      signal('wide', 61),
      signal('one', 3),
      signal('byte', 8),
    ]);
    const value = 0x1f23456789abcdefa5n;
    expect(byte).toEqual(Uint32Array.of(0xa5));
    expect(one).toEqual(Uint32Array.of(Number((value >> 8n) & 7n)));
    expect(wide).toEqual(
      Uint32Array.of(Number((value >> 11n) & 0xffffffffn), Number((value >> 43n) & 0x1fffffffn)),
    );
  });

  it('more than Verilator prints comes in pieces', () => {
    const signals = Array.from({ length: 300 }, (_, k) => signal(`s${k}`, 32));
    expect(vectorPieces(signals).map((piece) => piece.length)).toEqual([128, 128, 44]);
    const text = vectorPieces(signals).map((piece) =>
      piece.map(({ name }) => name.slice(1).padStart(8, '0')).join(''),
    );
    const found = splitVectors(text.join('_'), signals).map(([word]) => Number(word!.toString(16)));
    expect(found).toEqual(signals.map((_, k) => k));
    expect(vectorPieces([])).toEqual([[]]);
  });

  const blocks = [
    {
      path: 'u',
      extra: [],
      block: {
        module: 'm',
        netlist: undefined as never,
        inputs: [signal('a', 4)],
        outputs: [signal('y', 4)],
        states: [signal('s', 2)],
        stateBits: [
          { signal: 0, bit: 1, isInverted: false },
          { signal: 0, bit: 0, isInverted: true },
          { bit: 0, isInverted: false },
        ],
      },
    },
  ];
  const text = 'd 0 0\nm 0 0 0\nw 7\ns 0 2\nc 0 5 a 0\nc 0 6 b 0\nd 9 -1\nm 0 12 3\n';

  it('boundaries, accesses, states and patterns', () => {
    const { boundaries, windows } = parseTrace(text, blocks);
    expect(boundaries).toEqual([
      { cycle: 0, descriptor: 0, reads: [0], partsWritten: [0] },
      { cycle: 9, descriptor: -1, reads: [12], partsWritten: [3] },
    ]);
    expect(windows[0]!.cycle).toBe(7);
    const [window] = windows[0]!.blocks;
    expect(window!.inputs.get('a')).toEqual(Uint32Array.of(5, 6));
    expect(window!.outputs.get('y')).toEqual(Uint32Array.of(10, 11));
    expect(window!.initial).toEqual(Uint8Array.of(1, 1, 0));
  });

  it('one that was cut short is refused', () => {
    expect(() => parseTrace(text.slice(0, -16), blocks)).toThrow('no end');
  });
});

describe('paths', () => {
  it('slack becomes delay; resets are left out, modules without a path named all the same', () => {
    const path = (from: string, to: string, group: string, slack: string): string =>
      `Startpoint: ${from}\nEndpoint: ${to}\nPath Group: ${group}\nPath Type: max\n\n  1.9   data required time\n   ${slack}\n\n`;
    const text = [
      `module one\n${path('u_r', 'u_c', '**async_default**', '-1.5   slack (VIOLATED)')}`,
      path('u_a/b', 'u_c', 'clock', '0.981513   slack (MET)'),
      'module two\nNo paths found.\n',
      `module three\n${path('x', 'y', 'clock', '-0.5   slack (VIOLATED)')}`,
    ].join('');
    expect(parsePaths(text, 2)).toEqual([
      { module: 'one', delayNs: 1.018487, fmaxMhz: 1000 / 1.018487, from: 'u_a/b', to: 'u_c' },
      { module: 'two' },
      { module: 'three', delayNs: 2.5, fmaxMhz: 400, from: 'x', to: 'y' },
    ]);
  });
});
