import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterAll, describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../src/base/package-root.ts';
import { EXACT_INT8, uniformAssignment } from '../src/dnn/assignment.ts';
import { infer } from '../src/dnn/infer.ts';
import * as api from '../src/index.ts';
import { temporaryFolder } from './cli/command-line.ts';

const folder = temporaryFolder('api');
afterAll(folder.remove);

const EXAMPLE = join(PACKAGE_ROOT, 'examples', 'evaluate-multiplier.mjs');
const IMAGES = 100;

/** Right answers counted here, from the logits of the same network on the same images. */
function countRight(spec: api.MultiplierSpec): number {
  const calibration = api.generateSyntheticImages({ split: 'calibration', count: 128 });
  const network = api.quantiseNetwork(api.readFloatNetwork(api.EMBEDDED_NETWORK_PATH), calibration);
  const images = api.generateSyntheticImages({ split: 'test', count: IMAGES });
  const logits = infer(network, uniformAssignment(network, spec), images);
  const outputs = logits.length / IMAGES;
  return [...images.labels].filter((label, image) => {
    const own = [...logits.subarray(image * outputs, (image + 1) * outputs)];
    return own.indexOf(Math.max(...own)) === label;
  }).length;
}

describe('the example', () => {
  test('prints what the library says by itself', async () => {
    const { stdout } = await execa(process.execPath, [EXAMPLE, String(IMAGES)], { cwd: PACKAGE_ROOT });
    const lines = stdout.split('\n');
    expect(lines).toHaveLength(6);
    const spec: api.MultiplierSpec = { family: 'roup', bits: 8, P: 1, r: [3, 1, 0] };
    // By hand: −93 has the digits −1, 1, −2, −1 (lowest first, which is left out); 57 is rounded to 56, 58 and 57 for
    // the others: 56·1·4 − 58·2·16 − 57·1·64.
    expect(lines[0]).toBe('mul_roup_s8_p1_r3_1_0: 57 x -93 = -5280 (exact -5301)');
    // Source: DESIGN §3, exhaustive check values of this design.
    expect(lines[1]).toBe('MAE 0.1040 %  WCE 0.467 %  MRE 5.52 %');
    expect(lines[2]).toBe('module mul_roup_s8_p1_r3_1_0 (');
    const [exact, own] = [countRight(EXACT_INT8), countRight(spec)];
    const percent = (right: number): string => {
      const { low, high } = api.wilsonInterval(IMAGES, right);
      return `${right.toFixed(2)} % (95 % interval ${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)})`;
    };
    expect(lines[3]).toBe(`exact int8: ${percent(exact)}`);
    expect(lines[4]).toBe(`mul_roup_s8_p1_r3_1_0: ${percent(own)}`);
    const change = lines[5]!.match(/^change: (-?\d+\.\d\d) \+- \d\.\d\d points, McNemar p = [01]\.\d{3}: /);
    expect(Number(change?.[1])).toBe(own - exact);
    expect(exact).toBeGreaterThan(85);
  });

  test('stands in docs/api.md as it is', () => {
    const docs = readFileSync(join(PACKAGE_ROOT, 'docs', 'api.md'), 'utf8');
    expect(docs).toContain(`\`\`\`js\n${readFileSync(EXAMPLE, 'utf8')}\`\`\``);
  });
});

describe('the package from outside', () => {
  mkdirSync(join(folder.path, 'node_modules'));
  symlinkSync(PACKAGE_ROOT, join(folder.path, 'node_modules', 'maxdnn'));

  test('docs/api.md names every function, and only what there is', async () => {
    const docs = readFileSync(join(PACKAGE_ROOT, 'docs', 'api.md'), 'utf8');
    const table = docs.split('\n').filter((line) => line.startsWith('| ') && !line.startsWith('| for'));
    const named = table.flatMap((line) => [...line.matchAll(/`(\w+)`/g)].map((match) => match[1]));
    const more = ['MaxdnnError', 'MAXDNN_VERSION', 'EMBEDDED_LIBRARY_PATH'];
    expect([...named, ...more].sort()).toEqual(Object.keys(api).sort());
    expect(named.length).toBeGreaterThan(25);
    const script = `import * as api from 'maxdnn'; console.log(Object.keys(api).sort().join())`;
    const node = [process.execPath, ['--input-type=module', '-e', script], { cwd: folder.path }] as const;
    expect((await execa(...node)).stdout).toBe(Object.keys(api).sort().join());
  });

  test('its types say what its functions take', async () => {
    const use = `
      import { errorMetrics, evaluateNetwork, type ErrorMetrics, type Evaluation, type MultiplierSpec } from 'maxdnn';
      const spec: MultiplierSpec = { family: 'roup', bits: 8, P: 2, r: [4, 4] };
      export const metrics: ErrorMetrics = errorMetrics(spec);
      export type Result = Awaited<ReturnType<typeof evaluateNetwork>>;
      export const accuracyOf = ({ exact }: Evaluation): number => exact.accuracy;
    `;
    writeFileSync(join(folder.path, 'good.ts'), use);
    writeFileSync(join(folder.path, 'bad.ts'), use.replace("family: 'roup'", "family: 'rope'"));
    writeFileSync(join(folder.path, 'package.json'), '{"type": "module"}');
    const tsc = join(PACKAGE_ROOT, 'node_modules', '.bin', 'tsc');
    const check = (file: string) =>
      execa(
        tsc,
        ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--skipLibCheck', file],
        {
          cwd: folder.path,
          reject: false,
        },
      );
    const good = await check('good.ts');
    expect([good.stdout, good.exitCode]).toEqual(['', 0]);
    const bad = await check('bad.ts');
    expect(bad.stdout).toContain('"rope"');
  });
});
