import { describe, expect, it } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { describeFindings, frontRows, twinPairs } from '../../src/report/findings.ts';
import { joinReport, type ReportInput } from '../../src/report/rows.ts';
import { sampleInput } from './sample.ts';

const DESIGNS = 19;

describe('joinReport', () => {
  it('makes one row per design, each uniform ROUP with its exact twin right below it', () => {
    const { rows } = joinReport(sampleInput());
    expect(rows).toHaveLength(DESIGNS);
    expect(new Set(rows.map((row) => row.design)).size).toBe(DESIGNS);
    expect(rows.slice(0, 3).map((row) => row.section)).toEqual(['exact', 'exact', 'exact']);
    const twins = rows.flatMap((row, index) =>
      row.twinOf === undefined ? [] : [[row.twinOf, rows[index - 1]!.design]],
    );
    expect(twins).toHaveLength(5);
    for (const [owner, above] of twins) expect(above).toBe(owner);
  });

  it('quotes gains against the exact full-width design with the lowest energy', () => {
    const { rows } = joinReport(sampleInput());
    expect(rows.filter((row) => row.isBaseline).map((row) => row.design)).toEqual(['mul_baugh_wooley_s8']);
    const gains = Object.fromEntries(rows.map((row) => [row.design, row.energyGainPercent]));
    expect(gains.mul_baugh_wooley_s8).toBe(0);
    expect(gains.mul_booth_s8).toBeCloseTo(-4.58333, 5);
    expect(gains.mul_roup_s8_p2_r4).toBeCloseTo(68.75, 10);
    expect(gains.mul_narrow_s8_a4_b4).toBeCloseTo(80, 10);
  });

  it('takes the narrow twin, however cheap, never as the baseline', () => {
    const input = editCost(sampleInput(), 'mul_booth_s8', 0.4);
    expect(
      joinReport(input)
        .rows.filter((row) => row.isBaseline)
        .map((row) => row.design),
    ).toEqual(['mul_booth_s8']);
  });

  it('gives the exact designs the accuracy of the exact network when they were not evaluated themselves', () => {
    const input = sampleInput();
    const rows = input.evaluation.rows.filter((row) => 'bits' in row.spec);
    const report = joinReport({ ...input, evaluation: { ...input.evaluation, rows } });
    const exact = report.rows.filter((row) => row.section === 'exact');
    expect(exact).toHaveLength(3);
    for (const row of exact)
      expect(row.accuracy).toMatchObject({ accuracyPercent: 84.02, changePoints: 0, images: 10_000 });
  });

  it('works without an evaluation', () => {
    const { evaluation: _, ...input } = sampleInput();
    const report = joinReport(input);
    expect(report.rows).toHaveLength(DESIGNS);
    expect(report.rows.filter((row) => row.accuracy !== undefined)).toHaveLength(0);
    expect(report.evaluation).toBeUndefined();
  });
});

describe('findings', () => {
  it('finds front and twins by energy and accuracy', () => {
    const report = joinReport(sampleInput());
    const front = frontRows(report).map((row) => row.design);
    expect(front).toHaveLength(11);
    expect(front).toContain('mul_narrow_s8_a6_b6');
    expect(front).not.toContain('mul_roup_s8_p1_r2');
    expect(twinPairs(report).map((pair) => pair.winner)).toEqual(['twin', 'none', 'twin', 'twin', 'twin']);
    const leads = describeFindings(report).map(({ lead }) => lead);
    expect(leads).toEqual([
      'Best exact baseline: exact 8×8 (Baugh-Wooley), 0.4800 pJ per multiplication.',
      'Largest gain at a loss of at most 1 point, all designs: exact 6×6 (Baugh-Wooley).',
      'Largest gain at a loss of at most 1 point, ROUP only: ROUP P=1 r=2.',
      'Uniform ROUP against its exact narrow twin: the twin needs less energy in 4 of 5 pairs.',
      '11 of 19 designs are on the energy-accuracy front.',
    ]);
  });
});

describe('joinReport refuses artifacts that do not belong together', () => {
  const P2R4 = 'mul_roup_s8_p2_r4';

  it('names a design that the evaluation lacks, whole text', () => {
    const input = sampleInput();
    const rows = input.evaluation.rows.filter((row) => row.design !== P2R4);
    const error = failure({ ...input, evaluation: { ...input.evaluation, rows } });
    expect(error.code).toBe('bad-input');
    expect(error.message).toBe(`evaluation: wanted one row for ${P2R4}, found none`);
    expect(error.hint).toBe(
      'Run verify, table, evaluate and energy again with one list of designs, then report.',
    );
  });

  it('lists a design missing here and a number changed there in one error', () => {
    const input = sampleInput();
    const designs = input.verdict.designs.filter((row) => row.design !== 'mul_booth_s8');
    const { [P2R4]: _, ...errors } = input.errors;
    expect(failure({ ...input, verdict: { ...input.verdict, designs }, errors }).message).toBe(
      `verdict: wanted one row for mul_booth_s8, found none\nerror metrics: wanted one row for ${P2R4}, found none`,
    );
  });

  it('compares energies with glitches with the exact design that needs least with its own', () => {
    // Baugh-Wooley: 480 fJ · 2.2 = 1056 fJ; Booth: 502 fJ · 1.8 = 903.6 fJ; P2 r4: 150 fJ · 1.8 = 270 fJ.
    const { rows } = joinReport(sampleInput());
    const row = rows.find(({ design }) => design === P2R4)!;
    expect(row.glitches?.baseline).toBe('mul_booth_s8');
    expect(row.glitches?.energyPj).toBeCloseTo(0.27, 12);
    expect(row.glitches?.gainPercent).toBeCloseTo((1 - 270 / 903.6) * 100, 9);
    expect(row.energyGainPercent).toBeCloseTo((1 - 150 / 480) * 100, 9);
    expect(rows.filter(({ glitches }) => glitches !== undefined).length).toBe(DESIGNS);
  });

  it('has no energy with glitches where one design lacks it', () => {
    const input = sampleInput();
    const { glitchPj: _, ...first } = input.table.rows[0]!;
    const table = { ...input.table, rows: [first, ...input.table.rows.slice(1)] };
    const { rows } = joinReport({ ...input, table });
    expect(rows.filter(({ glitches }) => glitches !== undefined)).toEqual([]);
  });

  it('asks for the exact twin of every uniform ROUP', () => {
    const twin = 'mul_narrow_s8_a4_b4';
    expect(failure(withoutDesign(sampleInput(), twin)).message).toBe(
      `energy table, ${P2R4}: wanted its exact narrow twin ${twin} in the same table, found none`,
    );
  });

  it('asks for an exact baseline', () => {
    let input: ReportInput = sampleInput();
    for (const design of ['mul_booth_s8', 'mul_baugh_wooley_s8', 'mul_behavioural_s8'])
      input = withoutDesign(input, design);
    const lines = failure(input).message.split('\n');
    expect(lines).toHaveLength(DESIGNS - 3);
    expect(lines[0]).toBe(
      'energy table, mul_roup_s8_p0_r2: wanted an exact signed 8×8 multiplier in the same table as baseline, found none',
    );
  });

  const sabotages: readonly [string, (input: ReturnType<typeof sampleInput>) => ReportInput, RegExp][] = [
    [
      'an empty table',
      (i) => ({ ...i, table: { ...i.table, rows: [] } }),
      /^energy table: wanted at least one design, found none at the nominal clock target with uniform operands$/,
    ],
    [
      'a row given twice',
      (i) => ({ ...i, table: { ...i.table, rows: [...i.table.rows, i.table.rows[0]!] } }),
      /energy table: wanted one row for mul_booth_s8, found 2/,
    ],
    [
      'an energy that is not the sum of its parts',
      (i) => ({ ...i, table: editRow(i.table, { energyPj: 0.151 }) }),
      /energyPj = internal/,
    ],
    [
      'an area of 0',
      (i) => ({ ...i, table: editRow(i.table, { areaUm2: 0 }) }),
      /wanted areaUm2 above 0, found 0/,
    ],
    [
      'other RTL priced than verified',
      (i) => ({ ...i, table: editRow(i.table, { rtlSha256: 'f00' }) }),
      /wanted the RTL that was priced \(sha256 f00\)/,
    ],
    [
      'other pairs cosimulated',
      (i) => ({ ...i, table: editRow(i.table, { pairsCosimulated: 9 }) }),
      /wanted 9 compared pairs/,
    ],
    [
      'another spec',
      (i) => ({ ...i, table: editRow(i.table, { spec: { family: 'roup', bits: 8, P: 2, r: [4, 3] } }) }),
      /wanted the spec of mul_roup_s8_p2_r4, found that of mul_roup_s8_p2_r4_3/,
    ],
    [
      'a mismatch',
      (i) => ({ ...i, verdict: editVerdict(i.verdict, { verified: false, mismatchCount: 2 }) }),
      /found 2 mismatches in 65536 pairs/,
    ],
    [
      'a verdict on nothing',
      (i) => ({ ...i, verdict: editVerdict(i.verdict, { pairsCompared: 0 }) }),
      /found 0 mismatches in 0 pairs/,
    ],
    [
      'a changed MAE',
      (i) => ({ ...i, errors: editErrors(i.errors, { maeAbs: 1 }) }),
      /wanted MAE 0.00152.* % of 2\^\(2N\)/,
    ],
    [
      'a worst case below the mean',
      (i) => ({ ...i, errors: editErrors(i.errors, { wceAbs: 1 }) }),
      /wanted MAE of at most the WCE 1/,
    ],
    [
      'a changed number of correct images',
      (i) => ({ ...i, evaluation: editAccuracy(i.evaluation, { correct: 5949 + 50 }) }),
      /wanted accuracy 5999\/10000/,
    ],
    [
      'a changed accuracy change',
      (i) => ({ ...i, evaluation: editAccuracy(i.evaluation, { changePoints: -1 }) }),
      /wanted a change of -24\.5/,
    ],
    [
      'other images',
      (i) => ({ ...i, evaluation: editAccuracy(i.evaluation, { images: 9999 }) }),
      /wanted 10000 images, as the exact network/,
    ],
    [
      'an answer moved in the confusion matrix',
      (i) => ({ ...i, evaluation: editAccuracy(i.evaluation, { confusion: moved(i.evaluation.rows) }) }),
      /wanted right answers on the diagonal of the confusion matrix 5948, found 5947/,
    ],
    [
      'an image added to the confusion matrix of the exact network',
      (i) => {
        const confusion = i.evaluation.exact.confusion.map((row) => [...row]);
        confusion[3]![4]!++;
        return { ...i, evaluation: { ...i.evaluation, exact: { ...i.evaluation.exact, confusion } } };
      },
      /^evaluation, exact int8: wanted a confusion matrix of all images, total 10000, found 10001/,
    ],
    [
      'a class with other counts',
      (i) => ({ ...i, evaluation: editAccuracy(i.evaluation, { perClass: [] }) }),
      /wanted right answers per class 0: 595\/1000, .*, found $/m,
    ],
    [
      'lost images that do not make the change',
      (i) => ({ ...i, evaluation: editAccuracy(i.evaluation, { lost: 1 }) }),
      /wanted gained − lost = -2454, found/,
    ],
    [
      'an interval beside the accuracy, a p-value above 1, fewer in the top 5 than right',
      (i) => ({
        ...i,
        evaluation: editAccuracy(i.evaluation, {
          interval95: { low: 0, high: 0.1 },
          pValue: 2,
          correctTop5: 5,
        }),
      }),
      /images in the top 5, found 5\n.*wanted an interval that holds 0\.5948, found 0 … 0\.1\n.*a p-value 0 … 1, found 2/,
    ],
    [
      'energy of another table',
      (i) => ({ ...i, evaluation: editAccuracy(i.evaluation, { energyPerImageNj: 1 }) }),
      /found 1 nJ \(another energy table\?\)/,
    ],
  ];
  it.each(sabotages)('notices %s', (_name, sabotage, text) => {
    expect(failure(sabotage(sampleInput())).message).toMatch(text);
  });

  it('notices an exact multiplier with an error', () => {
    const input = sampleInput();
    const errors = { ...input.errors, mul_booth_s8: { ...input.errors.mul_booth_s8!, wceAbs: 4 } };
    expect(failure({ ...input, errors }).message).toBe(
      'error metrics, mul_booth_s8: wanted no error in an exact multiplier, found WCE 4',
    );
  });

  type Table = ReportInput['table'];
  type Row = Table['rows'][number];
  type Evaluation = NonNullable<ReportInput['evaluation']>;
  const edit = <T extends { design: string }>(rows: readonly T[], change: Partial<T>): readonly T[] =>
    rows.map((row) => (row.design === P2R4 ? { ...row, ...change } : row));
  const editRow = (table: Table, change: Partial<Row>): Table => ({
    ...table,
    rows: edit(table.rows, change),
  });
  const editVerdict = (
    verdict: ReportInput['verdict'],
    change: Partial<ReportInput['verdict']['designs'][number]>,
  ): ReportInput['verdict'] => ({ ...verdict, designs: edit(verdict.designs, change) });
  const editErrors = (errors: ReportInput['errors'], change: object): ReportInput['errors'] => ({
    ...errors,
    [P2R4]: { ...errors[P2R4]!, ...change },
  });
  const moved = (rows: Evaluation['rows']): readonly (readonly number[])[] => {
    const confusion = rows.find(({ design }) => design === P2R4)!.confusion.map((row) => [...row]);
    confusion[0]![0]!--;
    confusion[0]![1]!++;
    return confusion;
  };
  const editAccuracy = (evaluation: Evaluation, change: Partial<Evaluation['rows'][number]>): Evaluation => ({
    ...evaluation,
    rows: edit(evaluation.rows, change),
  });
});

function failure(input: ReportInput): MaxdnnError {
  try {
    joinReport(input);
  } catch (error) {
    if (error instanceof MaxdnnError) return error;
    throw error;
  }
  throw new Error('joinReport accepted it');
}

function withoutDesign(input: ReportInput, design: string): ReportInput {
  const { [design]: _, ...errors } = input.errors;
  const keep = (row: { design: string }): boolean => row.design !== design;
  const { evaluation } = input;
  return {
    table: { ...input.table, rows: input.table.rows.filter(keep) },
    verdict: { ...input.verdict, designs: input.verdict.designs.filter(keep) },
    errors,
    ...(evaluation === undefined
      ? {}
      : { evaluation: { ...evaluation, rows: evaluation.rows.filter(keep) } }),
  };
}

/** The same design with another energy, in all artifacts. */
function editCost(input: ReturnType<typeof sampleInput>, design: string, energyPj: number): ReportInput {
  const { table, evaluation } = input;
  return {
    ...input,
    table: {
      ...table,
      rows: table.rows.map((row) =>
        row.design === design
          ? { ...row, energyPj, switchingPj: energyPj - row.internalPj - row.leakagePj }
          : row,
      ),
    },
    evaluation: {
      ...evaluation,
      rows: evaluation.rows.map((row) => {
        const { energyPerImageNj: _, ...rest } = row;
        return row.design === design ? rest : row;
      }),
    },
  };
}
