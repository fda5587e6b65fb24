import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeArtifact } from '../../src/base/artifact.ts';
import { sampleExploration } from '../report/exploration-sample.ts';
import { filesBelow, runProgram, temporaryFolder } from './command-line.ts';

const folder = temporaryFolder('report-exploration');
afterAll(folder.remove);
const FILE = 'out/explore/exploration.json';
const run = (...args: readonly string[]) => runProgram('maxdnn', args, folder.path);

test('report --exploration writes page, charts and tables beside the artifact', async () => {
  writeArtifact(join(folder.path, FILE), sampleExploration({ points: 3 }));
  const { code, stdout, stderr } = await run('report', '--exploration', FILE);
  expect([code, stderr]).toEqual([0, '']);
  const charts = ['pareto', 'sensitivity', 'heatmap', 'convergence'];
  const written = [
    'exploration.html',
    'front.csv',
    'front.tex',
    ...['svg', 'png'].flatMap((ending) => charts.map((chart) => `${chart}.${ending}`)),
  ].map((file) => `out/explore/${file}`);
  expect(stdout.split('\n')).toEqual(written);
  expect(filesBelow(folder.path)).toEqual([FILE, ...written].sort());
});

test('a damaged or missing exploration is one clear error', async () => {
  const path = join(folder.path, 'bad.json');
  const bad = { ...sampleExploration({ points: 3 }), front: ['p777'] };
  writeFileSync(path, JSON.stringify(bad));
  const refused = await run('report', '--exploration', 'bad.json');
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain('"p777", which is none');
  expect(refused.stderr).toContain('maxdnn explore');
  const missing = await run('report', '--exploration', 'none.json');
  expect(missing.code).toBe(2);
  expect(missing.stderr).toContain('none.json: wanted an artifact of kind "exploration"');
  expect(readFileSync(path, 'utf8')).toBe(JSON.stringify(bad));
});
