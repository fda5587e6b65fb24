import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';

const SRC = new URL('../src/', import.meta.url).pathname;

/** What each folder may import: whole folders, or single files. */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  base: [],
  tools: ['base'],
  multiplier: ['base'],
  library: ['base', 'tools'],
  rtl: ['base', 'multiplier'],
  verify: ['base', 'tools', 'multiplier', 'rtl'],
  liberty: ['base'],
  search: ['base'],
  power: ['base', 'multiplier', 'liberty'],
  synth: ['base', 'tools', 'multiplier', 'rtl', 'verify', 'liberty', 'power'],
  dnn: ['base', 'multiplier'],
  assign: ['base', 'multiplier', 'dnn'],
  tune: ['base', 'multiplier', 'dnn'],
  explore: [
    'base',
    'multiplier',
    'dnn',
    'assign',
    'tune',
    'search',
    'synth/energy-table.ts',
    'synth/select-rows.ts',
  ],
  queue: ['base', 'multiplier', 'dnn', 'explore'],
  accel: ['base', 'tools', 'multiplier', 'rtl', 'verify', 'dnn', 'assign'],
  silicon: [
    'base',
    'tools',
    'multiplier',
    'rtl',
    'liberty',
    'power',
    'synth',
    'dnn',
    'assign',
    'accel',
    'explore/storage-parameters.ts',
  ],
  reproduce: [
    'base',
    'multiplier',
    'dnn',
    'assign',
    'tune',
    'explore',
    'synth/energy-table.ts',
    'synth/select-rows.ts',
  ],
  report: [
    'base',
    'multiplier',
    'verify/verdict.ts',
    'synth/energy-table.ts',
    'synth/library-comparison.ts',
    'synth/select-rows.ts',
    'explore/accelerator-energy.ts',
    'explore/evaluation.ts',
    'explore/exploration.ts',
    'reproduce/reproduction.ts',
    'reproduce/paper.ts',
    'explore/stream-comparison.ts',
  ],
  cli: [
    'base',
    'tools',
    'multiplier',
    'library',
    'rtl',
    'verify',
    'liberty',
    'power',
    'synth',
    'dnn',
    'search',
    'assign',
    'accel',
    'silicon',
    'tune',
    'explore',
    'queue',
    'reproduce',
    'report',
  ],
  // The public interface; no folder may import it.
  'index.ts': [
    'base',
    'multiplier',
    'rtl',
    'verify',
    'liberty',
    'power',
    'synth',
    'dnn',
    'search',
    'assign',
    'accel',
    'silicon',
    'tune',
    'explore',
    'queue',
    'reproduce',
    'report',
  ],
};

/** Things that only one place may touch. */
const RESERVED: readonly (readonly [string, RegExp, RegExp])[] = [
  ['execa', /from 'execa'/, /^tools\//],
  ['child processes', /node:child_process/, /^$/],
  ['handlebars', /from 'handlebars'/, /^rtl\/render\.ts$/],
  ['ajv', /from 'ajv'/, /^base\/schema-check\.ts$/],
  ['resvg', /@resvg\//, /^report\/exploration-png\.ts$/],
  ['yaml', /from 'yaml'/, /^report\/accelergy\.ts$/],
  ['bullmq and ioredis', /from '(bullmq|ioredis)'/, /^queue\//],
  ['yargs', /from 'yargs/, /^cli\//],
  ['the console', /\bconsole\.|process\.(stdout|stderr)\.write/, /^cli\//],
  ['randomness', /Math\.random|randomInt|getRandomValues/, /^base\/rng\.ts$/],
];

interface Source {
  readonly path: string;
  readonly text: string;
}

const sources: readonly Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !path.startsWith('dnn/assembly'))
  .map((path) => ({ path, text: readFileSync(join(SRC, path), 'utf8') }));

test('folders import in one direction', () => {
  expect(sources.length).toBeGreaterThan(30);
  expect(violations(sources)).toEqual([]);
});

describe.each(RESERVED)('%s', (_name, pattern, owner) => {
  test('is touched only where it belongs', () => {
    const elsewhere = sources.filter(({ path, text }) => pattern.test(text) && !owner.test(path));
    expect(elsewhere.map(({ path }) => path)).toEqual([]);
  });
});

test('sabotage: a forbidden import is noticed', () => {
  const forbidden = { path: 'multiplier/x.ts', text: "import { a } from '../rtl/cells.ts';" };
  expect(violations([forbidden])).toEqual(['multiplier/x.ts imports rtl/cells.ts']);
  const inward = { path: 'cli/x.ts', text: "import { a } from '../index.ts';" };
  expect(violations([inward])).toEqual(['cli/x.ts imports index.ts']);
  const whole = { path: 'report/x.ts', text: "import { a } from '../liberty/read-liberty.ts';" };
  expect(violations([whole])).toEqual(['report/x.ts imports liberty/read-liberty.ts']);
});

test('files have one purpose: none above 320 lines', () => {
  expect(sources.filter(({ text }) => text.split('\n').length > 320).map(({ path }) => path)).toEqual([]);
});

describe('scripts and examples', () => {
  const ROOT = join(SRC, '..');
  const compiled = ['scripts', 'examples']
    .flatMap((folder) => readdirSync(join(ROOT, folder)).map((file) => join(folder, file)))
    .flatMap((path) => namedModules(path, readFileSync(join(ROOT, path), 'utf8')));

  test('name only compiled modules that have a source', () => {
    expect(compiled.length).toBeGreaterThan(20);
    expect(compiled.filter(({ exists }) => !exists)).toEqual([]);
  });

  test('sabotage: a module that has moved is noticed', () => {
    const text = "import '../dist/dnn/export-onnx.js'; import '../dist/dnn/infer.js';";
    expect(namedModules('x', text).map(({ exists }) => exists)).toEqual([false, true]);
  });
});

/** Modules of dist/ that a text names, and whether src/ has them. */
function namedModules(path: string, text: string) {
  return [...text.matchAll(/\bdist\}?\/([\w/-]+)\.js\b/g)].map(([, module]) => ({
    path,
    module,
    exists: existsSync(join(SRC, `${module}.ts`)),
  }));
}

function violations(files: readonly Source[]): readonly string[] {
  return files.flatMap(({ path, text }) => {
    const folder = path.split('/')[0]!;
    const allowed = ALLOWED[folder] ?? [];
    const imports = [...text.matchAll(/from '(\.[^']+)'/g)].map((match) =>
      relative(SRC, join(SRC, path, '..', match[1]!)),
    );
    return imports
      .filter((target) => target.split('/')[0] !== folder)
      .filter((target) => !allowed.includes(target.split('/')[0]!) && !allowed.includes(target))
      .map((target) => `${path} imports ${target}`);
  });
}
