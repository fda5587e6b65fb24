import { describe, expect, test } from 'vitest';
import { searchGreedy } from '../../src/search/greedy-search.ts';
import { searchNsga2 } from '../../src/search/nsga2.ts';
import type { Genome, SearchProblem } from '../../src/search/problem.ts';
import { searchRandom } from '../../src/search/random-search.ts';
import type { SearchProgress, SearchRequest, SearchResult } from '../../src/search/run-search.ts';
import type { SearchState } from '../../src/search/search-state.ts';
import { CONSTR, LAYERS, ZDT1 } from './problems.ts';

type Run = (
  request: Omit<SearchRequest<unknown>, 'settings' | 'problem'>,
  at?: number,
) => Promise<SearchResult>;

const nsga2 =
  (problem: SearchProblem, more = {}): Run =>
  (request, generations = 12) =>
    searchNsga2({ ...request, problem, settings: { population: 16, generations, seed: 4, ...more } });
const RUNS: readonly (readonly [string, Run])[] = [
  ['NSGA-II on choices', nsga2(LAYERS, { initial: [[0, 0, 0, 0, 0, 0]] })],
  ['NSGA-II on choices, distinct children', nsga2(LAYERS, { distinct: true })],
  ['NSGA-II on real numbers', nsga2(ZDT1)],
  ['NSGA-II with constraints', nsga2(CONSTR)],
  [
    'random search on choices',
    (request, generations = 12) =>
      searchRandom({ ...request, problem: LAYERS, settings: { population: 16, generations, seed: 4 } }),
  ],
  [
    'random search on real numbers',
    (request, generations = 12) =>
      searchRandom({ ...request, problem: ZDT1, settings: { population: 16, generations, seed: 4 } }),
  ],
  [
    'greedy search',
    (request, generations = 12) => {
      const settings = { start: [0, 0, 0, 0, 0, 0], cost: 'energy', loss: 'loss', generations };
      return searchGreedy({ ...request, problem: LAYERS, settings });
    },
  ],
];

describe.each(RUNS)('%s', (_name, run) => {
  test('stopped after any generation and resumed, it writes the same bytes and tells the same progress', async () => {
    const states: string[] = [];
    const told: SearchProgress[] = [];
    const whole = await run({
      onCheckpoint: (state) => void states.push(JSON.stringify(state)),
      onProgress: (progress) => told.push(progress),
    });
    expect(states.length).toBe(13);
    let compared = 0;
    for (const [k, text] of states.entries()) {
      const after: string[] = [];
      const toldAfter: SearchProgress[] = [];
      const result = await run({
        resume: JSON.parse(text) as SearchState,
        onCheckpoint: async (state) => void after.push(JSON.stringify(state)),
        onProgress: (progress) => toldAfter.push(progress),
      });
      expect(after).toEqual(states.slice(k + 1));
      expect(toldAfter).toEqual(told.slice(k + 1));
      expect(JSON.stringify(result)).toBe(JSON.stringify(whole));
      compared += after.length;
    }
    expect(compared).toBe((12 * 13) / 2);
  });

  test('a run of fewer generations goes on to more as if it had been asked at once', async () => {
    const short = await run({}, 5);
    const long = await run({ resume: short.state }, 12);
    expect(JSON.stringify(long)).toBe(JSON.stringify(await run({}, 12)));
    expect(long.state.generation).toBe(12);
  });
});

test('another seed gives another search; progress counts what was evaluated', async () => {
  const told: SearchProgress[] = [];
  const seen: Genome[] = [];
  const problem: SearchProblem = {
    ...LAYERS,
    evaluate: (genomes) => {
      seen.push(...genomes);
      return LAYERS.evaluate(genomes);
    },
  };
  const settings = { population: 16, generations: 20, seed: 1 };
  const one = await searchNsga2({ problem, settings, onProgress: (progress) => told.push(progress) });
  const two = await searchNsga2({ problem: LAYERS, settings: { ...settings, seed: 2 } });
  expect(JSON.stringify(one.front)).not.toBe(JSON.stringify(two.front));
  expect(told).toHaveLength(21);
  expect(told.at(-1)).toEqual({
    method: 'nsga2',
    generation: 20,
    generations: 20,
    evaluations: seen.length,
    frontSize: one.front.length,
    hypervolume: one.hypervolume,
  });
  // No genome twice, though 336 were made.
  expect(new Set(seen.map((genome) => genome.join())).size).toBe(seen.length);
  expect(seen.length).toBeLessThan(336);
  expect(one.state.evaluated).toHaveLength(seen.length);
});

test('sabotage: a state with other random numbers or one other member does not lead to the same result', async () => {
  const run = nsga2(LAYERS);
  const { state } = await run({}, 5);
  const whole = JSON.stringify(await run({}));
  const turned: SearchState = { ...state, rng: [1, 2, 3, 4] };
  const swapped: SearchState = { ...state, population: [...state.population.slice(1), state.population[0]!] };
  for (const changed of [turned, swapped]) {
    expect(JSON.stringify(await run({ resume: changed }))).not.toBe(whole);
  }
});
