import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { PACKAGE_ROOT } from '../../src/base/package-root.ts';
import { choiceSpace } from '../../src/search/choice-space.ts';
import { nonDominated } from '../../src/search/domination.ts';
import { searchGreedy } from '../../src/search/greedy-search.ts';
import { hypervolume } from '../../src/search/hypervolume.ts';
import { searchNsga2 } from '../../src/search/nsga2.ts';
import { type Genome, joinOutcomes, type SearchProblem } from '../../src/search/problem.ts';
import { searchRandom } from '../../src/search/random-search.ts';
import type { SearchResult } from '../../src/search/run-search.ts';
import { CANCEL, LAYERS } from './problems.ts';

const EXACT = [0, 0, 0, 0, 0, 0];

/** All 5^6 genomes. */
const ALL: readonly Genome[] = Array.from({ length: 5 ** 6 }, (_, n) =>
  EXACT.map((_, layer) => Math.floor(n / 5 ** layer) % 5),
);

/** Share of the true front's hypervolume per search and seed, and the genomes that each evaluated. */
async function compareSearches(problem: SearchProblem) {
  const all = nonDominated(joinOutcomes(problem, ALL, await problem.evaluate(ALL)));
  const points = all.map(({ objectives }) => objectives);
  const whole = hypervolume(points, problem.referencePoint);
  const runs: SearchResult[][] = [];
  for (const seed of [1, 2, 3, 4, 5]) {
    const some = { population: 60, generations: 20, seed, initial: [EXACT] };
    const nsga2 = await searchNsga2({ problem, settings: { ...some, distinct: true } });
    const drawn = { population: nsga2.state.evaluations, generations: 0, seed };
    runs.push([
      nsga2,
      await searchNsga2({ problem, settings: some }),
      await searchRandom({ problem, settings: drawn }),
      await searchGreedy({ problem, settings: { start: EXACT, cost: 'energy', loss: 'loss' } }),
    ]);
  }
  const columns = [0, 1, 2, 3].map((search) => runs.map((results) => results[search]!));
  return {
    shares: columns.map((results) => results.map((result) => result.hypervolume / whole)),
    evaluations: columns.map((results) => results.map(({ state }) => state.evaluations)),
  };
}

/** Cells of a row of docs/search.md. */
function documented(row: string): readonly string[] {
  const line = readFileSync(join(PACKAGE_ROOT, 'docs', 'search.md'), 'utf8')
    .split('\n')
    .find((text) => text.startsWith(`| ${row} |`));
  return line!
    .split('|')
    .slice(2, -1)
    .map((cell) => cell.trim());
}

const rangeOf = (values: readonly number[], digits: number): string => {
  const ends = [Math.min(...values), Math.max(...values)].map((v) => v.toFixed(digits).replace(/^0\./, '.'));
  return ends[0] === ends[1] ? ends[0]! : ends.join(' to ');
};

describe('six layers, five multipliers, against the true front', () => {
  test('all 15 625 assignments', () => expect(new Set(ALL.map(String)).size).toBe(15_625));

  test('losses that add up: greedy search is as good, random search is not; as documented', async () => {
    const { shares, evaluations } = await compareSearches(LAYERS);
    const [nsga2, paper, random, greedy] = shares as [number[], number[], number[], number[]];
    expect(Math.max(...shares.flat())).toBeLessThanOrEqual(1);
    expect(Math.min(...nsga2, ...paper, ...greedy)).toBeGreaterThan(0.98);
    expect(Math.max(...random)).toBeLessThan(Math.min(...nsga2, ...paper));
    expect(Math.max(...evaluations.flat())).toBeLessThanOrEqual(60 * 21);
    expect(shares.map((values) => rangeOf(values, 3))).toEqual(documented('add up'));
  });

  test('losses that cancel each other: NSGA-II comes nearest with every seed; as documented', async () => {
    const { shares } = await compareSearches(CANCEL);
    const [nsga2, , random, greedy] = shares as [number[], number[], number[], number[]];
    expect(Math.max(...shares.flat())).toBeLessThanOrEqual(1);
    expect(Math.min(...nsga2)).toBeGreaterThan(Math.max(...greedy, ...random));
    expect(shares.map((values) => rangeOf(values, 3))).toEqual(documented('cancel each other'));
  });
});

/** Two genes of three choices; loss and energy by table. */
function tabled(rows: Readonly<Record<string, readonly [number, number, number?]>>): SearchProblem {
  return {
    name: 'tabled',
    space: choiceSpace([3, 2]),
    objectives: ['loss', 'energy'],
    referencePoint: [100, 100],
    evaluate: async (genomes) =>
      genomes.map((genome) => {
        const [loss, energy, violation = 0] = rows[genome.join('')]!;
        return { objectives: [loss, energy], violations: [violation] };
      }),
  };
}

const settings = { start: [0, 0], cost: 'energy', loss: 'loss' };
const pathOf = async (problem: SearchProblem): Promise<readonly string[]> => {
  const { state } = await searchGreedy({ problem, settings });
  return state.population.map(({ genome }) => genome.join(''));
};

describe('greedy search', () => {
  const rows = {
    '00': [0, 20],
    '10': [2, 16], // 2 per loss
    '20': [4, 11], // 9/4 per loss
    '01': [1, 17], // 3 per loss
    '11': [2, 12], // from 01: 5 per loss
    '21': [9, 9],
  } as const;

  test('takes the change with the most saved per loss, by hand, to the end', async () => {
    expect(await pathOf(tabled(rows))).toEqual(['00', '01', '11', '21']);
    const { front, state } = await searchGreedy({ problem: tabled(rows), settings });
    // (2, 16) is dominated by (2, 12); (4, 11) was evaluated on the way and never taken.
    expect(front.map(({ genome }) => genome.join(''))).toEqual(['00', '01', '11', '20', '21']);
    expect(state.evaluations).toBe(6);
  });

  test('prefers a saving without loss, the largest first', async () => {
    expect(await pathOf(tabled({ ...rows, '10': [0, 18], '20': [-1, 17.5] }))).toEqual(['00', '20', '21']);
  });

  test('leaves out what violates a constraint', async () => {
    const constrained = { ...rows, '01': [1, 17, 1], '11': [2, 12, 1], '21': [9, 9, 1] } as const;
    expect(await pathOf(tabled(constrained))).toEqual(['00', '20']);
    const { front } = await searchGreedy({ problem: tabled(constrained), settings });
    expect(front.map(({ genome }) => genome.join(''))).toEqual(['00', '10', '20']);
  });
});

test('random search keeps the front of all that it drew', async () => {
  const { front, state } = await searchRandom({
    problem: LAYERS,
    settings: { population: 50, generations: 9, seed: 3, initial: [EXACT] },
  });
  expect(state.evaluated.length).toBeGreaterThan(480);
  expect(front).toEqual(nonDominated(state.evaluated));
  expect(state.evaluated[0]!.genome).toEqual(EXACT);
});
