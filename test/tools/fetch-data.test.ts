import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { sha256 } from '../../src/base/files.ts';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import { readDataset } from '../../src/dnn/data/read-dataset.ts';
import { someRecords } from '../dnn/dataset-files.ts';
import { toolMissing } from '../tool-missing.ts';

const SCRIPT = join(PACKAGE_ROOT, 'scripts', 'fetch-data');
const ARCHIVE = 'cifar-10-binary.tar.gz';
const NAME = 'cifar-10-batches-bin';
const MD5 = 'c32a1d4ab5d03f1284b67883e8d87530';
const SHA256 = 'c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd';
const BATCHES = [1, 2, 3, 4, 5].map((n) => `data_batch_${n}.bin`).concat('test_batch.bin');

describe.skipIf(toolMissing('curl'))('scripts/fetch-data [needs curl]', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'maxdnn-fetch-data-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  test('without a network: what to put where, status 3, nothing left behind', () => {
    const { status, stderr } = run(SCRIPT, folder);
    expect(status).toBe(3);
    const lines = stderr.split('\n');
    expect(lines[0]).toMatch(/^fetch-data: download failed: ./);
    expect(lines.slice(-8)).toEqual([
      'Do it by hand:',
      '  1. fetch      https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz',
      `  2. check      its MD5 is ${MD5}`,
      `                (SHA-256 ${SHA256})`,
      `  3. put it at  ${join(folder, ARCHIVE)}`,
      `  4. run again  scripts/fetch-data ${folder}`,
      'Without it maxdnn uses its embedded synthetic images.',
      '',
    ]);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('sabotage: an archive with other digests is refused', () => {
    writeFileSync(join(folder, ARCHIVE), 'not CIFAR-10');
    const { status, stderr } = run(SCRIPT, folder);
    expect(status).toBe(3);
    const md5 = createHash('md5').update('not CIFAR-10').digest('hex');
    expect(stderr.split('\n')[0]).toBe(
      `fetch-data: what came from ${join(folder, ARCHIVE)} has md5 ${md5}, not the expected one`,
    );
    expect(readdirSync(folder)).toEqual([ARCHIVE]);
  });

  test.each([
    [['--fast'], 'fetch-data: unknown option --fast'],
    [['a', 'b'], 'fetch-data: wanted one folder, found also: b'],
    [['--url'], 'fetch-data: --url wants a URL'],
  ])('%j is refused with status 2', (args, message) => {
    const { status, stderr } = run(SCRIPT, ...args);
    expect(status).toBe(2);
    expect(stderr.split('\n')[0]).toBe(message);
  });

  test('fetches, checks and unpacks; a second run checks what is there', () => {
    const { script, archive } = pinnedTo(folder, BATCHES);
    const cache = join(folder, 'cache');
    const first = run(script, '--url', `file://${archive}`, cache);
    expect(first).toMatchObject({ status: 0, stderr: '' });
    expect(first.stdout).toContain(`MD5 and SHA-256 checked, unpacked: ${join(cache, NAME)}\n`);
    expect(readdirSync(cache)).toEqual([NAME]);
    expect(readdirSync(join(cache, NAME)).sort()).toEqual([...BATCHES, 'maxdnn.sha256'].sort());
    expect(readDataset(join(cache, NAME, 'test_batch.bin')).images).toBe(2);
    const second = run(script, cache);
    expect(second).toMatchObject({ status: 0, stderr: '' });
    expect(second.stdout.split('\n')[0]).toBe(`already there, SHA-256 checked: ${join(cache, NAME)}`);
  });

  test('takes an archive that was put there by hand, and leaves it', () => {
    const { script, archive } = pinnedTo(folder, BATCHES);
    mkdirSync(join(folder, 'cache'));
    copyFileSync(archive, join(folder, 'cache', ARCHIVE));
    expect(run(script, join(folder, 'cache'))).toMatchObject({ status: 0, stderr: '' });
    expect(readdirSync(join(folder, 'cache')).sort()).toEqual([ARCHIVE, NAME].sort());
  });

  test('sabotage: batches changed or missing later are noticed and not overwritten', () => {
    const { script, archive } = pinnedTo(folder, BATCHES);
    const cache = join(folder, 'cache');
    run(script, '--url', `file://${archive}`, cache);
    const batch = join(cache, NAME, 'data_batch_3.bin');
    const bytes = readFileSync(batch);
    bytes[100]! ^= 1;
    writeFileSync(batch, bytes);
    const changed = run(script, cache);
    expect(changed.status).toBe(3);
    expect(changed.stderr.split('\n')[0]).toBe(
      `fetch-data: ${join(cache, NAME)} was changed since it was fetched; move it away first`,
    );
    rmSync(batch);
    const missing = run(script, cache);
    expect(missing.status).toBe(3);
    expect(missing.stderr.split('\n')[0]).toBe(
      `fetch-data: ${join(cache, NAME)} is there, but not with six batches of 6146 bytes; move it away first`,
    );
    expect(existsSync(join(cache, NAME, 'data_batch_2.bin'))).toBe(true);
  });

  test('an archive without all batches leaves nothing behind', () => {
    const { script, archive } = pinnedTo(folder, BATCHES.slice(0, 5));
    const cache = join(folder, 'cache');
    const { status, stderr } = run(script, '--url', `file://${archive}`, cache);
    expect(status).toBe(3);
    expect(stderr.split('\n')[0]).toBe('fetch-data: the archive does not hold six batches of 6146 bytes');
    expect(readdirSync(cache)).toEqual([]);
  });
});

/** An archive of small batches, and a copy of the script that is pinned to that archive instead of CIFAR-10's. */
function pinnedTo(folder: string, batches: readonly string[]): { script: string; archive: string } {
  mkdirSync(join(folder, NAME));
  for (const batch of batches) writeFileSync(join(folder, NAME, batch), someRecords(2));
  const archive = join(folder, 'mirror.tar.gz');
  spawnSync('tar', ['-czf', archive, '-C', folder, NAME]);
  const content = readFileSync(archive);
  const source = readFileSync(SCRIPT, 'utf8');
  const pinned = source
    .replace(MD5, createHash('md5').update(content).digest('hex'))
    .replace(SHA256, sha256(content))
    .replace('BATCH_BYTES=30730000', 'BATCH_BYTES=6146');
  expect(pinned.length).toBe(source.length - 4);
  const script = join(folder, 'fetch-data');
  writeFileSync(script, pinned);
  copyFileSync(join(PACKAGE_ROOT, 'scripts', 'download.sh'), join(folder, 'download.sh'));
  return { script, archive };
}

/** Runs a script with a proxy that refuses every connection, so that it has no network on any machine. */
function run(script: string, ...args: string[]) {
  const env = { ...process.env, https_proxy: 'http://127.0.0.1:9', no_proxy: '' };
  return spawnSync('bash', [script, ...args], { encoding: 'utf8', env });
}
