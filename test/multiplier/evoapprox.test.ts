import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { type ErrorMetrics, errorMetrics } from '../../src/multiplier/error-metrics.ts';
import { loadTruthTable } from '../../src/multiplier/truth-table.ts';
import { DATA_DIR } from '../tool-missing.ts';

/** EvoApproxLib's figures and ours. Its MRE and WCRE are over the pairs whose exact product is not 0. */
const FIGURES: Readonly<Record<string, (metrics: ErrorMetrics) => number>> = {
  'MAE%': (m) => m.maePercent,
  MAE: (m) => m.maeAbs,
  'WCE%': (m) => m.wcePercent,
  WCE: (m) => m.wceAbs,
  'WCRE%': (m) => m.wcrePercent,
  'EP%': (m) => m.epPercent,
  'MRE%': (m) => m.mredPercent,
  MSE: (m) => m.mse,
};

/**
 * The one printed figure that no rounding of ours gives: the mean error of 1KVA is 1.25, printed as "1.2", and
 * its percentage is printed as 0.0018 = 1.2 / 2^16, where 1.25 / 2^16 is 0.0019.
 */
const FROM_ROUNDED = new Map([['mul8s_1KVA MAE%', 100 * (1.2 / 65536)]]);

/** True when `value` is `printed` within half a unit of its last digit. */
function agrees(value: number, printed: number): boolean {
  const decimals = String(printed).split('.')[1]?.length ?? 0;
  return Math.abs(value - printed) <= 0.5 * 10 ** -decimals * (1 + 1e-9);
}

const folder = DATA_DIR === undefined ? undefined : join(DATA_DIR, 'evoapprox');

describe.skipIf(folder === undefined)(
  'the twelve tables of EvoApproxLib [skipped without MAXDNN_DATA]',
  () => {
    test('have the published error figures to their printed digits', () => {
      const published: Record<string, Record<string, number>> = JSON.parse(
        readFileSync(join(folder!, 'published.json'), 'utf8'),
      );
      const wrong: string[] = [];
      let compared = 0;
      for (const [name, figures] of Object.entries(published)) {
        const spec = loadTruthTable(join(folder!, `${name}.bin`));
        expect(spec.operands).toBe(name.startsWith('mul8s') ? 'signed' : 'unsigned');
        const metrics = errorMetrics(spec);
        for (const [figure, ours] of Object.entries(FIGURES)) {
          const key = `${name} ${figure}`;
          const value = FROM_ROUNDED.get(key) ?? ours(metrics);
          if (!agrees(value, figures[figure]!)) wrong.push(`${key}: ${value}, published ${figures[figure]}`);
          compared++;
        }
      }
      expect(wrong).toEqual([]);
      expect(compared).toBe(12 * 8);
    });
  },
);

test('sabotage: a figure that is off by one printed digit is noticed', () => {
  expect([agrees(0.0509, 0.051), agrees(33.28, 33), agrees(3.75, 3.8)]).toEqual([true, true, true]);
  expect([agrees(0.0501, 0.051), agrees(33.6, 33), agrees(0.0019073, 0.0018)]).toEqual([false, false, false]);
});
