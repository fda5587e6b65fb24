import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT, shippedFile } from '../../src/base/package-root.ts';
import { explore } from '../../src/cli/commands/explore.ts';
import { RECORD_BYTES } from '../../src/dnn/data/dataset.ts';
import { readFloatNetwork } from '../../src/dnn/float-network-file.ts';
import { quantiseNetwork } from '../../src/dnn/quantise.ts';
import { writeQuantisedNetwork } from '../../src/dnn/quantised-network-file.ts';
import { generateSyntheticImages } from '../../src/dnn/synthetic/dataset.ts';
import { pricedTable } from '../explore/priced-table.ts';
import { type TestRedis, testRedis } from '../queue/redis-server.ts';
import { startWorker, type WorkerProcess } from '../queue/worker-process.ts';
import { toolMissing } from '../tool-missing.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('explore');
afterAll(folder.remove);

/** The embedded network and a table, in the work folder of a place of its own. */
function prepare(name: string): string {
  const place = join(folder.path, name);
  const network = quantiseNetwork(
    readFloatNetwork(shippedFile('models', 'synthetic-resnet8.json')),
    generateSyntheticImages({ split: 'calibration', count: 16 }),
  );
  const quantisation = { percentile: 99.99, calibrationImages: 16 };
  writeQuantisedNetwork(join(place, 'out/network/quantised.json'), network, quantisation, {});
  mkdirSync(join(place, 'out/table'), { recursive: true });
  writeFileSync(join(place, 'out/table/energy-table.json'), JSON.stringify(pricedTable()));
  return place;
}

const few = ['--calibration-images', '8', '--images', '12', '--population', '6', '--generations', '2'];
const results = (place: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    filesBelow(join(place, 'out/explore'))
      .filter((file) => !/^checkpoints|^sensitivity/.test(file))
      .map((file) => [file, readFileSync(join(place, 'out/explore', file), 'latin1')]),
  );

describe('explore', () => {
  let place: string;
  let ran: Awaited<ReturnType<typeof runProgram>>;
  beforeAll(async () => {
    place = prepare('whole');
    ran = await runProgram('maxdnn', ['explore', ...few], place);
  });

  test('prints the front with stream and baseline, and how the searches compare', () => {
    expect(ran).toMatchObject({ code: 0 });
    const number = String.raw`-?\d+\.\d+`;
    expect(ran.stdout).toMatch(
      /^synthetic-resnet8, llam, activations rounded; scored on 8 images of synthetic-calibration-1000-seed1 \(8 by seed 1\)$/m,
    );
    const row = new RegExp(
      `^p\\d{3} +${number} +${number} +${number} +${number} +${number} +(n\\.s\\. +)?${number} ± +${number} +LLAM(_\\d){8}$`,
      'gm',
    );
    expect(ran.stdout.match(row)!.length).toBeGreaterThan(5);
    expect(ran.stdout).toMatch(
      /^Saving: multipliers alone, stream uniform, against mul_baugh_wooley_s8 \(\d+\.\d nJ\/image\); library lib, 1 ns\.$/m,
    );
    expect(ran.stdout).toMatch(/^Hypervolume up to klNats 0\.5000, energyNj \d+ /m);
    expect(ran.stdout).toMatch(/^ {2}greedy +\d+, \d+ assignments, front \d+; nsga2 after \d+: \d+$/m);
    expect(ran.stdout).toMatch(/^ {2}random +\d+, \d+ assignments, front \d+; nsga2 after \d+: \d+$/m);
    expect(ran.stderr).toMatch(
      /^nsga2 llam \d+\/18 assignments {2}ETA .* {2}generation \d\/2 {2}front \d+ {2}hypervolume \d+/m,
    );
    expect(filesBelow(join(place, 'out/explore'))).toContain('assignments/p001.json');
  });

  test('the command of a point gives the same answers on the test images', async () => {
    const { points } = JSON.parse(readFileSync(join(place, 'out/explore/exploration.json'), 'utf8'));
    const { command, test: own } = points.find((point: { test?: unknown }) => point.test);
    expect(command).toBe('maxdnn evaluate --assign out/explore/assignments/p001.json --images 12');
    const evaluated = await runProgram('maxdnn', [...command.split(' ').slice(1), '--json'], place);
    const [row] = JSON.parse(evaluated.stdout).assignments;
    expect([row.correct, row.lost, row.gained]).toEqual([own.correct, own.lost, own.gained]);
  });

  test('a second run has nothing to do', async () => {
    const before = results(place);
    const again = await runProgram('maxdnn', ['explore', ...few], place);
    expect(again.stdout).toContain('Nothing to do: the same exploration was finished before.');
    expect(again.stderr).toMatch(/^explore 1\/1 done in .*, all reused$/m);
    expect(results(place)).toEqual(before);
  });

  test('killed in the middle of a search, it goes on to the same bytes', async () => {
    const other = prepare('killed');
    const file = join(PACKAGE_ROOT, 'dist', 'cli', 'maxdnn.js');
    const running = execa(process.execPath, [file, 'explore', ...few], { cwd: other, reject: false });
    const checkpoint = join(other, 'out/explore/checkpoints/nsga2-llam.json');
    while (!existsSync(checkpoint) && running.exitCode === null) await new Promise((r) => setTimeout(r, 5));
    running.kill('SIGKILL');
    expect((await running).signal).toBe('SIGKILL');
    expect(existsSync(join(other, 'out/explore/exploration.json'))).toBe(false);
    const resumed = await runProgram('maxdnn', ['explore', ...few], other);
    expect(resumed.code).toBe(0);
    expect(resumed.stderr).toMatch(/^sensitivity 56\/56 done in .*, all reused$/m);
    const whole = results(place);
    expect(Object.keys(whole).length).toBeGreaterThan(8);
    expect(results(other)).toEqual(whole);
  });

  test.each<readonly [string, readonly string[], string]>([
    [
      'a family',
      ['--families', 'ruop,exact'],
      '--families: wanted words of roup, narrow, exact, table, found "ruop"\nThe nearest is roup.',
    ],
    [
      'a level',
      ['--level', 'flam3'],
      '--level: wanted a level: llam, flam-N or klam-channel-N, -row-N, -column-N, N 1..255, then perhaps -contiguous or -sensitivity, found "flam3"\nThe nearest is flam-3.',
    ],
    [
      'a tuning',
      ['--tune', 'compensate'],
      '--tune: wanted one of none, alwann, measured, compensated, found "compensate"\nThe nearest is compensated.',
    ],
    [
      'a library',
      ['--library', 'NangateOpenCellLibrary'],
      'TABLE: wanted energies of library NangateOpenCellLibrary, found those of lib\nMake the table with that library (maxdnn table --liberty FILE), or state the nearest one: --library lib.',
    ],
    [
      'a layer',
      ['--layers', 'conv9'],
      '--layers: wanted one of the convolutions and dense layers of synthetic-resnet8: conv0, conv1, conv2, conv3, conv4, conv5, conv6, dense, found "conv9"\nThe nearest to "conv9" is conv0.',
    ],
    [
      'a population',
      ['--population', '7'],
      '--population: wanted an even number, found 7\nThe nearest is 8.',
    ],
    [
      'words twice',
      ['--search', 'nsga2,nsga2'],
      '--search: wanted different words with commas between them, found "nsga2,nsga2"\nFor example --search nsga2.',
    ],
    [
      'a skip',
      ['--skip', 'none,-1'],
      '--skip: wanted none and numbers above 0, found "-1"\nFor example --skip none,0.25,0.5.',
    ],
    [
      'a folder',
      ['--name', '../x'],
      '--name: wanted the name of a folder, found "../x"\nUse letters, digits and dashes.',
    ],
  ])('refuses %s that is none', async (_what, args, text) => {
    const given = Object.fromEntries(
      [...few, '--work', join(place, 'out'), ...args].flatMap((word, i, all) =>
        i % 2 === 0 ? [[word.slice(2), all[i + 1]]] : [],
      ),
    );
    const error = await explore.run({ ...given, _: [] }, { onProgress: () => {} }).catch((caught) => caught);
    expect(error).toMatchObject({ code: 'bad-input' });
    expect(`${error.message}\n${error.hint}`).toBe(
      text.replace('TABLE', join(place, 'out/table/energy-table.json')),
    );
  });

  test('refuses test images that the search sees', async () => {
    const records = new Uint8Array(20 * RECORD_BYTES).map((_, i) =>
      i % RECORD_BYTES === 0 ? 1 : (i * 7919) >> 5,
    );
    writeFileSync(join(place, 'train.bin'), records);
    const args = ['--calibration', 'train.bin', '--dataset', 'train.bin'];
    const refused = await runProgram('maxdnn', ['explore', ...few, ...args], place);
    expect(refused.code).toBe(2);
    expect(refused.stderr).toMatch(
      /^maxdnn: test images train\.bin\[0\.\.11\]: wanted none of the calibration images train\.bin \(8 by seed 1\), found \d of them, image \d+ is calibration image 0\nSearch on training images/,
    );
  });
});

const noRedis = toolMissing('redis-server') ? ' [skipped: no redis-server]' : '';

describe.skipIf(noRedis !== '')(`explore --queue${noRedis}`, () => {
  let redis: TestRedis;
  let worker: WorkerProcess;
  beforeAll(async () => {
    redis = await testRedis();
    await redis.start();
    worker = await startWorker(redis.url);
  });
  afterAll(async () => {
    worker?.kill('SIGTERM');
    await worker?.ended;
    await redis?.stop();
  });

  test('gives the very artifact of threads', async () => {
    const small = ['--calibration-images', '8', '--population', '4', '--generations', '1'];
    const args = ['explore', ...small, '--search', 'nsga2', '--dataset', 'none'];
    const [queued, alone] = [prepare('queued'), prepare('alone')];
    expect(await runProgram('maxdnn', [...args, '--queue', redis.url], queued)).toMatchObject({ code: 0 });
    expect(await runProgram('maxdnn', args, alone)).toMatchObject({ code: 0 });
    const found = results(queued);
    expect(Object.keys(found).length).toBeGreaterThan(5);
    expect(found).toEqual(results(alone));
  });
});
