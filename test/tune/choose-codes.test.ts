import { describe, expect, test } from 'vitest';
import { createRng } from '../../src/base/rng.ts';
import { type CodeProblem, chooseAlone, chooseCodes } from '../../src/tune/choose-codes.ts';
import { type Codebook, makeCodebook } from '../../src/tune/codebook.ts';
import { createGram } from '../../src/tune/gram.ts';

/** A random problem with correlated inputs: z = a x + noise, moments of 60 samples. */
function randomProblem(
  seed: number,
  taps: number,
  terms: number,
): { problem: CodeProblem; wanted: Float64Array } {
  const rng = createRng(seed);
  const samples = 60;
  const common = Float64Array.from({ length: samples }, () => rng.nextGaussian());
  const x = Array.from({ length: taps }, () => common.map((value) => value + 0.7 * rng.nextGaussian()));
  const z = x.flatMap((row) =>
    Array.from({ length: terms }, () => row.map((value) => value + 0.2 * rng.nextGaussian())),
  );
  const moment = (p: Float64Array, q: Float64Array): number =>
    p.reduce((sum, value, s) => sum + value * q[s]!, 0) / samples;
  const maps = Array.from({ length: terms }, () =>
    Int16Array.from({ length: 256 }, () => rng.nextInt(-3, 3)),
  );
  const book = makeCodebook(maps, { low: -2, high: 1 });
  const codebooks: (Codebook | null)[] = Array.from({ length: taps }, () => book);
  if (taps > 3) codebooks[2] = null;
  return {
    problem: {
      taps,
      terms,
      own: Float64Array.from(z.flatMap((p) => z.map((q) => moment(p, q)))),
      cross: Float64Array.from(z.flatMap((p) => x.map((q) => moment(p, q)))),
      codebooks,
    },
    wanted: Float64Array.from({ length: taps }, () => 4 * rng.nextFloat() - 2),
  };
}

/** θᵀ own θ − 2 θᵀ cross w, straight from the definition. */
function costOf(
  { taps, terms, own, cross, codebooks }: CodeProblem,
  wanted: Float64Array,
  entries: Int32Array,
) {
  const images = Array.from({ length: taps * terms }, (_, i) => {
    const book = codebooks[Math.floor(i / terms)];
    return book ? book.images[entries[Math.floor(i / terms)]! * terms + (i % terms)]! : 0;
  });
  let cost = 0;
  for (const [i, image] of images.entries()) {
    for (const [j, other] of images.entries()) cost += image * own[i * taps * terms + j]! * other;
    for (let l = 0; l < taps; l++) cost -= 2 * image * cross[i * taps + l]! * wanted[l]!;
  }
  return cost;
}

describe.each([1, 2, 3])('codes of a filter, %i terms', (terms) => {
  test('the cost is that of the definition, and no single other code lowers it', () => {
    let compared = 0;
    for (let seed = 1; seed <= 20; seed++) {
      const { problem, wanted } = randomProblem(seed, 6, terms);
      const { entries, cost } = chooseCodes(problem, wanted, 20);
      expect(cost).toBeCloseTo(costOf(problem, wanted, entries), 8);
      for (const [k, book] of problem.codebooks.entries()) {
        for (let other = 0; other < (book?.entries ?? 0); other++) {
          expect(costOf(problem, wanted, entries.with(k, other))).toBeGreaterThanOrEqual(cost - 1e-9);
          compared++;
        }
      }
    }
    expect(compared).toBeGreaterThan(200);
  });

  test('on the whole it is near the best of all combinations, and far better than each tap alone', () => {
    let [own, alone, best] = [0, 0, 0];
    for (let seed = 1; seed <= 25; seed++) {
      const { problem, wanted } = randomProblem(seed, 5, terms);
      const books = problem.codebooks;
      let least = Number.POSITIVE_INFINITY;
      const walk = (entries: number[]): void => {
        const k = entries.length;
        if (k === books.length) {
          least = Math.min(least, costOf(problem, wanted, Int32Array.from(entries)));
          return;
        }
        for (let entry = books[k] ? 0 : -1; entry < (books[k]?.entries ?? 0); entry++)
          walk([...entries, entry]);
      };
      walk([]);
      const found = chooseCodes(problem, wanted, 20).cost;
      expect(found).toBeGreaterThanOrEqual(least - 1e-9);
      own += found;
      best += least;
      alone += costOf(problem, wanted, chooseAlone(problem, wanted).entries);
    }
    expect(own).toBeLessThan(alone);
    expect((own - best) / (alone - best)).toBeLessThan(0.35);
  });
});

test('a multiplier without error keeps every weight', () => {
  const map = Int16Array.from({ length: 256 }, (_, i) => i - 128);
  const book = makeCodebook([map], { low: -128, high: 127 });
  const { problem } = randomProblem(3, 4, 1);
  const cross = Float64Array.from(problem.own);
  const wanted = Float64Array.from([5, -128, 0, 127]);
  const { entries } = chooseCodes({ ...problem, cross, codebooks: [book, book, book, book] }, wanted, 20);
  expect([...entries].map((entry) => book.codes[entry])).toEqual([...wanted]);
});

test('a codebook has each image once, with the code nearest to 0', () => {
  const rounded = Int16Array.from({ length: 256 }, (_, i) => Math.floor((i - 128 + 8) / 16) * 16);
  const book = makeCodebook([rounded, null], { low: -128, high: 127 });
  expect(book.entries).toBe(17);
  expect([...book.codes].slice(7, 10)).toEqual([-9, 0, 8]);
  expect([...book.images].filter((_, i) => i % 2 === 1)).toEqual(new Array(17).fill(0));
});

test('sums of products are exact for any number of rows and samples', () => {
  const rng = createRng(5);
  let compared = 0;
  for (const [m, n, samples] of [
    [3, 5, 21],
    [9, 2, 2100],
    [4, 4, 8],
  ] as const) {
    const draw = (rows: number): Int16Array[] =>
      Array.from({ length: rows }, () => Int16Array.from({ length: samples }, () => rng.nextInt(-128, 128)));
    const [p, q] = [draw(m), draw(n)];
    const gram = createGram(samples);
    const [left, right] = [p, q].map((rows) => gram.rows(rows.length, (row, into) => into.set(rows[row]!)));
    const found = gram.products(left!, right!);
    for (const [i, a] of p.entries()) {
      for (const [j, b] of q.entries()) {
        expect(found[i * n + j]).toBe(a.reduce((sum, value, s) => sum + value * b[s]!, 0));
        compared++;
      }
    }
    expect([...left!.sums]).toEqual(p.map((row) => row.reduce((sum, value) => sum + value, 0)));
  }
  expect(compared).toBe(15 + 18 + 16);
});
