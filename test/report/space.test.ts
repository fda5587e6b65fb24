import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { errorMetrics } from '../../src/multiplier/error-metrics.ts';
import { isUniform } from '../../src/multiplier/spec.ts';
import { spaceClass } from '../../src/report/space-class.ts';
import { renderSpaceCsv } from '../../src/report/space-csv.ts';
import { describeSpace, errorLevels, isAsymmetric } from '../../src/report/space-findings.ts';
import { renderSpaceHtml } from '../../src/report/space-html.ts';
import { renderSpaceSvg } from '../../src/report/space-plot.ts';
import { joinSpace, type SpaceReference, type SpaceRow } from '../../src/report/space-rows.ts';
import { plainCost, SPACE_4, spaceSample } from './space-sample.ts';

const REFERENCE: SpaceReference = {
  name: 'mul<8>',
  operands: 'signed',
  errors: errorMetrics({ family: 'roup', bits: 8, P: 1, r: [0, 0, 0] }),
  file: 'mul8.c',
  published: { PDK45_PWR: '0.301' },
};

test('classes: what is perforated, rounded, both or neither', () => {
  const roup = (P: number, ...r: readonly number[]) => spaceClass({ family: 'roup', bits: 4, P, r });
  expect([roup(0, 0, 0), roup(0, 2, 0), roup(1, 0), roup(1, 3)]).toEqual([
    'exact',
    'rounding-only',
    'perforation-only',
    'roup',
  ]);
});

describe('a space with random costs', () => {
  const rng = createRng(3);
  // Few distinct values, so that ties occur; some delays miss the target of 1 ns.
  const report = joinSpace(
    spaceSample(() => ({ energyPj: rng.nextInt(1, 12) / 10, delayNs: rng.nextInt(5, 11) / 10 })),
  );
  const { rows } = report;
  const fast = rows.filter((row) => row.cost.meetsClock);

  test('fronts are what no other design of the space, or of the class, beats', () => {
    const beats = (p: SpaceRow, q: SpaceRow, withDelay: boolean): boolean => {
      const values = (row: SpaceRow) => [
        row.error,
        row.cost.energyPj,
        ...(withDelay ? [row.cost.delayNs] : []),
      ];
      const [own, other] = [values(p), values(q)];
      return own.every((value, i) => value <= other[i]!) && own.some((value, i) => value < other[i]!);
    };
    const expected = (row: SpaceRow) => [
      row.cost.meetsClock && !fast.some((other) => beats(other, row, true)),
      row.cost.meetsClock && !fast.some((other) => beats(other, row, false)),
      row.cost.meetsClock && !fast.some((other) => other.class === row.class && beats(other, row, true)),
    ];
    expect(rows.map((row) => [row.onFront, row.onErrorEnergyFront, row.onClassFront])).toEqual(
      rows.map(expected),
    );
    expect(rows.length).toBe(41);
    expect(fast.length).toBeLessThan(rows.length);
    expect(rows.filter((row) => row.onFront).length).toBeGreaterThan(2);
  });

  test('the rival is the cheapest exact or narrow design that is at least as good and fast enough', () => {
    let compared = 0;
    for (const row of rows) {
      const able = fast.filter(
        (other) => (other.class === 'narrow' || other.class === 'exact') && other.error <= row.error,
      );
      const least = Math.min(...able.map((other) => other.cost.energyPj));
      expect(row.rival.energyPj).toBe(least);
      expect(row.toRivalPercent).toBeCloseTo((row.cost.energyPj / least - 1) * 100, 9);
      compared++;
    }
    expect(compared).toBe(41);
  });

  test('levels hold the cheapest design of each group', () => {
    const levels = errorLevels(report);
    expect(levels.length).toBeGreaterThan(3);
    for (const { bound, cheapest } of levels) {
      const asymmetric = fast.filter((row) => isAsymmetric(row) && row.error <= bound);
      const least = Math.min(...asymmetric.map((row) => row.cost.energyPj));
      expect(cheapest[1]?.cost.energyPj ?? Number.POSITIVE_INFINITY).toBe(least);
    }
  });
});

describe('a space with plain costs', () => {
  const report = joinSpace({ ...spaceSample(), references: [REFERENCE] });

  test('uniform designs have the cheapest of their three twins, others none', () => {
    const uniform = report.rows.filter(({ spec }) => spec.family === 'roup' && isUniform(spec));
    const withTwin = report.rows.filter(({ twin }) => twin !== undefined);
    // P = 0: r = 1, 2; P = 1: r = 0, 1, 2. r = 3 leaves one bit; P = 0, r = 0 is exact.
    expect([uniform.length, withTwin.length]).toEqual([8, 5]);
    expect(withTwin.every(({ isUniform: own }) => own)).toBe(true);
    for (const { spec, twin } of withTwin) {
      if (spec.family !== 'roup') throw new Error('only ROUP has twins');
      expect(twin!.spec).toMatchObject({
        aBits: 4 - spec.r[0]!,
        bBits: 4 - 2 * spec.P,
        architecture: 'booth',
      });
    }
  });

  test('CSV: a line per design and reference, units in the head, cells quoted', () => {
    const [head, ...lines] = renderSpaceCsv(report).trimEnd().split('\r\n');
    expect(lines.length).toBe(SPACE_4.length + 1);
    expect(head!.split(',').slice(0, 12)).toEqual([
      'design',
      'class',
      'uniform',
      'spec',
      'front_error_energy_delay',
      'front_error_energy',
      'class_front_error_energy_delay',
      'front_error',
      'error',
      'front_energy',
      'energy_pj',
      'energy_with_glitches_pj',
    ]);
    const columns = head!.split(',').length;
    const cells = (line: string) => line.match(/("([^"]|"")*"|[^,]*)(,|$)/g)!.slice(0, columns).length;
    expect(lines.map(cells)).toEqual(lines.map(() => columns));
    expect(lines.at(-1)).toMatch(/^mul<8>,imported,,"truth table, signed operands",,,,mae,0\.0976/);
    expect(lines.at(-1)).toMatch(/,mul8\.c,0\.301,,$/);
  });

  test('page and plot: every design once per panel, escaped, nothing from outside, same bytes again', () => {
    const svg = renderSpaceSvg(report);
    const html = renderSpaceHtml(report);
    expect(svg.match(/data-design=/g)!.length).toBe(2 * SPACE_4.length);
    expect(html.match(/class="(dot|mark) /g)!.length).toBe(2 * SPACE_4.length);
    expect(html).toContain('mul&lt;8&gt;');
    expect(html).not.toContain('mul<8>');
    expect(html.match(/(src|href)=/g)).toBeNull();
    expect(svg.match(/NaN|undefined|Infinity/g)).toBeNull();
    expect(renderSpaceHtml(joinSpace({ ...spaceSample(), references: [REFERENCE] }))).toBe(html);
  });

  test('the text says how asymmetric ROUP stands against narrow designs', () => {
    const texts = describeSpace(report).map(({ lead }) => lead);
    expect(texts[0]).toBe('Best exact baseline: exact 4×4 (Booth), 0.1600 pJ.');
    expect(texts.join('\n')).toMatch(/of 6 need less energy by more than 5 %\./);
  });
});

test('sabotage: a cheaper narrow design makes the finding turn', () => {
  const clear = (discount: number): string => {
    const input = spaceSample((spec, index) => {
      const cost = plainCost(spec, index);
      return spec.family === 'roup' && !isUniform(spec)
        ? { ...cost, energyPj: cost.energyPj * discount }
        : cost;
    });
    const found = describeSpace(joinSpace(input)).find(({ lead }) => lead.startsWith('Asymmetric'))!;
    return /: (\d+) of/.exec(found.lead)![1]!;
  };
  expect([clear(0.01), clear(100)]).toEqual(['6', '0']);
});

test('with glitches, everything is by that energy; asked for where they are missing, it is refused', () => {
  const settled = spaceSample();
  const rows = settled.table.rows.map((row, index) => ({ ...row, glitchPj: ((index * 7) % 13) / 50 }));
  const report = joinSpace({ ...settled, table: { ...settled.table, rows }, energy: 'with-glitches' });
  expect(report.rows.map(({ energyPj }) => energyPj)).toEqual(
    rows.map(({ energyPj, glitchPj }) => energyPj + glitchPj),
  );
  const exact = report.rows.filter(({ spec }) => spec.family !== 'roup' && spec.family !== 'narrow');
  expect(report.baseline.energyPj).toBe(Math.min(...exact.map(({ energyPj }) => energyPj)));
  expect(() => joinSpace({ ...settled, energy: 'with-glitches' })).toThrow(
    'mul_booth_s4: wanted its energy of glitches, found none',
  );
});

test('a table without a baseline, or errors that are missing, is refused', () => {
  const input = spaceSample();
  const withoutExact = input.table.rows.filter((row) => row.spec.family === 'roup');
  expect(() => joinSpace({ ...input, table: { ...input.table, rows: withoutExact } })).toThrow(
    'energy table: wanted an exact N×N design that gains are against, found none',
  );
  const { mul_booth_s4: _, ...errors } = input.errors;
  expect(() => joinSpace({ ...input, errors })).toThrow(
    'mul_booth_s4: wanted a generated design with error metrics, found something else',
  );
});
