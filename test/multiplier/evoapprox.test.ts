import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { errorMetrics } from '../../src/multiplier/error-metrics.ts';
import { compareFigures, readFigures, roundsTo } from '../../src/multiplier/published-figures.ts';
import { loadTruthTable } from '../../src/multiplier/truth-table.ts';
import { DATA_DIR } from '../tool-missing.ts';

const folder = DATA_DIR === undefined ? undefined : join(DATA_DIR, 'evoapprox');

describe.skipIf(folder === undefined)(
  'the twelve tables of EvoApproxLib [skipped without MAXDNN_DATA]',
  () => {
    const published = (): Record<string, Record<string, number>> =>
      JSON.parse(readFileSync(join(folder!, 'published.json'), 'utf8'));

    test('have the published error figures to their printed digits, but for one', () => {
      const wrong: string[] = [];
      let compared = 0;
      for (const [name, figures] of Object.entries(published())) {
        const spec = loadTruthTable(join(folder!, `${name}.bin`));
        expect(spec.operands).toBe(name.startsWith('mul8s') ? 'signed' : 'unsigned');
        const printed = Object.fromEntries(
          Object.entries(figures).map(([figure, value]) => [figure, String(value)]),
        );
        const result = compareFigures(errorMetrics(spec), printed);
        wrong.push(...result.different.map((d) => `${name} ${d.figure}: ${d.published}, ours ${d.ours}`));
        compared += result.compared;
      }
      // Its mean error is 1.25, printed as "1.2"; 0.0018 is 1.2 / 2^16, where 1.25 / 2^16 is 0.0019.
      expect(wrong).toEqual(['mul8s_1KVA MAE%: 0.0018, ours 0.0019073486328125']);
      expect(compared).toBe(12 * 8);
    });

    test('sabotage: the figures of another table do not agree', () => {
      const metrics = errorMetrics(loadTruthTable(join(folder!, 'mul8u_2AC.bin')));
      const { MAE, WCE } = published().mul8u_2HH!;
      expect(compareFigures(metrics, { MAE: String(MAE), WCE: String(WCE) }).different.length).toBe(2);
    });
  },
);

test('a figure agrees within half a unit of its last printed digit', () => {
  const agreeing: [number, string][] = [
    [0.0509, '0.051'],
    [33.28, '33'],
    [3.75, '3.8'],
    [1262, '1.3e+03'],
    [3100, '3100.00'],
  ];
  const different: [number, string][] = [
    [0.0501, '0.051'],
    [33.6, '33'],
    [0.0019073, '0.0018'],
    [1249, '1.3e+03'],
    [3100.006, '3100.00'],
  ];
  expect(agreeing.map(([value, text]) => roundsTo(value, text))).toEqual([true, true, true, true, true]);
  expect(different.map(([value, text]) => roundsTo(value, text))).toEqual([
    false,
    false,
    false,
    false,
    false,
  ]);
});

test('figures are read from the head of a C model; power and area are not compared', () => {
  const figures = readFigures(
    '/* x */\n// MAE% = 0.00 %\n//  WCE = 0 \n// PDK45_PWR = 0.425 mW\nint x; // y\n',
  );
  expect(figures).toEqual({ 'MAE%': '0.00', WCE: '0', PDK45_PWR: '0.425' });
  const exact = errorMetrics({ family: 'booth', aBits: 8, bBits: 8, aSigned: true, bSigned: true });
  expect(compareFigures(exact, figures)).toEqual({ compared: 2, different: [] });
  expect(compareFigures(exact, { WCE: '1' })).toEqual({
    compared: 1,
    different: [{ figure: 'WCE', published: '1', ours: 0 }],
  });
});
