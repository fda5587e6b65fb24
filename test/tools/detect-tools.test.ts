import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { detectTools, findTool, toolVersions } from '../../src/tools/detect-tools.ts';
import { tclWord } from '../../src/tools/opensta.ts';
import { TOOL_CATALOGUE } from '../../src/tools/tool-catalogue.ts';
import { yosysWord } from '../../src/tools/yosys.ts';
import { toolMissing } from '../tool-missing.ts';

describe('with nothing in PATH', () => {
  const path = process.env.PATH;
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn-path-'));
    process.env.PATH = folder;
  });
  afterEach(() => {
    process.env.PATH = path;
    rmSync(folder, { recursive: true, force: true });
  });

  test('every tool is reported missing, and nothing is thrown', async () => {
    const findings = await detectTools();
    expect(findings.map(({ tool }) => tool.name)).toEqual(TOOL_CATALOGUE.map(({ name }) => name));
    expect(findings.filter(({ usable }) => usable)).toEqual([]);
    expect(findings.map((finding) => !finding.usable && finding.problem)).toContain(
      'abc: program "berkeley-abc" or "yosys-abc" is not installed',
    );
  });

  test('a stage that needs one says what it is for and how to get it', async () => {
    await expect(findTool('sta')).rejects.toMatchObject({
      code: 'tool-missing',
      message: 'sta: program "sta" is not installed',
      hint: 'Without it: no timing (synth, table). On Debian: apt-get install opensta',
    });
  });

  test('a program of the same name that is something else is not taken for the tool', async () => {
    writeFileSync(join(folder, 'yosys'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
    await expect(findTool('yosys')).rejects.toMatchObject({
      code: 'tool-failed',
      message: 'yosys: "yosys" told no version:\nhello',
    });
  });
});

describe.each(TOOL_CATALOGUE)('$name', ({ name, programs }) => {
  const missing = programs.every(toolMissing);
  test.skipIf(missing)(`tells its version${missing ? ` [skipped: no ${programs[0]}]` : ''}`, async () => {
    const { program, version } = await findTool(name);
    expect(programs).toContain(program);
    expect(version).toMatch(/^\d+(\.\d+)*/);
    expect(await toolVersions([name])).toEqual({ [name]: version });
  });
});

test('paths become one word of a script, or are refused', () => {
  expect(yosysWord('/tmp/a b.v')).toBe('"/tmp/a b.v"');
  expect(yosysWord('/tmp/ab.v')).toBe('/tmp/ab.v');
  expect(() => yosysWord('a"b')).toThrow(
    'path: wanted no quotes, semicolons, hashes or line ends (Yosys cannot quote them), found "a\\"b"',
  );
  expect(tclWord('/tmp/a[b]$c.v')).toBe('{/tmp/a[b]$c.v}');
  expect(() => tclWord('a b')).toThrow(
    'path: wanted no blanks, braces or backslashes (OpenSTA cannot open it), found "a b"',
  );
});
