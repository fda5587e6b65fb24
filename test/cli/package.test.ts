import { mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { afterAll, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import { filesBelow, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('package');
afterAll(folder.remove);

test('the packed package works away from the checkout: commands, templates, library, network', async () => {
  // --ignore-scripts: dist/ was built before the tests; a build now would disturb the tests beside this one.
  const pack = ['pack', '--ignore-scripts', '--json', '--pack-destination', folder.path];
  const { stdout } = await execa('npm', pack, { cwd: PACKAGE_ROOT });
  const [{ filename }] = JSON.parse(stdout) as [{ filename: string }];
  const installed = join(folder.path, 'node_modules', 'maxdnn');
  mkdirSync(installed, { recursive: true });
  await execa('tar', ['-xzf', join(folder.path, filename), '-C', installed, '--strip-components=1']);
  const { dependencies } = JSON.parse(readFileSync(join(PACKAGE_ROOT, 'package.json'), 'utf8'));
  for (const dependency of Object.keys(dependencies)) {
    const source = join(PACKAGE_ROOT, 'node_modules', dependency);
    const target = join(folder.path, 'node_modules', dependency);
    mkdirSync(dirname(target), { recursive: true });
    symlinkSync(source, target);
  }
  const shipped = filesBelow(installed);
  expect(shipped).toEqual(
    expect.arrayContaining([
      'templates/multiplier.v.hbs',
      'rtl/roup_reference.v',
      'synth/maxdnn45_typ.lib',
      'sim/bank_driver.cpp',
      'models/synthetic-resnet8.bin',
      'dist/dnn/kernels.wasm',
      'LICENSE',
    ]),
  );
  expect(shipped.filter((file) => /^(src|test)\/|\.test\./.test(file))).toEqual([]);

  const run = (program: string, args: readonly string[]) =>
    execa(process.execPath, [join(installed, 'dist', 'cli', program), ...args], { cwd: folder.path });
  expect((await run('gen-rtl.js', ['--P', '2', '--r', '4'])).stdout).toContain('mul_roup_s8_p2_r4.v');
  expect((await run('maxdnn.js', ['quantise', '--images', '8'])).stdout).toContain(
    'out/network/quantised.json',
  );
  const evaluated = await run('maxdnn.js', ['evaluate', '--images', '8', '--json']);
  expect(JSON.parse(evaluated.stdout).rows[0]).toMatchObject({ design: 'mul_roup_s8_p2_r4', images: 8 });
});
