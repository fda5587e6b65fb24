import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EXACT_INT8, type MixedAssignment } from '../../src/dnn/assignment.ts';
import { type Dataset, imageCodes } from '../../src/dnn/data/dataset.ts';
import { argmax, createEngine } from '../../src/dnn/infer.ts';
import { isWeighted, multiplicationsByLayer } from '../../src/dnn/quantised-network.ts';
import { recalibrateBatchNorm } from '../../src/dnn/recalibrate-batch-norm.ts';
import { createAlwannRun } from '../../src/reproduce/alwann/inference.ts';
import { figure4Names, frontOf } from '../../src/reproduce/figure4.ts';
import { namedAssignment, PALETTE } from '../../src/reproduce/palette.ts';
import { type ReproduceRequest, reproduceParts } from '../../src/reproduce/reproduce-parts.ts';
import {
  type Correct,
  type Figure3,
  type Figure4,
  PART_NAMES,
  type Reproduction,
  type Table1,
} from '../../src/reproduce/reproduction.ts';
import { createPricing } from '../../src/reproduce/savings.ts';
import { countRemapped, type MapWeighting, mapWeights } from '../../src/tune/weight-map.ts';
import { ENERGIES_PJ, smallRequest } from './small-setup.ts';

const folder = mkdtempSync(join(tmpdir(), 'reproduce-'));
afterAll(() => rmSync(folder, { recursive: true }));

let request: ReproduceRequest;
let parts: readonly Reproduction[];
beforeAll(async () => {
  request = smallRequest(folder);
  parts = await reproduceParts(PART_NAMES, request);
});

const part = <K extends 'fig3a' | 'fig3b' | 'fig4' | 'table1'>(kind: K): Reproduction['part'] & { kind: K } =>
  parts.find((own) => own.part.kind === kind)!.part as Reproduction['part'] & { kind: K };

/** Right answers of each semantics, computed here from engine and run. */
function countAll(assignment: MixedAssignment): Correct {
  const { network, floatNetwork, recalibration, test: images, graph } = request;
  const again = recalibrateBatchNorm(floatNetwork, network, assignment, 'activations', recalibration);
  const right = (own: typeof network): number => {
    const engine = createEngine(own, assignment, 'activations');
    return count(images, (image) => argmax(engine.infer(imageCodes(images, image))));
  };
  const logits = createAlwannRun(graph, images).infer(assignment);
  return {
    fixed: right(network),
    recalibrated: right(again),
    alwann: count(images, (image) => {
      const own = logits.subarray(5 * image, 5 * image + 5);
      return own.indexOf(Math.max(...own));
    }),
  };
}

function count({ labels }: Dataset, classOf: (image: number) => number): number {
  return labels.reduce((sum, label, image) => sum + Number(classOf(image) === label), 0);
}

/** All convolutions exact, dense too, but for some. */
function assignmentOf(own: Readonly<Record<string, (typeof PALETTE)[number]['spec']>>): MixedAssignment {
  const { network } = request;
  return new Map(network.layers.filter(isWeighted).map(({ name }) => [name, own[name] ?? EXACT_INT8]));
}

describe('Fig. 3', () => {
  test('a: each layer alone, as counted by hand', () => {
    const { rows } = part('fig3a') as Figure3;
    expect(rows.map(({ label }) => label)).toEqual(['conv0', 'conv1']);
    expect(parts[0]!.base.exact.fixed).toBe(60);
    let compared = 0;
    for (const { label, correct } of rows) {
      for (const [index, own] of correct.entries()) {
        expect(own).toEqual(countAll(assignmentOf({ [label]: PALETTE[index + 1]!.spec })));
        compared++;
      }
    }
    expect(compared).toBe(6);
  });

  test('b: the first m layers; none is exact, one is as in 3a', () => {
    const { rows } = part('fig3b') as Figure3;
    const { exact } = parts[0]!.base;
    expect(rows.map(({ label }) => label)).toEqual(['0', '1', '2']);
    expect(rows[0]!.correct).toEqual([exact, exact, exact]);
    expect(rows[1]!.correct).toEqual((part('fig3a') as Figure3).rows[0]!.correct);
    const both = assignmentOf({ conv0: PALETTE[3]!.spec, conv1: PALETTE[3]!.spec });
    expect(rows[2]!.correct[2]).toEqual(countAll(both));
  });

  test('sabotage: another multiplier in the palette would be noticed', () => {
    const strong = countAll(assignmentOf({ conv0: PALETTE[3]!.spec, conv1: PALETTE[3]!.spec }));
    expect(strong).not.toEqual(parts[0]!.base.exact);
  });
});

describe('Fig. 4', () => {
  test('has a systematic set by level', () => {
    const sets = figure4Names(request.network);
    expect(sets.map(({ title, names }) => [title, names.length, new Set(names).size])).toEqual([
      ['LLAM', 16, 16],
      ['FLAM', 64, 64],
      ['KLAM-channel', 64, 64],
      ['KLAM-row', 64, 64],
      ['KLAM-column', 64, 64],
      ['KLMS', 16, 16],
    ]);
    expect(sets[0]!.names.slice(0, 2)).toEqual(['LLAM_0_0', 'LLAM_0_1']);
    expect(sets[5]!.names).toContain('KLMS-0.25sigma-small_2');
  });

  test('keeps what loses at most 8 points, and of each level what none beats', () => {
    const { levels, stream } = part('fig4') as Figure4;
    const { exact, test: images } = parts[0]!.base;
    expect(stream).toBe('uniform');
    let points = 0;
    for (const level of levels) {
      const savings = level.points.map((point) => point.savingPercentByStream.uniform!);
      expect(savings).toEqual(savings.toSorted((a, b) => a - b));
      for (const point of level.points) {
        expect((100 * (exact.fixed - point.correctFixed)) / images.images).toBeLessThanOrEqual(8);
        points++;
      }
      const unbeaten = level.points.filter((p) =>
        level.points.every((q) => {
          const [s, t] = [p.savingPercentByStream.uniform!, q.savingPercentByStream.uniform!];
          return t < s || q.correctFixed < p.correctFixed || (t === s && q.correctFixed === p.correctFixed);
        }),
      );
      const figures = (p: { readonly name: string }) => level.points.find(({ name }) => name === p.name)!;
      expect(
        new Set(
          level.front.map((p) => JSON.stringify([figures(p).savingPercentByStream, figures(p).correctFixed])),
        ),
      ).toEqual(new Set(unbeaten.map((p) => JSON.stringify([p.savingPercentByStream, p.correctFixed]))));
      for (const { name, correct } of level.front) {
        expect(correct.fixed).toBe(figures({ name }).correctFixed);
      }
    }
    expect(points).toBeGreaterThan(20);
    expect(points).toBeLessThan(288);
  });

  test('front: a point that loses in both goes, equal ones stay once', () => {
    const points = [
      { id: 'a', saving: 0, correctFixed: 9 },
      { id: 'b', saving: 5, correctFixed: 9 },
      { id: 'c', saving: 5, correctFixed: 8 },
      { id: 'd', saving: 7, correctFixed: 8 },
      { id: 'e', saving: 6, correctFixed: 7 },
      { id: 'f', saving: 7, correctFixed: 8 },
    ];
    expect(frontOf(points, ({ saving }) => saving).map(({ id }) => id)).toEqual(['b', 'd']);
  });

  test('saving: multiplications by multiplier, what is exact counts as the best exact one', () => {
    const { network } = request;
    const { savingsOf } = createPricing(network, request.table);
    const counts = multiplicationsByLayer(network);
    const [first, second, dense] = ['conv0', 'conv1', 'dense0'].map((name) => counts.get(name)!) as [
      number,
      number,
      number,
    ];
    const all = ENERGIES_PJ[0] * (first + second + dense);
    const used = ENERGIES_PJ[3] * first + ENERGIES_PJ[1] * second + ENERGIES_PJ[0] * dense;
    expect(savingsOf(namedAssignment(network, 'LLAM_3_1')).uniform).toBeCloseTo(100 * (1 - used / all), 9);
    expect(savingsOf(namedAssignment(network, 'LLAM_0')).uniform).toBeCloseTo(0, 9);
    // Of three classes of four filters the first has two.
    const classes = ((2 * ENERGIES_PJ[2] + ENERGIES_PJ[1] + ENERGIES_PJ[0]) / 4) * first;
    const conv1 = ((ENERGIES_PJ[2] + ENERGIES_PJ[1] + ENERGIES_PJ[0]) / 3) * second;
    expect(savingsOf(namedAssignment(network, 'FLAM-3clas_2_1_0')).uniform).toBeCloseTo(
      100 * (1 - (classes + conv1 + ENERGIES_PJ[0] * dense) / all),
      9,
    );
  });

  test('is refused without energies', async () => {
    const { table: _none, ...plain } = request;
    await expect(reproduceParts(['fig4'], plain)).rejects.toMatchObject({
      code: 'bad-input',
      message: 'fig4: wanted an energy table with the designs of the palette, found none',
      hint: 'Make one with maxdnn table, or name one with --table FILE.',
    });
  });
});

describe('Table I', () => {
  test('has the paper’s two names and one row per level, none twice', () => {
    const { proposed } = part('table1') as Table1;
    expect(proposed.slice(0, 2).map(({ name }) => name)).toEqual(['FLAM-3clas_2_1_1', 'KLAM-chan_1_0_1']);
    expect(new Set(proposed.map(({ name }) => name)).size).toBe(proposed.length);
    expect(proposed.length).toBeGreaterThan(5);
    for (const { name, correct } of proposed.slice(0, 2)) {
      expect(correct).toEqual(countAll(namedAssignment(request.network, name)));
    }
  });

  test('EvoApproxLib: uint8 codes for ALWANN, magnitudes with a sign for the static network, tuned for each', () => {
    const [own] = (part('table1') as Table1).evoapprox;
    const table = request.evoapprox[0]!.table;
    const signed = { ...table, operands: 'sign-magnitude' } as const;
    const each = (spec: typeof table) => assignmentOf({ conv0: spec, conv1: spec });
    const unsignedCount = countAll2(each(table));
    expect(own!.correct.alwann).toBe(unsignedCount);
    const { alwann: _alwann, ...static8 } = countStatic(each(signed));
    expect(own!.correct).toMatchObject(static8);
    expect(own!.tuned.alwann).toBe(countAll2(each(table), 'published'));
    expect(own!.tunedMeasured.alwann).toBe(countAll2(each(table), 'measured'));
    const range = { low: 0, high: 255 };
    const product = (a: number, w: number): number =>
      Math.min(65535, (a & 0xf0) * (w & 0xf0) + (w % 9 === 4 ? 30 * a : 0));
    const map = mapWeights({ product, activations: range, weights: range });
    expect(own!.remapped.unsigned).toBe(countRemapped(map, 0));
    expect(own!.remapped.unsigned).toBeGreaterThan(20);
    expect(own!.remapped.signed).toBeGreaterThan(0);
    expect(own!.otherBatches.map(({ batch }) => batch)).toEqual(['with 10 others']);
  });

  function countAll2(assignment: MixedAssignment, tuning?: MapWeighting): number {
    const { graph, test: images } = request;
    const logits = createAlwannRun(graph, images).infer(assignment, tuning === undefined ? {} : { tuning });
    return count(images, (image) => {
      const own = logits.subarray(5 * image, 5 * image + 5);
      return own.indexOf(Math.max(...own));
    });
  }

  function countStatic(assignment: MixedAssignment) {
    const { network, test: images } = request;
    const engine = createEngine(network, assignment, 'activations');
    const fixed = count(images, (image) => argmax(engine.infer(imageCodes(images, image))));
    return { fixed, alwann: 0 };
  }
});

describe('the book', () => {
  test('makes a repeated run read what was counted', async () => {
    const path = request.bookPath;
    const book = JSON.parse(readFileSync(path, 'utf8')) as { correct: Record<string, number> };
    expect(Object.keys(book.correct).length).toBeGreaterThan(250);
    const stages: string[] = [];
    const again = await reproduceParts(PART_NAMES, {
      ...request,
      onProgress: ({ stage }) => stages.push(stage),
    });
    expect(again).toEqual(parts);
    expect(new Set(stages)).toEqual(new Set(['fig3a', 'fig3b', 'fig4', 'fig4 fronts', 'table1']));
    // A count of the book is taken as it is.
    const changed = Object.fromEntries(Object.keys(book.correct).map((key) => [key, 1]));
    writeFileSync(path, JSON.stringify({ ...book, correct: changed }));
    const [wrong] = await reproduceParts(['fig3a'], request);
    expect((wrong!.part as Figure3).rows[0]!.correct[0]).toEqual({ fixed: 1, recalibrated: 1, alwann: 1 });
  });

  test('of other images is not used', async () => {
    const others = { ...request.test, sha256: 'other' };
    const [own] = await reproduceParts(['fig3a'], { ...request, test: others });
    expect(own!.part).toEqual(part('fig3a'));
  });
});
