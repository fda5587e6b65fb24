import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { libertyPath } from '../../src/cli/stages.ts';
import { LIBRARY_CORNERS } from '../../src/library/corners.ts';

test('--liberty takes the names of the embedded corners, typ by default, and files', () => {
  const corners = Object.values(LIBRARY_CORNERS);
  expect(corners.map(({ name }) => name)).toEqual(['typ', 'slow', 'fast']);
  for (const { name, file } of corners) {
    const { path, origin } = libertyPath(name);
    expect([existsSync(path), path.endsWith(`/synth/${file}`), origin]).toEqual([true, true, 'embedded']);
  }
  expect(libertyPath(undefined)).toEqual(libertyPath('typ'));
  expect(libertyPath('mine/slow.lib')).toEqual({ path: 'mine/slow.lib', origin: 'user' });
});
