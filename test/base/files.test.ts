import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import {
  artifactHeader,
  canonicalJson,
  readArtifact,
  reusableArtifact,
  writeArtifact,
} from '../../src/base/artifact.ts';
import { removeStaleTemporaries, temporaryPath, writeFileAtomic } from '../../src/base/files.ts';
import { temporaryFolder } from '../cli/command-line.ts';

const folder = temporaryFolder('files');
afterAll(folder.remove);
const at = (name: string): string => join(folder.path, name);

test('a failed write leaves the old file and no temporary', () => {
  writeFileAtomic(at('kept'), 'old');
  mkdirSync(at('folder'));
  expect(() => writeFileAtomic(at('folder'), 'a file cannot replace a folder')).toThrow();
  expect(readFileSync(at('kept'), 'utf8')).toBe('old');
  expect(readdirSync(folder.path).filter((name) => name.includes('.tmp-'))).toEqual([]);
});

test('temporaries of dead processes are removed, those of living ones and other files are not', () => {
  const own = temporaryPath(at('deep/own'));
  const dead = own.replace(`.tmp-${process.pid}-`, '.tmp-999999999-');
  mkdirSync(at('deep'));
  for (const path of [own, dead, at('deep/notes.tmp-old')]) writeFileSync(path, '');
  removeStaleTemporaries(folder.path);
  expect([own, dead, at('deep/notes.tmp-old')].map((path) => existsSync(path))).toEqual([true, false, true]);
});

test('artifacts are reused only for the same inputs, kind, format and toolkit version', () => {
  const path = at('artifact.json');
  writeArtifact(path, artifactHeader('thing', 1, { a: '1', b: '2' }));
  expect(reusableArtifact(path, 'thing', 1, { b: '2', a: '1' })?.kind).toBe('thing');
  expect(reusableArtifact(path, 'thing', 1, { a: '1', b: '3' })).toBeUndefined();
  expect(reusableArtifact(path, 'thing', 2, { a: '1', b: '2' })).toBeUndefined();
  expect(reusableArtifact(path, 'other', 1, { a: '1', b: '2' })).toBeUndefined();
  const stored = readFileSync(path, 'utf8');
  writeFileSync(path, stored.replace(/"maxdnnVersion": "[^"]+"/, '"maxdnnVersion": "0.0.0"'));
  expect(reusableArtifact(path, 'thing', 1, { a: '1', b: '2' })).toBeUndefined();
  writeFileSync(path, stored.slice(0, 20));
  expect(reusableArtifact(path, 'thing', 1, { a: '1', b: '2' })).toBeUndefined();
  expect(() => readArtifact(path, 'thing', 1)).toThrow(/wanted JSON of kind "thing", found no valid JSON/);
});

test('canonical JSON does not depend on the order of keys', () => {
  expect(canonicalJson({ b: [1, { d: 1, c: 2 }], a: 'x' })).toBe('{"a":"x","b":[1,{"c":2,"d":1}]}');
  expect(canonicalJson({ a: 'x', b: [1, { c: 2, d: 1 }] })).toBe('{"a":"x","b":[1,{"c":2,"d":1}]}');
});
