import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { ignoreProgress } from '../../src/base/progress.ts';
import { reproduce } from '../../src/cli/commands/reproduce.ts';
import { temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('reproduce');
afterAll(folder.remove);
afterEach(() => vi.unstubAllEnvs());

/** Message and hint of the refusal. */
async function refusal(
  words: readonly string[],
  options: Readonly<Record<string, string>> = {},
): Promise<string> {
  vi.stubEnv('MAXDNN_DATA', '');
  const args = { _: words, work: join(folder.path, 'out'), ...options };
  try {
    await reproduce.run(args, { onProgress: ignoreProgress });
  } catch (error) {
    if (error instanceof MaxdnnError && error.code === 'bad-input') return `${error.message}\n${error.hint}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('refuses', () => {
  test.each<[string, readonly string[], Readonly<Record<string, string>>, string]>([
    [
      'an unknown figure',
      ['fig3c'],
      {},
      'reproduce: wanted one of fig3a, fig3b, fig4, table1, all, found fig3c\nThe nearest is fig3a.',
    ],
    [
      'no figure',
      [],
      {},
      'reproduce: wanted one of fig3a, fig3b, fig4, table1, all, found none\nThe nearest is all.',
    ],
    [
      'two figures',
      ['table1', 'fig4'],
      {},
      'reproduce: wanted one of fig3a, fig3b, fig4, table1, all, found table1 fig4\nThe nearest is table1.',
    ],
    [
      'no data folder',
      ['fig3a'],
      {},
      '--data: wanted a data folder, found none\n' +
        'It has models/, cifar10/ and evoapprox/: name it with --data DIR, or set MAXDNN_DATA.',
    ],
    [
      'a data folder that is not there',
      ['fig3a'],
      { data: '/nowhere' },
      '--data: wanted a data folder, found no folder /nowhere\n' +
        'It has models/, cifar10/ and evoapprox/: name it with --data DIR, or set MAXDNN_DATA.',
    ],
    [
      'a page of a single figure',
      ['fig3a'],
      { out: 'page.md' },
      '--out: wanted maxdnn reproduce all, found maxdnn reproduce fig3a\n' +
        'A single figure or table goes to the folder reproduce of the work folder.',
    ],
    [
      'less than one image',
      ['fig3a'],
      { images: '0' },
      '--images: wanted an integer 1..16777216, found 0\nGive it as --images NUMBER.',
    ],
  ])('%s', async (_what, words, options, text) => {
    expect(await refusal(words, options)).toBe(text);
  });

  test('a data folder without its files, all of them at once', async () => {
    const data = join(folder.path, 'data');
    mkdirSync(data);
    const files = [
      'models/alwann_resnet8.pb',
      'models/alwann_resnet8_quant.pb',
      'cifar10/train_lossless_5085.bin',
      'cifar10/test_lossless_517.bin',
      'evoapprox/published.json',
      ...['2AC', '2HH', 'NGR', 'ZFB', '7C1'].map((name) => `evoapprox/mul8u_${name}.bin`),
    ];
    const lines = files.map((file) => `${data}: wanted a file ${file}, found none`);
    expect(await refusal(['fig3a'], { data })).toBe(
      `${lines.join('\n')}\nName the folder that has models/, cifar10/ and evoapprox/ with --data DIR.`,
    );
  });

  test('Fig. 4 and Table I without an energy table', async () => {
    expect(await refusal(['all'], { data: folder.path })).toBe(
      'reproduce fig4, table1: wanted an energy table, found none in the work folder\n' +
        'Make one with maxdnn table, or name one with --table FILE.',
    );
  });
});
