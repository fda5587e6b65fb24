import { describe, expect, test } from 'vitest';
import { MaxdnnError } from '../../src/base/errors.ts';
import { choiceSpace } from '../../src/search/choice-space.ts';
import { searchGreedy } from '../../src/search/greedy-search.ts';
import { type Nsga2Settings, searchNsga2 } from '../../src/search/nsga2.ts';
import type { Outcome, SearchProblem } from '../../src/search/problem.ts';
import { searchRandom } from '../../src/search/random-search.ts';
import { realSpace } from '../../src/search/real-space.ts';
import type { SearchState } from '../../src/search/search-state.ts';
import { LAYERS, ZDT1 } from './problems.ts';

const SMALL: Nsga2Settings = { population: 4, generations: 2, seed: 1 };

/** Message of the bad-input error that it must end in. */
async function refusal(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(MaxdnnError);
    expect([(error as MaxdnnError).code, typeof (error as MaxdnnError).hint]).toEqual([
      'bad-input',
      'string',
    ]);
    return (error as MaxdnnError).message;
  }
  throw new Error('was not refused');
}

describe('spaces', () => {
  test.each([
    [[], 'choices: wanted at least one gene, found an empty genome'],
    [[3, 0], 'choices[1]: wanted an integer ≥ 1, found 0'],
    [
      [2.5, Number.NaN],
      'choices[0]: wanted an integer ≥ 1, found 2.5\nchoices[1]: wanted an integer ≥ 1, found NaN',
    ],
  ])('choices %j', async (choices, message) => {
    expect(await refusal(() => choiceSpace(choices))).toBe(message);
  });

  test('bounds', async () => {
    expect(await refusal(() => realSpace([]))).toBe(
      'bounds: wanted at least one gene, found an empty genome',
    );
    expect(await refusal(() => realSpace([{ lower: 1, upper: 1 }], { mutationIndex: -1 }))).toBe(
      'bounds[0]: wanted finite lower < upper, found 1 … 1\nmutationIndex: wanted a number ≥ 0, found -1',
    );
  });
});

describe('settings', () => {
  test.each([
    [{ population: 2 }, 'population: wanted an even number ≥ 4, found 2'],
    [{ population: 7 }, 'population: wanted an even number ≥ 4, found 7'],
    [
      { generations: -1, seed: 0.5 },
      'generations: wanted an integer ≥ 0, found -1\nseed: wanted an integer, found 0.5',
    ],
    [{ crossoverProbability: 1.5 }, 'crossoverProbability: wanted a probability, 0 … 1, found 1.5'],
    [{ mutationProbability: Number.NaN }, 'mutationProbability: wanted a probability, 0 … 1, found NaN'],
    [{ initial: Array(5).fill([0]) }, 'initial: wanted at most 4 genomes, the population, found 5'],
    [{ initial: [[0, 0]] }, 'initial[0]: wanted 6 genes, found 2 genes'],
    [{ initial: [[0, 0, 5, 0, 0, 0]] }, 'initial[0]: wanted gene 2 in 0 … 4, found 5'],
  ])('NSGA-II %j', async (change, message) => {
    expect(await refusal(() => searchNsga2({ problem: LAYERS, settings: { ...SMALL, ...change } }))).toBe(
      message,
    );
  });

  test('random and greedy', async () => {
    expect(
      await refusal(() =>
        searchRandom({ problem: LAYERS, settings: { population: 0, generations: 1, seed: 1 } }),
      ),
    ).toBe('population: wanted an integer ≥ 1, found 0');
    const start = [0, 0, 0, 0, 0, 0];
    expect(
      await refusal(() =>
        searchGreedy({ problem: LAYERS, settings: { start, cost: 'power', loss: 'loss' } }),
      ),
    ).toBe('cost: wanted one of loss, energy, found "power"');
    expect(
      await refusal(() => searchGreedy({ problem: ZDT1, settings: { start, cost: 'f1', loss: 'f2' } })),
    ).toBe('ZDT1: wanted genes with choices, found "real"');
  });
});

describe('problem and evaluation', () => {
  const giving = (outcome: Outcome): SearchProblem => ({
    ...LAYERS,
    space: choiceSpace([1, 1]),
    evaluate: async (genomes) => genomes.map(() => outcome),
  });
  const search = (problem: SearchProblem) => searchNsga2({ problem, settings: SMALL });

  test('what cannot be measured', async () => {
    expect(await refusal(() => search({ ...LAYERS, objectives: ['loss'] }))).toBe(
      'LAYERS: objectives: wanted 2 or 3 names, found ["loss"]\n' +
        'LAYERS: referencePoint: wanted 1 finite numbers, one per objective, found [500, 400]',
    );
  });

  test.each([
    [{ objectives: [1, Number.NaN] }, 'LAYERS: genome [0,0]: energy: wanted a finite number, found NaN'],
    [
      { objectives: [Number.POSITIVE_INFINITY, 1] },
      'LAYERS: genome [0,0]: loss: wanted a finite number, found Infinity',
    ],
    [{ objectives: [1] }, 'LAYERS: genome [0,0]: wanted 2 objectives, found [1]'],
    [{ objectives: [1, 2, 3] }, 'LAYERS: genome [0,0]: wanted 2 objectives, found [1, 2, 3]'],
    [
      { objectives: [1, 2], violations: [Number.NaN] },
      'LAYERS: genome [0,0]: violations: wanted finite numbers, found [NaN]',
    ],
  ])('an evaluation that gives %j', async (outcome, message) => {
    expect(await refusal(() => search(giving(outcome)))).toBe(message);
  });

  test('results that are missing', async () => {
    const problem = { ...giving({ objectives: [1, 2] }), evaluate: async () => [] };
    expect(await refusal(() => search(problem))).toBe('LAYERS: evaluate: wanted 1 results, found 0');
  });
});

describe('checkpoints', () => {
  const resume = (state: unknown, change: Partial<Nsga2Settings> = {}, problem = LAYERS) =>
    searchNsga2({ problem, settings: { ...SMALL, ...change }, resume: state as SearchState });
  const made = searchNsga2({ problem: LAYERS, settings: SMALL }).then(({ state }) => state);

  test('of other settings, another problem or another method', async () => {
    const state = await made;
    expect(await refusal(() => resume(state, { seed: 2 }))).toMatch(
      /^checkpoint: settings: wanted that of this search \([0-9a-f]{12}…\), found another one \([0-9a-f]{12}…\)$/,
    );
    for (const problem of [
      { ...LAYERS, inputs: { network: 'another' } },
      { ...LAYERS, referencePoint: [1, 1] },
      { ...LAYERS, space: choiceSpace([5, 5, 5, 5, 5, 6]) },
    ]) {
      expect(await refusal(() => resume(state, {}, problem))).toMatch(/^checkpoint: problem: wanted /);
    }
    const settings = { population: 4, generations: 2, seed: 1 };
    expect(await refusal(() => searchRandom({ problem: LAYERS, settings, resume: state }))).toContain(
      'checkpoint: method: wanted random, found nsga2',
    );
  });

  test('that are damaged', async () => {
    const state = await made;
    const [first, ...others] = state.population;
    expect(await refusal(() => resume({}))).toContain('checkpoint: wanted field "kind", found none');
    expect(await refusal(() => resume({ ...state, rng: [0, 0, 0, 0] }))).toContain(
      'state of the random numbers',
    );
    expect(await refusal(() => resume({ ...state, formatVersion: 2 }))).toBe(
      'checkpoint: formatVersion: wanted 1, found 2',
    );
    const longer = [{ ...first!, genome: [0, 0, 0, 0, 0, 0, 0] }, ...others];
    expect(await refusal(() => resume({ ...state, population: longer }))).toBe(
      'checkpoint: population[0]: wanted 6 genes, found 7 genes',
    );
    const shorter = [{ ...first!, objectives: [1] }, ...others];
    expect(await refusal(() => resume({ ...state, population: shorter }))).toBe(
      'checkpoint: population[0]: wanted 2 objectives, found [1]',
    );
    expect(await refusal(() => resume({ ...state, population: others }))).toBe(
      'checkpoint: population: wanted 4 members with rank and crowding distance, found 3',
    );
  });
});
