import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import type { ArraySpec } from '../../src/accel/array-spec.ts';
import { axiPorts } from '../../src/accel/axi-ports.ts';
import { renderBlockDiagram } from '../../src/accel/block-diagram.ts';
import { integrationFiles } from '../../src/accel/integration-files.ts';
import { renderRegisterHeader } from '../../src/accel/register-header.ts';
import { waveSignals } from '../../src/accel/wave-view.ts';
import { writeFileAtomic } from '../../src/base/files.ts';
import { shippedFile } from '../../src/base/package-root.ts';
import { runTool } from '../../src/tools/run-tool.ts';
import { runYosys } from '../../src/tools/yosys.ts';
import { toolMissing } from '../tool-missing.ts';
import { shellWithStandIn, TEST_SPEC } from './accelerator-bench.ts';

const CHROMIUM = '/usr/bin/chromium';
const verilog = shellWithStandIn(TEST_SPEC);
const names = verilog.map(({ name }) => name);
const files = integrationFiles(TEST_SPEC, { verilog: names, clockPeriodNs: 4 });
const textOf = (name: string) => files.find((file) => file.name === name)!.text;

const folder = mkdtempSync(join(tmpdir(), 'maxdnn-integration-'));
beforeAll(() => {
  for (const { name, text } of [...verilog, ...files]) writeFileAtomic(join(folder, name), text);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('the core file is YAML with all files, the file list has them in order', () => {
  const core = parse(textOf('maxdnn_accelerator.core').replace('CAPI=2:', ''), { merge: true }) as {
    filesets: { rtl: { files: string[] } };
    targets: Record<string, { toplevel: string }>;
  };
  expect(core.filesets.rtl.files).toEqual(names);
  expect(Object.values(core.targets).every(({ toplevel }) => toplevel === 'maxdnn_accelerator')).toBe(true);
  expect(textOf('maxdnn_accelerator.f').trimEnd().split('\n')).toEqual(names);
});

test('the constraints name every port once, inputs 30 % of the period before the edge', () => {
  const sdc = textOf('maxdnn_accelerator.sdc');
  expect(sdc).toContain('create_clock -name clk -period 4.000 [get_ports {clk_i}]');
  expect(sdc.match(/set_(in|out)put_delay 1\.200 -clock clk/g)).toHaveLength(2);
  const ports = [...axiPorts(TEST_SPEC.addressBits).map(({ name }) => name), 'irq_o', 'rst_ni', 'clk_i'];
  for (const port of ports) expect(sdc.match(new RegExp(`\\b${port}\\b`, 'g')), port).toHaveLength(1);
});

test.skipIf(toolMissing('iverilog'))(
  'Icarus reads the shell through its file list without a word',
  async () => {
    const args = ['-g2005', '-Wall', '-t', 'null', '-s', 'maxdnn_shell', '-f', 'shell.f'];
    const own = names.filter((name) => name !== 'maxdnn_core.v' && name !== 'maxdnn_accelerator.v');
    writeFileAtomic(join(folder, 'shell.f'), own.map((name) => `${name}\n`).join(''));
    const { text } = await runTool({
      tool: 'iverilog',
      program: 'iverilog',
      args,
      cwd: folder,
      timeoutMs: 60_000,
    });
    expect(text.trim()).toBe('');
  },
);

/** The smallest and the largest shapes, and 32 and 64 address bits. */
const SHAPES: readonly ArraySpec[] = [
  { ...TEST_SPEC, rows: 1, columns: 1, lanes: 1, addressBits: 32 },
  { ...TEST_SPEC, rows: 64, columns: 64, lanes: 16, addressBits: 64 },
];
describe.skipIf(toolMissing('verilator'))('Verilator -Wall', () => {
  test.each(SHAPES)('$rows × $columns elements', async (spec) => {
    const cwd = join(folder, `lint-${spec.rows}`);
    const all = shellWithStandIn(spec);
    for (const { name, text } of all) writeFileAtomic(join(cwd, name), text);
    const args = [
      '--lint-only',
      '-Wall',
      '--top-module',
      'maxdnn_accelerator',
      ...all.map(({ name }) => name),
    ];
    const { text } = await runTool({ tool: 'lint', program: 'verilator', args, cwd, timeoutMs: 60_000 });
    expect(text.trim()).toBe('');
  });
});

describe.skipIf(toolMissing('yosys'))('Yosys', () => {
  test('finds no latch and no loop in the shell; every signal of the saved views exists', async () => {
    const commands = [
      `read_verilog ${names.join(' ')}`,
      'hierarchy -check -top maxdnn_accelerator',
      'proc',
      'select -assert-none t:$dlatch',
      'check -assert',
      'write_json shell.json',
    ];
    await runYosys({ commands, cwd: folder, name: 'shell', timeoutMs: 120_000 });
    const { modules } = JSON.parse(readFileSync(join(folder, 'shell.json'), 'utf8')) as {
      modules: Record<
        string,
        { netnames: Record<string, { bits: unknown[] }>; cells: Record<string, { type: string }> }
      >;
    };
    const signals = waveSignals(TEST_SPEC);
    expect(signals.length).toBeGreaterThan(60);
    for (const { path, name, width } of signals) {
      const module = path.reduce((at, cell) => modules[at]!.cells[cell]!.type, 'maxdnn_accelerator');
      expect([...path, name, modules[module]!.netnames[name]?.bits.length]).toEqual([...path, name, width]);
      const full = ['TOP', 'maxdnn_accelerator', ...path, name].join('.');
      expect(textOf('maxdnn_accelerator.gtkw')).toContain(
        width === 1 ? `${full}\n` : `${full}[${width - 1}:0]\n`,
      );
      expect(textOf('maxdnn_accelerator.sucl')).toContain(`variable_add ${full}\n`);
    }
  });
});

test.skipIf(toolMissing('gcc'))('the driver is C99 without a warning', async () => {
  writeFileAtomic(join(folder, 'maxdnn_registers.h'), renderRegisterHeader());
  const source = shippedFile('sim', 'maxdnn_driver.c');
  const args = [
    '-std=c99',
    '-Wall',
    '-Wextra',
    '-Werror',
    '-pedantic',
    '-I',
    folder,
    '-c',
    source,
    '-o',
    'driver.o',
  ];
  const { text } = await runTool({ tool: 'gcc', program: 'gcc', args, cwd: folder, timeoutMs: 60_000 });
  expect(text.trim()).toBe('');
});

describe.skipIf(process.env.REQUIRE_TOOLS !== '1' && !existsSync(CHROMIUM))(
  'block diagram in Chromium',
  () => {
    test('texts lie apart and inside the picture, for small and for large arrays', async () => {
      const args = ['--headless', '--no-sandbox', '--disable-gpu'];
      const browser = await chromium.launch({ executablePath: CHROMIUM, args });
      try {
        const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
        for (const spec of [TEST_SPEC, ...SHAPES]) {
          await page.setContent(`<body style="margin:0">${renderBlockDiagram(spec)}</body>`);
          const boxes = await page.evaluate(
            `[...document.querySelectorAll('text')].map((t) => { const { x, y, width, height } = t.getBBox(); return { text: t.textContent, x, y, width, height }; })`,
          );
          const texts = boxes as { text: string; x: number; y: number; width: number; height: number }[];
          expect(texts.length).toBeGreaterThan(40);
          expect(
            texts.filter(({ x, y, width, height }) => x < 0 || y < 0 || x + width > 1240 || y + height > 800),
          ).toEqual([]);
          const overlaps = texts.flatMap((one, index) =>
            texts
              .slice(index + 1)
              .filter(
                (other) =>
                  one.x < other.x + other.width &&
                  other.x < one.x + one.width &&
                  one.y + 3 < other.y + other.height &&
                  other.y + 3 < one.y + one.height,
              )
              .map((other) => `${one.text} / ${other.text}`),
          );
          expect(overlaps).toEqual([]);
        }
      } finally {
        await browser.close();
      }
    });
  },
);
