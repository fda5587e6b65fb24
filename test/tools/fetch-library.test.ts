import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import { DATA_DIR, toolMissing } from '../tool-missing.ts';

const SCRIPT = join(PACKAGE_ROOT, 'scripts', 'fetch-library');
const SHA256 = '7ee6c11d0c8964f9971ba28b879a6cad28e178f86911adda71ac0672ce00f7ef';
const NAME = 'nangate45_typ.lib.gz';

describe.skipIf(toolMissing('curl'))('scripts/fetch-library [needs curl]', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn-fetch-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('without a network: what to do by hand, status 3, nothing left behind', () => {
    const { status, stderr } = run(folder);
    expect(status).toBe(3);
    expect(stderr).toContain('fetch-library: download failed: ');
    expect(stderr).toMatch(
      /1\. fetch +https:\/\/raw\.githubusercontent\.com\/The-OpenROAD-Project\/OpenSTA\/[0-9a-f]{40}\//,
    );
    expect(stderr).toContain(`2. check    its SHA-256 is ${SHA256}`);
    expect(stderr).toContain('3. use it   maxdnn … --liberty FILE');
    expect(readdirSync(folder)).toEqual([]);
  });

  test('sabotage: other content is thrown away, status 3', () => {
    const wrong = join(folder, 'wrong.lib.gz');
    writeFileSync(wrong, 'not the library');
    const target = join(folder, 'cache');
    const { status, stderr } = run('--url', `file://${wrong}`, target);
    expect(status).toBe(3);
    expect(stderr).toContain(
      `has SHA-256 ${sha256('not the library')}, not the expected one; it was thrown away`,
    );
    expect(readdirSync(target)).toEqual([]);
  });

  test.each([
    [['--fast'], 'fetch-library: unknown option --fast'],
    [['a', 'b'], 'fetch-library: wanted one folder, found also: b'],
    [['--url'], 'fetch-library: --url wants a URL'],
  ])('%j is refused with status 2', (args, message) => {
    const { status, stderr } = run(...args);
    expect(status).toBe(2);
    expect(stderr.split('\n')[0]).toBe(message);
  });

  const source = join(DATA_DIR ?? '', 'liberty', NAME);
  const missing = DATA_DIR === undefined || !existsSync(source);
  test.skipIf(missing)(
    `fetches, checks and then reuses the library${missing ? ' [skipped: no MAXDNN_DATA]' : ''}`,
    () => {
      const first = run('--url', `file://${source}`, folder);
      expect(first).toMatchObject({ status: 0, stderr: '' });
      expect(first.stdout.split('\n')[0]).toBe(`fetched, SHA-256 checked: ${join(folder, NAME)}`);
      expect(first.stdout).toContain('Licence: NanGate Open Cell Library');
      expect(readdirSync(folder)).toEqual([NAME]);
      expect(sha256(readFileSync(join(folder, NAME)))).toBe(SHA256);
      const second = run(folder);
      expect(second.status).toBe(0);
      expect(second.stdout.split('\n')[0]).toBe(`already there, SHA-256 checked: ${join(folder, NAME)}`);
    },
  );
});

/** Runs the script with a proxy that refuses every connection, so that it has no network on any machine. */
function run(...args: string[]) {
  const env = { ...process.env, https_proxy: 'http://127.0.0.1:9', no_proxy: '' };
  return spawnSync('bash', [SCRIPT, ...args], { encoding: 'utf8', env });
}
