import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { shippedFile } from '../../src/base/package-root.ts';
import { ignoreProgress } from '../../src/base/progress.ts';
import { compareLibrary } from '../../src/cli/commands/compare-library.ts';
import { SMALL_LIBRARY_TEXT } from '../liberty/small-library.ts';
import { toolMissing } from '../tool-missing.ts';
import { temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('compare-library');
afterAll(folder.remove);

const compare = (liberty?: string) =>
  compareLibrary.run(
    { _: [], work: join(folder.path, 'out'), ...(liberty === undefined ? {} : { liberty }) },
    { onProgress: ignoreProgress },
  );

test('without a library to compare with it says what to give', async () => {
  await expect(compare()).rejects.toMatchObject({
    code: 'bad-input',
    message: '--liberty: wanted the library to compare with, found none',
    hint: 'Give it as --liberty FILE; scripts/fetch-library gets the NanGate 45 nm Open Cell Library.',
  });
});

test('a library that is not there', async () => {
  await expect(compare(join(folder.path, 'none.lib'))).rejects.toMatchObject({ code: 'bad-input' });
});

describe.skipIf(toolMissing('yosys'))('libraries that cannot be compared [needs yosys]', () => {
  test('the embedded library itself', async () => {
    const path = shippedFile('synth', 'maxdnn45_typ.lib');
    await expect(compare(path)).rejects.toMatchObject({
      code: 'bad-input',
      message: `${path}: wanted another library than maxdnn45_typ, found the same`,
    });
  });

  test('a library without a shared cell', async () => {
    const path = join(folder.path, 'small.lib');
    writeFileSync(path, SMALL_LIBRARY_TEXT);
    await expect(compare(path)).rejects.toMatchObject({
      code: 'bad-input',
      message: expect.stringMatching(
        /^.*small\.lib: wanted at least one cell that maxdnn45_typ has too, e\.g\. AND2_X1, found \d+ others, e\.g\. INV$/,
      ),
    });
  });
});
