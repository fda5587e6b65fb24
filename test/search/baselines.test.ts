import { describe, expect, test } from 'vitest';
import { choiceSpace } from '../../src/search/choice-space.ts';
import { nonDominated } from '../../src/search/domination.ts';
import { searchGreedy } from '../../src/search/greedy-search.ts';
import { hypervolume } from '../../src/search/hypervolume.ts';
import { searchNsga2 } from '../../src/search/nsga2.ts';
import { type Genome, joinOutcomes, type SearchProblem } from '../../src/search/problem.ts';
import { searchRandom } from '../../src/search/random-search.ts';
import { CANCEL, LAYERS } from './problems.ts';

const EXACT = [0, 0, 0, 0, 0, 0];
const SEEDS = [1, 2, 3];

/** All 5^6 genomes. */
const ALL: readonly Genome[] = Array.from({ length: 5 ** 6 }, (_, n) =>
  EXACT.map((_, layer) => Math.floor(n / 5 ** layer) % 5),
);

/** Share of the true front's hypervolume that each search reaches, and with how many evaluations. */
async function compareSearches(problem: SearchProblem, seed: number) {
  const all = nonDominated(joinOutcomes(problem, ALL, await problem.evaluate(ALL)));
  const whole = hypervolume(
    all.map(({ objectives }) => objectives),
    problem.referencePoint,
  );
  const some = { population: 60, generations: 20, seed, initial: [EXACT], distinct: true };
  const nsga2 = await searchNsga2({ problem, settings: some });
  const { evaluations } = nsga2.state;
  const drawn = { population: evaluations, generations: 0, seed, initial: [EXACT] };
  const random = await searchRandom({ problem, settings: drawn });
  const greedy = await searchGreedy({ problem, settings: { start: EXACT, cost: 'energy', loss: 'loss' } });
  const shares = [nsga2, random, greedy].map((result) => result.hypervolume / whole);
  return { shares: shares as [number, number, number], evaluations, greedy: greedy.state.evaluations };
}

describe('six layers, five multipliers, against the true front', () => {
  test('all 15 625 assignments', () => expect(new Set(ALL.map(String)).size).toBe(15_625));

  test.each(SEEDS)(
    'seed %i, losses that add up: greedy search is as good, random search is not',
    async (seed) => {
      const { shares, evaluations, greedy } = await compareSearches(LAYERS, seed);
      const [nsga2, random, path] = shares;
      expect(Math.max(...shares)).toBeLessThanOrEqual(1);
      expect(nsga2).toBeGreaterThan(0.98);
      expect(path).toBeGreaterThan(0.98);
      expect(random).toBeLessThan(nsga2);
      expect(greedy).toBeLessThan(evaluations);
      expect(evaluations).toBeLessThanOrEqual(60 * 21);
    },
  );

  test.each(SEEDS)('seed %i, losses that cancel each other: NSGA-II comes nearest', async (seed) => {
    const [nsga2, random, greedy] = (await compareSearches(CANCEL, seed)).shares;
    expect(nsga2).toBeGreaterThan(0.965);
    expect(random).toBeLessThan(nsga2);
    expect(greedy).toBeLessThan(nsga2);
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
